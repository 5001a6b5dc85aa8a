"""Frames in part from Orthanc, which knows no ranges, and a series by stages."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom import uid as uids

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.model.image import ImageQuality
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.phantoms import ct_phantom

pytestmark = pytest.mark.orthanc

FULL = ImageQuality.FULL_RESOLUTION


@pytest.fixture
def image_ids(orthanc):
    """Store a JPEG 2000 series."""
    found = []
    for data in ct_series(ct_phantom(4, 256, 256), uids.JPEG2000Lossless, series_number=17):
        orthanc.upload(data)
        read = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
        found.append(
            f"wadors:{orthanc.dicomweb_url}/studies/{read.StudyInstanceUID}/series/"
            f"{read.SeriesInstanceUID}/instances/{read.SOPInstanceUID}/frames/1"
        )
    return found


def test_less_than_all(image_ids):
    with Session() as session:
        options = LoadOptions(quality=ImageQuality.SUBRESOLUTION)
        image = session.load_image(image_ids[0], options).result(30)
        whole = session.load_image(image_ids[0]).result(30)

    assert image.quality >= ImageQuality.SUBRESOLUTION
    assert image.pixels.shape == whole.pixels.shape
    assert whole.quality is FULL


def test_by_stages(image_ids):
    with Session() as session:
        assert session.load_in_stages(image_ids).result(60) == {}
        assert all(session.cache.get(image_id).quality is FULL for image_id in image_ids)
