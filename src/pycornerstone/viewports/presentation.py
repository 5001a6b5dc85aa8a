"""The presentation: how an image is drawn, wherever it lies."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.rendering.colormaps import checked_colors, find_colormap_name, get_colormap
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi, check_window

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["Colormap", "Presentation", "changed", "checked_color", "find_voi", "header_choice"]

_Kind = TypeVar("_Kind", bound="StrEnum")

_WAYS = ("voi_range", "window", "window_index")
_PET_SUV = 5.0


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


_GRAY = Colormap("gray", get_colormap("gray").tobytes())


@dataclass(frozen=True, slots=True)
class Presentation:
    """How images are drawn; replaced whole.

    At most one of `voi_range`, `window` and `window_index` is set. Without, each image is drawn
    with the first window or VOI table of its header; else PET whose SUV is known from 0 to 5 g/ml,
    and everything else from its lowest to its highest value.

    Attributes
    ----------
    voi_range : tuple of float or None
        Modality values that are drawn black and white, ``(lower, upper)``.
    window : VoiWindow or None
        Center and width.
    window_index : int, str or None
        Which window or VOI table of the image's header: counted from 0, windows first; or its
        explanation, such as ``"BONE"``. An image that has it not is drawn as without.
    voi_function : VoiFunction or None
        How a window maps values to greys; by default as the image's header says.
    invert : bool
        Draw the negative. What the header demands (MONOCHROME1) is done without it.
    colormap : Colormap
        Colours of grey images.
    interpolation : Interpolation
        How values between pixels are made.
    show_overlays : bool
        Draw the overlays of the header (60xx) over it.
    overlay_color : tuple of int
        Red, green and blue of overlays, 0 to 255.
    show_shutter : bool
        Cover what the shutter of the header covers.
    apply_icc_profile : bool
        Turn colours into sRGB by the profile that came with them. By default they are drawn as
        they are stored, as most viewers do.
    """

    voi_range: tuple[float, float] | None = None
    window: VoiWindow | None = None
    window_index: int | str | None = None
    voi_function: VoiFunction | None = None
    invert: bool = False
    colormap: Colormap = _GRAY
    interpolation: Interpolation = Interpolation.LINEAR
    show_overlays: bool = True
    overlay_color: tuple[int, int, int] = (0, 255, 0)
    show_shutter: bool = True
    apply_icc_profile: bool = False


def changed(presentation: Presentation, image: Image | None, **properties: Any) -> Presentation:
    """Give a presentation with other properties, as a user names them; None leaves one as it is.

    Parameters
    ----------
    presentation : Presentation
        The one that there is.
    image : Image or None
        What is on show: its header must have the window that is asked for.
    **properties
        Names and values of `Presentation`. `window` may be a pair, `colormap` a name or
        ``(N, 3)`` colours, `voi_function` and `interpolation` their text.

    Raises
    ------
    ValueError
        If a value is not possible, or two ways to choose values of interest are given at once.
    """
    given = {name: value for name, value in properties.items() if value is not None}
    ways = [name for name in _WAYS if name in given]
    if len(ways) > 1:
        raise ValueError(f"give one of {', '.join(_WAYS)}, got {' and '.join(ways)}")
    given = {name: _READERS[name](value, name) for name, value in given.items()}
    if ways:
        given = dict.fromkeys(_WAYS) | given
    new = replace(presentation, **given)
    header = (image and image.voi_lut) or VoiLutModule()
    if new.window is not None and given.keys() & {"window", "voi_function"}:
        check_window(new.window, new.voi_function or header.function)
    if "window_index" in ways and image is not None:
        header_choice(header, given["window_index"])
    return new


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


def find_voi(
    image: Image, presentation: Presentation, value_range: Callable[[], tuple[float, float]]
) -> Voi | None:
    """Give what an image is drawn with.

    Parameters
    ----------
    image : Image
        The image.
    presentation : Presentation
        What its viewer chose.
    value_range : callable
        Gives its lowest and highest modality value; asked only if nobody says a window.

    Returns
    -------
    Voi or None
        None for colours that are drawn as they are: a header's window is not meant for them.
    """
    header = image.voi_lut or VoiLutModule()
    function = presentation.voi_function or header.function
    if presentation.voi_range is not None:
        return Voi.of_range(*presentation.voi_range, function)
    if presentation.window is not None:
        return _usable(presentation.window, function)
    if image.is_color:
        return None
    if presentation.window_index is not None:
        try:
            chosen = header_choice(header, presentation.window_index)
        except ValueError:
            chosen = None
        voi = chosen and _usable(chosen, function)
        if voi:
            return voi
    candidates: list[VoiWindow | LookupTable] = [*header.windows, *header.luts]
    for candidate in candidates:
        voi = _usable(candidate, function)
        if voi:
            return voi
    function = presentation.voi_function or VoiFunction.LINEAR
    suvbw = image.scaling.suvbw if image.scaling is not None else None
    if image.modality == "PT" and suvbw is not None and suvbw > 0:
        # From 0 to 5 g/ml, as PET is read. Of values without a known SUV nobody knows what that is.
        return Voi.of_range(0, _PET_SUV / suvbw, function)
    return replace(Voi.of_range(*value_range(), function), is_computed=True)


def header_choice(header: VoiLutModule, choice: int | str) -> VoiWindow | LookupTable:
    """Give a window or VOI table of a header, by its number or its explanation.

    Raises
    ------
    ValueError
        If there is none such.
    """
    choices: list[VoiWindow | LookupTable] = [*header.windows, *header.luts]
    if isinstance(choice, str):
        for candidate in choices:
            if candidate.explanation.strip().lower() == choice.strip().lower():
                return candidate
    elif 0 <= choice < len(choices):
        return choices[choice]
    known = ", ".join(
        f"{number} {candidate.explanation!r}" if candidate.explanation else str(number)
        for number, candidate in enumerate(choices)
    )
    raise ValueError(f"no window {choice!r} in the header of this image; it has: {known or 'none'}")


def _usable(mapping: VoiWindow | LookupTable, function: VoiFunction) -> Voi | None:
    """Give the VOI of a window as far as it has one; headers hold widths of 0 and the like."""
    if isinstance(mapping, LookupTable):
        return Voi(mapping) if len(mapping.entries) else None
    if not (math.isfinite(mapping.center) and math.isfinite(mapping.width)) or mapping.width <= 0:
        return None
    if function is VoiFunction.LINEAR and mapping.width < 1:
        # LINEAR knows no such width (PS3.3 C.11.2.1.2.1), but images of small fractions have it.
        function = VoiFunction.LINEAR_EXACT
    return Voi(mapping, function)


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


_READERS: dict[str, Callable[[Any, str], Any]] = {
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
}
"""What each property is made of, as a user gives it, and under which name."""
