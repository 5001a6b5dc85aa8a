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
from pycornerstone.viewports.volumes.inputs import checked_input
from pycornerstone.viewports.volumes.redraw import RedrawNews
from pycornerstone.viewports.volumes.shown_volume import ShownVolume
from pycornerstone.viewports.volumes.together import check_together
from pycornerstone.viewports.volumes.volume_pins import VolumePins
from pycornerstone.viewports.volumes.volume_presentation import changed_volume
from pycornerstone.viewports.volumes.volume_view import VolumeView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.source import ImageSource
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
        session: ImageSource,
        orientation: OrientationLike,
        viewport_id: str | None,
        background: Sequence[int],
    ) -> None:
        super().__init__(width, height, session.events, viewport_id, background, orientation)
        self._volumes: tuple[ShownVolume, ...] = ()
        self._labelmaps: tuple[tuple[ShownVolume, LabelStyle], ...] = ()
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
        """Which volumes are on show, or will be."""
        return tuple(shown.volume_id for shown in self._volumes)

    @property
    def labelmap_ids(self) -> tuple[str, ...]:
        """Which labelmaps lie over them."""
        return tuple(shown.volume_id for shown, _ in self._labelmaps)

    def set_volumes(self, volumes: Iterable[VolumeLike]) -> None:
        """Show other volumes, the first at the bottom, with a fresh view and without labelmaps.

        Orientation and slab stay. The plane is the middle slice.

        Parameters
        ----------
        volumes : iterable of Volume, VolumeLoadObject or VolumeInput
            None of them twice. What is still loading is shown as far as it is there.

        Raises
        ------
        GeometryError
            If one lies in another frame of reference, and no registration leads from there.
        TypeError
            If one is no volume.
        ValueError
            If a property is not possible, or a volume comes twice.
        """
        inputs = [checked_input(given) for given in volumes]
        with self._lock:
            shown = _made(inputs, ())
            self._shown, self._view = None, View()
            self._labelmaps, self._told_of = (), ()
            told = self._keep(shown)
        self._tell(told)
        self._follow(shown)

    def add_volumes(self, volumes: Iterable[VolumeLike]) -> None:
        """Show further volumes over those that there are; as `set_volumes`, and the view stays."""
        inputs = [checked_input(given) for given in volumes]
        with self._lock:
            shown = _made(inputs, (*self._volumes, *self._label_volumes))
            told = self._keep((*self._volumes, *shown))
        self._tell(told)
        self._follow(shown)

    def remove_volumes(self, volume_ids: Iterable[str]) -> None:
        """Show some volumes no longer.

        Without the first, the next one is what fits the canvas, on its slice that is nearest.

        Raises
        ------
        ValueError
            If one is not on show.
        """
        with self._lock:
            gone = [self._volume_of(volume_id) for volume_id in volume_ids]
            told = self._keep(tuple(shown for shown in self._volumes if shown not in gone))
        self._tell(told)

    def add_labelmap(self, volume: VolumeLike, style: LabelStyle | None = None) -> None:
        """Show a labelmap over the volumes; one of the same volumeId is replaced.

        Parameters
        ----------
        volume : Volume, VolumeLoadObject or VolumeInput
            Its values are numbers of segments, on any grid.
        style : LabelStyle, optional
            Colours, opacity, outline and what is hidden.

        Raises
        ------
        GeometryError
            If it lies in another frame of reference, and no registration leads from there.
        """
        shown = ShownVolume(checked_input(volume))
        with self._lock:
            name = shown.volume_id
            kept = [pair for pair in self._labelmaps if pair[0].volume_id != name]
            check_together((*self._volumes, *(pair[0] for pair in kept), shown))
            self._labelmaps = (*kept, (shown, style or LabelStyle()))
            told = self._keep(self._volumes)
        self._tell(told)
        self._follow((shown,))

    def set_label_style(self, volume_id: str, style: LabelStyle) -> None:
        """Draw a labelmap in another way; ValueError if it is not on show."""
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
            if volume_id is None or shown.volume_id == volume_id:
                shown.mark_modified()
        self._news.changed()

    def close(self) -> None:
        """Let go of all volumes, and show nothing. It may be used again; loads go on."""
        self._news.stop()
        with self._lock:
            self._labelmaps, self._shown, self._told_of = (), None, ()
            self._keep(())

    @property
    def _label_volumes(self) -> tuple[ShownVolume, ...]:
        return tuple(shown for shown, _ in self._labelmaps)

    def _volume_of(self, volume_id: str | None) -> ShownVolume:
        """Give a volume on show, by default the first."""
        for shown in self._volumes:
            if volume_id is None or shown.volume_id == volume_id:
                return shown
        known = ", ".join(map(repr, self.volume_ids)) or "none"
        asked = "no volume" if volume_id is None else f"no volume {volume_id!r}"
        raise ValueError(f"{asked} is on show in {self.viewport_id}; there are: {known}")

    def _labelmap_of(self, volume_id: str) -> tuple[ShownVolume, LabelStyle]:
        for pair in self._labelmaps:
            if pair[0].volume_id == volume_id:
                return pair
        known = ", ".join(map(repr, self.labelmap_ids)) or "none"
        raise ValueError(
            f"no labelmap {volume_id!r} is on show in {self.viewport_id}; there are: {known}"
        )

    def _keep(self, volumes: tuple[ShownVolume, ...]) -> list[EventDetail]:
        """Show these; give what is to be told of it when the lock is free."""
        self._volumes, self._error = volumes, None
        self._pins.move(shown.volume_id for shown in (*volumes, *self._label_volumes))
        return self._settle()

    def _settle(self) -> list[EventDetail]:
        """Make use of what is known by now; give what is to be told of it."""
        try:
            check_together((*self._volumes, *self._label_volumes))
        except GeometryError as error:
            self._error = error
        told: list[EventDetail] = []
        known = [shown for shown in self._volumes if shown.volume is not None]
        if not self._volumes:
            self._shown = None
        elif self._volumes[0] in known:
            geometry, old = self._volumes[0].geometry, self._shown
            if old is None:
                told += self._look_at(self._plane_of(geometry))
            elif old.geometry is not geometry:
                middle = old.camera(self._view, self._size).focal_point_lps
                told += self._look_at(self._plane_of(geometry, middle))
        names = tuple(shown.volume_id for shown in known)
        if names != self._told_of:
            new = [shown for shown in known if shown.volume_id not in self._told_of]
            self._told_of = names
            told.append(VolumeViewportNewVolume(self.viewport_id, names))
            told += [detail for shown in new for detail in self._told_of_voi(shown)]
        return told

    def _told_of_voi(self, shown: ShownVolume) -> list[EventDetail]:
        voi = None if shown.volume is None else shown.voi
        return [] if voi is None else [VoiModified(self.viewport_id, *voi.bounds, shown.volume_id)]

    def _follow(self, volumes: Iterable[ShownVolume]) -> None:
        """Draw again when more of them has come."""
        itself: weakref.ref[LayeredVolumeView] = weakref.ref(self)
        for shown in volumes:
            load = shown.load
            if load is None or load.done():
                continue
            # A load outlives whoever looks at it, and must not keep it.
            which = weakref.ref(shown)
            load.add_slice_callback(partial(_slice_came, itself, which))
            load.add_done_callback(partial(_all_came, itself, which))

    def _came(self, shown: ShownVolume, *, is_all: bool) -> None:
        with self._lock:
            if shown not in (*self._volumes, *self._label_volumes):
                return
            told = self._settle()
            if is_all and shown in self._volumes:
                told += self._told_of_voi(shown)
        self._tell(told)
        self._news.changed()

    def _tell(self, told: list[EventDetail]) -> None:
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


def _made(
    inputs: Iterable[VolumeInput], beside: tuple[ShownVolume, ...]
) -> tuple[ShownVolume, ...]:
    """Make volumes ready to be shown beside others."""
    made: list[ShownVolume] = []
    for given in inputs:
        shown = ShownVolume(given)
        if shown.volume_id in {other.volume_id for other in (*beside, *made)}:
            raise ValueError(
                f"volume {shown.volume_id!r} can be shown once, and is on show already"
            )
        shown.presentation = changed_volume(shown.presentation, shown.volume, **given.properties)
        made.append(shown)
    check_together((*beside, *made))
    return tuple(made)


def _tell_to_draw(viewport: weakref.ref[LayeredVolumeView]) -> None:
    itself = viewport()
    if itself is not None:
        itself._emit(ViewportNeedsRender(itself.viewport_id))  # noqa: SLF001 - its own


def _slice_came(
    viewport: weakref.ref[LayeredVolumeView], which: weakref.ref[ShownVolume], _: Any
) -> None:
    _some_came(viewport, which, is_all=False)


def _all_came(
    viewport: weakref.ref[LayeredVolumeView], which: weakref.ref[ShownVolume], _: Any
) -> None:
    _some_came(viewport, which, is_all=True)


def _some_came(
    viewport: weakref.ref[LayeredVolumeView], which: weakref.ref[ShownVolume], *, is_all: bool
) -> None:
    itself, shown = viewport(), which()
    if itself is not None and shown is not None:
        itself._came(shown, is_all=is_all)  # noqa: SLF001 - its own
