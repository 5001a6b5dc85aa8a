"""The contract passes for every kind of good loader, and fails for every kind of bad one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import pycornerstone
from pycornerstone.errors import DecodeError, RetrieveError
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.image import Image
from pycornerstone.testing import LoaderContract
from pycornerstone.testing.counted_loader import CountedLoader

SOURCES = Path(pycornerstone.__file__).parents[1]
PIXELS = np.arange(12, dtype=np.int16).reshape(3, 4)


def image_of(image_id: str) -> Image:
    if image_id.endswith("missing"):
        raise RetrieveError("there is nothing")
    if image_id.endswith("broken"):
        raise DecodeError("it is no image")
    return Image(image_id, PIXELS)


class Contract(LoaderContract):
    @pytest.fixture
    def image_id(self):
        return "sample:image"

    @pytest.fixture
    def missing_image_id(self):
        return "sample:missing"

    @pytest.fixture
    def broken_image_id(self):
        return "sample:broken"

    @pytest.fixture
    def expected_pixels(self):
        return PIXELS


class TestFunction(Contract):
    @pytest.fixture
    def loader(self):
        return image_of


class TestAsyncFunction(Contract):
    @pytest.fixture
    def loader(self):
        async def load(image_id):
            await asyncio.sleep(0.005)
            return image_of(image_id)

        return load


class TestPromise(Contract):
    @pytest.fixture
    def loader(self):
        def load(image_id, options):
            promise = concurrent.futures.Future()

            def finish():
                try:
                    promise.set_result(image_of(image_id))
                except Exception as error:
                    promise.set_exception(error)

            timer = threading.Timer(0.005, finish)
            timer.start()
            return ImageLoadObject(promise, cancel_fn=timer.cancel)

        return load


class TestTwoSteps(Contract):
    @pytest.fixture
    def loader(self):
        class Loader:
            async def retrieve(self, image_id):
                await asyncio.sleep(0.005)
                return image_id

            def decode(self, encoded):
                return image_of(encoded)

        return Loader()


def test_a_counted_loader_is_of_the_kind_that_it_was():
    async def load(image_id):
        return Image(image_id, PIXELS)

    counted = CountedLoader(load)
    assert asyncio.iscoroutinefunction(counted.loader)
    assert asyncio.run(counted.loader("sample:image")).image_id == "sample:image"
    assert counted.calls == 1


BAD = """
import threading, time
import numpy as np
import pytest
from pycornerstone.errors import RetrieveError
from pycornerstone.model.image import Image
from pycornerstone.testing import LoaderContract

PIXELS = np.arange(12, dtype=np.int16).reshape(3, 4)


class Contract(LoaderContract):
    timeout_s = 0.3

    @pytest.fixture
    def image_id(self):
        return "bad:image"


class WithMissing(Contract):
    @pytest.fixture
    def missing_image_id(self):
        return "bad:missing"


class TestGivesNothingWhereNothingIs(WithMissing):
    @pytest.fixture
    def loader(self):
        return lambda image_id: None if "missing" in image_id else Image(image_id, PIXELS)


class TestGivesAnImageWhereNothingIs(WithMissing):
    @pytest.fixture
    def loader(self):
        return lambda image_id: Image(image_id, PIXELS)


class TestRaisesSomethingElse(WithMissing):
    expected_error = RetrieveError

    @pytest.fixture
    def loader(self):
        def load(image_id):
            if "missing" in image_id:
                raise KeyError(image_id)
            return Image(image_id, PIXELS)

        return load


class TestNeverSettles(WithMissing):
    @pytest.fixture
    def loader(self):
        import asyncio

        async def load(image_id):
            if "missing" in image_id:
                await asyncio.sleep(60)
            return Image(image_id, PIXELS)

        return load


class TestGivesOtherPixelsEachTime(Contract):
    @pytest.fixture
    def loader(self):
        calls = iter(range(100))
        return lambda image_id: Image(image_id, PIXELS + next(calls))


class TestGivesWrongPixels(Contract):
    @pytest.fixture
    def expected_pixels(self):
        return PIXELS + 1

    @pytest.fixture
    def loader(self):
        return lambda image_id: Image(image_id, PIXELS)


class TestLeavesThreads(Contract):
    @pytest.fixture
    def loader(self):
        def load(image_id):
            threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
            return Image(image_id, PIXELS)

        return load


class TestLeavesFilesOpen(Contract):
    @pytest.fixture
    def loader(self):
        def load(image_id):
            file = open(__file__)
            return Image(image_id, PIXELS)

        return load


class TestIsSpoiltByCancelling(Contract):
    @pytest.fixture
    def loader(self):
        import asyncio

        shared = {}

        async def load(image_id):
            if image_id not in shared:
                shared[image_id] = asyncio.ensure_future(asyncio.sleep(0.1))
            await shared[image_id]
            return Image(image_id, PIXELS)

        return load


class TestHasNoLoader(LoaderContract):
    pass
"""

EXPECTED_FAILURES = {
    "TestGivesNothingWhereNothingIs": {"test_a_missing_image_fails_and_is_asked_for_again"},
    "TestGivesAnImageWhereNothingIs": {"test_a_missing_image_fails_and_is_asked_for_again"},
    "TestRaisesSomethingElse": {"test_a_missing_image_fails_and_is_asked_for_again"},
    "TestNeverSettles": {
        "test_a_missing_image_fails_and_is_asked_for_again",
        "test_nothing_is_left_behind",
    },
    "TestGivesOtherPixelsEachTime": {"test_it_gives_the_same_pixels_again"},
    "TestGivesWrongPixels": {"test_it_gives_an_image"},
    "TestLeavesThreads": {"test_nothing_is_left_behind"},
    "TestLeavesFilesOpen": {"test_nothing_is_left_behind"},
    "TestIsSpoiltByCancelling": {"test_a_load_cancelled_on_its_way_does_no_harm"},
}


@pytest.fixture(scope="module")
def bad_results(tmp_path_factory) -> dict[str, dict[str, str]]:
    """By class and test, what became of it: passed, or the text of its failure."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "test_bad.py").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=results.xml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    results: dict[str, dict[str, str]] = {}
    for case in ET.parse(folder / "results.xml").getroot().iter("testcase"):
        name = case.attrib["name"].partition("[")[0]
        found = results.setdefault(case.attrib["classname"].rpartition(".")[2], {})
        for outcome in case:
            if outcome.tag in {"failure", "error", "skipped"}:
                found[name] = f"{outcome.tag}: {outcome.attrib['message']} {outcome.text}"
        found.setdefault(name, "")
    return results


@pytest.mark.parametrize("name", EXPECTED_FAILURES)
def test_a_bad_loader_fails_where_it_is_bad_and_nowhere_else(bad_results, name):
    results = bad_results[name].items()
    failed = {test for test, text in results if text and not text.startswith("skipped")}
    assert failed == EXPECTED_FAILURES[name], bad_results[name]


@pytest.mark.parametrize(
    ("name", "test", "text"),
    [
        (
            "TestGivesNothingWhereNothingIs",
            "test_a_missing_image_fails_and_is_asked_for_again",
            "a loader raises what went wrong",
        ),
        (
            "TestGivesAnImageWhereNothingIs",
            "test_a_missing_image_fails_and_is_asked_for_again",
            "bad:missing was loaded, but is said to be unreadable",
        ),
        (
            "TestNeverSettles",
            "test_a_missing_image_fails_and_is_asked_for_again",
            "the load of bad:missing has not settled after 0.3 s",
        ),
        (
            "TestLeavesThreads",
            "test_nothing_is_left_behind",
            "threads go on after the session was closed",
        ),
        ("TestLeavesFilesOpen", "test_nothing_is_left_behind", "unclosed file"),
        (
            "TestGivesWrongPixels",
            "test_a_broken_image_fails_and_is_asked_for_again",
            "skipped: there is no fixture 'broken_image_id'",
        ),
        ("TestHasNoLoader", "test_it_gives_an_image", "a test of a loader needs a fixture"),
    ],
)
def test_a_failure_says_what_the_loader_did(bad_results, name, test, text):
    assert text in bad_results[name][test]
