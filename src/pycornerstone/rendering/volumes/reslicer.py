"""Sampling a grid of voxels on any other, by VTK's reslice filter: no OpenGL, several threads."""

from __future__ import annotations

import math
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import MissingExtraError
from pycornerstone.rendering.sampling import Interpolation

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Reslicer", "filter_class"]

_VTK_FLOAT = 10
_MODES = {
    Interpolation.NEAREST: "SetInterpolationModeToNearestNeighbor",
    Interpolation.LINEAR: "SetInterpolationModeToLinear",
    Interpolation.CUBIC: "SetInterpolationModeToCubic",
}
_SLABS = {
    "maximum": "SetSlabModeToMax",
    "minimum": "SetSlabModeToMin",
    "average": "SetSlabModeToMean",
}


class Reslicer:
    """Samples one grid of voxels, time and again; what VTK needs for it is set up once.

    Safe to use from several threads: each has a filter of its own meanwhile.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(slices, rows, columns[, channels])``, contiguous, of a type that VTK has. They are
        neither copied nor kept beyond this object, and may change from one call to the next.
    """

    __slots__ = ("_idle", "_samples")

    def __init__(self, samples: npt.NDArray[Any]) -> None:
        self._samples = samples
        self._idle: list[Any] = []

    def sample(
        self,
        to_index: npt.NDArray[np.float64],
        extent: tuple[int, int, int],
        interpolation: Interpolation,
        offsets: npt.NDArray[np.float64],
        mode: str | None = None,
        *,
        outside: float = math.nan,
        meaning: tuple[float, float] = (1.0, 0.0),
    ) -> npt.NDArray[np.float32]:
        """Sample it on another grid.

        Parameters
        ----------
        to_index : numpy.ndarray
            ``(4, 4)``, from (x, y, z, 1) of the new grid to (i, j, k, 1).
        extent : tuple of int
            How many x, y and z there are, each from 0 on.
        interpolation : Interpolation
            How values between voxels are made.
        offsets : numpy.ndarray
            Evenly spaced z at which samples of a slab lie.
        mode : str, optional
            What is made of them; by default, it is no slab.
        outside : float
            What there is where there are no voxels.
        meaning : tuple of float
            Scale and offset that make values of the samples, before these are rounded to float32.

        Returns
        -------
        numpy.ndarray
            ``(z, y, x[, channels])`` float32, the caller's own.

        Raises
        ------
        MissingExtraError
            If VTK is not installed.
        """
        try:
            work = self._idle.pop()
        except IndexError:
            work = _new_filter(self._samples)
        work.GetResliceAxes().DeepCopy(to_index.reshape(-1).tolist())
        step = 1.0 if mode is None else float(offsets[1] - offsets[0])
        work.SetOutputSpacing(1, 1, step)
        work.SetOutputExtent(0, extent[0] - 1, 0, extent[1] - 1, 0, extent[2] - 1)
        work.SetBackgroundColor(outside, outside, outside, outside)
        scale, offset = meaning
        work.SetScalarShift(offset / scale if scale else 0.0)
        work.SetScalarScale(scale)
        getattr(work, _MODES[interpolation])()
        if mode is not None:
            getattr(work, _SLABS[mode])()
        work.SetSlabNumberOfSlices(1 if mode is None else len(offsets))
        # The voxels may be others than last time, of which VTK knows nothing.
        work.Modified()
        work.Update()
        output = work.GetOutput()
        made = _array_of(output.GetPointData().GetScalars())
        # Else the next call would write over what this one gives away.
        output.Initialize()
        self._idle.append(work)
        values: npt.NDArray[np.float32] = made.reshape(*extent[::-1], *self._samples.shape[3:])
        if not scale:
            values += np.float32(offset)
        return values


def _new_filter(samples: npt.NDArray[Any]) -> Any:
    new_filter = filter_class()
    from vtkmodules.util import numpy_support
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    image = vtkImageData()
    image.SetDimensions(*samples.shape[2::-1])
    to_vtk: Any = numpy_support.numpy_to_vtk
    image.GetPointData().SetScalars(to_vtk(samples.reshape(-1, *samples.shape[3:]), deep=0))
    work = new_filter()
    work.SetInputData(image)
    work.SetResliceAxes(vtkMatrix4x4())
    work.SetOutputOrigin(0, 0, 0)
    work.SetOutputScalarType(_VTK_FLOAT)
    work.SetEnableSMP(True)
    return work


def _array_of(scalars: Any) -> npt.NDArray[Any]:
    from vtkmodules.util import numpy_support

    to_numpy: Any = numpy_support.vtk_to_numpy
    return np.asarray(to_numpy(scalars))


@cache
def filter_class() -> Any:
    """Give VTK's class of filters, made ready for several threads.

    Raises
    ------
    MissingExtraError
        If VTK is not installed.
    """
    try:
        from vtkmodules.vtkCommonCore import vtkSMPTools
        from vtkmodules.vtkImagingCore import vtkImageReslice
    except ImportError:
        raise MissingExtraError("cutting a volume along an oblique plane", "volume") from None
    # The one that VTK's wheels start with uses one thread. There is one for the whole process, so
    # that other filters use several threads as well; who has chosen one is not overruled.
    is_chosen = "VTK_SMP_BACKEND_IN_USE" in os.environ
    if vtkSMPTools.GetBackend() == "Sequential" and not is_chosen:
        vtkSMPTools.SetBackend("STDThread")
    return vtkImageReslice
