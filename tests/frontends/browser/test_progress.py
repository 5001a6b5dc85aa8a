"""Which images of a series are here: told as they come, and as they are thrown out."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.progress import ProgressOf
from pycornerstone.model.display_set import DisplaySet, DisplaySetKind
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom


class Told:
    """What was told last of each series."""

    def __init__(self):
        self.last, self._changed = {}, threading.Condition()

    def __call__(self, progress):
        with self._changed:
            self.last[progress.series] = progress
            self._changed.notify_all()

    def wait_for(self, series, ranges):
        with self._changed:
            return self._changed.wait_for(
                lambda: series in self.last and self.last[series].ranges == ranges, 20
            )


@pytest.fixture
def session():
    with cs.Session() as session:
        session.register_image_loader(
            "test", lambda i: cs.Image(i, np.zeros((4, 4), np.uint8), modality="OT")
        )
        yield session


@pytest.fixture
def told():
    return Told()


SETS = (
    DisplaySet("a", DisplaySetKind.STACK, tuple(f"test:{k}" for k in range(10))),
    DisplaySet("b", DisplaySetKind.STACK, tuple(f"test:other{k}" for k in range(3))),
)


def test_images_are_told_as_ranges_in_shown_order(session, told):
    progress = ProgressOf(session, SETS, told)
    for k in (2, 3, 4, 8, 0):
        session.load_and_cache_image(f"test:{k}").result()
    assert told.wait_for(0, ((0, 1), (2, 5), (8, 9)))
    assert told.last[0].total == 10
    assert 1 not in told.last
    progress.close()


def test_what_is_here_before_is_told_at_once(session, told):
    session.load_and_cache_image("test:other2").result()
    progress = ProgressOf(session, SETS, told)
    assert told.wait_for(1, ((2, 3),))
    progress.close()


def test_what_is_thrown_out_is_told(session, told):
    progress = ProgressOf(session, SETS, told)
    session.load_and_cache_image("test:5").result()
    assert told.wait_for(0, ((5, 6),))
    session.cache.purge()
    assert told.wait_for(0, ())
    progress.close()


def test_the_slices_of_a_volume_are_told(session, told, tmp_path):
    write_ct_series(tmp_path, ct_phantom(slices=9, rows=16, columns=16))
    sets = session.open_display_sets(tmp_path).result()
    progress = ProgressOf(session, sets, told)
    session.load_volume(sets[0]).result()
    assert told.wait_for(0, ((0, 9),))
    session.cache.purge()
    assert told.wait_for(0, ())
    progress.close()


def test_a_volume_that_is_loading_tells_which_slices_it_has(told):
    held = threading.Event()
    image_ids = tuple(f"slow:{k}" for k in range(6))

    def plane_of(image_id):
        return cs.ImagePlaneModule(
            image_position_lps=(0.0, 0.0, float(image_id[-1])),
            row_cosines=(1.0, 0.0, 0.0),
            column_cosines=(0.0, 1.0, 0.0),
            row_pixel_spacing_mm=1.0,
            column_pixel_spacing_mm=1.0,
            rows=4,
            columns=4,
        )

    def load(image_id):
        if image_id == "slow:0":
            held.wait(20)
        return cs.Image(image_id, np.zeros((4, 4), np.int16), plane=plane_of(image_id))

    found = DisplaySet("v", DisplaySetKind.VOLUME, image_ids)
    # A thread that waits leaves another one for the rest.
    with cs.Session(decode_threads=2) as session:
        session.register_image_loader("slow", load)
        session.metadata.add_provider(
            lambda name, image_id: plane_of(image_id) if name == "imagePlaneModule" else None
        )
        progress = ProgressOf(session, (found,), told)
        loading = session.load_volume(found)
        came = told.wait_for(0, ((1, 6),))
        held.set()
        assert came
        loading.result(20)
        assert told.wait_for(0, ((0, 6),))
        progress.close()


def test_nothing_is_told_after_the_end(session, told):
    progress = ProgressOf(session, SETS, told)
    progress.close()
    session.load_and_cache_image("test:1").result()
    assert not told.last
