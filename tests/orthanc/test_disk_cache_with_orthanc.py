"""What Orthanc sent is shown again without it; it gives nothing to ask it by."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.testing.dicom_series import TRANSFER_SYNTAXES, ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pycornerstone.testing.orthanc import OrthancServer

pytestmark = pytest.mark.orthanc

PHANTOM = ct_phantom(3, 40, 48)
# Some of these it refuses to send as they are stored, and sends in another form.
SYNTAXES = sorted(TRANSFER_SYNTAXES)


def uploaded(orthanc: OrthancServer, syntax: str) -> list[str]:
    image_ids = []
    # With UIDs that no other test has.
    number = 500 + SYNTAXES.index(syntax)
    for instance in ct_series(PHANTOM, syntax, series_number=number):
        orthanc.upload(instance)
        dataset = pydicom.dcmread(io.BytesIO(instance))
        path = (
            f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
            f"/instances/{dataset.SOPInstanceUID}/frames/1"
        )
        image_ids.append(f"wadors:{orthanc.dicomweb_url}{path}")
    return image_ids


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_series_of_orthanc_is_shown_again_without_it(orthanc, tmp_path, syntax):
    image_ids = uploaded(orthanc, syntax)
    with cs.Session(disk_cache=cs.DiskCache(tmp_path)) as session:
        for load in session.load_and_cache_images(image_ids):
            load.result(60)
    with cs.Session(disk_cache=cs.DiskCache(tmp_path, offline=True)) as session:
        for index, load in enumerate(session.load_and_cache_images(image_ids)):
            values = load.result(60).modality_values()
            np.testing.assert_array_equal(values, PHANTOM.hounsfield[index])
