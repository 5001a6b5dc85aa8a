"""The table of elements says what PS3.6 says."""

from __future__ import annotations

import pytest
from pydicom import datadict

from pycornerstone.metadata.dicom_tags import PIXEL_DATA_TAGS, Tag, describe_tag


@pytest.mark.parametrize("tag", Tag)
def test_an_element_has_the_name_and_value_representation_of_the_standard(tag):
    assert tag.title == datadict.dictionary_description(int(tag))
    assert tag.vr in datadict.dictionary_VR(int(tag)).split(" or ")


def test_an_element_is_written_as_people_write_it():
    assert describe_tag(0x00280010) == "(0028,0010) Rows"
    assert describe_tag(Tag.LUT_DATA) == "(0028,3006) LUT Data"


def test_an_element_that_is_not_in_the_table_is_written_by_its_number():
    assert describe_tag(0x300A00B0) == "(300A,00B0)"


def test_pixel_data_come_after_everything_else():
    assert max(set(Tag) - PIXEL_DATA_TAGS) < min(PIXEL_DATA_TAGS)
