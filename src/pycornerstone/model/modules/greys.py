"""What stored values mean, which are of interest, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "ModalityLutModule",
    "PresentationLutModule",
    "VoiLutModule",
]


@dataclass(frozen=True, slots=True, eq=False)
class ModalityLutModule(Module):
    """What stored values mean (PS3.3 C.11.1).

    Attributes
    ----------
    rescale_slope, rescale_intercept : float
        (0028,1053) and (0028,1052).
    rescale_type : str or None
        Unit of the result: Rescale Type (0028,1054), or Modality LUT Type (0028,3004).
    lut : LookupTable or None
        First item of the Modality LUT Sequence (0028,3000); it stands in for slope and intercept.
    """

    type_name: ClassVar[str] = "modalityLutModule"

    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    rescale_type: str | None = None
    lut: LookupTable | None = None

    @property
    def is_identity(self) -> bool:
        """Stored values are modality values."""
        return self.lut is None and self.rescale_slope == 1 and self.rescale_intercept == 0

    def apply(
        self, stored: npt.NDArray[Any], dtype: npt.DTypeLike = np.float32
    ) -> npt.NDArray[np.floating]:
        """Turn stored values into modality values, computed in float64 and given as `dtype`.

        Whole numbers beyond 2**53 are rounded to the nearest that float64 has.
        """
        if self.lut is not None:
            return self.lut.apply(stored).astype(dtype)
        if self.is_identity:
            return stored.astype(dtype)
        # Before NumPy 2, float32 times a float64 number is float32.
        values = stored.astype(np.float64)
        values *= self.rescale_slope
        values += self.rescale_intercept
        return values.astype(dtype, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class VoiLutModule(Module):
    """Which modality values are of interest (PS3.3 C.11.2).

    Attributes
    ----------
    windows : tuple of VoiWindow
        Every Window Center (0028,1050) and Width (0028,1051) of the header, in its order.
    function : VoiFunction
        VOI LUT Function (0028,1056).
    luts : tuple of LookupTable
        Items of the VOI LUT Sequence (0028,3010), in their order.
    """

    type_name: ClassVar[str] = "voiLutModule"

    windows: tuple[VoiWindow, ...] = ()
    function: VoiFunction = VoiFunction.LINEAR
    luts: tuple[LookupTable, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentationLutModule(Module):
    """How values of interest become greys (PS3.3 C.11.6).

    Attributes
    ----------
    shape : str or None
        Presentation LUT Shape (2050,0020): IDENTITY, or INVERSE, which MONOCHROME1 implies.
    """

    type_name: ClassVar[str] = "presentationLutModule"

    shape: str | None = None
