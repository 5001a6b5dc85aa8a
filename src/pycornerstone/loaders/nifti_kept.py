"""The NIfTI files that were used last, open: what they were inflated to, or mapped."""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.loaders.nifti_volume import NiftiVolume
    from pycornerstone.retrieve.sources import Source

__all__ = ["KeptVolumes", "OpenNifti", "key_of", "state_of"]

# Each has a file descriptor.
_MAX_MAPPED = 16
_LONGEST_KEY = 4096


@dataclass(frozen=True, slots=True, eq=False)
class OpenNifti:
    """A NIfTI image whose bytes are at hand.

    Attributes
    ----------
    key : str
        Of the image: of a pair, the same whichever file was named.
    volume : NiftiVolume
        What it is.
    sources : tuple of Source
        Where it was brought from.
    state : tuple of object
        What these were like when it was opened, as far as could be told.
    """

    key: str
    volume: NiftiVolume
    sources: tuple[Source, ...] = ()
    state: tuple[object, ...] = ()

    @property
    def is_mapped(self) -> bool:
        """Whether its bytes are those of a file, and no memory of our own."""
        return isinstance(self.volume.data.obj, mmap.mmap)

    @property
    def own_bytes(self) -> int:
        """Memory that it takes."""
        return 0 if self.is_mapped else self.volume.data.nbytes

    def is_current(self) -> bool:
        """Whether its local files are as they were; of others nothing is known."""
        if all(source.path is None for source in self.sources):
            return True
        return None not in self.state and self.state == state_of(self.sources)


def state_of(sources: tuple[Source, ...]) -> tuple[object, ...]:
    """Give what changes when one of these local files is written anew, as far as can be told."""
    found: list[object] = []
    for source in sources:
        try:
            status = os.stat(source.key)  # noqa: PTH116 - asked for each slice; a Path takes longer
        except (OSError, ValueError):
            # Opening it says what is wrong.
            found.append(None)
            continue
        found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def key_of(source: Source) -> str:
    """Give what a file is kept under: its key, or of one that is its own address, a short one."""
    return source.key if len(source.key) <= _LONGEST_KEY else _digest(source.key)


# Each question for such a file brings its address anew.
@functools.lru_cache(maxsize=8)
def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class KeptVolumes:
    """The files used last, up to a number of bytes; may be used from any thread.

    Parameters
    ----------
    max_bytes : int
        Of memory for all of them together. The last one is kept even if it alone is larger.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._open: OrderedDict[str, OpenNifti] = OrderedDict()
        self._bytes = self._mapped = 0
        self._is_closed = False
        self._lock = Lock()

    def get(self, key: str) -> OpenNifti | None:
        """Give a file, unless it was written anew since."""
        known = self._open.get(key)
        if known is None:
            return None
        is_current = known.is_current()
        with self._lock:
            # Another may have taken its place meanwhile.
            if self._open.get(key) is known:
                if is_current:
                    self._open.move_to_end(key)
                else:
                    self._drop(key)
        return known if is_current else None

    def add(self, opened: OpenNifti) -> None:
        """Keep a file, and drop what is too much."""
        with self._lock:
            if self._is_closed:
                return
            self._drop(opened.key)
            self._open[opened.key] = opened
            self._bytes += opened.own_bytes
            self._mapped += opened.is_mapped
            if self._bytes > self._max_bytes or self._mapped > _MAX_MAPPED:
                self._make_room(opened)

    def forget(self, key: str) -> None:
        """Keep a file no more."""
        with self._lock:
            self._drop(key)

    def close(self) -> None:
        """Let go of all of them, and keep none any more."""
        with self._lock:
            self._is_closed = True
            self._open.clear()
            self._bytes = self._mapped = 0

    def _make_room(self, newest: OpenNifti) -> None:
        for key, known in list(self._open.items()):
            is_too_large = self._bytes > self._max_bytes and known.own_bytes
            if known is not newest and (
                is_too_large or (self._mapped > _MAX_MAPPED and known.is_mapped)
            ):
                self._drop(key)

    def _drop(self, key: str) -> None:
        known = self._open.pop(key, None)
        if known is not None:
            self._bytes -= known.own_bytes
            self._mapped -= known.is_mapped
