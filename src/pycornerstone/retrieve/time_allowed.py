"""How long something may take, where not all of its time counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Deadlines", "TimeAllowed"]


class Deadlines:
    """The moments at which something has to be done, and one timer for all of them.

    Nearly nothing ever takes as long as it may. A timer for each request would cost more than all
    the rest that is done for it here.
    """

    def __init__(self) -> None:
        self._pending: dict[TimeAllowed, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def set(self, time: TimeAllowed, deadline: float) -> None:
        """Have `time` told when its moment has come."""
        self._pending[time] = deadline
        if self._timer is None or deadline < self._timer.when():
            self._wake_at(deadline)

    def drop(self, time: TimeAllowed) -> None:
        """Forget it."""
        self._pending.pop(time, None)

    def close(self) -> None:
        """Forget all of them."""
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for time in [time for time, deadline in self._pending.items() if deadline <= now]:
            del self._pending[time]
            time.expire()
        if self._pending:
            self._wake_at(min(self._pending.values()))


class TimeAllowed:
    """A clock that runs backwards, can be stopped, and ends what is watched when it is at zero.

    Use it by ``async with``, one at a time, as often as you like: it runs while the context is
    entered, and raises TimeoutError when the time is up.

    Parameters
    ----------
    seconds : float or None
        What is allowed; None for as long as it takes.
    deadlines : Deadlines
        Who looks at the time.
    """

    __slots__ = ("_cancels", "_deadlines", "_left", "_seconds", "_started", "_task", "_was_expired")

    def __init__(self, seconds: float | None, deadlines: Deadlines) -> None:
        self._seconds = seconds
        self._left = seconds
        self._deadlines = deadlines
        self._started: float | None = None
        # Who is watched, and how often somebody had cancelled it before.
        self._task: asyncio.Task[object] | None = None
        self._cancels = 0
        self._was_expired = False

    @property
    def left(self) -> float | None:
        """Seconds that are left; None where there is no limit."""
        if self._left is None or self._started is None:
            return self._left
        return self._left - (asyncio.get_running_loop().time() - self._started)

    def renew(self) -> None:
        """Allow as much as in the beginning; where nothing is watched."""
        self._left = self._seconds

    async def __aenter__(self) -> None:
        if self._left is not None:
            self._task = asyncio.current_task()
            self._cancels = 0 if self._task is None else self._task.cancelling()
            self._was_expired = False
            self.start()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        task, self._task = self._task, None
        if task is None or not self._was_expired:
            return
        # As asyncio.timeout does: what others cancelled too stays cancelled.
        is_ours = task.uncancel() <= self._cancels
        if is_ours and error_type is not None and issubclass(error_type, asyncio.CancelledError):
            raise TimeoutError from error

    def start(self) -> None:
        """Let it run on; nothing if it runs, or if nothing is watched."""
        if self._left is None or self._started is not None or self._task is None:
            return
        self._started = asyncio.get_running_loop().time()
        self._deadlines.set(self, self._started + self._left)

    def stop(self) -> None:
        """Let it stand still; nothing if it does."""
        if self._started is not None:
            self._left = self.left
            self._started = None
            self._deadlines.drop(self)

    def expire(self) -> None:
        """End what is watched."""
        if self._task is not None:
            self._was_expired = True
            self._task.cancel()
