"""The files of pictures that are open: each opened once, and those of many frames kept."""

from __future__ import annotations

import math
import mmap
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycornerstone.codecs.picture_file import PictureFile

__all__ = ["KeptPictures", "OpenPicture"]


@dataclass(frozen=True, slots=True, eq=False)
class OpenPicture:
    """A picture's file, and the memory that it holds.

    Attributes
    ----------
    file : PictureFile
        What gives its frames.
    data : bytes or memoryview
        The file's bytes.
    is_held : bool
        The session holds them for a user, kept or not.
    """

    file: PictureFile
    data: bytes | memoryview = field(repr=False)
    is_held: bool = False

    @property
    def size_in_bytes(self) -> int:
        """Memory that it takes; a mapped file takes none, nor one that is held anyway."""
        data = self.data
        if self.is_held:
            return 0
        if isinstance(data, memoryview):
            return 0 if isinstance(data.obj, mmap.mmap) else data.nbytes
        return len(data)


@dataclass(slots=True)
class _Kept:
    version: object
    picture: OpenPicture
    once: bool
    until: float


@dataclass(slots=True)
class _Turn:
    lock: Lock = field(default_factory=Lock)
    waiting: int = 0


class KeptPictures:
    """The files of many frames that were used last, so that a frame does not cost a file.

    Files of one frame are not kept: their image is, by the cache. May be used from any thread.

    Parameters
    ----------
    max_bytes : int
        Memory that their bytes may take together; 256 MiB by default. The newest is kept whatever
        it takes.
    max_files : int
        How many.
    clock : callable
        Seconds.
    """

    def __init__(
        self,
        max_bytes: int = 256 * 1024 * 1024,
        max_files: int = 16,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._turns: dict[str, _Turn] = {}
        self._is_closed = False
        self._lock = Lock()

    def get(self, key: str, version: object = (), *, is_used: bool = True) -> PictureFile | None:
        """Give the file of this key, unless it was written anew since.

        One that is kept for one use alone is forgotten, if this is that use.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            is_good = kept.version == version and self._clock() < kept.until
            if not is_good or (kept.once and is_used):
                del self._kept[key]
            else:
                self._kept.move_to_end(key)
            return kept.picture.file if is_good else None

    def latest(self, key: str) -> PictureFile | None:
        """Give the file of this key as it was when it was opened, for what is asked about it."""
        with self._lock:
            kept = self._kept.get(key)
            return kept.picture.file if kept is not None and self._clock() < kept.until else None

    def get_or_open(
        self, key: str, version: object, open_it: Callable[[], OpenPicture]
    ) -> PictureFile:
        """Give the file of this key, which `open_it` opens if it is not kept.

        Of several threads that ask for a file at the same time, one opens it.
        """
        found = self.get(key, version)
        if found is not None:
            return found
        with self._turn(key):
            found = self.get(key, version)
            if found is None:
                picture = open_it()
                self.keep(key, version, picture)
                found = picture.file
            return found

    def keep(
        self,
        key: str,
        version: object,
        picture: OpenPicture,
        *,
        once: bool = False,
        seconds: float = math.inf,
    ) -> None:
        """Keep a file of many frames for so long; of one frame, only if it is wanted `once` more.

        What a server has may change, and nothing tells.
        """
        is_one = picture.file.number_of_frames < 2
        if is_one and not once:
            return
        now = self._clock()
        with self._lock:
            if self._is_closed:
                return
            for other in [other for other, kept in self._kept.items() if kept.until <= now]:
                del self._kept[other]
            self._kept[key] = _Kept(version, picture, is_one, now + seconds)
            self._kept.move_to_end(key)
            held = sum(kept.picture.size_in_bytes for kept in self._kept.values())
            while len(self._kept) > 1 and (
                held > self._max_bytes or len(self._kept) > self._max_files
            ):
                held -= self._kept.popitem(last=False)[1].picture.size_in_bytes

    def forget(self, key: str) -> None:
        """Keep a file no more."""
        with self._lock:
            self._kept.pop(key, None)

    def close(self) -> None:
        """Let go of all, and keep none any more; who uses one goes on to."""
        with self._lock:
            self._is_closed = True
            self._kept.clear()

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.waiting -= 1
                if not turn.waiting:
                    del self._turns[key]
