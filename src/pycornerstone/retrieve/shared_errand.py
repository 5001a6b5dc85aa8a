"""What several fetch together: as urgent as the most urgent of them."""

from __future__ import annotations

from pycornerstone.model.requests import RequestType
from pycornerstone.retrieve.errand import Errand

__all__ = ["SharedErrand"]


class SharedErrand(Errand):
    """The errand of all who wait for one piece of work; how urgent it is depends on them.

    What they share is always fetched whole. Joined and left in one event loop; theirs may change in
    any thread.

    Parameters
    ----------
    first : Errand
        Of whoever began it.
    """

    __slots__ = ("_of",)

    def __init__(self, first: Errand) -> None:
        self._of: list[Errand] = []
        super().__init__()
        self.join(first)

    def join(self, errand: Errand) -> None:
        """Let somebody else wait for it too."""
        if self._of:
            errand.leave_bytes(self._received, self._expected)
        self._of.append(errand)
        errand.watch(self._tell_watchers)
        errand.note_bytes(self._received, expected=self._expected, unknown=self._unknown)
        self._tell_watchers()

    def leave(self, errand: Errand) -> None:
        """Let somebody not wait for it any more."""
        was_first = self._of[0] is errand
        self._of.remove(errand)
        if was_first and self._of:
            # The next one answers for the memory.
            self._of[0].leave_bytes(
                self._received_elsewhere - self._received, self._expected_elsewhere - self._expected
            )
        errand.unwatch(self._tell_watchers)
        errand.note_bytes(unknown=-self._unknown)
        self._tell_watchers()

    @property
    def urgency(self) -> tuple[RequestType, int]:
        """That of the most urgent; what nobody waits for any more can wait."""
        return min((errand.urgency for errand in self._of), default=(RequestType.COMPUTE, 0))

    def note_bytes(
        self, received: int = 0, *, expected: int = 0, unknown: int = 0, is_end: bool = False
    ) -> None:
        """Count bytes for all of them."""
        self._received += received
        self._expected += expected
        self._unknown += unknown
        for number, errand in enumerate(self._of):
            if number:
                errand.leave_bytes(received, expected)
            errand.note_bytes(received, expected=expected, unknown=unknown, is_end=is_end)

    def leave_bytes(self, received: int, expected: int) -> None:
        """Have the first of them, who answers for the memory, do so."""
        super().leave_bytes(received, expected)
        for errand in self._of[:1]:
            errand.leave_bytes(received, expected)
