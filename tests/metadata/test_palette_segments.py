"""Segmented palettes expand to what PS3.3 C.7.9.2 says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels.processing import _expand_segmented_lut

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.palette_segments import expand_segments

TAG = Tag.SEGMENTED_RED_PALETTE_DATA


def expand(words: list[int], count: int, dtype: type = np.uint16) -> list[int]:
    return expand_segments(np.array(words, dtype), count, TAG).tolist()


def test_a_discrete_segment_is_its_values():
    assert expand([0, 3, 10, 20, 30], 3) == [10, 20, 30]


def test_a_linear_segment_goes_from_the_value_before_to_its_own():
    # C.7.9.2.2: the value before is not repeated, the last one is that of the segment.
    assert expand([0, 1, 100, 1, 4, 300], 5) == [100, 150, 200, 250, 300]
    assert expand([0, 1, 9, 1, 3, 0], 4) == [9, 6, 3, 0]


def test_an_indirect_segment_repeats_segments_from_a_byte_offset():
    # C.7.9.2.3: two segments from byte 8, word 4; the line begins at the entry before it.
    words = [0, 2, 1, 2, 0, 2, 10, 20, 1, 2, 40, 2, 2, 8, 0]
    assert expand(words, 10) == [1, 2, 10, 20, 30, 40, 10, 20, 30, 40]


def test_8_bit_segments_have_an_offset_of_four_bytes():
    words = [0, 2, 5, 6, 2, 1, 0, 0, 0, 0]
    assert expand(words, 4, np.uint8) == [5, 6, 5, 6]


def test_entries_keep_the_type_of_the_words():
    entries = expand_segments(np.array([0, 1, 255], np.uint8), 1, TAG)
    assert entries.dtype == np.uint8


def test_there_are_never_more_entries_than_the_descriptor_says():
    assert expand([0, 3, 1, 2, 3, 0, 1, 9], 2) == [1, 2]
    assert expand([0, 1, 0, 1, 65535, 7], 5) == [0, 0, 0, 0, 0]


def test_a_byte_for_the_even_length_is_nothing():
    assert expand([0, 1, 7, 0], 1, np.uint8) == [7]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([0, 2, 1, 2], r"\(0028,1221\) Segmented Red Palette Color .* gives 2 of 4 entries"),
        ([], "gives 0 of 4 entries"),
        ([0, 9, 1], "ends inside a segment"),
        ([0, 1, 5, 1, 3], "ends inside a segment"),
        ([0, 1, 5, 2, 1, 0], "ends inside a segment"),
        ([0, 1, 5, 2, 1, 100, 0], "ends inside a segment"),
        ([1, 3, 5], "begins with a segment of kind 1, where only 0 can stand"),
        ([2, 1, 0, 0], "begins with a segment of kind 2"),
        ([0, 1, 5, 3, 1, 1], "has a segment of kind 3, where 0, 1 or 2 can stand"),
        ([0, 1, 5, 2, 9, 6, 0], "has a segment of kind 2, where 0, 1 or 2"),
    ],
)
def test_what_are_no_segments_is_an_error(words, message):
    with pytest.raises(MetadataError, match=message):
        expand(words, 4)


segments = st.lists(
    st.lists(st.integers(0, 65535), min_size=1, max_size=5).map(lambda v: [0, len(v), *v])
    | st.tuples(st.integers(1, 40), st.integers(0, 65535)).map(lambda v: [1, *v]),
    max_size=6,
)


@given(segments)
def test_segments_expand_as_in_pydicom(drawn):
    words = [0, 1, 77] + [word for segment in drawn for word in segment]
    expected = _expand_segmented_lut(tuple(words), "<H")
    entries = expand(words, len(expected))
    # Where a line passes just between two values, the one is as good as the other.
    assert np.abs(np.subtract(entries, expected)).max() <= 1
