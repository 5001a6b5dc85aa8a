"""Tests of the volume as a value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.errors import ImageIdError, LoaderError
from pycornerstone.model.volume import Volume, generate_volume_id


def test_voxels_cannot_be_written_to():
    own = np.zeros((2, 3, 4), np.int16)
    volume = Volume("volume:a", own, ["test:0", "test:1"])

    assert volume.image_ids == ("test:0", "test:1")
    assert volume.size_in_bytes == 48
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1


@pytest.mark.parametrize(
    "voxels", [np.zeros((3, 4)), np.zeros((2, 3, 4, 2)), np.zeros((2, 3, 4), object), None]
)
def test_what_are_no_voxels_is_refused(voxels):
    with pytest.raises(LoaderError, match=r"voxels must be numbers of shape \(slices, rows, col"):
        Volume("volume:a", voxels)


def test_there_is_an_image_id_for_each_slice_or_none():
    with pytest.raises(LoaderError, match="2 slices, but 1 imageIds"):
        Volume("volume:a", np.zeros((2, 3, 4)), ["test:0"])
    with pytest.raises(ImageIdError):
        Volume("volume:a", np.zeros((2, 3, 4)), "ab")
    assert Volume("volume:a", np.zeros((2, 3, 4, 3))).image_ids == ()


def test_its_text_says_what_it_is():
    assert repr(Volume("volume:a", np.zeros((2, 3, 4), np.int16))) == (
        "<Volume 'volume:a': 2 x 3 x 4 int16>"
    )


@given(st.lists(st.text()), st.randoms())
def test_one_set_of_images_has_one_id_in_any_order(image_ids, random):
    shuffled = [*image_ids, *image_ids[:1]]
    random.shuffle(shuffled)

    assert generate_volume_id(shuffled) == generate_volume_id(image_ids)


@given(st.sets(st.text()), st.sets(st.text()))
def test_other_images_have_another_id(some, others):
    assert (generate_volume_id(some) == generate_volume_id(others)) == (some == others)


def test_the_id_is_the_same_in_every_process():
    # SHA-256 of "3:a:13:a:2", by sha256sum.
    assert generate_volume_id(["a:2", "a:1"]) == "volume:869251c1fd5eb2f8dace75ab61693548"
