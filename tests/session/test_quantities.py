"""What a session fills in for the quantities of an image."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.image import Image
from pycornerstone.model.modules import ScalingModule
from pycornerstone.session.completion import complete
from pycornerstone.session.session import Session


@pytest.mark.parametrize(
    ("modality", "is_asked"), [("PT", True), ("RTDOSE", True), ("CT", False), ("MR", False)]
)
def test_factors_are_asked_for_only_where_there_may_be_any(modality, is_asked):
    asked = []

    def provider(type_name, _image_id):
        asked.append(type_name)
        return {"modality": modality} if type_name == "generalSeriesModule" else None

    registry = MetadataRegistry()
    registry.add_provider(provider)
    complete(Image("test:a", np.zeros((1, 1), np.uint8)), registry)
    assert ("scalingModule" in asked) == is_asked


def test_factors_of_a_loader_are_not_replaced():
    registry = MetadataRegistry()
    registry.add_provider(lambda name, _: {"suvbw": 9} if name == "scalingModule" else None)
    given = ScalingModule(suvbw=2.0)
    image = Image("test:a", np.ones((1, 1), np.uint8), modality="PT", scaling=given)
    assert complete(image, registry).suv().tolist() == [[2.0]]
    assert complete(image.replace(scaling=None), registry).suv().tolist() == [[9.0]]


def test_a_pet_file_has_suv(testdata):
    path = testdata / "suyashkumar-dicom/testdata/1.dcm"
    with Session() as session:
        image = session.load_image(f"dicomfile:{path}").result(timeout=20)
    dataset = pydicom.dcmread(path)
    # The factor is that of the README of the test data.
    expected = dataset.pixel_array * float(dataset.RescaleSlope) * 5.942485e-4
    assert np.allclose(image.suv(), expected, rtol=1e-6, atol=0)
    with pytest.raises(MetadataError, match=r"surface area: \(0010,1020\) Patient's Size is miss"):
        image.suv("bsa")
    with pytest.raises(MetadataError, match="cannot compute dose"):
        image.dose()


@pytest.mark.parametrize("frame", [1, 15])
def test_a_dose_file_has_dose(testdata, frame):
    path = testdata / "pypi-pydicom/pydicom/data/test_files/rtdose.dcm"
    with Session() as session:
        image = session.load_image(f"dicomfile:{path}?frame={frame}").result(timeout=20)
    dataset = pydicom.dcmread(path)
    expected = dataset.pixel_array[frame - 1] * float(dataset.DoseGridScaling)
    assert np.array_equal(image.dose(np.float64), expected)
    assert image.scaling.dose_units == "RELATIVE"


def test_frames_have_their_own_real_world_values(testdata):
    path = testdata / "dcm_qa_enh/In/Philips/IM_0027_fMAP.dcm"
    dataset = pydicom.dcmread(path)
    slopes = set()
    for frame in (1, 64):
        with Session() as session:
            image = session.load_image(f"dicomfile:{path}?frame={frame}").result(timeout=20)
        [item] = dataset.PerFrameFunctionalGroupsSequence[frame - 1].RealWorldValueMappingSequence
        stored = dataset.pixel_array[frame - 1]
        expected = stored * item.RealWorldValueSlope + item.RealWorldValueIntercept
        assert np.array_equal(image.real_world("Philips", np.float64), expected)
        slopes.add(item.RealWorldValueSlope)
    assert len(slopes) == 2
