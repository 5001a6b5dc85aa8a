"""Functions that are asked in turn, in the order of their priority."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycornerstone.errors import MetadataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ProviderList"]

P = TypeVar("P", bound=Callable[..., Any])


class ProviderList(Generic[P]):
    """Providers, the highest priority first, among equals the newest; of any thread.

    Parameters
    ----------
    what : str
        What one of them is and is called with, for errors.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        # Replaced whole on every change, so that queries need no lock.
        self._entries: tuple[tuple[float, P], ...] = ()
        self._lock = Lock()

    def add(self, provider: P, priority: float) -> None:
        """Ask a provider too; one that is there already keeps the place it has.

        Raises
        ------
        MetadataError
            If it cannot be called.
        """
        if not callable(provider):
            raise MetadataError(f"{self._what}, got {type(provider).__name__}")
        with self._lock:
            if provider not in self:
                # A stable sort with the newest in front: among equals the newest is asked first.
                self._entries = tuple(
                    sorted(((priority, provider), *self._entries), key=lambda entry: -entry[0])
                )

    def remove(self, provider: P) -> None:
        """Ask a provider no longer; nothing happens if it is not there."""
        with self._lock:
            self._entries = tuple(entry for entry in self._entries if entry[1] != provider)

    def clear(self) -> None:
        """Ask nobody any longer."""
        with self._lock:
            self._entries = ()

    def __iter__(self) -> Iterator[P]:
        return (provider for _, provider in self._entries)

    def __contains__(self, provider: object) -> bool:
        return any(known == provider for _, known in self._entries)

    def __len__(self) -> int:
        return len(self._entries)
