"""A desk: what one page shows, and what happens to it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from pycornerstone.frontends.browser.arrangement import Arrangement
from pycornerstone.frontends.browser.coalescing import coalesced
from pycornerstone.frontends.browser.commands import MOVING
from pycornerstone.frontends.browser.drawing import Drawing
from pycornerstone.frontends.browser.failures import CannotShowError, said_of, without_names
from pycornerstone.frontends.browser.keeping import Keeping
from pycornerstone.frontends.browser.kept import read_kept
from pycornerstone.frontends.browser.layouts import LAYOUTS
from pycornerstone.frontends.browser.news import News
from pycornerstone.frontends.browser.outbox import Outbox
from pycornerstone.frontends.browser.page_messages import (
    AskMetadata,
    AskPython,
    AskStatistics,
    Drawn,
    Open,
)
from pycornerstone.frontends.browser.presets import PRESETS
from pycornerstone.frontends.browser.progress import ProgressOf
from pycornerstone.frontends.browser.questions import Questions
from pycornerstone.frontends.browser.quiet import Quiet
from pycornerstone.frontends.browser.series_list import series_of
from pycornerstone.frontends.browser.server_messages import Empty, Notice, Welcome
from pycornerstone.frontends.browser.wire import read_message

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.outbox import SendBytes, SendText
    from pycornerstone.frontends.browser.page_messages import FromPage
    from pycornerstone.frontends.browser.server_messages import Series
    from pycornerstone.frontends.sharing.source import Exhibit

__all__ = ["Desk"]

_logger = logging.getLogger("pycornerstone.frontends.browser")

_MOST_WAITING = 500
_ASKED = (AskMetadata, AskStatistics, AskPython)


class Desk:
    """What one page shows; another page has another desk, and neither waits for the other.

    What the page says is done in one thread, in order; frames are drawn and encoded in others.

    Parameters
    ----------
    exhibit : Exhibit
        What can be shown.
    send_text, send_bytes : callable
        Send to the page; called in `loop` only, one after the other.
    loop : asyncio.AbstractEventLoop
        That of the connection.
    """

    def __init__(
        self,
        exhibit: Exhibit,
        send_text: SendText,
        send_bytes: SendBytes,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._exhibit = exhibit
        self._loop = asyncio.get_running_loop() if loop is None else loop
        self._outbox = Outbox(send_text, send_bytes, self._loop)
        self._condition = threading.Condition()
        self._inbox: deque[FromPage] = deque()
        self._received = 0
        self._is_woken = self._is_closed = False
        self._series: tuple[Series, ...] = ()
        self._progress: ProgressOf | None = None
        self._quiet = Quiet()
        self._arrangement = Arrangement(exhibit, self._tell_cell, self._wake)
        self._keeping = Keeping(self._arrangement, self._outbox.put)
        self._drawing = Drawing(
            self._quiet, self._condition, self._outbox, self._wake, self._tell_cell
        )
        self._questions = Questions(exhibit, self._quiet, self._outbox)
        self._news = News(exhibit.session.events, self._heard, self._tell_cell)
        self._thread = threading.Thread(target=self._run, name="pycornerstone-desk", daemon=True)
        self._thread.start()

    async def received(self, text: str) -> None:
        """Take what the page said; it is done soon, and in order."""
        try:
            said = read_message(text)
        except msgspec.MsgspecError:
            with self._condition:
                self._received += 1
            self._notice("the page said something that the server does not know; reload it")
            return
        with self._condition:
            self._received += 1
            if isinstance(said, Drawn):
                cell = self._arrangement.cell(said.cell)
                if cell is not None:
                    cell.pacing.drawn(said.frame)
            elif len(self._inbox) < _MOST_WAITING:
                self._inbox.append(said)
            else:
                # Nobody drags so fast for so long; what cannot be added up is lost.
                waiting = coalesced([*self._inbox, said])
                self._inbox = deque(waiting[:_MOST_WAITING])
            self._is_woken = True
            self._condition.notify_all()

    async def close(self) -> None:
        """Let go of everything: the page is gone."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        await self._outbox.close()
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._thread.join()
        self._news.close()
        if self._progress is not None:
            self._progress.close()
        self._questions.close()
        self._drawing.close()
        self._arrangement.close()

    def _wake(self) -> None:
        with self._condition:
            self._is_woken = True
            self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_woken or self._is_closed, self._next_in())
                if self._is_closed:
                    return
                self._is_woken = False
                said, received = coalesced(self._inbox), self._received
                self._inbox.clear()
            try:
                self._take(said, received)
            except Exception as error:
                # One thing that goes wrong must not end the page.
                _logger.exception("a desk could not go on as it should")
                self._notice(said_of(error), is_error=True)

    def _take(self, said: list[FromPage], received: int) -> None:
        with self._quiet.changing():
            for message in said:
                self._do(message)
            self._arrangement.heard = received
            self._arrangement.step(time.monotonic())
        if said:
            self._keeping.changed()
        self._keeping.step(time.monotonic())
        self._news.look_at(self._arrangement.cells)
        for cell in self._arrangement.take_emptied():
            self._outbox.put(Empty(cell.index))
        if self._arrangement.take_arranged():
            self._outbox.put(self._arrangement.said())
        for cell in self._arrangement.cells:
            self._drawing.draw_if_wanted(cell, self._arrangement, self._series)

    def _do(self, message: FromPage) -> None:
        try:
            if isinstance(message, Open):
                self._open(message)
            elif not self._series:
                return
            elif isinstance(message, _ASKED):
                self._questions.ask(message, self._arrangement.cell(message.cell), self._series)
            else:
                changed = self._arrangement.apply(message)
                with self._condition:
                    for cell in changed:
                        cell.pacing.changed(is_moving=isinstance(message, MOVING))
        except (CannotShowError, ValueError, IndexError, RuntimeError) as error:
            self._notice(said_of(error), getattr(message, "cell", None), is_error=True)
        except Exception as error:
            # Those that came with it are done all the same.
            _logger.exception("a message could not be done")
            self._notice(said_of(error), getattr(message, "cell", None), is_error=True)

    def _open(self, message: Open) -> None:
        from pycornerstone.rendering.colormaps import colormap_names

        if self._series:
            return
        exhibit = self._exhibit
        arrangement = self._arrangement
        arrangement.commands.ratio = min(max(message.ratio, 0.25), 8.0)
        self._series = series_of(exhibit.display_sets, exhibit.session)
        is_brought_back = message.kept is not None and self._recall(message.kept)
        self._outbox.put(
            Welcome(
                title=exhibit.title,
                series=self._series,
                layouts=LAYOUTS,
                colormaps=colormap_names(),
                presets=PRESETS,
                left_out=tuple(map(without_names, exhibit.left_out)),
                exhibit=arrangement.fingerprint,
                is_brought_back=is_brought_back,
            )
        )
        self._progress = ProgressOf(
            exhibit.session, exhibit.display_sets, self._outbox.put, exhibit.volumes
        )
        if is_brought_back:
            return
        arrangement.begin()
        if message.kept is not None:
            self._notice("What was shown before is not there any more.", is_error=False)

    def _recall(self, text: str) -> bool:
        """Show what was shown before, and say whether that could be."""
        try:
            self._arrangement.recall(read_kept(text))
        except (CannotShowError, ValueError, TypeError, RuntimeError) as error:
            # The server was started with something else, or is another version of it.
            _logger.info("a page begins anew: %s", type(error).__name__)
            self._arrangement.clear()
            return False
        return True

    def _heard(self, cells: list[DeskCell], *, is_loading: bool) -> None:
        """Draw cells again, since something has happened to them."""
        if any(self._arrangement.crosshairs_in(cell) for cell in cells):
            cells = list(self._arrangement.cells)
        with self._condition:
            for cell in cells:
                cell.pacing.changed(is_moving=is_loading or cell.cine is not None)
            self._keeping.changed()
            self._is_woken = True
            self._condition.notify_all()

    def _next_in(self) -> float | None:
        """Give the seconds until something is due by itself."""
        due = [cell.pacing.rest_in() for cell in self._arrangement.cells]
        cines = [cell.cine for cell in self._arrangement.cells]
        now, keep_at = time.monotonic(), self._keeping.due_at()
        due.append(None if keep_at is None else max(0.0, keep_at - now))
        due += [max(0.0, cine.next_at() - now) for cine in cines if cine is not None]
        known = [seconds for seconds in due if seconds is not None]
        return min(known) if known else None

    def _tell_cell(self, index: int, text: str) -> None:
        cell = self._arrangement.cell(index)
        if cell is not None and not cell.is_shown:
            # What was there before is not what was asked for.
            self._outbox.put(Empty(index))
        self._notice(text, index, is_error=True)

    def _notice(self, text: str, cell: int | None = None, *, is_error: bool = True) -> None:
        self._outbox.put(Notice(text, cell, is_error))
