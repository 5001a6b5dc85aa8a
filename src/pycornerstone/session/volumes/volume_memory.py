"""The memory of a volume: within the cache's budget, or in a file that is mapped."""

from __future__ import annotations

import bisect
import contextlib
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pycornerstone.codecs.sample_layout import sample_layout
from pycornerstone.errors import CacheSizeExceededError, PyCornerstoneError, RetrieveError
from pycornerstone.session.touched_memory import new_zeros

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import ImagePixelModule
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.reservations import Reservation

__all__ = ["VolumeMemory"]


class VolumeMemory:
    """Where the voxels of one volume go, while it is loading: a context manager.

    Parameters
    ----------
    cache : Cache
        Whose budget it is.
    memory_map : bool, str, path-like or None
        True for a temporary file that is mapped, "auto" for one where the budget is too small, or
        the path of a file to be made; None for memory.

    Attributes
    ----------
    is_mapped : bool
        The array is a file's.
    """

    def __init__(self, cache: Cache, memory_map: bool | str | os.PathLike[str] | None) -> None:  # noqa: FBT001 - as the user gives it
        self._cache = cache
        self._memory_map = memory_map
        self._reservation: Reservation | None = None
        self._file: Path | None = None
        self.is_mapped = False

    def check(self, size_in_bytes: int) -> None:
        """Make sure that there is room for so many bytes, before anything is loaded.

        Raises
        ------
        CacheSizeExceededError
            If there is not, and they may not go into a file.
        """
        if not self._memory_map and not self._cache.is_cacheable(size_in_bytes):
            limit = self._cache.max_size_in_bytes
            # The most that would fit tells how much is in use.
            free = bisect.bisect_left(
                range(limit), True, key=lambda n: not self._cache.is_cacheable(n + 1)
            )
            error = CacheSizeExceededError(size_in_bytes, limit, limit - free)
            error.add_note('or let it go into a file: memory_map="auto"; or decimate=(1, 1, 2)')
            raise error

    def check_images(
        self, pixel: ImagePixelModule | None, number: int, step: tuple[int, int, int] = (1, 1, 1)
    ) -> None:
        """Make sure that there is room for images, as far as the header of one of them tells.

        Parameters
        ----------
        pixel : ImagePixelModule or None
            How its samples are stored.
        number : int
            Of images.
        step : tuple of int
            Of columns and rows, every so many are kept; the third is counted in `number`.

        Raises
        ------
        CacheSizeExceededError
            If there is none, and they may not go into a file.
        """
        if pixel is None:
            return
        try:
            layout = sample_layout(pixel)
        except PyCornerstoneError:
            # Whoever decodes it tells what is wrong.
            return
        rows, columns = -(-layout.shape[0] // step[1]), -(-layout.shape[1] // step[0])
        samples = rows * columns * math.prod(layout.shape[2:])
        self.check(number * samples * layout.dtype.itemsize)

    def new_array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Give an array of zeros; of a file, with all of its room on the disk.

        Raises
        ------
        CacheSizeExceededError
            If there is no room.
        RetrieveError
            If there is none on the disk, or the file cannot be made.
        """
        nbytes = math.prod(shape) * dtype.itemsize
        self.check(nbytes)
        wants_file = self._memory_map not in {None, False, "auto"}
        if wants_file or (self._memory_map == "auto" and not self._cache.is_cacheable(nbytes)):
            path = None if self._memory_map in {True, "auto"} else Path(str(self._memory_map))
            self.is_mapped, self._file = True, path
            return _mapped(shape, dtype, nbytes, path)
        # As what has come, all of it counts: what is thrown out for it goes before it is there.
        self._reservation = self._cache.reserve(encoded=nbytes)
        return new_zeros(shape, dtype)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Give back what was reserved; the cache counts the volume itself, or it is gone.

        After an error, remove the file: what is in it will never be whole.
        """
        if error is not None:
            self._discard()
        reservation, self._reservation = self._reservation, None
        if reservation is not None:
            reservation.release()

    def _discard(self) -> None:
        path, self._file = self._file, None
        if path is not None:
            # Windows keeps a file that is mapped.
            with contextlib.suppress(OSError):
                path.unlink()


def _mapped(
    shape: tuple[int, ...], dtype: np.dtype[Any], nbytes: int, path: Path | None
) -> npt.NDArray[Any]:
    folder = Path(tempfile.gettempdir()) if path is None else path.absolute().parent
    try:
        free = shutil.disk_usage(folder).free
        if free < nbytes:
            raise RetrieveError(
                f"a volume of {nbytes} bytes was to go into a file, but {folder} has {free} left; "
                "give memory_map the path of a file elsewhere, or set TMPDIR"
            )
        if path is None:
            # It has no name, or loses it at its end: nothing stays behind.
            with tempfile.TemporaryFile(prefix="pycornerstone-") as file:
                mapped = _filled(file, shape, dtype, nbytes)
        else:
            with path.open("w+b") as file:
                mapped = _filled(file, shape, dtype, nbytes)
    except OSError as error:
        if isinstance(error, RetrieveError):
            raise
        raise RetrieveError(
            f"the file of a volume of {nbytes} bytes cannot be made: {error.strerror or error}"
        ) from error
    return mapped.view(np.ndarray)


def _filled(
    file: Any, shape: tuple[int, ...], dtype: np.dtype[Any], nbytes: int
) -> npt.NDArray[Any]:
    if hasattr(os, "posix_fallocate"):
        # A disk that is full would end the process when a page is written, not raise.
        os.posix_fallocate(file.fileno(), 0, nbytes)
    return np.memmap(file, dtype, "r+" if hasattr(os, "posix_fallocate") else "w+", shape=shape)
