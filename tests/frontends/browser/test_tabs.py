"""How many pages there may be, who gives way, and that nothing of a page outlives it."""

from __future__ import annotations

import ctypes
import gc
import json
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import pycornerstone as cs
from pycornerstone.frontends.browser.app import browser_app
from pycornerstone.frontends.browser.desk import Desk
from pycornerstone.frontends.browser.tabs import NOBODY_THERE, TOO_MANY, Tabs
from pycornerstone.frontends.sharing.guard import Guard
from pycornerstone.frontends.sharing.source import exhibit_of

TOKEN = "a-token-of-our-own"


@contextmanager
def served(tabs):
    """Serve a volume to so many tabs, and give the port."""
    import uvicorn

    volume = cs.Volume("mine", np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    with cs.Session() as session, socket.create_server(("127.0.0.1", 0)) as listening:
        exhibit = exhibit_of(volume, session)
        port = listening.getsockname()[1]
        app = browser_app(exhibit, Guard(TOKEN, "127.0.0.1", port), tabs)
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join(60)
            app.state.close()
            exhibit.close()


def tab(port):
    return connect(
        f"ws://127.0.0.1:{port}/socket",
        additional_headers={"Cookie": f"pycornerstone-{port}={TOKEN}"},
        max_size=None,
        open_timeout=20,
    )


def welcomed(opened):
    opened.send(json.dumps({"type": "Open"}))
    return json.loads(opened.recv(timeout=20))["type"] == "Welcome"


def code_of(opened):
    try:
        while True:
            opened.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def soon(is_so, seconds=20.0):
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


def threads_of_tabs():
    names = ("pycornerstone-desk", "pycornerstone-frames", "pycornerstone-viewer-progress")
    names += ("pycornerstone-questions",)
    return [one.name for one in threading.enumerate() if one.name.startswith(names)]


def test_more_tabs_than_there_is_room_for_are_told_so_and_come_in_later():
    counted = []
    with served(Tabs(counted.append, most=2)) as port, ExitStack() as stack:
        first, second = (stack.enter_context(tab(port)) for _ in range(2))
        assert welcomed(first)
        assert welcomed(second)
        with tab(port) as third:
            assert code_of(third) == TOO_MANY
        first.close()
        assert soon(lambda: counted[-1] == 1)
        with tab(port) as third:
            assert welcomed(third)
        assert max(counted) == 2
        second.send(json.dumps({"type": "SetLayout", "name": "2x2"}))
        assert second.recv(timeout=20)


def test_a_tab_that_nobody_uses_gives_way_to_a_new_one():
    with served(Tabs(most=2, gives_way_after_s=0.5)) as port, ExitStack() as stack:
        silent, used = (stack.enter_context(tab(port)) for _ in range(2))
        assert welcomed(silent)
        assert welcomed(used)
        time.sleep(0.6)
        used.send(json.dumps({"type": "Scroll", "cell": 0, "steps": 1}))
        time.sleep(0.1)
        with tab(port) as third:
            assert welcomed(third)
            assert code_of(silent) == NOBODY_THERE
            used.send(json.dumps({"type": "SetLayout", "name": "2x2"}))
            assert used.recv(timeout=20)


def test_a_tab_that_nobody_uses_for_long_is_put_to_rest():
    before = len(threads_of_tabs())
    with served(Tabs(rest_after_s=0.3)) as port, tab(port) as opened:
        assert welcomed(opened)
        assert code_of(opened) == NOBODY_THERE
        assert soon(lambda: len(threads_of_tabs()) == before)


def test_a_tab_whose_line_is_cut_leaves_no_thread():
    before = len(threads_of_tabs())
    with served(Tabs()) as port:
        with tab(port) as kept:
            assert welcomed(kept)
            alone = len(threads_of_tabs())
            with tab(port) as lost:
                assert welcomed(lost)
                assert len(threads_of_tabs()) > alone
                # No goodbye.
                lost.socket.shutdown(socket.SHUT_RDWR)
            assert soon(lambda: len(threads_of_tabs()) <= alone)
            kept.send(json.dumps({"type": "SetLayout", "name": "2x2"}))
            assert kept.recv(timeout=20)
        assert soon(lambda: len(threads_of_tabs()) == before)


class Allocated(ctypes.Structure):
    """What glibc says that its ``malloc`` gave out: ``struct mallinfo2``."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def in_use():
    """Give the bytes that C and Python have taken."""
    gc.collect()
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = Allocated
    found = library.mallinfo2()
    return found.uordblks + found.hblkhd + 512 * sys.getallocatedblocks()


def threads_of_pages():
    """Count the threads that pages began; the session's own come as they are needed."""
    ours = ("pycornerstone-desk", "pycornerstone-viewer", "pycornerstone-frames")
    ours += ("pycornerstone-questions",)
    return sum(thread.name.startswith(ours) for thread in threading.enumerate())


def test_two_hundred_pages_that_come_and_go_leave_nothing(desk_page):
    with cs.Session() as session:
        volume = cs.Volume("mine", np.arange(24 * 64 * 64, dtype=np.int16).reshape(24, 64, 64))
        exhibit = exhibit_of(volume, session)

        def come_and_go(number):
            page = desk_page(exhibit, is_held=False)
            page.say("SetLayout", name="mpr" if number % 2 else "2x2")
            page.resize(0, size=64)
            page.frame(0)
            page.close()

        for number in range(20):
            come_and_go(number)
        threads = threads_of_pages()
        is_glibc = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2")
        before = in_use() if is_glibc else 0
        for number in range(180):
            come_and_go(number)
        assert threads_of_pages() <= threads
        gc.collect()
        assert sum(isinstance(one, Desk) for one in gc.get_objects()) == 0
        assert sum(isinstance(one, cs.StackViewport) for one in gc.get_objects()) == 0
        assert sum(isinstance(one, cs.VolumeViewport) for one in gc.get_objects()) == 0
        if is_glibc:
            # A frame of 64 x 64 has 16 kB, a volume 196 kB; what grows is less than either a page.
            assert in_use() - before < 180 * 4096
        exhibit.close()
