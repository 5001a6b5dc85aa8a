"""Messages that came faster than they were taken: what adds up becomes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pycornerstone.frontends.browser.page_messages import (
    DragWindow,
    FromPage,
    MoveCrosshairs,
    Pan,
    Resize,
    Rotate,
    RotateCrosshairs,
    Scroll,
    SetSlice,
    SetTimePoint,
    StepTime,
    Zoom,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["coalesced"]


def coalesced(messages: Iterable[FromPage]) -> list[FromPage]:
    """Give fewer messages to the same end: neighbours that add up, or of which the last counts."""
    kept: list[FromPage] = []
    for message in messages:
        both = _both(kept[-1], message) if kept else None
        if both is None:
            kept.append(message)
        else:
            kept[-1] = both
    return kept


def _both(first: FromPage, second: FromPage) -> FromPage | None:
    if type(first) is not type(second) or any(
        getattr(first, name, None) != getattr(second, name, None) for name in ("cell", "layer")
    ):
        return None
    if isinstance(second, MoveCrosshairs | SetSlice | SetTimePoint | Resize):
        return second
    return _sum(first, second)


def _sum(first: Any, second: Any) -> FromPage | None:
    match second:
        case DragWindow() | Pan():
            sums = {"dx": first.dx + second.dx, "dy": first.dy + second.dy}
        case Scroll() | StepTime() if first.steps * second.steps >= 0:
            sums = {"steps": first.steps + second.steps}
        case Zoom() if (first.x, first.y) == (second.x, second.y):
            sums = {"factor": first.factor * second.factor}
        case Rotate() | RotateCrosshairs():
            sums = {"degrees": first.degrees + second.degrees}
        case _:
            return None
    added: FromPage = msgspec.structs.replace(second, **sums)
    return added
