"""Images over each other in a cell: which may be, how the upper ones begin, and which is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.failures import CannotShowError
from pycornerstone.viewports.places import matrix_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.model.display_set import DisplaySet

__all__ = ["check_place", "checked_layer", "over_properties"]

_OVER: Mapping[str, Any] = {"colormap": "hot", "opacity": 0.5}
_PET_OVER: Mapping[str, Any] = {"colormap": "hotIron", "opacity": 0.7, "opacity_follows_voi": True}


def over_properties(found: DisplaySet) -> Mapping[str, Any]:
    """Give how a series is drawn at first over others, as `set_properties` takes it."""
    return _PET_OVER if found.modality in {"PT", "NM"} else _OVER


def check_place(over: DisplaySet, base: DisplaySet, registrations: Registrations) -> None:
    """Refuse what lies nobody knows where to what is there."""
    uids = over.frame_of_reference_uid, base.frame_of_reference_uid
    if matrix_between(*uids, registrations) is None:
        raise CannotShowError(
            "these two series lie in other frames of reference, and no registration says how"
        )


def checked_layer(layers: Sequence[object], asked: int | None, otherwise: int) -> int:
    """Give the layer that a page means, or another where it names none.

    Raises
    ------
    CannotShowError
        If there is none of that number.
    """
    if asked is None:
        return otherwise
    if not 0 <= asked < len(layers):
        raise CannotShowError(
            f"there is no layer {asked} here; {len(layers)} of them lie over each other, from 0"
        )
    return asked
