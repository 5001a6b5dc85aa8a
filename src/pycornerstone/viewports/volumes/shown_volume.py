"""A volume on show: where it lies, how it is drawn, and what of it is there."""

from __future__ import annotations

import threading
import weakref
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.volume import Volume
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.cut import Cut, VolumeSource, cut
from pycornerstone.viewports.presentation import find_voi
from pycornerstone.viewports.volumes.value_range import sampled_range
from pycornerstone.viewports.volumes.volume_presentation import VolumePresentation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from pycornerstone.model.volume_geometry import VolumeGeometry
    from pycornerstone.rendering.voi import Voi
    from pycornerstone.rendering.volumes.cut import Slab
    from pycornerstone.viewports.source import VolumeLoad
    from pycornerstone.viewports.volumes.inputs import VolumeInput

__all__ = ["ShownVolume", "dropping"]

# Of a step from slice to slice, over the whole canvas.
_SAME_SLICE = 1e-4


class ShownVolume:
    """A volume on show, with what drawing it again needs; safe to use from several threads.

    Parameters
    ----------
    given : VolumeInput
        Its registration.
    volume : Volume or VolumeLoad
        The volume, loaded or loading.
    is_own : bool
        Its load was begun for it, and ends with it.

    Attributes
    ----------
    load : VolumeLoad or None
        Where it comes from, if it was not there from the start.
    is_own : bool
        As given.
    error : BaseException or None
        What its load failed with; nothing of it is on show then.
    presentation : VolumePresentation
        How it is drawn.
    registration : numpy.ndarray or None
        ``(4, 4)``, from its own LPS mm to those of the viewport.
    has_own_registration : bool
        Who shows it gave that; it is not looked up.
    world_uid : str or None
        The frame of reference that it was placed in; see `place`.
    """

    def __init__(
        self, given: VolumeInput, volume: Volume | VolumeLoad, *, is_own: bool = False
    ) -> None:
        self.load: VolumeLoad | None = None
        self._volume: Volume | None = None
        if isinstance(volume, Volume):
            self._volume = volume
        else:
            self.load = volume
        self.is_own = is_own
        self.error: BaseException | None = None
        self._give_up: weakref.WeakMethod[Callable[[], None]] | None = None
        self.registration: npt.NDArray[np.float64] | None = (
            None if given.registration is None else np.asarray(given.registration, np.float64)
        )
        self.has_own_registration = given.registration is not None
        self.world_uid: str | None = None
        self.presentation = VolumePresentation()
        self._lock = threading.RLock()
        self._source: VolumeSource | None = None
        self._geometry: VolumeGeometry | None = None
        self._range: tuple[bool, tuple[float, float]] | None = None
        self._cut: tuple[Any, Cut] | None = None
        self._is_stale = False

    @property
    def volume(self) -> Volume | None:
        """The volume; None while nobody knows what it is like."""
        with self._lock:
            if self._volume is None and self.load is not None and self.error is None:
                self._volume = self.load.volume
            return self._volume

    @property
    def known(self) -> Volume:
        """The volume; RuntimeError while nobody knows what it is like."""
        volume = self.volume
        if volume is None:
            raise RuntimeError("the volume is not known yet; wait for its load")
        return volume

    @property
    def volume_id(self) -> str:
        """What it is called by."""
        if self._volume is not None or self.load is None:
            return self.known.volume_id
        return self.load.volume_id

    def is_called(self, name: Any) -> bool:
        """Say whether that is its volumeId; nothing but text is one."""
        return isinstance(name, str) and self.volume_id == name

    @property
    def geometry(self) -> VolumeGeometry:
        """Where its voxels lie in the world of the viewport."""
        if self._geometry is None:
            geometry = self.known.geometry
            if self.registration is not None:
                geometry = replace(geometry, affine=self.registration @ geometry.affine)
            self._geometry = geometry
        return self._geometry

    @property
    def loaded(self) -> npt.NDArray[np.bool_] | None:
        """``(slices,)``, which are there; None if all are."""
        loaded = None if self.load is None else self.load.loaded
        return None if loaded is None or loaded.all() else loaded

    @property
    def voi(self) -> Voi | None:
        """Which values are of interest; None for colours."""
        return find_voi(self.known, self.presentation, self._value_range)

    def on_drop(self, give_up: Callable[[], None]) -> None:
        """Have a method called, as long as it is there, when it is on show no longer."""
        self._give_up = weakref.WeakMethod(give_up)

    def end(self) -> None:
        """Know the whole volume now that its load is done, or let go of what had come of it."""
        if self.load is None:
            return
        error = self.load.exception()
        whole = None if error is not None else self.load.result(0)
        with self._lock:
            self.error, old, self._volume = error, self._volume, whole
            if whole is None or old is None or not np.may_share_memory(whole.voxels, old.voxels):
                self._source = self._cut = None
            if whole is None or old is None or whole.geometry is not old.geometry:
                self._geometry = None

    def drop(self) -> None:
        """Tell who waits for it that it is on show no longer, and end its own load."""
        give_up = None if self._give_up is None else self._give_up()
        if give_up is not None:
            give_up()
        if self.is_own and self.load is not None:
            self.load.cancel()

    def place(self, world_uid: str | None, matrix: npt.NDArray[np.float64] | None) -> None:
        """Show it in a frame of reference, to which a matrix leads; None leaves it where it is."""
        self.world_uid, self.registration, self._geometry = world_uid, matrix, None

    def mark_modified(self) -> None:
        """Have what was made of its voxels made again when it is drawn next."""
        self._is_stale = True

    def value_at(self, point: npt.ArrayLike) -> float | tuple[float, ...] | None:
        """Give the modality value at a place of the viewport's world; None outside."""
        volume, loaded = self.known, self.loaded
        k = float(self.geometry.world_to_index(point)[2])
        if loaded is not None and not loaded[min(max(round(k), 0), len(loaded) - 1)]:
            return None
        x, y, z = volume.geometry.index_to_world(self.geometry.world_to_index(point)).tolist()
        return volume.value_at((x, y, z))

    def cut(
        self,
        to_world: npt.NDArray[np.float64],
        size: tuple[int, int],
        interpolation: Interpolation,
        slab: Slab | None,
    ) -> Cut:
        """Cut it along the plane of the canvas; `to_world` is that of `world_from_canvas`.

        While it is loading, what is not there is not inside. A plane across the slices is then made
        of the nearest voxels: between one that is there and one that is not, nothing can be
        interpolated.
        """
        loaded = self.loaded
        count = None if loaded is None else int(np.count_nonzero(loaded))
        source, to_index = self._ready(), self.geometry.inverse @ to_world
        if loaded is not None and not _is_slice(to_index, size):
            interpolation = Interpolation.NEAREST
        asked = (to_index.tobytes(), size, interpolation, slab, source.version, count)
        known = self._cut
        if known is None or known[0] != asked:
            known = asked, cut(source, to_index, size, interpolation, slab)
            self._cut = known
        return known[1]

    def _ready(self) -> VolumeSource:
        """Give the source, which has been told if voxels have changed."""
        with self._lock:
            if self._source is None:
                self._source, self._is_stale = VolumeSource(self.known, self.loaded), False
            source, is_stale, self._is_stale = self._source, self._is_stale, False
        if is_stale:
            source.mark_modified()
        return source

    def _value_range(self) -> tuple[float, float]:
        known, is_final = self._range, self.load is None or self.load.done()
        # That of what came first is kept until all is there, so that greys do not flicker.
        if known is None or (is_final and not known[0]):
            loaded = self.loaded
            known = is_final, sampled_range(self.known, loaded)
            if loaded is None or loaded.any():
                self._range = known
        return known[1]


@contextmanager
def dropping(made: Iterable[ShownVolume]) -> Iterator[None]:
    """Let go of volumes that cannot be shown after all."""
    try:
        yield
    except BaseException:
        for shown in made:
            shown.drop()
        raise


def _is_slice(to_index: npt.NDArray[np.float64], size: tuple[int, int]) -> bool:
    """Whether the canvas shows one slice and nothing of its neighbours."""
    across, down, _, start = to_index[2].tolist()
    drift = abs(across) * size[0] + abs(down) * size[1]
    return bool(drift + abs(start - round(start)) < _SAME_SLICE)
