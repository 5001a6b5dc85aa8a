"""What Orthanc has is found, listed and loaded."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import RESCALE_INTERCEPT, ct_series, secondary_capture
from pycornerstone.testing.phantoms import ct_phantom

pytestmark = pytest.mark.orthanc

PHANTOM = ct_phantom(5, 16, 24)
FILES = [
    *ct_series(PHANTOM, series_number=41),
    *ct_series(PHANTOM, series_number=40)[::-1],
    secondary_capture(PHANTOM, series_number=42),
]
DATASETS = [pydicom.dcmread(io.BytesIO(data)) for data in FILES]
STUDY = str(DATASETS[0].StudyInstanceUID)
UIDS = {str(dataset.SOPInstanceUID) for dataset in DATASETS}


@pytest.fixture(scope="module")
def url(orthanc) -> str:
    for data in FILES:
        orthanc.upload(data)
    return orthanc.dicomweb_url


@pytest.fixture
def session():
    with Session() as session:
        yield session


def test_a_study_its_series_and_its_instances_are_found(session, url):
    (study,) = session.search_studies(
        url, PatientName="phan*", StudyDate=(date(2026, 1, 1), None), StudyInstanceUID=STUDY
    ).result(20)
    assert study.study_instance_uid == STUDY
    assert study.study_date == date(2026, 1, 5)
    assert "CT" in study.modalities_in_study
    # Other tests have put series of their own into the study.
    series = session.search_series(url, STUDY, Modality="CT").result(20)
    numbers = {one.series_number: one for one in series}
    assert {40, 41} <= set(numbers)
    found = session.search_instances(url, STUDY, numbers[40].series_instance_uid).result(20)
    assert {one.sop_instance_uid for one in found} <= UIDS
    assert sorted(one.instance_number for one in found) == [1, 2, 3, 4, 5]


def test_lists_of_uids_pages_and_further_attributes_are_understood(session, url):
    uids = sorted(UIDS)[:3]
    found = session.search_instances(
        url, SOPInstanceUID=uids, include_fields=["SliceThickness"]
    ).result(20)
    assert sorted(one.sop_instance_uid for one in found) == uids
    every = session.search_instances(url, STUDY).result(20)
    some = session.search_instances(url, STUDY, limit=4, offset=2).result(20)
    assert [one.key for one in some] == [one.key for one in every[2:6]]


def test_nothing_is_found_where_nothing_is(session, url):
    assert session.search_studies(url, PatientID="nobody").result(20) == []
    assert session.search_studies(url, StudyDate=(None, date(1970, 1, 1))).result(20) == []


@pytest.mark.parametrize("number", [40, 41])
def test_a_series_is_listed_in_order_and_loaded_without_further_metadata(session, url, number):
    dataset = next(dataset for dataset in DATASETS if dataset.SeriesNumber == number)
    request = session.image_ids_from_dicomweb(
        url, study=STUDY, series=str(dataset.SeriesInstanceUID)
    )
    image_ids = request.result(20)
    assert request.left_out == ()
    array = session.load_array(image_ids).result(20)
    np.testing.assert_array_equal(array.astype(int) + RESCALE_INTERCEPT, PHANTOM.hounsfield)


def test_a_study_is_listed_series_by_series(session, url):
    image_ids = session.image_ids_from_dicomweb(f"{url}/studies/{STUDY}").result(20)
    mine = [i for i in image_ids if i.partition("/instances/")[2].partition("/")[0] in UIDS]
    by_number = sorted(DATASETS, key=lambda d: (d.SeriesNumber, d.InstanceNumber))
    assert [i.partition("/instances/")[2] for i in mine] == [
        f"{dataset.SOPInstanceUID}/frames/{n}"
        for dataset in by_number
        for n in range(1, int(dataset.get("NumberOfFrames") or 1) + 1)
    ]


def test_a_study_that_is_not_there_is_said(session, url):
    error = session.image_ids_from_dicomweb(url, study="1.2.3.4.5").exception(20)
    assert isinstance(error, cs.HttpStatusError)
    assert error.status == 404


def test_wado_uri_gives_files_and_pictures(session, orthanc, url):
    dataset = DATASETS[0]
    uids = {
        "study": STUDY,
        "series": str(dataset.SeriesInstanceUID),
        "instance": str(dataset.SOPInstanceUID),
    }
    image = session.load_image(cs.wado_uri_image_id(orthanc.wado_uri_url, **uids)).result(20)
    np.testing.assert_array_equal(image.pixels, dataset.pixel_array)
    for kind in ("image/png", "image/jpeg"):
        picture = cs.wado_uri_image_id(orthanc.wado_uri_url, **uids, content_type=kind)
        drawn = session.load_image(picture).result(20)
        assert (drawn.rows, drawn.columns) == (16, 24)
        assert drawn.pixels.dtype == np.uint8


def test_a_frame_of_a_file_is_ours_to_take(session, orthanc, url):
    dataset = next(dataset for dataset in DATASETS if dataset.get("NumberOfFrames"))
    images = [
        session.load_image(
            cs.wado_uri_image_id(
                orthanc.wado_uri_url,
                study=STUDY,
                series=str(dataset.SeriesInstanceUID),
                instance=str(dataset.SOPInstanceUID),
                frame=frame,
            )
        ).result(20)
        for frame in (1, 5)
    ]
    for image, expected in zip(
        images, (dataset.pixel_array[0], dataset.pixel_array[4]), strict=True
    ):
        # Baseline JPEG: another decoder's inverse DCT differs by 1.
        assert np.abs(image.pixels.astype(int) - expected).max() <= 1
