"""A canvas that looks at several volumes and labelmaps at once: which, and what arrives of them."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import GeometryError
from pycornerstone.model.events import VoiModified
from pycornerstone.model.volume_viewport_events import (
    ViewportNeedsRender,
    VolumeNewImage,
    VolumeViewportNewVolume,
)
from pycornerstone.rendering.volumes.labels import LabelStyle
from pycornerstone.viewports.view import View
from pycornerstone.viewports.volumes.inputs import (
    begun,
    checked_ids,
    checked_input,
    checked_inputs,
    checked_style,
)
from pycornerstone.viewports.volumes.redraw import RedrawNews
from pycornerstone.viewports.volumes.shown_volume import ShownVolume, dropping
from pycornerstone.viewports.volumes.together import bring_together, check_different, world_of
from pycornerstone.viewports.volumes.volume_pins import VolumePins
from pycornerstone.viewports.volumes.volume_presentation import changed_volume
from pycornerstone.viewports.volumes.volume_view import VolumeView
from pycornerstone.viewports.volumes.volumes_request import VolumesRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.source import ImageAndVolumeSource
    from pycornerstone.viewports.volumes.inputs import VolumeInput, VolumeLike
    from pycornerstone.viewports.volumes.orientation import OrientationLike

__all__ = ["LayeredVolumeView"]


class LayeredVolumeView(VolumeView):
    """A canvas that looks at volumes, the first at the bottom, and at labelmaps over them.

    The first volume says which slices there are, and what fits the canvas.

    Parameters
    ----------
    width, height, session, orientation, viewport_id, background
        As of `VolumeViewport`.
    """

    def __init__(
        self,
        width: int,
        height: int,
        session: ImageAndVolumeSource,
        orientation: OrientationLike,
        viewport_id: str | None,
        background: Sequence[int],
    ) -> None:
        super().__init__(width, height, session.events, viewport_id, background, orientation)
        self._source: ImageAndVolumeSource = session
        self._volumes: tuple[ShownVolume, ...] = ()
        self._labelmaps: tuple[tuple[ShownVolume, LabelStyle], ...] = ()
        self._held: tuple[ShownVolume, ...] = ()
        self._dropped: list[ShownVolume] = []
        self._told_of: tuple[str, ...] = ()
        self._error: GeometryError | None = None
        itself = weakref.ref(self)
        self._news = RedrawNews(partial(_tell_to_draw, itself))
        self._pins = VolumePins(session.cache)
        # One that is forgotten, not closed, holds no volume.
        weakref.finalize(self, self._pins.clear).atexit = False

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes on show, the first at the bottom, as far as they are known."""
        return tuple(found for shown in self._volumes if (found := shown.volume) is not None)

    @property
    def volume_ids(self) -> tuple[str, ...]:
        """Which volumes are on show, or will be, unless their load has failed."""
        return tuple(shown.volume_id for shown in self._volumes)

    @property
    def frame_of_reference_uid(self) -> str | None:
        """(0020,0052) of the world: that of the first volume that was shown without a registration.

        None while nobody says one.
        """
        return world_of(self._volumes)

    @property
    def labelmap_ids(self) -> tuple[str, ...]:
        """Which labelmaps lie over them."""
        return tuple(shown.volume_id for shown, _ in self._labelmaps)

    def set_volumes(self, volumes: Iterable[VolumeLike]) -> VolumesRequest:
        """Show other volumes, the first at the bottom: fresh view and properties, no labelmaps.

        Orientation and slab stay. The plane is the middle slice.

        Parameters
        ----------
        volumes : iterable
            Of Volume, VolumeLoadObject, DisplaySet, list of imageIds, volumeId or VolumeInput, none
            of them twice. What is still loading is shown as far as it is there.

        Returns
        -------
        VolumesRequest
            At once; it becomes a tuple of these volumes when all are whole and on show. If others
            are set before, it ends with LoadCancelledError.

        Raises
        ------
        GeometryError
            If one lies in another frame of reference, and no registration leads from there.
        TypeError
            If one is no volume.
        ValueError
            If a property is not possible, or a volume comes twice.
        """
        return self._show(checked_inputs(volumes), is_more=False)

    def add_volumes(self, volumes: Iterable[VolumeLike]) -> VolumesRequest:
        """Show further volumes over those that there are; as `set_volumes`, and the view stays."""
        return self._show(checked_inputs(volumes), is_more=True)

    def remove_volumes(self, volume_ids: Iterable[str]) -> None:
        """Show some volumes no longer.

        Without the first, the next one is what fits the canvas, on its slice that is nearest.

        Raises
        ------
        TypeError
            If it is no list of volumeIds.
        ValueError
            If one is not on show.
        """
        names = checked_ids(volume_ids)
        with self._lock:
            gone = [self._volume_of(volume_id) for volume_id in names]
            told = self._keep(tuple(shown for shown in self._volumes if shown not in gone))
        self._tell(told)

    def add_labelmap(self, volume: VolumeLike, style: LabelStyle | None = None) -> VolumesRequest:
        """Show a labelmap over the volumes; one of the same volumeId is replaced.

        Parameters
        ----------
        volume : Volume, VolumeLoadObject, DisplaySet, list of imageIds, volumeId or VolumeInput
            Its values are numbers of segments, on any grid.
        style : LabelStyle, optional
            Colours, opacity, outline and what is hidden.

        Returns
        -------
        VolumesRequest
            As of `set_volumes`, of this volume alone.

        Raises
        ------
        GeometryError
            If it lies in another frame of reference, and no registration leads from there.
        TypeError
            If it is no volume, or `style` is none.
        """
        style = LabelStyle() if style is None else checked_style(style)
        made = self._made([checked_input(volume)])
        name = made[0].volume_id
        with self._lock, dropping(made):
            kept = [pair for pair in self._labelmaps if pair[0].volume_id != name]
            self._place((*self._volumes, *(pair[0] for pair in kept), *made))
            self._labelmaps = (*kept, (made[0], style))
            told = self._keep(self._volumes)
        return self._follow(made, told)

    def set_label_style(self, volume_id: str, style: LabelStyle) -> None:
        """Draw a labelmap in another way; ValueError if it is not on show."""
        style = checked_style(style)
        with self._lock:
            there = self._labelmap_of(volume_id)
            self._labelmaps = tuple(
                (pair[0], style) if pair is there else pair for pair in self._labelmaps
            )

    def label_style(self, volume_id: str) -> LabelStyle:
        """Give how a labelmap is drawn; ValueError if it is not on show."""
        return self._labelmap_of(volume_id)[1]

    def remove_labelmap(self, volume_id: str) -> None:
        """Show a labelmap no longer; ValueError if it is not on show."""
        with self._lock:
            gone = self._labelmap_of(volume_id)
            self._labelmaps = tuple(pair for pair in self._labelmaps if pair is not gone)
            told = self._keep(self._volumes)
        self._tell(told)

    def mark_modified(self, volume_id: str | None = None) -> None:
        """Say that voxels have been changed, of one volume or labelmap, or of all of them."""
        for shown in (*self._volumes, *self._label_volumes):
            if volume_id is None or shown.is_called(volume_id):
                shown.mark_modified()
        self._news.changed()

    def close(self) -> None:
        """Let go of all volumes, and show nothing; it may be used again.

        Loads that it began are cancelled, and those that it was given go on.
        """
        self._news.stop()
        with self._lock:
            self._labelmaps, self._shown, self._told_of = (), None, ()
            told = self._keep(())
        self._tell(told)

    @property
    def _label_volumes(self) -> tuple[ShownVolume, ...]:
        return tuple(shown for shown, _ in self._labelmaps)

    def _volume_of(self, volume_id: str | None) -> ShownVolume:
        """Give a volume on show, by default the first."""
        for shown in self._volumes:
            if volume_id is None or shown.is_called(volume_id):
                return shown
        known = ", ".join(map(repr, self.volume_ids)) or "none"
        asked = "no volume" if volume_id is None else f"no volume {volume_id!r}"
        raise ValueError(f"{asked} is on show in {self.viewport_id}; there are: {known}")

    def _labelmap_of(self, volume_id: str) -> tuple[ShownVolume, LabelStyle]:
        for pair in self._labelmaps:
            if pair[0].is_called(volume_id):
                return pair
        known = ", ".join(map(repr, self.labelmap_ids)) or "none"
        raise ValueError(
            f"no labelmap {volume_id!r} is on show in {self.viewport_id}; there are: {known}"
        )

    def _show(self, inputs: list[VolumeInput], *, is_more: bool) -> VolumesRequest:
        made = self._made(inputs)
        with self._lock, dropping(made):
            beside = (*self._volumes, *self._label_volumes) if is_more else ()
            check_different((*beside, *made))
            self._place((*beside, *made))
            if not is_more:
                self._shown, self._view, self._looked_at = None, View(), None
                self._labelmaps, self._told_of = (), ()
            told = self._keep((*self._volumes, *made) if is_more else made)
        return self._follow(made, told)

    def _made(self, inputs: list[VolumeInput]) -> tuple[ShownVolume, ...]:
        """Make volumes ready to be shown, and begin to load those that are not there.

        Without the lock: whoever listens may be told of a load at once.
        """
        made: list[ShownVolume] = []
        with dropping(made):
            for given in inputs:
                volume, is_own = begun(given, self._source)
                shown = ShownVolume(given, volume, is_own=is_own)
                made.append(shown)
                shown.presentation = changed_volume(
                    shown.presentation, shown.volume, **given.properties
                )
        return tuple(made)

    def _keep(self, volumes: tuple[ShownVolume, ...]) -> list[EventDetail]:
        """Show these; give what is to be told of it when the lock is free."""
        self._volumes = volumes
        held = (*volumes, *self._label_volumes)
        self._dropped += [shown for shown in self._held if shown not in held]
        self._held = held
        self._pins.move(shown.volume_id for shown in held)
        return self._settle()

    def _place(self, volumes: Iterable[ShownVolume]) -> None:
        bring_together(volumes, self._source.metadata.registrations)

    def _settle(self) -> list[EventDetail]:
        """Make use of what is known by now; give what is to be told of it."""
        try:
            self._place(self._held)
            self._error = None
        except GeometryError as error:
            self._error = error
        told: list[EventDetail] = []
        known = [shown for shown in self._volumes if shown.volume is not None]
        first = next((shown for shown in self._volumes if shown.error is None), None)
        if first is None:
            self._shown = None
        elif first in known:
            geometry, old = first.geometry, self._shown
            if old is None:
                told += self._look_at(self._plane_of(geometry))
            elif old.geometry is not geometry:
                middle = old.camera(self._view, self._size).focal_point_lps
                plane, is_alike = self._plane_of(geometry, middle), geometry.is_like(old.geometry)
                told += self._look_at(plane.at(old.position_mm) if is_alike else plane)
        names = tuple(shown.volume_id for shown in known)
        if names != self._told_of:
            new = [shown for shown in known if shown.volume_id not in self._told_of]
            self._told_of = names
            told.append(VolumeViewportNewVolume(self.viewport_id, names))
            told += [detail for shown in new for detail in self._told_of_voi(shown)]
        return told

    def _told_of_voi(self, shown: ShownVolume) -> list[EventDetail]:
        voi = None if shown.volume is None else shown.voi
        told = voi and VoiModified(self.viewport_id, *voi.bounds, shown.volume_id, voi.function)
        return [told] if told else []

    def _follow(self, made: tuple[ShownVolume, ...], told: list[EventDetail]) -> VolumesRequest:
        """Tell of what is shown from now on, and draw again when more of it has come."""
        request = VolumesRequest(made)
        for shown in made:
            shown.on_drop(request.give_up)
        self._tell(told)
        itself: weakref.ref[LayeredVolumeView] = weakref.ref(self)
        for shown in made:
            load = shown.load
            if load is None or (load.done() and load.exception() is None):
                continue
            # A load outlives whoever looks at it, and must not keep it.
            which = weakref.ref(shown)
            load.add_slice_callback(partial(_slice_came, itself, which))
            load.add_done_callback(partial(_all_came, itself, which, request))
        request.check()
        return request

    def _came(self, shown: ShownVolume, *, is_all: bool) -> None:
        with self._lock:
            if shown not in self._held:
                return
            if is_all:
                shown.end()
            told = self._settle()
            if is_all and shown in self._volumes:
                told += self._told_of_voi(shown)
        self._tell(told)
        self._news.changed()

    def _tell(self, told: list[EventDetail]) -> None:
        with self._lock:
            dropped, self._dropped = self._dropped, []
        for shown in dropped:
            shown.drop()
        if any(isinstance(detail, VolumeNewImage) for detail in told):
            self._prefer()
        super()._tell(told)

    def _prefer(self) -> None:
        """Have the slice on show loaded before others."""
        with self._lock:
            plane, volumes = self._shown, self._volumes
            if plane is None or plane.slice_k is None:
                return
            middle = plane.camera(self._view, self._size).focal_point_lps
        for shown in volumes:
            load, volume = shown.load, shown.volume
            if load is not None and volume is not None and not load.done():
                k = round(float(shown.geometry.world_to_index(middle)[2]))
                load.prefer(min(max(k, 0), volume.shape[0] - 1))


def _tell_to_draw(viewport: weakref.ref[LayeredVolumeView]) -> None:
    itself = viewport()
    if itself is not None:
        itself._emit(ViewportNeedsRender(itself.viewport_id))  # noqa: SLF001 - its own


def _slice_came(
    viewport: weakref.ref[LayeredVolumeView], which: weakref.ref[ShownVolume], _: Any
) -> None:
    itself, shown = viewport(), which()
    if itself is not None and shown is not None:
        itself._came(shown, is_all=False)  # noqa: SLF001 - its own


def _all_came(
    viewport: weakref.ref[LayeredVolumeView],
    which: weakref.ref[ShownVolume],
    request: VolumesRequest,
    _: Any,
) -> None:
    itself, shown = viewport(), which()
    error: BaseException | None = None
    if itself is not None and shown is not None:
        itself._came(shown, is_all=True)  # noqa: SLF001 - its own
        error = itself._error  # noqa: SLF001 - its own
    # Whoever waits is told, even if nobody looks any more.
    request.check(error)
