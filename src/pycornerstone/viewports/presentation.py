"""The presentation: how an image is drawn, wherever it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.voi import Voi, check_window
from pycornerstone.viewports.property_readers import GRAY, READERS, Colormap

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.image import Image
    from pycornerstone.model.volume import Volume

__all__ = [
    "GreyPresentation",
    "Presentation",
    "changed",
    "find_voi",
    "header_choice",
]

PresentationT = TypeVar("PresentationT", bound="GreyPresentation")

_WAYS = ("voi_range", "window", "window_index")
_PET_SUV = 5.0


@dataclass(frozen=True, slots=True)
class GreyPresentation:
    """How values become greys and colours; replaced whole.

    At most one of `voi_range`, `window` and `window_index` is set. Without, what is shown is drawn
    with the first window or VOI table of its header; else PET whose SUV is known from 0 to 5 g/ml,
    and everything else from its lowest to its highest value.

    Attributes
    ----------
    voi_range : tuple of float or None
        Modality values that are drawn black and white, ``(lower, upper)``.
    window : VoiWindow or None
        Center and width.
    window_index : int, str or None
        Which window or VOI table of the header: counted from 0, windows first; or its explanation,
        such as ``"BONE"``. What has it not is drawn as without.
    voi_function : VoiFunction or None
        How a window maps values to greys; by default as the header says.
    invert : bool
        Draw the negative. What the header demands (MONOCHROME1) is done without it.
    colormap : Colormap
        Colours of grey images.
    interpolation : Interpolation
        How values between pixels are made.
    """

    voi_range: tuple[float, float] | None = None
    window: VoiWindow | None = None
    window_index: int | str | None = None
    voi_function: VoiFunction | None = None
    invert: bool = False
    colormap: Colormap = GRAY
    interpolation: Interpolation = Interpolation.LINEAR


@dataclass(frozen=True, slots=True)
class Presentation(GreyPresentation):
    """How images are drawn, each with the window of its own header unless one is chosen.

    Attributes
    ----------
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

    show_overlays: bool = True
    overlay_color: tuple[int, int, int] = (0, 255, 0)
    show_shutter: bool = True
    apply_icc_profile: bool = False


def changed(
    presentation: PresentationT, image: Image | Volume | None, **properties: Any
) -> PresentationT:
    """Give a presentation with other properties, as a user names them; None leaves one as it is.

    Parameters
    ----------
    presentation : GreyPresentation
        The one that there is.
    image : Image, Volume or None
        What is on show: its header must have the window that is asked for.
    **properties
        Names and values of the presentation. `window` may be a pair, `colormap` a name or
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
    known = {field.name for field in fields(presentation)}
    for name in given.keys() - known:
        raise ValueError(f"no property {name!r}; there are: {', '.join(sorted(known))}")
    given = {name: READERS[name](value, name) for name, value in given.items()}
    if ways:
        given = dict.fromkeys(_WAYS) | given
    new = replace(presentation, **given)
    header = (image and image.voi_lut) or VoiLutModule()
    if new.window is not None and given.keys() & {"window", "voi_function"}:
        check_window(new.window, new.voi_function or header.function)
    if "window_index" in ways and image is not None:
        header_choice(header, given["window_index"])
    return new


def find_voi(
    image: Image | Volume,
    presentation: GreyPresentation,
    value_range: Callable[[], tuple[float, float]],
) -> Voi | None:
    """Give what an image is drawn with.

    Parameters
    ----------
    image : Image or Volume
        The image.
    presentation : GreyPresentation
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
