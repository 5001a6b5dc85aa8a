"""Ultrasound regions: where they lie, what their axes are, and which one a pixel is in."""

from __future__ import annotations

import pydicom
import pytest

from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_ultrasound import read_calibration, read_ultrasound_regions
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.modules import CalibrationModule, UltrasoundRegion

FILES = (
    "pypi-pydicom/pydicom/data/test_files/examples_palette.dcm",
    "pypi-pydicom/pydicom/data/test_files/examples_ybr_color.dcm",
    "pypi-pydicom-data/data_store/data/OBXXXX1A.dcm",
)
KEYWORDS = {
    "min_x": "RegionLocationMinX0",
    "min_y": "RegionLocationMinY0",
    "max_x": "RegionLocationMaxX1",
    "max_y": "RegionLocationMaxY1",
    "physical_delta_x": "PhysicalDeltaX",
    "physical_delta_y": "PhysicalDeltaY",
    "physical_units_x": "PhysicalUnitsXDirection",
    "physical_units_y": "PhysicalUnitsYDirection",
    "spatial_format": "RegionSpatialFormat",
    "data_type": "RegionDataType",
    "flags": "RegionFlags",
    "reference_pixel_x": "ReferencePixelX0",
    "reference_pixel_y": "ReferencePixelY0",
    "reference_physical_value_x": "ReferencePixelPhysicalValueX",
    "reference_physical_value_y": "ReferencePixelPhysicalValueY",
    "transducer_frequency_khz": "TransducerFrequency",
}
EDGES = {
    Tag.REGION_LOCATION_MIN_X0: 10,
    Tag.REGION_LOCATION_MIN_Y0: 20,
    Tag.REGION_LOCATION_MAX_X1: 110,
    Tag.REGION_LOCATION_MAX_Y1: 220,
}


def ultrasound(header, *regions, modality="US"):
    return header({Tag.MODALITY: modality, Tag.SEQUENCE_OF_ULTRASOUND_REGIONS: list(regions)})


@pytest.mark.parametrize("name", FILES)
def test_regions_of_real_images_are_as_pydicom_reads_them(testdata, name):
    path = testdata / name
    items = pydicom.dcmread(path, stop_before_pixels=True).SequenceOfUltrasoundRegions
    module = read_ultrasound_regions(read_part10(path.read_bytes()).attributes)
    assert len(module.regions) == len(items) > 0
    for region, item in zip(module.regions, items, strict=True):
        for field, keyword in KEYWORDS.items():
            assert getattr(region, field) == item.get(keyword), field
    assert read_calibration(read_part10(path.read_bytes()).attributes).regions == module.regions


def test_an_axis_in_cm_gives_a_spacing_in_mm():
    # PS3.3 C.8.5.5.1.15: 3 is cm.
    region = UltrasoundRegion(0, 0, 9, 9, 0.02, -0.03, physical_units_x=3, physical_units_y=3)
    assert region.spacing_mm == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize("units", [(4, 3), (3, 7), (0, 0)])
def test_an_axis_of_time_or_speed_gives_none(units):
    region = UltrasoundRegion(0, 0, 9, 9, 0.02, 0.03, *units)
    assert region.spacing_mm is None


@pytest.mark.parametrize("deltas", [(None, 0.1), (0.1, None), (0.0, 0.1)])
def test_an_axis_without_a_distance_gives_none(deltas):
    assert UltrasoundRegion(0, 0, 9, 9, *deltas, 3, 3).spacing_mm is None


def test_the_region_of_a_pixel_is_the_smallest_that_it_lies_in(header):
    inner = {
        Tag.REGION_LOCATION_MIN_X0: 50,
        Tag.REGION_LOCATION_MIN_Y0: 50,
        Tag.REGION_LOCATION_MAX_X1: 60,
        Tag.REGION_LOCATION_MAX_Y1: 60,
    }
    module = read_ultrasound_regions(ultrasound(header, EDGES, inner))
    outer, small = module.regions
    assert module.region_at(55, 55) is small
    assert module.region_at(10, 20) is module.region_at(110, 220) is outer
    assert module.region_at(61, 55) is outer
    assert module.region_at(9, 20) is module.region_at(10, 221) is None


@pytest.mark.parametrize("tag", sorted(EDGES))
def test_a_region_that_says_not_where_it_lies_is_left_out(header, tag, caplog):
    broken = {key: value for key, value in EDGES.items() if key != tag}
    module = read_ultrasound_regions(ultrasound(header, broken, EDGES))
    assert [region.max_y for region in module.regions] == [220]
    assert "(0018,6011) Sequence of Ultrasound Regions" in caplog.text


def test_values_that_cannot_be_read_are_unknown(header, caplog):
    wrong = {**EDGES, Tag.PHYSICAL_DELTA_X: "wide", Tag.REGION_FLAGS: "x"}
    (region,) = read_ultrasound_regions(ultrasound(header, wrong)).regions
    assert region == UltrasoundRegion(10, 20, 110, 220)
    assert "(0018,602C)" in caplog.text


def test_an_image_without_regions_has_none(header):
    assert read_ultrasound_regions(header({Tag.MODALITY: "US"})) is None
    assert read_calibration(header({Tag.MODALITY: "US"})) == CalibrationModule()


def test_only_ultrasound_is_calibrated_by_regions(header):
    assert read_calibration(ultrasound(header, EDGES, modality="OT")) == CalibrationModule()
    assert len(read_calibration(ultrasound(header, EDGES)).regions) == 1
