"""A file of bytes that are held, or mapped, and not copied."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["MemoryFile"]


class MemoryFile(io.RawIOBase):
    """Read bytes as a file; not for several threads at once.

    Parameters
    ----------
    data : memoryview
        Of bytes.
    """

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that its position can be set."""
        return True

    def tell(self) -> int:
        """Give the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, and give it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError("seek before the first byte")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as the bytes go."""
        wanted = memoryview(buffer).cast("B")
        found = self._data[self._position : self._position + len(wanted)]
        wanted[: len(found)] = found
        self._position += len(found)
        return len(found)
