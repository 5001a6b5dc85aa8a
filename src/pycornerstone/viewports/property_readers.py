"""What users give as properties, made into the values that they mean."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.model.luts import VoiFunction, VoiWindow
from pycornerstone.rendering.colormaps import checked_colors, find_colormap_name, get_colormap
from pycornerstone.rendering.sampling import Interpolation

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    import numpy.typing as npt

__all__ = ["GRAY", "READERS", "Colormap", "checked_color"]

_Kind = TypeVar("_Kind", bound="StrEnum")


@dataclass(frozen=True, slots=True)
class Colormap:
    """Colours from the lowest value to the highest.

    Attributes
    ----------
    name : str
        Its name; ``"custom"`` for somebody's own.
    colors : bytes
        Red, green and blue of each.
    """

    name: str
    colors: bytes = field(repr=False)


GRAY = Colormap("gray", get_colormap("gray").tobytes())
"""The colour map of greys as greys."""


def checked_color(color: Any) -> tuple[int, int, int]:
    """Give red, green and blue from 0 to 255.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        red, green, blue = (operator.index(part) for part in color)
    except (TypeError, ValueError):
        red = green = blue = -1
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise ValueError(f"a colour has red, green and blue from 0 to 255, got {color!r}")
    return red, green, blue


def _range(given: Any, name: str) -> tuple[float, float]:
    lower, upper = _pair(given, name, "lower and upper")
    if lower > upper:
        raise ValueError(f"voi_range goes from lower to upper, got {lower} to {upper}")
    return lower, upper


def _window(given: Any, name: str) -> VoiWindow:
    if isinstance(given, VoiWindow):
        return given
    return VoiWindow(*_pair(given, name, "center and width"))


def _choice(given: Any, name: str) -> int | str:
    if isinstance(given, str):
        return given
    try:
        return operator.index(given)
    except TypeError:
        raise ValueError(
            f"{name} is a whole number from 0 or an explanation, got {given!r}"
        ) from None


def _flag(given: Any, name: str) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f"{name} must be True or False, got {given!r}")  # noqa: TRY004 - as the rest
    return given


def _pair(given: Any, name: str, what: str) -> tuple[float, float]:
    try:
        first, second = (float(number) for number in given)
    except (TypeError, ValueError):
        first = second = math.nan
    if not (math.isfinite(first) and math.isfinite(second)):
        raise ValueError(f"{name} must be two finite numbers, {what}, got {given!r}")
    return first, second


def _function(given: Any, name: str) -> VoiFunction:
    return _member(VoiFunction, given, name)


def _interpolation(given: Any, name: str) -> Interpolation:
    return _member(Interpolation, given, name)


def _opacity(given: Any, name: str) -> float:
    try:
        opacity = float(given)
    except (TypeError, ValueError):
        opacity = math.nan
    if not 0 <= opacity <= 1:
        raise ValueError(f"{name} is a number from 0 to 1, got {given!r}")
    return opacity


def _opacity_mapping(given: Any, name: str) -> tuple[tuple[float, float], ...]:
    try:
        points = tuple((float(value), float(opacity)) for value, opacity in given)
    except (TypeError, ValueError):
        points = ((math.nan, math.nan),)
    values = [value for value, _ in points]
    are_possible = all(math.isfinite(value) and 0 <= opacity <= 1 for value, opacity in points)
    if not are_possible or values != sorted(values):
        raise ValueError(
            f"{name} is pairs of a value and an opacity from 0 to 1, the values in ascending "
            f"order, got {given!r}"
        )
    return points


def _threshold(given: Any, name: str) -> tuple[float, float]:
    """Read the lowest value that is drawn, or the lowest and highest; either may be infinite."""
    ends = (given, math.inf) if isinstance(given, (int, float)) else given
    try:
        lower, upper = (float(end) for end in ends)
    except (TypeError, ValueError):
        lower = upper = math.nan
    if not lower <= upper:
        raise ValueError(f"{name} is the lowest value drawn, or lowest and highest, got {given!r}")
    return lower, upper


def _member(kind: type[_Kind], given: Any, name: str) -> _Kind:
    for member in kind:
        if str(given).lower() == member.value.lower():
            return member
    known = ", ".join(member.value for member in kind)
    raise ValueError(f"no {name} {given!r}; there are: {known}")


def _color(given: Any, _: str) -> tuple[int, int, int]:
    return checked_color(given)


def _colormap(given: str | Colormap | npt.ArrayLike, _: str) -> Colormap:
    if isinstance(given, Colormap):
        return given
    if isinstance(given, str):
        return Colormap(find_colormap_name(given), get_colormap(given).tobytes())
    return Colormap("custom", checked_colors(given).tobytes())


READERS: dict[str, Callable[[Any, str], Any]] = {
    "voi_range": _range,
    "window": _window,
    "window_index": _choice,
    "voi_function": _function,
    "interpolation": _interpolation,
    "colormap": _colormap,
    "overlay_color": _color,
    "invert": _flag,
    "show_overlays": _flag,
    "show_shutter": _flag,
    "apply_icc_profile": _flag,
    "opacity": _opacity,
    "opacity_mapping": _opacity_mapping,
    "opacity_follows_voi": _flag,
    "threshold": _threshold,
    "visible": _flag,
}
"""What each property is made of, as a user gives it, and under which name."""
