"""Cine: which slice is due when."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.frontends.browser.cine import Cine
from pycornerstone.model.volume import Volume
from pycornerstone.viewports.volumes.viewport import VolumeViewport


@pytest.fixture
def viewport():
    viewport = VolumeViewport(4, 4, orientation="acquisition")
    viewport.set_volumes([Volume("four", np.zeros((4, 2, 2), np.uint8))])
    viewport.set_slice_index(0)
    return viewport


def seen(cine, viewport, times):
    found = []
    for now in times:
        cine.step(viewport, now)
        found.append(viewport.slice_index)
    return found


def test_it_begins_anew_at_the_end(viewport):
    cine = Cine(10, 0.0)
    assert seen(cine, viewport, [0.1, 0.2, 0.3, 0.4, 0.5]) == [1, 2, 3, 0, 1]


def test_back_and_forth_turns_round_at_the_ends(viewport):
    cine = Cine(10, 0.0, is_back_and_forth=True)
    times = [step / 10 for step in range(1, 9)]
    assert seen(cine, viewport, times) == [1, 2, 3, 2, 1, 0, 1, 2]


def test_what_is_late_leaves_slices_out(viewport):
    cine = Cine(10, 0.0)
    assert seen(cine, viewport, [0.05, 0.31]) == [0, 3]
    assert cine.next_at() == pytest.approx(0.4)


def test_a_rate_beyond_all_screens_is_held(viewport):
    assert Cine(5000, 0.0).frames_per_second == 120


def test_the_slowest_cine_has_a_next_image():
    assert Cine(1e-320, started=0.0).next_at() == 100
