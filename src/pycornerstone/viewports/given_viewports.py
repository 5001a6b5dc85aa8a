"""Viewports that a user gives to be linked, as they are, or refused in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pycornerstone.viewports.canvas_view import CanvasView

if TYPE_CHECKING:
    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.viewports.source import ImageSource

__all__ = ["registrations_of", "viewport_of", "viewports_of"]


def viewport_of(given: Any, *, shows_volumes: bool = False) -> Any:
    """Give a viewport as it is.

    Parameters
    ----------
    given : StackViewport or VolumeViewport
        What a user gave.
    shows_volumes : bool
        A StackViewport will not do.

    Raises
    ------
    TypeError
        If it is something else.
    """
    is_viewport = isinstance(given, CanvasView)
    if not is_viewport or (shows_volumes and not hasattr(given, "set_slab")):
        wanted = "a VolumeViewport" if shows_volumes else "a StackViewport or a VolumeViewport"
        raise TypeError(f"{wanted} is wanted, got {given!r}")
    return given


def viewports_of(given: Any, *, shows_volumes: bool = False) -> tuple[Any, ...]:
    """Give viewports as they are.

    Raises
    ------
    TypeError
        If one is something else, or it is no list.
    """
    if not isinstance(given, Iterable):
        raise TypeError(f"a list of viewports is wanted, got {given!r}; put one into brackets")
    return tuple(viewport_of(one, shows_volumes=shows_volumes) for one in given)


def registrations_of(given: Registrations | None, source: ImageSource) -> Registrations:
    """Give registrations that somebody named, else those of a session.

    Raises
    ------
    TypeError
        If they are none, or it is no session.
    """
    if not hasattr(source, "metadata"):
        raise TypeError(f"a Session is wanted, got {source!r}")
    known = source.metadata.registrations if given is None else given
    if not hasattr(known, "find"):
        raise TypeError(f"frames of reference are related by Registrations, got {given!r}")
    return known
