"""The table of elements says what PS3.6 says."""

from __future__ import annotations

import pytest
from pydicom import datadict

from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, PIXEL_DATA_TAGS, Tag, describe_tag
from pycornerstone.metadata.overlay_tags import OverlayTag


@pytest.mark.parametrize("tag", [tag for tag in Tag if not tag >> 16 & 1])
def test_an_element_has_the_name_and_value_representation_of_the_standard(tag):
    assert tag.title == datadict.dictionary_description(int(tag))
    assert tag.vr in datadict.dictionary_VR(int(tag)).split(" or ")


@pytest.mark.parametrize(
    ("tag", "creator"),
    [
        (Tag.GE_PET_SCAN_DATETIME, "GEMS_PETD_01"),
        (Tag.PHILIPS_SUV_SCALE_FACTOR, "Philips PET Private Group"),
        (Tag.PHILIPS_ACTIVITY_CONCENTRATION_SCALE_FACTOR, "Philips PET Private Group"),
    ],
)
def test_a_private_element_is_what_its_creator_says(tag, creator):
    assert tag.vr == datadict.private_dictionary_VR(int(tag), creator)


@pytest.mark.parametrize("tag", OverlayTag)
def test_an_element_of_an_overlay_is_that_of_the_standard_in_every_group(tag):
    for number in (tag.of(0x6000), tag.of(0x601E)):
        assert tag.title == datadict.dictionary_description(number)
        assert tag.vr in datadict.dictionary_VR(number).split(" or ")
        assert KNOWN_TAGS[number] == tag.vr


def test_an_element_is_written_as_people_write_it():
    assert describe_tag(0x00280010) == "(0028,0010) Rows"
    assert describe_tag(Tag.LUT_DATA) == "(0028,3006) LUT Data"


def test_an_element_that_is_not_in_the_table_is_written_by_its_number():
    assert describe_tag(0x300A00B0) == "(300A,00B0)"


def test_pixel_data_come_after_everything_else():
    assert max(set(Tag) - PIXEL_DATA_TAGS) < min(PIXEL_DATA_TAGS)
