"""Lists of images that are loaded by stages."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError, LoaderError, SessionClosedError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.events import Event
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.requests import RequestType
from pycornerstone.model.retrieve_stages import (
    INTERLEAVED,
    ImageRetrieveConfigurationModule,
    RetrieveStage,
)
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.session.session import Session

FULL, QUARTER = ImageQuality.FULL_RESOLUTION, ImageQuality.QUARTER_RESOLUTION
WAIT_S = 10


class StagedLoader:
    """Gives images as good as they are asked for, and writes down what it was asked."""

    def __init__(self):
        self.asked = []
        self.fails = {}
        self.gives_all = False
        self.held = None
        self._lock = threading.Lock()

    async def retrieve(self, image_id):
        errand = current_errand()
        with self._lock:
            self.asked.append((int(image_id.partition(":")[2]), errand.quality))
            fails = self.fails.get(image_id, 0)
            if fails:
                self.fails[image_id] = fails - 1
        if self.held is not None:
            while not self.held.is_set():
                await asyncio.sleep(0.005)
        if fails:
            raise LoaderError("not today")
        quality = FULL if self.gives_all else errand.quality
        return EncodedFrame(image_id, b"", str(int(quality)))

    def decode(self, encoded):
        quality = ImageQuality(int(encoded.encoding))
        return Image(encoded.image_id, np.zeros((4, 4), np.uint8), quality=quality)


@pytest.fixture
def loader():
    return StagedLoader()


@pytest.fixture
def session(loader):
    with Session() as session:
        session.register_image_loader("staged", loader)
        yield session


@pytest.fixture
def stages_told(session):
    told = []
    session.events.subscribe(Event.IMAGE_RETRIEVAL_STAGE, told.append)
    return told


def ids(count):
    return [f"staged:{number}" for number in range(count)]


def qualities(session, count):
    return [session.cache.get(image_id).quality for image_id in ids(count)]


def test_interleaved_shows_the_middle_and_the_ends_first(session, loader):
    failed = session.load_in_stages(ids(9), "interleaved").result(WAIT_S)

    assert failed == {}
    assert qualities(session, 9) == [FULL] * 9
    # Four loads of one kind at a time: the first three are among the first four.
    assert {0, 4, 8} <= {number for number, _ in loader.asked[:4]}
    assert [asked for asked in loader.asked if asked[0] == 4] == [(4, FULL)]
    # By hand: 9 images by fours, from 3, 1, 2 and 0 on, without the three that are there.
    reduced = [number for number, quality in loader.asked if quality == QUARTER]
    assert sorted(reduced) == [1, 2, 3, 5, 6, 7]
    assert set(reduced[:2]) <= {3, 7, 1, 5}
    for number in reduced:
        assert loader.asked.index((number, QUARTER)) < loader.asked.index((number, FULL))


def test_what_is_whole_is_not_asked_for_again(session, loader):
    loader.gives_all = True

    assert session.load_in_stages(ids(12)).result(WAIT_S) == {}

    assert sorted(number for number, _ in loader.asked) == list(range(12))


def test_stages_are_told_of_when_they_are_over(session, loader, stages_told):
    loader.fails = {"staged:1": 1}
    stages = (
        RetrieveStage("small", quality=QUARTER, request_type=RequestType.THUMBNAIL),
        RetrieveStage("odd", decimate=2, offset=1),
        RetrieveStage("even", decimate=2),
    )

    failed = session.load_in_stages(ids(5), stages).result(WAIT_S)

    assert failed == {}
    assert {told.stage_id: (told.number_of_images, told.number_of_failures) for told in
            stages_told} == {"small": (5, 1), "odd": (2, 0), "even": (3, 0)}  # fmt: skip
    assert len(stages_told) == 3
    assert all(told.duration_s >= 0 for told in stages_told)


def test_a_failure_stops_no_other_image_and_is_tried_again(session, loader, stages_told):
    loader.fails = {"staged:2": 2, "staged:4": 99}
    stages = (
        RetrieveStage("reduced", quality=QUARTER),
        RetrieveStage("full"),
        RetrieveStage("again", retries_failed=True),
    )

    failed = session.load_in_stages(ids(6), stages).result(WAIT_S)

    assert list(failed) == ["staged:4"]
    with pytest.raises(LoaderError, match="not today"):
        raise failed["staged:4"]
    assert session.cache.get("staged:2").quality is FULL
    assert sum(number == 4 for number, _ in loader.asked) == 3
    again = stages_told[-1]
    assert (again.stage_id, again.number_of_images, again.number_of_failures) == ("again", 2, 1)
    # It is a pass of its own, after all others.
    assert {number for number, _ in loader.asked[-2:]} == {2, 4}


def test_progress_is_counted(session, loader):
    loader.held = threading.Event()
    load = session.load_in_stages(ids(40), "single")
    assert (load.number_done, load.number_of_images) == (0, 40)
    assert not load.done()

    loader.held.set()
    load.result(WAIT_S)

    assert load.number_done == 40


def test_cancelling_cancels_what_is_loading_for_it_and_asks_for_nothing_more(session, loader):
    loader.held = threading.Event()
    cancelled = []
    session.events.subscribe(Event.IMAGE_LOAD_CANCELLED, cancelled.append)
    load = session.load_in_stages(ids(100), "single")

    assert load.cancel()

    with pytest.raises(LoadCancelledError):
        load.result(WAIT_S)
    loader.held.set()
    session.load_image("staged:200").result(WAIT_S)
    # Not more than those of which the retrieval pool lets begin at once.
    assert len(loader.asked) <= 17


def test_closing_the_session_ends_it(loader):
    with Session() as session:
        session.register_image_loader("staged", loader)
        loader.held = threading.Event()
        load = session.load_in_stages(ids(100), "single")

    with pytest.raises(SessionClosedError):
        load.result(WAIT_S)


def test_what_somebody_looks_at_is_not_waited_for(session, loader):
    # It takes the load that is under way, or begins one that goes first.
    load = session.load_in_stages(ids(60), "interleaved")
    assert session.load_and_cache_image("staged:33").result(WAIT_S).quality is FULL
    load.result(WAIT_S)

    assert qualities(session, 60) == [FULL] * 60


def test_an_empty_list_is_done(session, stages_told):
    assert session.load_in_stages([]).result(WAIT_S) == {}
    assert [told.stage_id for told in stages_told] == [stage.id for stage in INTERLEAVED]


def test_a_metadata_provider_says_the_stages(session, loader):
    configuration = ImageRetrieveConfigurationModule((RetrieveStage("last only", (-1,)),))
    session.metadata.add_provider(
        lambda kind, image_id: (
            configuration if (kind, image_id) == ("imageRetrieveConfiguration", "stack") else None
        )
    )

    session.load_in_stages(ids(5)).result(WAIT_S)

    assert loader.asked == [(4, FULL)]


def test_names_of_stages_are_checked(session):
    with pytest.raises(ValueError, match="no stages 'quick'; there are single, sequential, inter"):
        session.load_in_stages(ids(3), "quick")


@pytest.mark.parametrize(
    ("positions", "count", "indexes"),
    [
        ((0.5, 0.0, 1.0), 9, [4, 0, 8]),
        ((0.5, 0.0, 1.0), 1, [0]),
        ((0.5,), 2, [1]),
        ((0, -1, 3), 3, [0, 2]),
        ((1, 1.0), 2, [1]),
        ((0.25,), 0, []),
        (tuple(np.array([2, -3])), 3, [2, 0]),
    ],
)
def test_positions(positions, count, indexes):
    assert RetrieveStage("a", positions).indexes(count) == indexes


def test_every_fourth_image_from_the_fourth_on():
    assert RetrieveStage("a", decimate=4, offset=3).indexes(13) == [3, 7, 11]


@pytest.mark.parametrize("wrong", [{"positions": (1.5,)}, {"decimate": 0}, {"offset": -1}])
def test_impossible_stages(wrong):
    with pytest.raises(ValueError, match="stage 'a'"):
        RetrieveStage("a", **wrong)


def test_interleaved_reaches_every_image_twice():
    for count in (1, 2, 3, 5, 8, 50):
        reduced = [i for s in INTERLEAVED if s.id.startswith("reduced") for i in s.indexes(count)]
        full = [i for s in INTERLEAVED if s.id.startswith("full") for i in s.indexes(count)]
        assert sorted(reduced) == sorted(full) == list(range(count))
