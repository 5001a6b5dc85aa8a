"""Images and volumes at hand: real bytes, least recently used first out, never what is on show."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, cast

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.events import (
    EventDetail,
    ImageCacheImageAdded,
    ImageCacheImageRemoved,
    VolumeCacheVolumeAdded,
    VolumeCacheVolumeRemoved,
)
from pycornerstone.model.image import Image
from pycornerstone.model.memory import buffers_of_image
from pycornerstone.session.announcements import Announcements, is_in_event_loop
from pycornerstone.session.freed_memory import FreedMemory, prepare_for
from pycornerstone.session.held_memory import Entry, HeldMemory
from pycornerstone.session.reservations import Reservation, Reservations
from pycornerstone.session.unmade_images import UnmadeImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.volume import Volume

    _Shelf = OrderedDict[str, Entry]

__all__ = ["DEFAULT_SIZE_IN_BYTES", "Cache"]

DEFAULT_SIZE_IN_BYTES = 3 * 2**30


class Cache:
    """Images by imageId and volumes by volumeId, within one budget of bytes.

    What counts is the memory that is held: samples, overlays, tables and profiles. A buffer that
    several images are views of, most often the voxels of a volume, counts once, until the last of
    them is gone; since nothing less gives it back, they are thrown out together, and all of them
    stay while one of them is in use. It is safe to use from any thread.

    Parameters
    ----------
    max_size_in_bytes : int
        The budget. Images that are on their way count as well (`reserve`); all together exceed it
        by one image at the most.
    emit : callable
        Told of each image or volume that is added or removed, once, in the order in which it
        happened, and never while the cache is locked.
    """

    def __init__(
        self,
        max_size_in_bytes: int = DEFAULT_SIZE_IN_BYTES,
        emit: Callable[[EventDetail], object] = lambda _: None,
    ) -> None:
        self._max_size = _positive(max_size_in_bytes)
        # By id, least recently used first.
        self._images: _Shelf = OrderedDict()
        self._volumes: _Shelf = OrderedDict()
        self._held = HeldMemory()
        self._reserved = Reservations()
        self._freed = FreedMemory(lambda: self._held.size + self._reserved.size)
        # An id may be pinned before there is anything by it.
        self._image_pins: Counter[str] = Counter()
        self._volume_pins: Counter[str] = Counter()
        self._announcements = Announcements(emit)
        self._lock = threading.RLock()

    @property
    def max_size_in_bytes(self) -> int:
        """The budget; a smaller one throws out what no longer fits."""
        return self._max_size

    @max_size_in_bytes.setter
    def max_size_in_bytes(self, size: int) -> None:
        with self._lock:
            self._max_size = _positive(size)
            self._make_room()
        self._tell()

    @property
    def size_in_bytes(self) -> int:
        """Bytes held now."""
        return self._held.size

    @property
    def reserved_in_bytes(self) -> int:
        """Bytes of images that are on their way."""
        return self._reserved.size

    @property
    def bytes_available(self) -> int:
        """Bytes that can be added without throwing anything out."""
        with self._lock:
            taken = self._held.size + self._reserved.size + self._freed.part_of(self._max_size)
            return max(0, self._max_size - taken)

    def is_cacheable(self, size_in_bytes: int) -> bool:
        """Whether so many bytes fit, image or volume, if whatever is not in use is thrown out."""
        return size_in_bytes <= self._max_size - self._held.in_use

    def reserve(self, *, encoded: int = 0, decoded: int = 0) -> Reservation:
        """Make room for an image that is on its way, as far as there is any.

        Parameters
        ----------
        encoded : int
            Bytes of it that have come, or are known to come.
        decoded : int
            Bytes of the samples that they become.

        Returns
        -------
        Reservation
            At once. Change it when more is known; release it when the image is there, or give it to
            `put`.
        """
        reservation = Reservation(self._change_reservation)
        reservation.change(encoded=encoded, decoded=decoded)
        return reservation

    def has_room_for(self, size_in_bytes: int, beside: int = 0) -> bool:
        """Whether one image more may be on its way, if whatever is not in use is thrown out.

        Parameters
        ----------
        size_in_bytes : int
            What it takes.
        beside : int
            What others are expected to take that are on their way, and may not have reserved yet.
        """
        taken = self._held.in_use + max(self._reserved.size, beside)
        return size_in_bytes <= self._max_size - taken

    def put(
        self,
        image: Image | UnmadeImage,
        decache: Callable[[], object] | None = None,
        reservation: Reservation | None = None,
    ) -> bool:
        """Keep an image, under its own imageId, as the most recently used.

        Parameters
        ----------
        image : Image or UnmadeImage
            An image of better quality that is kept already is left in place.
        decache : callable, optional
            Called when the image is let go of.
        reservation : Reservation, optional
            What was reserved for it; it is released, whether the image is kept or not.

        Returns
        -------
        bool
            Whether it is kept.

        Raises
        ------
        CacheSizeExceededError
            If it does not fit beside what is in use; nothing is thrown out then.
        """
        buffers = buffers_of_image(image)
        with self._lock:
            if reservation is not None:
                self._reserved.change(reservation, 0, 0)
            old = self._images.get(image.image_id)
            if old is not None and cast("Image", old.kept).quality > image.quality:
                return False
            entry = Entry(image, buffers, decache, self._image_pins[image.image_id])
            told = ImageCacheImageAdded(image.image_id, entry.size)
            self._put(self._images, image.image_id, entry, told)
        self._tell()
        return True

    def put_volume(self, volume: Volume, decache: Callable[[], object] | None = None) -> None:
        """Keep a volume, under its own volumeId, as the most recently used.

        Images whose samples are views into its voxels cost nothing more.

        Parameters
        ----------
        volume : Volume
            It takes the place of one of the same id.
        decache : callable, optional
            Called when the volume is let go of.

        Raises
        ------
        CacheSizeExceededError
            If it does not fit beside what is in use; nothing is thrown out then.
        """
        volume_id, buffer = volume.volume_id, volume.buffer
        with self._lock:
            entry = Entry(volume, (buffer,), decache, self._volume_pins[volume_id])
            told = VolumeCacheVolumeAdded(volume_id, buffer[1])
            self._put(self._volumes, volume_id, entry, told)
        self._tell()

    def exchange(self, image: Image) -> bool:
        """Keep `image` in place of the one of its imageId that has the same samples.

        Nothing is added or removed, and nobody told; False if there is no such image.
        """
        buffers = buffers_of_image(image)
        with self._lock:
            old = self._images.get(image.image_id)
            if old is None or old.main != buffers[0][0]:
                return False
            entry = Entry(image, buffers, old.decache, old.pins)
            self._held.add(entry)
            self._held.remove(old)
            self._images[image.image_id] = entry
            self._make_room_beside(entry)
        self._tell()
        return True

    def get(self, image_id: str) -> Image | None:
        """Give an image, which is then the most recently used; None if it is not kept."""
        found = self._get(self._images, image_id)
        kept = None if found is None else found.kept
        return kept.made(self) if isinstance(kept, UnmadeImage) else cast("Image | None", kept)

    def get_volume(self, volume_id: str) -> Volume | None:
        """Give a volume, which is then the most recently used; None if it is not kept."""
        found = self._get(self._volumes, volume_id)
        return None if found is None else cast("Volume", found.kept)

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._images

    def __len__(self) -> int:
        return len(self._images)

    def image_ids(self) -> list[str]:
        """Give the imageIds that are kept, least recently used first."""
        with self._lock:
            return list(self._images)

    def volume_ids(self) -> list[str]:
        """Give the volumeIds that are kept, least recently used first."""
        with self._lock:
            return list(self._volumes)

    def remove(self, image_id: str) -> bool:
        """Let go of one image, in use or not; False if it is not kept."""
        with self._lock:
            entry = self._images.get(image_id)
            if entry is not None:
                self._remove(entry)
        self._tell()
        return entry is not None

    def remove_volume(self, volume_id: str) -> bool:
        """Let go of a volume, in use or not; False if it is not kept.

        Images that are views into it go as well, as they would keep its memory; but not those that
        are in use.
        """
        with self._lock:
            entry = self._volumes.get(volume_id)
            if entry is not None:
                views = self._held.beside(entry)
                self._remove(entry)
                for view in views:
                    if isinstance(view.kept, Image | UnmadeImage) and not view.pins:
                        self._remove(view)
        self._tell()
        return entry is not None

    def purge(self) -> None:
        """Let go of everything."""
        with self._lock:
            for entry in (*self._volumes.values(), *self._images.values()):
                self._remove(entry)
        self._tell()

    def pin(self, image_id: str) -> None:
        """Keep an image from being thrown out, now or when it comes, until it is unpinned."""
        self._pin(self._images, self._image_pins, image_id)

    def unpin(self, image_id: str) -> None:
        """Take one pin back."""
        self._unpin(self._images, self._image_pins, image_id)

    def pin_volume(self, volume_id: str) -> None:
        """Keep a volume from being thrown out, now or when it comes, until it is unpinned."""
        self._pin(self._volumes, self._volume_pins, volume_id)

    def unpin_volume(self, volume_id: str) -> None:
        """Take one pin back."""
        self._unpin(self._volumes, self._volume_pins, volume_id)

    def _get(self, shelf: _Shelf, name: str) -> Entry | None:
        with self._lock:
            entry = shelf.get(name)
            if entry is not None:
                shelf.move_to_end(name)
                self._held.touch(entry)
            return entry

    def _put(self, shelf: _Shelf, name: str, entry: Entry, told: EventDetail) -> None:
        """Keep it if it fits, and throw out what does not fit any more."""
        old, held = shelf.get(name), self._held
        if old is not None:
            held.remove(old)
        in_use = held.in_use
        held.add(entry)
        held.pin(entry)
        does_fit = held.in_use <= self._max_size
        held.unpin(entry)
        if not does_fit:
            held.remove(entry)
            if old is not None:
                held.add(old)
            raise CacheSizeExceededError(entry.size, self._max_size, in_use)
        if old is not None:
            self._let_go_of(old)
        shelf[name] = entry
        shelf.move_to_end(name)
        self._announcements.add(told)
        prepare_for(entry.size)
        self._make_room_beside(entry)

    def _pin(self, shelf: _Shelf, pins: Counter[str], name: str) -> None:
        with self._lock:
            pins[name] += 1
            entry = shelf.get(name)
            if entry is not None:
                self._held.pin(entry)

    def _unpin(self, shelf: _Shelf, pins: Counter[str], name: str) -> None:
        with self._lock:
            if not pins[name]:
                del pins[name]
                return
            pins[name] -= 1
            if not pins[name]:
                del pins[name]
            entry = shelf.get(name)
            if entry is not None:
                self._held.unpin(entry)
            self._make_room()
        self._tell()

    def _change_reservation(self, reservation: Reservation, encoded: int, decoded: int) -> None:
        with self._lock:
            self._reserved.change(reservation, encoded, decoded)
            self._make_room()
        # What users gave may wait, and an event loop must not; the next change tells of this one.
        if not is_in_event_loop():
            self._tell()

    def _tell(self) -> None:
        """Tell of changes, and give back the memory of what is gone; the lock must be free."""
        self._announcements.tell()
        self._freed.look(self._held.let_go)

    def _make_room(self) -> None:
        """Throw out what is over the budget, as far as it is not in use."""
        taken = self._reserved.beyond_one_image + self._freed.part_of(self._max_size)
        while self._held.size + taken > self._max_size:
            oldest = self._held.oldest()
            if oldest is None:
                return
            for entry in oldest:
                self._remove(entry)

    def _make_room_beside(self, entry: Entry) -> None:
        self._held.pin(entry)
        self._make_room()
        self._held.unpin(entry)

    def _remove(self, entry: Entry) -> None:
        if isinstance(entry.kept, Image | UnmadeImage):
            del self._images[entry.kept.image_id]
        else:
            del self._volumes[entry.kept.volume_id]
        self._held.remove(entry)
        self._let_go_of(entry)

    def _let_go_of(self, entry: Entry) -> None:
        """Have it told that it is gone."""
        if entry.decache is not None:
            self._announcements.add(entry.decache)
        if isinstance(entry.kept, Image | UnmadeImage):
            told: EventDetail = ImageCacheImageRemoved(entry.kept.image_id, entry.size)
        else:
            told = VolumeCacheVolumeRemoved(entry.kept.volume_id, entry.size)
        self._announcements.add(told)


def _positive(size: int) -> int:
    if size <= 0:
        raise ValueError(f"a cache needs room for at least 1 byte, got {size}")
    return int(size)
