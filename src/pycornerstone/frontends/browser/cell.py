"""One cell of the layout: the viewport that shows a series there, or several over each other."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import GeometryError
from pycornerstone.frontends.browser.failures import CannotShowError, said_of
from pycornerstone.frontends.browser.kept import kept_of, properties_of
from pycornerstone.frontends.browser.pacing import Pacing
from pycornerstone.frontends.browser.recalling import look_as_before, properties_before
from pycornerstone.frontends.browser.windowing import WindowDrag
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.viewports.places import Place, matrix_between
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pycornerstone.frontends.browser.cine import Cine
    from pycornerstone.frontends.browser.kept import KeptCell
    from pycornerstone.frontends.sharing.source import AnyViewport, Exhibit
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.volume import Volume
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.orientation import OrientationLike
    from pycornerstone.viewports.volumes.volumes_request import VolumesRequest

__all__ = ["CannotShowError", "DeskCell", "image_ids_of", "said_of"]

_NUMBERS = itertools.count(1)
_VOLUMES = {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}
_UNTIL_KNOWN = (512, 512)
_OVER: Mapping[str, Any] = {"colormap": "hot", "opacity": 0.5}
_PET_OVER: Mapping[str, Any] = {"colormap": "hotIron", "opacity": 0.7, "opacity_follows_voi": True}


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
    ) -> None:
        self.index = index
        self.size: tuple[int, int] | None = None
        self.viewport: AnyViewport | None = None
        self.layers: tuple[tuple[int, str], ...] = ()
        self.plane: OrientationLike | None = None
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

    def show(
        self, series: int, orientation: OrientationLike | None = None, index: int | None = None
    ) -> None:
        """Show a series alone, as a stack; or, with an orientation, as planes.

        Raises
        ------
        CannotShowError
            If there are to be planes, and it is no volume.
        """
        found = self._exhibit.display_sets[series]
        if orientation is not None:
            self._show_planes(series, orientation)
            return
        image_ids = image_ids_of(found)
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
        _ = self._volume(series)
        self._check_place(series)
        viewport = self.as_planes()
        is_pet = self._exhibit.display_sets[series].modality in {"PT", "NM"}
        self._request = viewport.add_volumes(
            [VolumeInput(self._volume(series), properties=_PET_OVER if is_pet else _OVER)]
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
        self._show_planes(series, orientation or "acquisition", properties)
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
                self._notice(self.index, said_of(error))
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
            image_ids = image_ids_of(self._exhibit.display_sets[series])
            at = viewport.current_image_id
            self.show(series, index=image_ids.index(at) if at in image_ids else None)
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
            self.show(series[0], index=kept.index)
            made = self.viewport
            if isinstance(made, StackViewport):
                layer = kept.layers[0]
                made.set_properties(**properties_before(layer, self._exhibit, of_stack=True))
        else:
            self._show_layers(
                [
                    (
                        layer.series,
                        properties_before(layer, self._exhibit, of_stack=False),
                    )
                    for layer in kept.layers
                ],
                kept.orientation,
            )
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
        return found if found.kind is DisplaySetKind.VOLUME else image_ids_of(found)

    def _check_place(self, series: int) -> None:
        """Refuse what lies nobody knows where to what is there."""
        base = self.series
        if base is None:
            return
        sets = self._exhibit.display_sets
        uid, to_uid = (sets[number].frame_of_reference_uid for number in (series, base))
        if matrix_between(uid, to_uid, self.session.metadata.registrations) is None:
            raise CannotShowError(
                "these two series lie in other frames of reference, and no registration says how"
            )

    def _drop_what_cannot_be(self, viewport: VolumeViewport) -> None:
        request = self._request
        is_lost = request is not None and request.done() and not request.cancelled()
        error = request.exception(0) if request is not None and is_lost else None
        if isinstance(error, GeometryError) and self.layers[-1][1] in viewport.volume_ids:
            viewport.remove_volumes([self.layers[-1][1]])
        there = set(viewport.volume_ids)
        first, *others = self.layers
        self.layers = (first, *(layer for layer in others if layer[1] in there))

    def _show_planes(
        self,
        series: int,
        orientation: OrientationLike,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        self._show_layers([(series, properties or {})], orientation)

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
                is_pet = self._exhibit.display_sets[series].modality in {"PT", "NM"}
                viewport.set_properties(name, **(_PET_OVER if is_pet else _OVER))
        if self.plane is not None and viewport.orientation != self.plane:
            viewport.set_orientation(self.plane)

    def _replace(self, viewport: AnyViewport | None, layers: tuple[tuple[int, str], ...]) -> None:
        old, self.viewport, self.layers = self.viewport, viewport, layers
        self.cine, self.plane, self._wanted_lps, self.told = None, None, None, None
        self._request = self.wanted = None
        self.generation += 1
        self.drag = WindowDrag()
        self.known_distances = {}
        if old is not None:
            old.close()

    def _ended(self, request: VolumesRequest) -> None:
        if request is self._request and not request.cancelled():
            error = request.exception(0)
            if error is not None:
                self._notice(self.index, said_of(error))


def image_ids_of(found: DisplaySet) -> tuple[str, ...]:
    """Give the images that are scrolled through; of several points in time, those of the first."""
    return found.time_points[0] if found.time_points else found.image_ids


def _name() -> str:
    return f"cell-{next(_NUMBERS)}"
