"""Open pictures: opened once, and kept up to a number of bytes."""

from __future__ import annotations

import gc
import mmap
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from pycornerstone.loaders.web_files import KeptPictures, OpenPicture


class File:
    """A file of a number of frames."""

    format = "TEST"

    def __init__(self, number_of_frames=5):
        self.number_of_frames = number_of_frames


def picture(size=100, frames=5):
    return OpenPicture(File(frames), bytes(size))


def test_a_file_of_many_frames_is_opened_once_while_it_is_the_same():
    kept, opened = KeptPictures(), []

    def open_it():
        opened.append(picture())
        return opened[-1]

    first = kept.get_or_open("a", (1, 100), open_it)
    assert kept.get_or_open("a", (1, 100), open_it) is first
    assert len(opened) == 1
    assert kept.get_or_open("a", (2, 100), open_it) is not first
    assert kept.get("a", (1, 100)) is None


def test_threads_that_ask_at_the_same_time_open_it_once():
    kept, opened = KeptPictures(), []
    begun, go_on = threading.Event(), threading.Event()

    def open_it():
        begun.set()
        assert go_on.wait(5)
        opened.append(picture())
        return opened[-1]

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(kept.get_or_open, "a", (), open_it) for _ in range(8)]
        assert begun.wait(5)
        # Another file does not wait for it.
        other = picture()
        assert kept.get_or_open("b", (), lambda: other) is other.file
        go_on.set()
        assert len({future.result(5) for future in asked}) == 1
    assert len(opened) == 1


def test_one_that_cannot_be_opened_is_tried_again():
    kept = KeptPictures()

    def fail():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        kept.get_or_open("a", (), fail)
    good = picture()
    assert kept.get_or_open("a", (), lambda: good) is good.file


def test_a_file_of_one_frame_is_not_kept_unless_it_is_used_once_more():
    kept = KeptPictures()
    still = picture(frames=1)
    kept.get_or_open("a", (), lambda: still)
    assert kept.get("a") is None
    kept.keep("a", (), still, once=True)
    assert kept.get("a", is_used=False) is still.file
    assert kept.get("a") is still.file
    assert kept.get("a") is None


def test_the_least_recently_used_goes_first_beyond_the_bytes():
    kept = KeptPictures(max_bytes=250)
    for name in "ab":
        kept.keep(name, (), picture(100))
    assert kept.get("a")
    kept.keep("c", (), picture(100))
    assert [name for name in "abc" if kept.get(name)] == ["a", "c"]
    # The newest stays though it is larger than all that may be kept.
    kept.keep("d", (), picture(1000))
    assert [name for name in "abcd" if kept.get(name)] == ["d"]


def test_there_are_so_many_files_at_most():
    kept = KeptPictures(max_files=2)
    for name in "abc":
        kept.keep(name, (), picture())
    assert [name for name in "abc" if kept.get(name)] == ["b", "c"]


def test_what_a_server_may_have_changed_is_kept_for_a_while():
    now = [0.0]
    kept = KeptPictures(clock=lambda: now[0])
    kept.keep("a", (), picture(), seconds=600)
    kept.keep("b", (), picture())
    now[0] = 599
    assert kept.get("a")
    now[0] = 600
    assert kept.get("a") is None
    assert kept.get("b")
    kept.close()
    assert kept.get("b") is None


def test_a_mapped_file_holds_no_memory():
    with mmap.mmap(-1, 4096) as mapped:
        view = memoryview(mapped)
        assert OpenPicture(File(), view).size_in_bytes == 0
        assert OpenPicture(File(), memoryview(bytes(10))).size_in_bytes == 10
        view.release()


def test_bytes_that_are_held_anyway_take_no_more():
    assert OpenPicture(File(), memoryview(bytes(10)), is_held=True).size_in_bytes == 0
    kept = KeptPictures(max_bytes=150)
    kept.keep("a", (), picture(100))
    kept.keep("bytes:1", (), OpenPicture(File(), bytes(100), is_held=True))
    assert kept.get("a")


def test_nothing_is_kept_after_the_end():
    kept = KeptPictures()
    kept.close()
    kept.keep("a", (), picture())
    assert kept.get("a") is None


def test_what_is_too_old_is_let_go_of_when_another_comes():
    now = [0.0]
    kept = KeptPictures(clock=lambda: now[0])
    old = picture()
    gone = weakref.ref(old.file)
    kept.keep("a", (), old, seconds=600)
    del old
    now[0] = 600
    assert gone()
    kept.keep("b", (), picture())
    gc.collect()
    assert gone() is None


def test_a_question_takes_a_file_as_it_was_opened():
    kept = KeptPictures()
    still = picture(frames=1)
    kept.keep("a", (1,), still, once=True)
    assert kept.latest("a") is still.file
    assert kept.get("a", (1,)) is still.file
    assert kept.latest("a") is None
