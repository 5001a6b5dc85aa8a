"""Questions of the page, answered beside what it does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from pycornerstone.frontends.browser.cell import CannotShowError, said_of
from pycornerstone.frontends.browser.cell_states import state_of
from pycornerstone.frontends.browser.metadata_rows import metadata_rows
from pycornerstone.frontends.browser.page_messages import AskMetadata, AskPython, AskStatistics
from pycornerstone.frontends.browser.python_lines import python_of
from pycornerstone.frontends.browser.server_messages import Answer, Failed
from pycornerstone.frontends.browser.statistics import statistics_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.outbox import Outbox
    from pycornerstone.frontends.browser.quiet import Quiet
    from pycornerstone.frontends.browser.server_messages import Series
    from pycornerstone.frontends.sharing.source import Exhibit

__all__ = ["Questions"]

Asked: TypeAlias = "AskMetadata | AskStatistics | AskPython"

_MOST_WAITING = 50
_AT_ONCE = 2


class Questions:
    """Answers questions in threads of their own, so that nothing else waits for a server.

    Parameters
    ----------
    exhibit : Exhibit
        What is shown.
    quiet : Quiet
        Held while a cell is looked at.
    outbox : Outbox
        Takes the answers.
    """

    def __init__(self, exhibit: Exhibit, quiet: Quiet, outbox: Outbox) -> None:
        self._exhibit, self._quiet, self._outbox = exhibit, quiet, outbox
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pycornerstone-questions")
        self._room = threading.Semaphore(_MOST_WAITING)

    def ask(self, asked: Asked, cell: DeskCell | None, series: Sequence[Series]) -> None:
        """Answer soon; too many questions at once are refused."""
        if not self._room.acquire(blocking=False):
            self._outbox.put(Failed(asked.question, "too many questions at once"))
            return
        try:
            self._pool.submit(self._answer, asked, cell, series)
        except RuntimeError:
            self._room.release()

    def close(self) -> None:
        """Answer no more; what waits for a server meanwhile is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, asked: Asked, cell: DeskCell | None, series: Sequence[Series]) -> None:
        try:
            self._outbox.put(self._answer_to(asked, cell, series))
        except Exception as error:  # noqa: BLE001 - whoever asked must be told
            self._outbox.put(Failed(asked.question, said_of(error)))
        finally:
            self._room.release()

    def _answer_to(self, asked: Asked, cell: DeskCell | None, series: Sequence[Series]) -> Answer:
        if cell is None:
            raise CannotShowError("there is no such cell")
        with self._quiet.looking():
            state, viewport = state_of(cell, series), cell.viewport
            if state is None or viewport is None:
                raise CannotShowError("nothing is shown there yet")
            if isinstance(asked, AskStatistics):
                if asked.slice_index not in {None, state.slice_index}:
                    raise CannotShowError("another slice is shown by now")
                if asked.time_point not in {None, state.time_point}:
                    raise CannotShowError("another point in time is shown by now")
                found = statistics_of(viewport, asked.kind, asked.points, cell.session)
                return Answer(asked.question, statistics=found)
            if isinstance(asked, AskPython):
                lines = python_of(viewport, self._exhibit, series[state.series])
                return Answer(asked.question, python=lines)
        if state.image_id is None:
            raise CannotShowError("this plane is no image that anything is known of")
        rows = metadata_rows(self._exhibit.session, state.image_id, asked.text)
        return Answer(asked.question, metadata=rows)
