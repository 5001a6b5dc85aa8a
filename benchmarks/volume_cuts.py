"""Planes and slabs cut out of a volume: against bare VTK, SimpleITK and SciPy.

Each gives a NumPy array of float32 that is the caller's own, as ours does. What a viewer keeps from
one picture to the next is kept: VTK's filter and SimpleITK's image and filter are set up once, and
only the plane is set with each call. All of them use as many threads as they like to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.cut import Slab, SlabMode, VolumeSource, cut
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_BARE, _SITK, _SCIPY = "bare vtkImageReslice", "SimpleITK Resample", "SciPy map_coordinates"
_SPACING = np.array([0.7, 0.7, 0.7])


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Time an oblique plane, and a slab of 10 mm about it, of 512 x 512 x 300 int16."""
    runs, calls, slices = (1, 1, 20) if quick else (9, 10, 300)
    plane = (ct_phantom(slices=1).hounsfield[0] + 1024).astype(np.int16)
    shifts = np.random.default_rng(0).integers(-40, 40, slices)
    voxels = np.stack([np.roll(plane, shift, 1) for shift in shifts])
    case = _Case(voxels)
    wanted = {_BARE: 1 / 1.2, _SITK: 1.0, _SCIPY: 4.0}
    outcomes = [
        measure(
            "an oblique plane of 512x512 from 512x512x300 int16, linear",
            {OURS: case.ours(None), _BARE: case.bare(1), _SITK: case.sitk(), _SCIPY: case.scipy()},
            runs=runs,
            calls=calls,
            wanted=wanted,
        )
    ]
    slab = Slab(10, SlabMode.MAXIMUM)
    outcomes.append(
        measure(
            "a maximum over 10 mm about it, at half voxels",
            {
                OURS: case.ours(slab),
                _BARE: case.bare(29),
                _SITK: case.sitk(29),
                _SCIPY: case.scipy(29),
            },
            runs=1 if quick else 3,
            wanted=wanted,
        )
    )
    return outcomes


class _Case:
    def __init__(self, voxels: npt.NDArray[np.int16]) -> None:
        self._voxels = voxels
        affine = np.diag([*_SPACING, 1.0])
        geometry = VolumeGeometry(voxels.shape, affine)
        turn = np.linalg.qr(np.array([[9.0, 3, 2], [-2, 9, 4], [1, -3, 9]]))[0]
        self._directions = turn
        self._to_lps = np.eye(4)
        self._to_lps[:3, :3] = turn * [0.7, 0.7, 1]
        middle = self._to_lps[:3, :3] @ [255.5, 255.5, 0]
        self._to_lps[:3, 3] = np.array(geometry.center_lps) - middle
        self._to_index = geometry.inverse @ self._to_lps
        self._source = VolumeSource(Volume("benchmark:volume", voxels, geometry=geometry))

    def ours(self, slab: Slab | None) -> Callable[[], object]:
        return lambda: cut(self._source, self._to_index, (512, 512), Interpolation.LINEAR, slab)

    def bare(self, samples: int) -> Callable[[], object]:
        from vtkmodules.util import numpy_support
        from vtkmodules.vtkCommonCore import vtkSMPTools
        from vtkmodules.vtkCommonDataModel import vtkImageData
        from vtkmodules.vtkCommonMath import vtkMatrix4x4
        from vtkmodules.vtkImagingCore import vtkImageReslice

        vtkSMPTools.SetBackend("STDThread")
        image = vtkImageData()
        image.SetDimensions(*self._voxels.shape[::-1])
        to_vtk: Any = numpy_support.numpy_to_vtk
        image.GetPointData().SetScalars(to_vtk(self._voxels.reshape(-1), deep=0))
        matrix = vtkMatrix4x4()
        matrix.DeepCopy(self._to_index.reshape(-1).tolist())
        work = vtkImageReslice()
        work.SetInputData(image)
        work.SetResliceAxes(matrix)
        work.SetOutputOrigin(0, 0, 0)
        work.SetOutputSpacing(1, 1, 0.35)
        work.SetOutputExtent(0, 511, 0, 511, 0, 0)
        work.SetOutputScalarType(10)
        work.SetInterpolationModeToLinear()
        work.SetEnableSMP(True)
        work.SetSlabModeToMax()
        work.SetSlabNumberOfSlices(samples)

        to_numpy: Any = numpy_support.vtk_to_numpy

        def draw() -> object:
            matrix.DeepCopy(self._to_index.reshape(-1).tolist())
            work.Modified()
            work.Update()
            # A copy, as the filter writes the next plane into the same memory.
            return to_numpy(work.GetOutput().GetPointData().GetScalars()).copy()

        return draw

    def sitk(self, samples: int = 1) -> Callable[[], object]:
        import SimpleITK

        image = SimpleITK.GetImageFromArray(self._voxels)
        image.SetSpacing(_SPACING.tolist())
        work = SimpleITK.ResampleImageFilter()
        work.SetInterpolator(SimpleITK.sitkLinear)
        work.SetSize([512, 512, samples])
        work.SetOutputSpacing([0.7, 0.7, 0.35])
        start = self._to_lps[:3, 3] - self._directions[:, 2] * 0.35 * (samples - 1) / 2
        work.SetOutputPixelType(SimpleITK.sitkFloat32)

        def draw() -> object:
            work.SetOutputOrigin(start.tolist())
            work.SetOutputDirection(self._directions.reshape(-1).tolist())
            made = work.Execute(image)
            if samples > 1:
                made = SimpleITK.MaximumProjection(made, 2)
            return SimpleITK.GetArrayFromImage(made)

        return draw

    def scipy(self, samples: int = 1) -> Callable[[], object]:
        from scipy.ndimage import map_coordinates

        x, y = np.meshgrid(np.arange(512.0), np.arange(512.0), sparse=True)

        def draw() -> npt.NDArray[np.float32]:
            made = np.full((512, 512), -np.inf, np.float32)
            across, down, along, start = self._to_index[2::-1].T[:, :, np.newaxis, np.newaxis]
            for number in range(samples):
                # No matrix product: threads of BLAS spin after it, and slow down who comes next.
                place = start + along * ((number - (samples - 1) / 2) * 0.35)
                index = across * x + down * y + place
                values = map_coordinates(self._voxels, index, output=np.float32, order=1)
                np.maximum(made, values, out=made)
            return made

        return draw
