"""Memory that images take before they are there: their bytes on the way, and what they become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Reservation", "Reservations"]


class Reservation:
    """Memory of one image on its way; a cache makes room for it. Use it by ``with``, or release it.

    It never waits, nor fails: a single image that is larger than the budget is loaded all the same.
    It is safe to use from any thread.

    Attributes
    ----------
    encoded : int
        Bytes that have come, or are known to come.
    decoded : int
        Bytes of the samples that they become.
    """

    __slots__ = ("_change", "decoded", "encoded")

    def __init__(self, change: Callable[[Reservation, int, int], object]) -> None:
        self._change = change
        self.encoded = self.decoded = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def size_in_bytes(self) -> int:
        """All that it takes."""
        return self.encoded + self.decoded

    def change(self, *, encoded: int | None = None, decoded: int | None = None) -> None:
        """Say what is known now; what is None stays."""
        encoded = self.encoded if encoded is None else encoded
        decoded = self.decoded if decoded is None else decoded
        if (encoded, decoded) != (self.encoded, self.decoded):
            self._change(self, encoded, decoded)

    def release(self) -> None:
        """Give all of it back; doing it twice is nothing."""
        self.change(encoded=0, decoded=0)


class Reservations:
    """All that is reserved; not safe to use from several threads at once.

    Attributes
    ----------
    size : int
        Bytes of all of them.
    """

    def __init__(self) -> None:
        self.size = 0
        self._held: set[Reservation] = set()
        self._largest: Reservation | None = None

    @property
    def beyond_one_image(self) -> int:
        """Bytes without the samples of the largest image: so much a cache may be exceeded by."""
        return self.size - (self._largest.decoded if self._largest is not None else 0)

    def change(self, reservation: Reservation, encoded: int, decoded: int) -> None:
        """Count it anew."""
        self.size += encoded + decoded - reservation.size_in_bytes
        reservation.encoded, reservation.decoded = encoded, decoded
        if reservation.size_in_bytes:
            self._held.add(reservation)
        else:
            self._held.discard(reservation)
        if self._largest is None or decoded > self._largest.decoded:
            self._largest = reservation
        elif reservation is self._largest:
            # It became smaller; there are not many.
            self._largest = max(self._held, key=lambda held: held.decoded, default=None)
