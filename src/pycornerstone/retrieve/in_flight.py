"""Work that several wait for is done once."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.retrieve.errand import current_errand, running_errand
from pycornerstone.retrieve.shared_errand import SharedErrand

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable
    from typing import Any

__all__ = ["InFlight"]

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    errand: SharedErrand
    waiting: int = 0


class InFlight(Generic[T]):
    """Shares what is under way between all who ask for it at the same time.

    It is as urgent as the most urgent of them, and cancelled when the last who waits for it is. Of
    one event loop.
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
        errand = current_errand()
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = self._begun(key, start, SharedErrand(errand))
        else:
            flight.errand.join(errand)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except PyCornerstoneError as error:
            raise copy.copy(error) from error.__cause__
        finally:
            flight.waiting -= 1
            flight.errand.leave(errand)
            if not flight.waiting and not flight.task.done():
                # Who asks from now on must not be given what is being cancelled.
                self._forget(key, flight.task)
                flight.task.cancel()

    def _begun(
        self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]], errand: SharedErrand
    ) -> _Flight[T]:
        with running_errand(errand):
            task = asyncio.create_task(start())
        task.add_done_callback(lambda done: self._done(key, done))
        return _Flight(task, errand)

    def _done(self, key: Hashable, task: asyncio.Task[T]) -> None:
        self._forget(key, task)
        if not task.cancelled():
            # Nobody may be left who would hear of it, and asyncio complained.
            task.exception()

    def _forget(self, key: Hashable, task: asyncio.Task[T]) -> None:
        known = self._flights.get(key)
        if known is not None and known.task is task:
            del self._flights[key]
