"""Frames of cells: drawn and encoded beside each other, none faster than the page takes them."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pycornerstone.frontends.browser.cell import said_of
from pycornerstone.frontends.browser.cell_states import moment_of, state_of
from pycornerstone.frontends.browser.pictures import encode
from pycornerstone.frontends.browser.server_messages import Frame
from pycornerstone.frontends.browser.wire import write_frame

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.frontends.browser.arrangement import Arrangement
    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.browser.outbox import Outbox
    from pycornerstone.frontends.browser.quiet import Quiet
    from pycornerstone.frontends.browser.server_messages import CellState, Series

__all__ = ["Drawing"]

_logger = logging.getLogger("pycornerstone.frontends.browser")

_MOST_AT_ONCE = 4
_TRIES = 3


class Drawing:
    """Draws and encodes what cells show, and sends it.

    Parameters
    ----------
    quiet : Quiet
        Held while a cell is looked at.
    lock : threading.Condition
        Held while the pacing of a cell is asked or told.
    outbox : Outbox
        Takes the frames.
    wake : callable
        Called when a frame is done: another one may be wanted.
    notice : callable
        Is told what went wrong in a cell: ``(index, text)``.
    """

    def __init__(
        self,
        quiet: Quiet,
        lock: threading.Condition,
        outbox: Outbox,
        wake: Callable[[], None],
        notice: Callable[[int, str], None],
    ) -> None:
        self._quiet, self._lock, self._outbox = quiet, lock, outbox
        self._wake, self._notice = wake, notice
        self._pool = ThreadPoolExecutor(
            min(_MOST_AT_ONCE, os.cpu_count() or 1), thread_name_prefix="pycornerstone-frames"
        )

    def draw_if_wanted(
        self, cell: DeskCell, arrangement: Arrangement, series: Sequence[Series]
    ) -> None:
        """Begin a frame of a cell, if it has changed and the page has room for it."""
        if cell.size is None or not cell.is_shown:
            return
        with self._lock:
            if not cell.pacing.wants_frame():
                return
            is_moving = cell.pacing.is_moving
            number = cell.pacing.begin()
        try:
            self._pool.submit(self._draw, cell, number, arrangement, series, is_moving)
        except RuntimeError:
            # Somebody closed the page.
            with self._lock:
                cell.pacing.failed()

    def close(self) -> None:
        """Wait for what is being drawn, and draw no more."""
        self._pool.shutdown(cancel_futures=True)

    def _draw(
        self,
        cell: DeskCell,
        number: int,
        arrangement: Arrangement,
        series: Sequence[Series],
        is_moving: bool,  # noqa: FBT001 - of a call that is submitted
    ) -> None:
        is_sent = False
        try:
            with self._quiet.looking():
                generation, heard = cell.generation, arrangement.heard
                drawn = self._look(cell, arrangement, series)
            if drawn is None:
                return
            rgba, state = drawn
            picture = encode(rgba, is_moving=is_moving)
            height, width = rgba.shape[:2]
            header = Frame(
                cell.index, number, picture.format, width, height, picture.is_exact, state, heard
            )
            frame = write_frame(header, picture.data)
            with self._lock:
                if cell.generation == generation:
                    cell.pacing.sent(number, is_exact=picture.is_exact)
                    self._outbox.put(frame)
                    is_sent = True
            cell.told = None
        except Exception as error:
            text = said_of(error)
            if cell.told != text:
                _logger.warning(
                    "a cell could not be drawn: %s", type(error).__name__, exc_info=True
                )
                cell.told = text
                self._notice(cell.index, text)
        finally:
            if not is_sent:
                with self._lock:
                    cell.pacing.failed()
            self._wake()

    def _look(
        self, cell: DeskCell, arrangement: Arrangement, series: Sequence[Series]
    ) -> tuple[npt.NDArray[np.uint8], CellState] | None:
        """Draw a cell, and say how; both of one moment, though images go on arriving."""
        viewport = cell.viewport
        if viewport is None:
            return None
        for tries in range(_TRIES):
            before = moment_of(cell)
            state = state_of(cell, series, arrangement.crosshairs, arrangement.places())
            if state is None:
                return None
            rgba = viewport.render(timeout=0)
            if tries == _TRIES - 1 or moment_of(cell) == before:
                return rgba, state
        return None
