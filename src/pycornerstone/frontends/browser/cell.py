"""One cell of the layout: the viewport that shows a series there, or several over each other."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import GeometryError
from pycornerstone.frontends.browser.failures import CannotShowError, said_of
from pycornerstone.frontends.browser.kept import kept_of, properties_of
from pycornerstone.frontends.browser.layers import check_place, over_properties
from pycornerstone.frontends.browser.pacing import Pacing
from pycornerstone.frontends.browser.recalling import look_as_before, properties_before
from pycornerstone.frontends.browser.time_points import images_at, time_points_of
from pycornerstone.frontends.browser.windowing import WindowDrag
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.viewports.places import Place
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pycornerstone.frontends.browser.cine import Cine
    from pycornerstone.frontends.browser.kept import KeptCell
    from pycornerstone.frontends.browser.time_points import Coming
    from pycornerstone.frontends.sharing.source import AnyViewport, Exhibit
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.volume import Volume
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.orientation import OrientationLike
    from pycornerstone.viewports.volumes.volumes_request import VolumesRequest

__all__ = ["CannotShowError", "DeskCell", "said_of"]

_NUMBERS = itertools.count(1)
_VOLUMES = {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}
_UNTIL_KNOWN = (512, 512)


class DeskCell:
    """A cell of the layout; its desk changes it from one thread.

    Parameters
    ----------
    index : int
        Its place in the layout.
    exhibit : Exhibit
        What can be shown.
    numbers : iterator of int
        Of frames.
    notice : callable
        Tells the user of this cell: ``(index, text)``.
    wake : callable
        Has the desk look at its cells again; called from any thread.

    Attributes
    ----------
    index : int
        As given.
    size : tuple of int or None
        ``(width, height)`` of the canvas, once the page has said it.
    viewport : StackViewport, VolumeViewport or None
        What is shown.
    layers : tuple of (int, str)
        Numbers of the series in it, the lowest first, and the volumes that they are; ``""`` of a
        stack.
    plane : str or None
        The orientation that it was first shown in; None of a stack.
    time_point : int
        Which of several points in time is on show, from 0.
    coming : Coming or None
        Another one that is on its way.
    generation : int
        Rises whenever something else is shown.
    pacing, drag, cine
        Its frames, the window in the user's hand, and the cine that runs, if one does.
    wanted : KeptCell or None
        How it is to look as soon as its images are there.
    told : str or None
        What went wrong when it was drawn last, which the user has been told.
    known_distances : dict
        From images of the stack to the next ones, mm.
    """

    def __init__(
        self,
        index: int,
        exhibit: Exhibit,
        numbers: Iterator[int],
        notice: Callable[[int, str], None],
        wake: Callable[[], object],
    ) -> None:
        self.index = index
        self.wake = wake
        self.size: tuple[int, int] | None = None
        self.viewport: AnyViewport | None = None
        self.layers: tuple[tuple[int, str], ...] = ()
        self.plane: OrientationLike | None = None
        self.time_point = 0
        self.coming: Coming | None = None
        self.generation = 0
        self.pacing = Pacing(numbers)
        self.drag = WindowDrag()
        self.cine: Cine | None = None
        self.wanted: KeptCell | None = None
        self.told: str | None = None
        self.known_distances: dict[str, float | None] = {}
        self._exhibit, self._notice = exhibit, notice
        self._wanted_lps: Vector | None = None
        self._request: VolumesRequest | None = None

    @property
    def session(self) -> Session:
        """What it loads by."""
        return self._exhibit.session

    @property
    def series(self) -> int | None:
        """Number of the series that it shows, the lowest of several."""
        return self.layers[0][0] if self.layers else None

    @property
    def display_sets(self) -> tuple[DisplaySet, ...]:
        """Those of its layers."""
        return tuple(self._exhibit.display_sets[series] for series, _ in self.layers)

    @property
    def number_of_time_points(self) -> int:
        """How many there are to choose from; 1 where there is no choice."""
        return time_points_of(self.display_sets)

    @property
    def is_shown(self) -> bool:
        """Something is on show as it is to be, and not only on its way."""
        return self.wanted is None and self._is_there

    @property
    def _is_there(self) -> bool:
        if isinstance(self.viewport, StackViewport):
            return self.viewport.image is not None
        if self.viewport is None:
            return False
        try:
            _ = self.viewport.camera
        except RuntimeError:
            return False
        return bool(self.viewport.volumes)

    def resize(self, width: int, height: int) -> None:
        """Give the canvas another size."""
        self.size = width, height
        if self.viewport is not None:
            self.viewport.resize(width, height)

    def tell(self, text: str) -> None:
        """Tell the user of this cell."""
        self._notice(self.index, text)

    def show(
        self,
        series: int,
        orientation: OrientationLike | None = None,
        index: int | None = None,
        time_point: int = 0,
    ) -> None:
        """Show a series alone, as a stack; or, with an orientation, as planes.

        Raises
        ------
        CannotShowError
            If there are to be planes, and it is no volume.
        """
        found = self._exhibit.display_sets[series]
        if orientation is not None:
            _ = self._volume(series)
        self.time_point = min(time_point, time_points_of([found]) - 1)
        if orientation is not None:
            self._show_layers([(series, {})], orientation)
            return
        image_ids = images_at(found, self.time_point)
        if index is None:
            index = len(image_ids) // 2 if found.kind in _VOLUMES else 0
        viewport = StackViewport(*self._canvas, session=self._exhibit.session, viewport_id=_name())
        self._replace(viewport, ((series, ""),))
        # What becomes of it is told by events.
        _ = viewport.set_stack(image_ids, min(index, len(image_ids) - 1))

    def add(self, series: int) -> None:
        """Show a series over the one that is there; both must be volumes."""
        if self.viewport is None:
            self.show(series)
            return
        if any(series == there for there, _ in self.layers):
            raise CannotShowError("this series is there already")
        found, volume = self._exhibit.display_sets[series], self._volume(series)
        for base in self.display_sets[:1]:
            check_place(found, base, self.session.metadata.registrations)
        viewport = self.as_planes()
        self._request = viewport.add_volumes(
            [VolumeInput(volume, properties=over_properties(found))]
        )
        self._request.add_done_callback(self._ended)
        self.layers = (*self.layers, (series, viewport.volume_ids[-1]))

    def as_planes(self, orientation: OrientationLike | None = None) -> VolumeViewport:
        """Have a viewport of planes, with what a stack has shown at the same place.

        Raises
        ------
        CannotShowError
            If nothing is shown, or no volume.
        """
        old, series = self.viewport, self.series
        if old is None or series is None:
            raise CannotShowError("nothing is shown here; choose a series first")
        if isinstance(old, VolumeViewport):
            if orientation is not None:
                old.set_orientation(orientation)
            return old
        image = old.image
        kept = kept_of(old, self.layers)
        properties = properties_of(kept.layers[0], of_stack=False)
        self._show_layers([(series, properties)], orientation or "acquisition")
        place = None if image is None else Place.of_image(image)
        if place is not None:
            x, y, z = place.point_lps.tolist()
            self._wanted_lps = (x, y, z)
        new = self.viewport
        if not isinstance(new, VolumeViewport):
            raise TypeError(f"planes are shown by a VolumeViewport, got {type(new).__name__}")
        if orientation in {None, "acquisition"}:
            new.flip(horizontal=old.flip_horizontal, vertical=old.flip_vertical)
            new.set_rotation(old.rotation)
            new.set_zoom(old.zoom)
            new.set_pan(old.pan)
        self.settle()
        return new

    def settle(self) -> None:
        """Do what had to wait until volumes were known, and let go of those that did not come."""
        viewport, point = self.viewport, self._wanted_lps
        if isinstance(viewport, VolumeViewport) and len(self.layers) > 1:
            self._drop_what_cannot_be(viewport)
        kept = self.wanted
        if kept is not None and viewport is not None and self._is_there:
            self.wanted = None
            try:
                self.cine = look_as_before(viewport, kept, time.monotonic())
            except (ValueError, TypeError) as error:
                # A page gave it, and pages say anything.
                viewport.reset_camera()
                self.tell(said_of(error))
        if point is not None and isinstance(viewport, VolumeViewport) and self.is_shown:
            self._wanted_lps = None
            viewport.jump_to_world(point)

    def reset(self) -> None:
        """Show it as it was when it was first shown, at the slice that it is at."""
        viewport, series = self.viewport, self.series
        if viewport is None or series is None:
            return
        if isinstance(viewport, StackViewport):
            viewport.reset_properties()
        elif self.plane is None and len(self.layers) == 1:
            image_ids = images_at(self._exhibit.display_sets[series], self.time_point)
            at = viewport.current_image_id
            index = image_ids.index(at) if at in image_ids else None
            self.show(series, index=index, time_point=self.time_point)
            return
        else:
            self._reset_volumes(viewport)
        viewport.reset_camera()

    def clear(self) -> None:
        """Show nothing."""
        self._replace(None, ())

    def recall(self, kept: KeptCell) -> None:
        """Show what was shown before, as it was.

        Raises
        ------
        CannotShowError
            If it cannot be: there is no such series, or it is no volume.
        ValueError
            If a value is not possible.
        """
        sets = self._exhibit.display_sets
        series = [layer.series for layer in kept.layers]
        if any(not 0 <= number < len(sets) for number in series):
            raise CannotShowError("there is no such series")
        if not series:
            return
        if kept.orientation is None:
            self.show(series[0], index=kept.index, time_point=max(kept.time_point, 0))
            made = self.viewport
            if isinstance(made, StackViewport):
                layer = kept.layers[0]
                made.set_properties(**properties_before(layer, self._exhibit, of_stack=True))
        else:
            count = time_points_of(sets[number] for number in series)
            self.time_point = min(max(kept.time_point, 0), count - 1)
            layers = [
                (layer.series, properties_before(layer, self._exhibit, of_stack=False))
                for layer in kept.layers
            ]
            self._show_layers(layers, kept.orientation)
            self.plane = kept.home
        self.wanted = kept

    def volume_id_of(self, layer: int) -> str | None:
        """Give what a layer is called by in its viewport; None where there is one alone."""
        return self.layers[layer][1] or None

    def close(self) -> None:
        """Let go of what is shown."""
        self.clear()

    @property
    def _canvas(self) -> tuple[int, int]:
        return self.size or _UNTIL_KNOWN

    def _volume(self, series: int) -> DisplaySet | Volume | tuple[str, ...]:
        found = self._exhibit.display_sets[series]
        if found.kind not in _VOLUMES:
            raise CannotShowError("no planes can be cut through this series: it is no volume")
        given = self._exhibit.volumes.get(found.display_set_id)
        if given is not None:
            return given
        is_one = found.kind is DisplaySetKind.VOLUME
        return found if is_one else images_at(found, self.time_point)

    def _drop_what_cannot_be(self, viewport: VolumeViewport) -> None:
        request = self._request
        is_lost = request is not None and request.done() and not request.cancelled()
        error = request.exception(0) if request is not None and is_lost else None
        if isinstance(error, GeometryError) and self.layers[-1][1] in viewport.volume_ids:
            viewport.remove_volumes([self.layers[-1][1]])
        there = set(viewport.volume_ids)
        first, *others = self.layers
        self.layers = (first, *(layer for layer in others if layer[1] in there))

    def _show_layers(
        self, layers: Sequence[tuple[int, Mapping[str, Any]]], orientation: OrientationLike
    ) -> None:
        given = [VolumeInput(self._volume(series), properties=how) for series, how in layers]
        viewport = VolumeViewport(
            *self._canvas,
            session=self._exhibit.session,
            orientation=orientation,
            viewport_id=_name(),
        )
        self._replace(viewport, ())
        self._request = viewport.set_volumes(given)
        self._request.add_done_callback(self._ended)
        numbers = [series for series, _ in layers]
        self.layers = tuple(zip(numbers, viewport.volume_ids, strict=True))

    def _reset_volumes(self, viewport: VolumeViewport) -> None:
        viewport.set_slab(None)
        for layer, (series, name) in enumerate(self.layers):
            if name not in viewport.volume_ids:
                continue
            viewport.reset_properties(name)
            if layer:
                found = self._exhibit.display_sets[series]
                viewport.set_properties(name, **over_properties(found))
        if self.plane is not None and viewport.orientation != self.plane:
            viewport.set_orientation(self.plane)

    def _replace(self, viewport: AnyViewport | None, layers: tuple[tuple[int, str], ...]) -> None:
        old, self.viewport, self.layers = self.viewport, viewport, layers
        self.cine, self.plane, self._wanted_lps, self.told = None, None, None, None
        self._request = self.wanted = None
        if self.coming is not None:
            self.coming.give_up()
            self.coming = None
        self.generation += 1
        self.drag = WindowDrag()
        self.known_distances = {}
        if old is not None:
            old.close()

    def _ended(self, request: VolumesRequest) -> None:
        if request is self._request and not request.cancelled():
            error = request.exception(0)
            if error is not None:
                self.tell(said_of(error))


def _name() -> str:
    return f"cell-{next(_NUMBERS)}"
