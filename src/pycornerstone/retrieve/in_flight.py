"""Work that several wait for is done once."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pycornerstone.errors import PyCornerstoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any

__all__ = ["InFlight"]

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class InFlight(Generic[T]):
    """Shares what is under way between all who ask for it at the same time.

    It is cancelled when the last who waits for it is. Of one event loop.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    async def share(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Wait for what is under way for `key`, which `start` begins if nothing is.

        Raises
        ------
        Exception
            What the work raises; each who waits has an error of their own, because what is added to
            it on its way, the imageId for one, differs.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(start()))
            flight.task.add_done_callback(lambda task: self._forget(key, task))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except PyCornerstoneError as error:
            raise copy.copy(error) from error.__cause__
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                # Who asks from now on must not be given what is being cancelled.
                self._forget(key, flight.task)
                flight.task.cancel()

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        known = self._flights.get(key)
        if known is not None and known.task is task:
            del self._flights[key]
