"""The list of series: what pydicom reads in the headers, as people write it."""

from __future__ import annotations

import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.readable import day_of, person_of
from pycornerstone.frontends.browser.series_list import series_of
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import nifti_phantom, png_phantom

PHANTOM = ct_phantom(slices=5, rows=32, columns=24)


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


def test_a_series_is_named_by_its_header(session, tmp_path):
    for path in write_ct_series(tmp_path, PHANTOM):
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID = "Adams^John Robert^^Rev.", "4711"
        dataset.PatientBirthDate, dataset.PatientSex = "19500301", "M"
        dataset.StudyDate, dataset.StudyDescription = "20240229", "Chest"
        dataset.SeriesNumber, dataset.SeriesDescription = 7, "Soft kernel"
        dataset.save_as(path)
    (found,) = series_of(session.open_display_sets(tmp_path).result(), session)
    assert found.patient == "Adams, John Robert · 4711 · 1950-03-01 · M"
    assert found.study == "2024-02-29 · Chest"
    assert found.title == "7: Soft kernel"
    assert (found.number, found.modality, found.kind, found.images) == (0, "CT", "volume", 5)
    assert (found.size, found.is_volume) == ("24 x 32", True)
    assert found.frame_of_reference_uid == str(dataset.FrameOfReferenceUID)


def test_what_has_no_description_is_named_by_its_file(session, tmp_path):
    (tmp_path / "knee.png").write_bytes(png_phantom(PHANTOM))
    (tmp_path / "head.nii.gz").write_bytes(nifti_phantom(PHANTOM))
    found = {
        one.title: one for one in series_of(session.open_display_sets(tmp_path).result(), session)
    }
    assert {*found} == {"knee.png", "head.nii.gz"}
    assert (found["knee.png"].kind, found["knee.png"].is_volume) == ("single", False)
    assert (found["head.nii.gz"].kind, found["head.nii.gz"].images) == ("volume", 5)
    assert found["knee.png"].patient == ""


def test_two_studies_never_have_one_name(session, tmp_path):
    for number in (1, 2):
        for path in write_ct_series(tmp_path / str(number), PHANTOM, series_number=number):
            dataset = pydicom.dcmread(path)
            dataset.StudyInstanceUID = f"1.2.3.{number}"
            dataset.SeriesInstanceUID = f"1.2.4.{number}"
            dataset.save_as(path)
    found = series_of(session.open_display_sets(tmp_path).result(), session)
    assert [one.number for one in found] == [0, 1]
    assert len({one.study for one in found}) == 2


def test_parts_of_one_series_are_told_apart(session, tmp_path):
    paths = write_ct_series(tmp_path, PHANTOM)
    scout = pydicom.dcmread(paths[0])
    scout.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    scout.save_as(paths[0])
    found = series_of(session.open_display_sets(tmp_path).result(), session)
    assert len(found) == 2
    assert len({one.title for one in found}) == 2


def test_a_provider_that_fails_leaves_a_line_empty(session, tmp_path):
    write_ct_series(tmp_path, PHANTOM)
    sets = session.open_display_sets(tmp_path).result()

    def broken(name, _):
        if name == "patientModule":
            raise RuntimeError("out of order")

    session.metadata.remove_all_providers()
    session.metadata.add_provider(broken)
    (found,) = series_of(sets, session)
    assert (found.patient, found.study) == ("", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # PS3.5 6.2.1.1, examples of PN, and H.3.1 for its groups.
        ("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", "Adams, John Robert Quincy"),
        ("Morrison-Jones^Susan^^^Ph.D., Chief Executive Officer", "Morrison-Jones, Susan"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("^^^^", ""),
        (None, ""),
    ],
)
def test_names_are_written_family_name_first(name, expected):
    assert person_of(name) == expected


def test_dates_that_are_none_stay_as_they_are():
    assert (day_of("19930822"), day_of("1993.08.22"), day_of(None)) == (
        "1993-08-22",
        "1993.08.22",
        "",
    )
