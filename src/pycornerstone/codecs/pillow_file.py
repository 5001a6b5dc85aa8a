"""Frames that Pillow makes: of GIF, and of animated WebP and AVIF."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.memory_file import MemoryFile
from pycornerstone.errors import DecodeError, MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PillowFrames", "load_plugin"]

_PASSED_BYTES = 16 * 1024 * 1024
_MOST_PASSED = 64


class PillowFrames:
    """Frames of a picture, made one after the other as Pillow does; for several threads.

    The readers of formats are used themselves. ``PIL.Image.open`` would try others, and would
    warn or refuse by a limit that holds for the process.

    Parameters
    ----------
    name : str
        Of the format, for errors.
    plugin, reader : str
        Module and class of Pillow, such as ``"GifImagePlugin"`` and ``"GifImageFile"``.
    data : memoryview
        The whole file.
    """

    def __init__(self, name: str, plugin: str, reader: str, data: memoryview) -> None:
        self._name = name
        self._reader = getattr(load_plugin(name, plugin), reader)
        self._data = data
        self._lock = threading.Lock()
        self._image: Any = None
        # By their number, in the order in which they were decoded.
        self._passed: dict[int, npt.NDArray[Any]] = {}

    def announced(self) -> tuple[int, int, int]:
        """Give frames, rows and columns as the file says, before one is decoded.

        Raises
        ------
        DecodeError
            If it is broken.
        """
        with self._lock:
            try:
                image = self._opened()
                return image.n_frames, image.size[1], image.size[0]
            except Exception as error:
                raise DecodeError(
                    f"broken {self._name} of {len(self._data)} bytes ({type(error).__name__})"
                ) from error

    def samples(
        self, index: int, mode: str | None, size: tuple[int, int], *, grows: bool = False
    ) -> npt.NDArray[Any]:
        """Give the samples of a frame.

        Parameters
        ----------
        index : int
            From 0. The one after the last that was asked for is quick, and so are the last ones
            before it, 16 MiB of them; going back further starts over.
        mode : str or None
            Mode of Pillow to convert to; None for grey where it is grey, else RGB or RGBA.
        size : tuple of int
            Rows and columns that were checked.
        grows : bool
            Frames may be smaller, and are filled up below and beside.

        Raises
        ------
        DecodeError
            If it is broken, or of another size.
        """
        with self._lock:
            try:
                samples = self._samples(index, mode, size)
            except Exception as error:
                # It may be in any state.
                self._image = None
                self._passed.clear()
                raise DecodeError(
                    f"broken {self._name} of {len(self._data)} bytes: frame {index + 1} cannot be "
                    f"decoded ({type(error).__name__})"
                ) from error
        if grows:
            # The canvas grows with the frames; what is not there yet is clear.
            below, beside = (want - have for want, have in zip(size, samples.shape, strict=False))
            if below >= 0 and beside >= 0:
                samples = np.pad(samples, ((0, below), (0, beside), (0, 0)))
        if samples.shape[:2] != size:
            raise DecodeError(
                f"broken {self._name}: frame {index + 1} has {samples.shape[0]} rows of "
                f"{samples.shape[1]} columns, expected {size[0]} of {size[1]}"
            )
        return samples

    def _samples(self, index: int, mode: str | None, size: tuple[int, int]) -> npt.NDArray[Any]:
        samples = self._passed.get(index)
        if samples is not None:
            return samples
        # Whoever goes back asks for the one before next, and threads ask a little out of order.
        most = min(max(_PASSED_BYTES // max(size[0] * size[1] * 4, 1), 1), _MOST_PASSED)
        reached = -1 if self._image is None else self._image.tell()
        start = max(reached + 1 if index > reached else 0, index - most + 1)
        for number in range(start, index + 1):
            samples = self._decoded(number, mode)
            # It is given to more than one.
            samples.flags.writeable = False
            self._passed[number] = samples
            while len(self._passed) > most:
                del self._passed[next(iter(self._passed))]
        return self._passed[index]

    def _decoded(self, index: int, mode: str | None) -> npt.NDArray[Any]:
        image = self._opened()
        image.seek(index)
        image.load()
        if mode is None:
            mode = _own_mode(image)
        return np.array(image if image.mode == mode else image.convert(mode))

    def _opened(self) -> Any:
        if self._image is None:
            self._image = self._reader(MemoryFile(self._data))
        return self._image


def _own_mode(image: Any) -> str:
    """Give the mode that keeps what a picture shows."""
    if image.mode in {"1", "L"}:
        return "L"
    return "RGBA" if image.mode in {"RGBA", "LA", "PA"} else "RGB"


def load_plugin(name: str, plugin: str) -> Any:
    """Import a reader of Pillow.

    Raises
    ------
    MissingExtraError
        If Pillow is not installed.
    """
    try:
        return import_module(f"PIL.{plugin}")
    except ImportError as error:
        raise MissingExtraError(f"reading {name} pictures", "images") from error
