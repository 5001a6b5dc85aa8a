"""The images at hand: real bytes, least recently used first out, and never what is on show."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.events import EventDetail, ImageCacheImageAdded, ImageCacheImageRemoved

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.image import Image

__all__ = ["DEFAULT_SIZE_IN_BYTES", "Cache"]

DEFAULT_SIZE_IN_BYTES = 3 * 2**30

_logger = logging.getLogger("pycornerstone.session")


@dataclass(slots=True)
class _Entry:
    image: Image
    buffer: int
    decache: Callable[[], object] | None


class Cache:
    """Images by imageId, within a budget of bytes.

    What counts is the memory that is held: a buffer that several images are views of counts once,
    until the last of them is gone. It is safe to use from any thread.

    Parameters
    ----------
    max_size_in_bytes : int
        The budget.
    emit : callable
        Told of each image that is added or removed, once.
    """

    def __init__(
        self,
        max_size_in_bytes: int = DEFAULT_SIZE_IN_BYTES,
        emit: Callable[[EventDetail], object] = lambda _: None,
    ) -> None:
        self._max_size = _positive(max_size_in_bytes)
        self._emit = emit
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        # Of each buffer by its id: how many entries are views of it, and its bytes. An entry keeps
        # its buffer alive, so that the id stays its own.
        self._buffers: dict[int, list[int]] = {}
        self._size = 0
        self._pins: Counter[str] = Counter()
        self._untold: deque[EventDetail | Callable[[], object]] = deque()
        self._is_telling = False
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
        return self._size

    @property
    def bytes_available(self) -> int:
        """Bytes that can be added without throwing anything out."""
        return max(0, self._max_size - self._size)

    def is_cacheable(self, size_in_bytes: int) -> bool:
        """Whether so many bytes fit, if whatever is not in use is thrown out."""
        with self._lock:
            return size_in_bytes <= self._max_size - self._pinned_size()

    def put(self, image: Image, decache: Callable[[], object] | None = None) -> bool:
        """Keep an image, under its own imageId, as the most recently used.

        Parameters
        ----------
        image : Image
            An image of better quality that is kept already is left in place.
        decache : callable, optional
            Called when the image is let go of.

        Returns
        -------
        bool
            Whether it is kept.

        Raises
        ------
        CacheSizeExceededError
            If it does not fit beside what is in use; nothing is thrown out then.
        """
        buffer, nbytes = image.buffer
        with self._lock:
            old = self._entries.get(image.image_id)
            if old is not None and old.image.quality > image.quality:
                return False
            shared = buffer in self._buffers
            needed = 0 if shared else nbytes
            in_use = self._pinned_size(without=image.image_id)
            if in_use + needed > self._max_size:
                raise CacheSizeExceededError(nbytes, self._max_size, in_use)
            if old is not None:
                self._remove(image.image_id)
            self._entries[image.image_id] = _Entry(image, buffer, decache)
            counted = self._buffers.setdefault(buffer, [0, nbytes])
            if counted[0] == 0:
                self._size += counted[1]
            counted[0] += 1
            self._untold.append(ImageCacheImageAdded(image.image_id, nbytes))
            self._make_room(keep=image.image_id)
        self._tell()
        return True

    def exchange(self, image: Image) -> bool:
        """Keep `image` in place of the one of its imageId that has the same samples.

        Nothing is added or removed, and nobody told; False if there is no such image.
        """
        buffer, _ = image.buffer
        with self._lock:
            entry = self._entries.get(image.image_id)
            if entry is None or entry.buffer != buffer:
                return False
            entry.image = image
        return True

    def get(self, image_id: str) -> Image | None:
        """Give an image, which is then the most recently used; None if it is not kept."""
        with self._lock:
            entry = self._entries.get(image_id)
            if entry is None:
                return None
            self._entries.move_to_end(image_id)
            return entry.image

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def image_ids(self) -> list[str]:
        """Give the imageIds that are kept, least recently used first."""
        with self._lock:
            return list(self._entries)

    def remove(self, image_id: str) -> bool:
        """Let go of one image, in use or not; False if it is not kept."""
        with self._lock:
            if image_id not in self._entries:
                return False
            self._remove(image_id)
        self._tell()
        return True

    def purge(self) -> None:
        """Let go of everything."""
        with self._lock:
            for image_id in list(self._entries):
                self._remove(image_id)
        self._tell()

    def pin(self, image_id: str) -> None:
        """Keep an image from being thrown out, now or when it comes, until it is unpinned."""
        with self._lock:
            self._pins[image_id] += 1

    def unpin(self, image_id: str) -> None:
        """Take one pin back."""
        with self._lock:
            self._pins[image_id] -= 1
            if self._pins[image_id] <= 0:
                del self._pins[image_id]

    def _pinned_size(self, without: str | None = None) -> int:
        pinned = {
            self._entries[image_id].buffer
            for image_id in self._pins
            if image_id in self._entries and image_id != without
        }
        return sum(self._buffers[buffer][1] for buffer in pinned)

    def _make_room(self, keep: str | None = None) -> None:
        if self._size <= self._max_size:
            return
        for image_id in list(self._entries):
            if self._size <= self._max_size:
                break
            if image_id not in self._pins and image_id != keep:
                self._remove(image_id)

    def _remove(self, image_id: str) -> None:
        entry = self._entries.pop(image_id)
        counted = self._buffers[entry.buffer]
        counted[0] -= 1
        if counted[0] == 0:
            self._size -= counted[1]
            del self._buffers[entry.buffer]
        if entry.decache is not None:
            self._untold.append(entry.decache)
        self._untold.append(ImageCacheImageRemoved(image_id, entry.image.size_in_bytes))

    def _tell(self) -> None:
        """Tell of changes in their order, one thread at a time, without holding the lock."""
        with self._lock:
            if self._is_telling:
                return
            self._is_telling = True
        try:
            while True:
                with self._lock:
                    if not self._untold:
                        self._is_telling = False
                        return
                    change = self._untold.popleft()
                if isinstance(change, EventDetail):
                    self._emit(change)
                    continue
                try:
                    change()
                except Exception:
                    _logger.exception("the decache of an image raised")
        except BaseException:
            self._is_telling = False
            raise


def _positive(size: int) -> int:
    if size <= 0:
        raise ValueError(f"a cache needs room for at least 1 byte, got {size}")
    return int(size)
