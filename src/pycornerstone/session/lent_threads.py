"""Work that an executor's thread does, or whoever waits for it: the first who comes to it."""

from __future__ import annotations

import concurrent.futures
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

from pycornerstone.session.announcements import is_in_event_loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pycornerstone.session.held_back import HeldBack

__all__ = ["SharedWork"]

# What is in `signal` tries to make an enum of each handler: 15 us for each image.
_signal: Any = getattr(signal, "_signal", signal)
_CTRL_C = int(signal.SIGINT)


class SharedWork:
    """A piece of work that is done once, here or there.

    Whoever waits for a small image has little else to do: handing it to another thread and being
    woken by that took longer than reading a slice.

    Parameters
    ----------
    work : callable
        What is to be done. It is done a second time if Ctrl-C has interrupted it in the thread of
        who waits: others may wait for it too.
    executor : concurrent.futures.Executor
        Whose threads do it if nobody else does.
    held_back : HeldBack, optional
        Holds it back from them for a moment, if it is likely that somebody waits for it soon.

    Attributes
    ----------
    future : concurrent.futures.Future
        Its end.
    """

    def __init__(
        self,
        work: Callable[[], Any],
        executor: concurrent.futures.Executor,
        held_back: HeldBack | None = None,
    ) -> None:
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._executor = executor
        # Taken by who does it, and held no longer: it knows the image.
        self._open = [work]
        self._held_back = held_back
        if held_back is None or not held_back.hold(self):
            self._submit()

    def hand_over(self) -> bool:
        """Let the executor's threads do it; False if it has been begun."""
        if not self._open:
            return False
        try:
            self._submit()
        except RuntimeError as error:
            # It takes no more work: the session is closing.
            if self._take() is not None:
                self.future.set_exception(error)
        return True

    def do_here(self) -> None:
        """Do it in this thread, unless it is being done, or an event loop runs here."""
        # Its work may want a loop of its own, as it can have in any thread of the executor.
        if not self._open or is_in_event_loop():
            return
        work = self._take()
        if work is None:
            return
        if self._held_back is not None:
            self._held_back.done_by_who_waited()
        try:
            outcome = _outcome_of(work)
            with _CtrlCLater():
                _settle(self.future, outcome)
        except BaseException:
            if not self.future.done():
                self._hand_over(work)
            raise

    def _submit(self) -> None:
        self._executor.submit(self._do_there).add_done_callback(self._left_undone)

    def _do_there(self) -> None:
        work = self._take()
        if work is not None:
            _settle(self.future, _outcome_of(work, BaseException))

    def _take(self) -> Callable[[], Any] | None:
        try:
            work = self._open.pop()
        except IndexError:
            return None
        return work if self.future.set_running_or_notify_cancel() else None

    def _hand_over(self, work: Callable[[], Any]) -> None:
        def do() -> None:
            _settle(self.future, _outcome_of(work, BaseException))

        try:
            self._executor.submit(do)
        except RuntimeError as error:
            # It takes no more work: the session is closing.
            self.future.set_exception(error)

    def _left_undone(self, submitted: concurrent.futures.Future[None]) -> None:
        if submitted.cancelled() and self._take() is not None:
            self.future.set_exception(concurrent.futures.CancelledError())


def _outcome_of(
    work: Callable[[], Any], caught: type[BaseException] = Exception
) -> tuple[Any, BaseException | None]:
    try:
        return work(), None
    except caught as error:
        return None, error


def _settle(
    future: concurrent.futures.Future[Any], outcome: tuple[Any, BaseException | None]
) -> None:
    value, error = outcome
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


class _CtrlCLater:
    """Holds Ctrl-C back while callers are told, which is soon over: all of them must be."""

    def __init__(self) -> None:
        self._handler: Any = None
        self._held_back: tuple[int, FrameType | None] | None = None

    def __enter__(self) -> Self:
        # Only the main thread is interrupted; another handler than Python's is a user's matter.
        if threading.current_thread() is threading.main_thread():
            handler = _signal.getsignal(_CTRL_C)
            if handler is signal.default_int_handler:
                _signal.signal(_CTRL_C, self._hold_back)
                self._handler = handler
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is None:
            return
        _signal.signal(_CTRL_C, self._handler)
        if self._held_back is not None:
            self._handler(*self._held_back)

    def _hold_back(self, number: int, frame: FrameType | None) -> None:
        self._held_back = (number, frame)
