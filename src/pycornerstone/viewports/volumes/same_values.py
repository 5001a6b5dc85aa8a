"""What linked viewports draw alike: windows, colours and slabs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.events import Event
from pycornerstone.model.luts import VoiFunction
from pycornerstone.viewports.followers import Followers
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.session.events import EventBus

__all__ = ["SameColors", "SameSlab", "SameVoi", "is_close"]

# Relative; what differs by less is the same, and nobody is told of it.
_SAME = 1e-9


def is_close(one: Sequence[float], other: Sequence[float] | None) -> bool:
    """Say whether numbers are the same but for rounding."""
    return other is not None and bool(np.allclose(one, other, rtol=_SAME, atol=_SAME))


class _SameOfVolume(Followers):
    """What each volume has of its own, and a stack once: with that, the first volume agrees."""

    def _lead_of(self, viewport: Any, detail: Any) -> Any:
        volume_id = detail.volume_id
        is_first = volume_id is None or volume_id == next(iter(viewport.volume_ids), None)
        return self._values(viewport, detail), volume_id, is_first

    def _follow(self, viewport: Any, lead: Any) -> None:
        values, volume_id, is_first = lead
        if isinstance(viewport, StackViewport):
            if is_first:
                self._apply(viewport, None, values)
            return
        known = viewport.volume_ids
        wanted = next(iter(known), None) if volume_id is None else volume_id
        if wanted in known:
            self._apply(viewport, wanted, values)

    @abstractmethod
    def _values(self, viewport: Any, detail: Any) -> Any:
        """Give what the others are to have, too."""

    @abstractmethod
    def _apply(self, viewport: Any, volume_id: str | None, values: Any) -> None:
        """Give it to a volume; of a stack, `volume_id` is None."""


class SameVoi(_SameOfVolume):
    """Values that are drawn black and white, and how greys rise between them."""

    def __init__(self, events: EventBus) -> None:
        super().__init__(events, (Event.VOI_MODIFIED,))

    def _values(self, _viewport: Any, detail: Any) -> Any:
        return (detail.lower, detail.upper), _curve(detail.voi_function)

    def _apply(self, viewport: Any, volume_id: str | None, values: Any) -> None:
        bounds, curve = values
        if volume_id is None:
            known, how = viewport.voi_range, viewport.properties
        else:
            known, how = viewport.voi_range(volume_id), viewport.properties(volume_id)
        if is_close(bounds, known) and _curve(how.voi_function) is curve:
            return
        changes = {"voi_range": bounds, "voi_function": curve}
        if volume_id is not None:
            changes["volume_id"] = volume_id
        viewport.set_properties(**changes)


def _curve(function: VoiFunction | None) -> VoiFunction | None:
    """Give what a function makes of a range; both linear ones make a straight line of it."""
    return VoiFunction.LINEAR if function is VoiFunction.LINEAR_EXACT else function


class SameColors(_SameOfVolume):
    """Colour map and negative."""

    def __init__(self, events: EventBus) -> None:
        super().__init__(events, (Event.COLORMAP_MODIFIED,))

    def _values(self, viewport: Any, detail: Any) -> Any:
        # The name alone does not say which colours somebody's own has.
        how = (
            viewport.properties
            if detail.volume_id is None
            else viewport.properties(detail.volume_id)
        )
        return {"colormap": how.colormap, "invert": how.invert}

    def _apply(self, viewport: Any, volume_id: str | None, values: Any) -> None:
        if volume_id is None:
            viewport.set_properties(**values)
        else:
            viewport.set_properties(volume_id=volume_id, **values)


class SameSlab(Followers):
    """Thickness and mode of slabs; stacks have none."""

    def __init__(self, events: EventBus) -> None:
        super().__init__(events, (Event.SLAB_MODIFIED,))

    def _lead_of(self, _viewport: Any, detail: Any) -> Any:
        return detail.thickness_mm, detail.mode

    def _follow(self, viewport: Any, lead: Any) -> None:
        if not isinstance(viewport, StackViewport):
            viewport.set_slab(*lead)
