"""What a user measured goes before what headers and providers say."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone import metadata
from pycornerstone.metadata.calibration import Calibrations
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.image import Image
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePlaneModule, SpacingType

ID = "wadors:https://pacs/instances/1"
RULER = CalibratedPixelSpacing(0.1, 0.2, tooltip="by the ruler")
HEADER = {
    "00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.1"]},
    "00181164": {"vr": "DS", "Value": [0.4, 0.4]},
    "00200052": {"vr": "UI", "Value": ["1.2.3"]},
}


@pytest.fixture
def registry():
    headers = DicomHeaders()
    headers.add_json(ID, HEADER)
    registry = MetadataRegistry()
    registry.add_provider(headers.provide, -1000)
    return registry


def spacing(registry, image_id=ID):
    plane = registry.get(ImagePlaneModule, image_id)
    return plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm, plane.spacing_type


def test_the_plane_has_the_spacing_of_the_user(registry):
    assert spacing(registry) == (0.4, 0.4, SpacingType.PROJECTED)
    registry.calibrations.add(ID, RULER)
    assert spacing(registry) == (0.1, 0.2, SpacingType.USER)
    plane = registry.get("imagePlaneModule", ID)
    assert plane.frame_of_reference_uid == "1.2.3"
    assert plane.uncalibrated.row_pixel_spacing_mm == 0.4
    assert registry.get("calibratedPixelSpacing", ID) is RULER


def test_it_is_taken_back(registry):
    registry.calibrations.add(ID, RULER)
    assert registry.calibrations.remove(ID)
    assert not registry.calibrations.remove(ID)
    assert spacing(registry) == (0.4, 0.4, SpacingType.PROJECTED)
    registry.calibrations.add(ID, RULER)
    registry.calibrations.clear()
    assert spacing(registry) == (0.4, 0.4, SpacingType.PROJECTED)
    assert registry.get(CalibratedPixelSpacing, ID) is None


def test_it_is_of_one_frame(registry):
    registry.calibrations.add(f"{ID}/frames/2", RULER)
    assert spacing(registry, f"{ID}/frames/2")[2] == SpacingType.USER
    assert spacing(registry, f"{ID}/frames/1")[2] == SpacingType.PROJECTED


def test_the_plane_of_any_provider_is_calibrated(registry):
    registry.add_provider(
        lambda name, _: {"row_pixel_spacing_mm": 9} if name == "imagePlaneModule" else None, 20_000
    )
    assert spacing(registry)[0] == 9
    registry.calibrations.add(ID, CalibratedPixelSpacing(0.1))
    assert spacing(registry) == (0.1, 0.1, SpacingType.USER)


def test_a_provider_may_calibrate(registry):
    def ruler(name, image_id):
        if name == "calibratedPixelSpacing" and image_id == ID:
            return {"scale": 0.5, "spacing_type": "CALIBRATED"}
        return None

    registry.add_provider(ruler)
    assert spacing(registry) == (0.2, 0.2, SpacingType.CALIBRATED)
    # What was said by hand goes before it.
    registry.calibrations.add(ID, RULER)
    assert spacing(registry) == (0.1, 0.2, SpacingType.USER)


@pytest.mark.parametrize("answer", [{"row_pixel_spacing_mm": -1}, {"rows": 1}, "wide"])
def test_a_calibration_that_is_none_leaves_the_plane_as_it_is(registry, answer, caplog):
    registry.add_provider(lambda name, _: answer if name == "calibratedPixelSpacing" else None)
    assert spacing(registry) == (0.4, 0.4, SpacingType.PROJECTED)
    assert "calibratedPixelSpacing" in caplog.text


def test_an_image_of_which_nothing_else_is_known_can_be_calibrated(registry):
    assert registry.get(ImagePlaneModule, "web:/a.png") is None
    registry.calibrations.add("web:/a.png", RULER)
    assert spacing(registry, "web:/a.png") == (0.1, 0.2, SpacingType.USER)
    registry.calibrations.add("web:/a.png", CalibratedPixelSpacing(scale=2))
    assert registry.get(ImagePlaneModule, "web:/a.png") is None


def test_a_provider_may_calibrate_an_image_of_which_nothing_else_is_known(registry):
    registry.add_provider(lambda name, _: RULER if name == "calibratedPixelSpacing" else None)
    assert spacing(registry, "web:/a.png") == (0.1, 0.2, SpacingType.USER)
    assert registry.get(ImagePlaneModule, "web:/a.png").uncalibrated == ImagePlaneModule()


def test_reading_writes_nothing(registry):
    # Cornerstone3D keeps what it computes as if a user had said it, which freezes an early answer.
    for _ in range(2):
        registry.get(ImagePlaneModule, ID)
        registry.get(CalibratedPixelSpacing, ID)
    assert len(registry.calibrations) == 0
    assert ID not in registry.calibrations


def test_what_is_no_image_id_cannot_be_calibrated():
    # An image can be the key of a dict too, and nobody would ever ask by it.
    with pytest.raises(TypeError, match="by its imageId, which is text, got Image"):
        Calibrations().add(Image(ID, np.zeros((1, 1))), RULER)


def test_only_a_calibration_calibrates():
    with pytest.raises(TypeError, match=r"by a CalibratedPixelSpacing\(.*got float"):
        Calibrations().add(ID, 0.2)


def test_the_module_has_those_of_the_default_session():
    assert metadata.calibrations is metadata.default_registry().calibrations
    metadata.calibrations.add("custom1:calibrated", RULER)
    assert metadata.get(CalibratedPixelSpacing, "custom1:calibrated") is RULER
    metadata.calibrations.clear()
    with pytest.raises(AttributeError, match="no attribute 'calibrate'"):
        _ = metadata.calibrate


def test_they_say_how_many_they_are():
    calibrations = Calibrations()
    calibrations.add("web:/a.png", RULER)
    calibrations.add("web:/b.png", RULER)
    calibrations.remove("web:/a.png")
    assert repr(calibrations) == "<Calibrations of 1 images>"
    calibrations.clear()
    assert len(calibrations) == 0
    assert calibrations.was_ever("web:/b.png")
