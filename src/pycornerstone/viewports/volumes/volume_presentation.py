"""How each volume of a viewport is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.rendering.volumes.layers import LayerStyle
from pycornerstone.viewports.presentation import GreyPresentation, changed

if TYPE_CHECKING:
    from pycornerstone.model.volume import Volume
    from pycornerstone.rendering.voi import Voi

__all__ = ["VolumePresentation", "changed_volume", "layer_style"]


@dataclass(frozen=True, slots=True)
class VolumePresentation(GreyPresentation):
    """How a volume is drawn, alone or over others; replaced whole.

    Attributes
    ----------
    opacity : float
        Of all of it, 0 to 1.
    opacity_mapping : tuple of (float, float)
        Modality values that rise, and how opaque they are, straight lines between them. Multiplied
        by `opacity`. Empty is the same everywhere.
    opacity_follows_voi : bool
        As opaque as the window makes it bright; what is black is not seen.
    threshold : tuple of float or None
        Lowest and highest modality value that is drawn; either may be infinite.
    visible : bool
        It is drawn.
    """

    opacity: float = 1.0
    opacity_mapping: tuple[tuple[float, float], ...] = ()
    opacity_follows_voi: bool = False
    threshold: tuple[float, float] | None = None
    visible: bool = True


def changed_volume(
    presentation: VolumePresentation, volume: Volume | None, **properties: Any
) -> VolumePresentation:
    """Give a presentation with other properties; see `changed`.

    Of the two ways in which opacity follows the values, the one given last counts.
    """
    given = {name: value for name, value in properties.items() if value is not None}
    if given.get("opacity_mapping") is not None and given.get("opacity_follows_voi") is True:
        raise ValueError("opacity follows the VOI or a mapping, not both; leave one of them out")
    if given.get("opacity_follows_voi") is True:
        given["opacity_mapping"] = ()
    elif given.get("opacity_mapping") is not None:
        given["opacity_follows_voi"] = False
    return changed(presentation, volume, **given)


def layer_style(presentation: VolumePresentation, volume: Volume, voi: Voi | None) -> LayerStyle:
    """Give how a cut through it is painted."""
    return LayerStyle(
        voi=voi,
        invert=presentation.invert != (volume.is_inverted and not volume.is_color),
        colors=presentation.colormap.colors,
        opacity=presentation.opacity,
        opacity_mapping=presentation.opacity_mapping,
        opacity_follows_voi=presentation.opacity_follows_voi,
        threshold=presentation.threshold,
        white=_white(volume),
    )


def _white(volume: Volume) -> float:
    """Give the sample that is full colour, as `ColorSource` has it."""
    dtype = volume.voxels.dtype
    return 1.0 if dtype.kind in "fb" else float(np.iinfo(dtype).max)
