"""Many images into one array, under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from pycornerstone.loaders.promised import Promised

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ArrayLoadObject"]


class ArrayLoadObject(Promised[npt.NDArray[Any]]):
    """The promise of an array of images, as `Session.load_array` gives it.

    Await it, or wait for its `result`: the array, ``(images, rows, columns)`` or ``(images, rows,
    columns, 3)``. Cancelling it stops the work; the image that is being read then is read to its
    end, so that an array of the caller's may change until some milliseconds after.

    Parameters
    ----------
    number_of_images : int
        How many there are, for messages.
    notify : callable, optional
        Calls the callbacks of `add_done_callback`, somewhere where they may wait.

    Attributes
    ----------
    number_done : int
        How many are in the array by now.
    """

    def __init__(
        self,
        number_of_images: int,
        notify: Callable[[Callable[[], object]], object] | None = None,
    ) -> None:
        super().__init__(notify=notify)
        self.number_of_images = number_of_images
        self.number_done = 0

    @classmethod
    def rejected(cls, error: BaseException) -> ArrayLoadObject:
        """Give a load that has failed already."""
        load = cls(0)
        load.settle(error)
        return load

    def __repr__(self) -> str:
        state = "loading"
        if self.cancelled():
            state = "cancelled"
        elif self.done():
            state = "failed" if self._outcome.exception() else "loaded"
        return f"<ArrayLoadObject of {self.number_of_images} images {state}>"

    @property
    def progress(self) -> float:
        """How much of it is there, from 0 to 1."""
        return self.number_done / self.number_of_images if self.number_of_images else 0.0

    def settle(self, outcome: npt.NDArray[Any] | BaseException) -> bool:
        """End it with the array or an error, as the session does; False if it had ended."""
        return self._settle(outcome)

    @property
    def _what(self) -> str:
        return f"the array of {self.number_of_images} images"
