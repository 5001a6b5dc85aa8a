"""Where in an array that is being loaded the samples of one image belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.session.array_target import ArrayTarget

__all__ = ["ImagePlace"]


class ImagePlace:
    """The place of one image; see `ArrayPlace`. Nothing is written once the load has ended.

    Parameters
    ----------
    load : ArrayTarget
        Whose array it is.
    place : int
        Which image of it.
    samples : numpy.ndarray
        Its part of the array.
    forget : callable
        Called when all of it is there.

    Attributes
    ----------
    size_in_bytes : int
        Of the image.
    """

    def __init__(
        self,
        load: ArrayTarget,
        place: int,
        samples: npt.NDArray[Any],
        forget: Callable[[], object],
    ) -> None:
        self._load = load
        self._forget = forget
        self._place = place
        self._samples = samples
        self._bytes = samples.reshape(-1).view(np.uint8)
        self.size_in_bytes = samples.nbytes

    @classmethod
    def of(
        cls,
        load: ArrayTarget,
        place: int,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        forget: Callable[[], object],
    ) -> ImagePlace | None:
        """Give the place of an image of this shape and type; None if it cannot go straight there.

        What does not fit goes the way of all images, where it is told.
        """
        if load.array is None:
            return None
        samples = load.array[place]
        fits = samples.shape == shape and samples.dtype == dtype and samples.flags.c_contiguous
        return cls(load, place, samples, forget) if fits else None

    def write(self, offset: int, data: memoryview) -> None:
        """Write some of the samples, as they are stored."""
        with self._load.writing(self._place):
            if not self._load.has_ended:
                self._bytes[offset : offset + len(data)] = np.frombuffer(data, np.uint8)

    def change(self, function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> None:
        """Put what a function makes of all the samples in their place; what it raises, passes."""
        changed = function(self._samples)
        if changed is not self._samples:
            with self._load.writing(self._place):
                if not self._load.has_ended:
                    self._samples[...] = changed

    def done(self) -> None:
        """Say that all of the samples are there."""
        self._forget()
        with self._load.writing(self._place):
            self._load.put(self._place, None)
