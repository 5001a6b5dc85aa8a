"""Values of interest: which modality values become black, grey and white."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Voi", "apply_voi", "check_window", "computed_range"]

# The difference of two of these is still a finite float64.
_FURTHEST = 8e307


@dataclass(frozen=True, slots=True)
class Voi:
    """How modality values become greys: a window with its function, or a table.

    Attributes
    ----------
    mapping : VoiWindow or LookupTable
        The window, or an item of the VOI LUT Sequence (0028,3010).
    function : VoiFunction
        What a window means (0028,1056); a table needs none.
    is_computed : bool
        It comes from the values of the image, because nobody has said a window.
    """

    mapping: VoiWindow | LookupTable
    function: VoiFunction = VoiFunction.LINEAR
    is_computed: bool = field(default=False, compare=False)

    @classmethod
    def of_range(
        cls, lower: float, upper: float, function: VoiFunction = VoiFunction.LINEAR
    ) -> Self:
        """Give the VOI that draws `lower` black and `upper` white.

        A linear ramp is kept as LINEAR_EXACT, which is the same ramp and keeps the two values
        exactly, however near they are. Two equal values are a threshold: all above is white.
        """
        if lower == upper:
            return cls(VoiWindow.from_bounds(lower, upper), VoiFunction.LINEAR)
        if function is VoiFunction.LINEAR:
            function = VoiFunction.LINEAR_EXACT
        return cls(VoiWindow.from_bounds(lower, upper, function), function)

    @property
    def bounds(self) -> tuple[float, float]:
        """Modality values between which greys change, ``(lower, upper)``."""
        if isinstance(self.mapping, LookupTable):
            first = self.mapping.first_mapped
            return float(first), float(first + len(self.mapping.entries) - 1)
        return self.mapping.bounds(self.function)

    def apply(self, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map modality values to greys; see `apply_voi`."""
        return apply_voi(values, self.mapping, self.function)


def apply_voi(
    values: npt.ArrayLike,
    mapping: VoiWindow | LookupTable,
    function: VoiFunction = VoiFunction.LINEAR,
) -> npt.NDArray[np.float64]:
    """Map modality values to greys by the formulas of the standard, in float64.

    Parameters
    ----------
    values : array_like
        Modality values (HU for CT), of any shape; one that is no number becomes black.
    mapping : VoiWindow or LookupTable
        A window, or a table that is looked up at the nearest whole value.
    function : VoiFunction
        What the window means.

    Returns
    -------
    numpy.ndarray
        Greys from 0 (black) to 1 (white), of the shape of `values`.

    Raises
    ------
    ValueError
        If the window has a width that its function does not allow.

    References
    ----------
    DICOM PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT) and
    C.11.2.1.1 (VOI LUT).

    Examples
    --------
    >>> apply_voi([-160, 39.5, 239], VoiWindow(center=40, width=400))
    array([0. , 0.5, 1. ])
    """
    x = np.asarray(values, dtype=np.float64)
    if isinstance(mapping, LookupTable):
        return _looked_up(x, mapping)
    check_window(mapping, function)
    center, width = mapping.center, mapping.width
    with np.errstate(over="ignore", invalid="ignore"):
        if function is VoiFunction.SIGMOID:
            y = 1 / (1 + np.exp(-4 * (x - center) / width))
        elif function is VoiFunction.LINEAR_EXACT:
            y = (x - center) / width + 0.5
        elif width == 1:
            # No steps are left between black and white (C.11.2.1.2.1).
            y = np.where(x > center - 0.5, 1.0, 0.0)
        else:
            y = (x - (center - 0.5)) / (width - 1) + 0.5
    return np.where(np.isnan(y), 0.0, np.clip(y, 0, 1))


def check_window(window: VoiWindow, function: VoiFunction = VoiFunction.LINEAR) -> None:
    """Refuse a window that its function has no meaning for.

    Raises
    ------
    ValueError
        If center or width is not finite, or the width is below 1 for LINEAR (C.11.2.1.2.1), or not
        above 0 for the other functions (C.11.2.1.3.2).
    """
    if not (np.isfinite(window.center) and np.isfinite(window.width)):
        raise ValueError(
            "a window needs a finite center and width, "
            f"got center {window.center} and width {window.width}"
        )
    if function is VoiFunction.LINEAR and window.width < 1:
        raise ValueError(
            f"window width must be at least 1 for LINEAR, got {window.width}; "
            "LINEAR_EXACT takes any width above 0"
        )
    if window.width <= 0:
        raise ValueError(f"window width must be above 0 for {function}, got {window.width}")


def computed_range(
    values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Give the lowest and highest value of an image that brings no window.

    Parameters
    ----------
    values : numpy.ndarray
        Of any shape; what is not finite does not count.
    valid : numpy.ndarray of bool, optional
        Where values count, of the same shape; padding does not.

    Returns
    -------
    tuple of float
        ``(lower, upper)``; ``(0, 1)`` where no value counts.
    """
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        if not finite.all():
            valid = finite if valid is None else finite & valid
    counted = values if valid is None else values[valid]
    if counted.size == 0:
        return 0.0, 1.0
    lower, upper = np.clip([float(counted.min()), float(counted.max())], -_FURTHEST, _FURTHEST)
    return float(lower), float(upper)


def _looked_up(x: npt.NDArray[np.float64], table: LookupTable) -> npt.NDArray[np.float64]:
    first = table.first_mapped
    inside = np.clip(np.nan_to_num(x, nan=first), first, first + len(table.entries) - 1)
    # A table whose entries exceed their declared bits is drawn by what it holds, not clipped.
    white = max(2**table.bits_per_entry - 1, int(table.entries.max()))
    return table.apply(inside) / np.float64(white)
