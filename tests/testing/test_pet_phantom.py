from __future__ import annotations

import io
import math

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.testing import (
    ct_phantom,
    ct_series,
    pet_phantom,
    pet_series,
    thorax_labels,
    write_pet_series,
)
from pycornerstone.testing.labelled_thorax import THORAX_LABELS
from pycornerstone.testing.pet_thorax import BQML_TO_SUV

# Turned by 10 degrees about z, and moved.
COS, SIN = math.cos(math.radians(10)), math.sin(math.radians(10))
MOVED = np.array([[COS, -SIN, 0, 12], [SIN, COS, 0, -8], [0, 0, 1, 15], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def phantom():
    return pet_phantom()


def test_the_factor_to_suv_is_weight_by_the_dose_that_is_left():
    # By hand: 3600 s of a half-life of 6586.2 s leave 0.684633 of 350 MBq.
    assert pytest.approx(70000 / (350e6 * 0.684633), rel=1e-5) == BQML_TO_SUV


@pytest.mark.parametrize("moved_by", [None, MOVED])
def test_all_voxels_of_a_known_region_have_its_uptake(moved_by):
    phantom = pet_phantom(moved_by=moved_by)
    assert phantom.activity.shape == (60, 128, 128)
    for region in phantom.known:
        suv = phantom.activity[phantom.known_voxels(region)] * BQML_TO_SUV
        assert suv.size > 0, region.name
        assert suv == pytest.approx(region.suv, rel=1e-5), region.name


def test_a_patient_who_moved_is_found_where_the_matrix_says():
    phantom = pet_phantom(moved_by=MOVED)
    hottest = np.argwhere(phantom.activity * BQML_TO_SUV > 8.99)
    center = phantom.affine @ (*hottest.mean(axis=0)[::-1], 1)
    # The nodule, turned and moved: x and y by hand, z 18 + 15.
    expected = (-82 * COS + 18 * SIN + 12, -82 * SIN - 18 * COS - 8, 33)
    assert center[:3] == pytest.approx(expected, abs=2)
    assert (phantom.to_ct @ center)[:3] == pytest.approx((-82, -18, 18), abs=2)


def test_pydicom_reads_activity_and_place_of_each_slice(phantom):
    files = [pydicom.dcmread(io.BytesIO(data)) for data in pet_series(phantom)]
    assert len(files) == 60
    slopes = [float(file.RescaleSlope) for file in files]
    assert len(set(slopes)) >= 8
    for index, file in enumerate(files):
        values = file.pixel_array * slopes[index]
        # Half of a step of the slice.
        assert np.abs(values - phantom.activity[index]).max() <= slopes[index] * 0.6
        corner = phantom.affine @ (0, 0, index, 1)
        assert file.ImagePositionPatient == pytest.approx(corner[:3], abs=1e-4)
        assert file.PixelSpacing == pytest.approx([4.0728, 4.0728])


def test_it_lies_in_the_study_and_frame_of_the_ct_unless_it_moved(phantom):
    ct = pydicom.dcmread(io.BytesIO(ct_series(ct_phantom(1, 64, 64))[0]))
    pet = pydicom.dcmread(io.BytesIO(pet_series(phantom)[0]))
    assert pet.StudyInstanceUID == ct.StudyInstanceUID
    assert pet.PatientID == ct.PatientID
    assert pet.SeriesInstanceUID != ct.SeriesInstanceUID
    assert pet.FrameOfReferenceUID == ct.FrameOfReferenceUID
    moved = pydicom.dcmread(io.BytesIO(pet_series(pet_phantom(2, moved_by=MOVED))[0]))
    assert moved.FrameOfReferenceUID != ct.FrameOfReferenceUID
    assert moved.SeriesInstanceUID != pet.SeriesInstanceUID


def test_its_suv_is_known_when_it_is_loaded(phantom, tmp_path):
    paths = write_pet_series(tmp_path, phantom)
    region = next(region for region in phantom.known if region.name == "lymph node")
    k, row, column = np.argwhere(phantom.known_voxels(region))[0]
    with cs.Session() as session:
        image = session.load_image(f"dicomfile:{paths[k]}").result(30)
    assert image.suv()[row, column] == pytest.approx(6, rel=1e-3)


def test_labels_lie_where_the_phantom_has_what_they_name():
    phantom = ct_phantom(48, 128, 128)
    labels = thorax_labels(phantom)
    assert labels.shape == phantom.hounsfield.shape
    assert set(np.unique(labels).tolist()) == {0, *THORAX_LABELS}
    for region in phantom.known:
        name = region.name.removesuffix(" in the right lung")
        for label, known in THORAX_LABELS.items():
            if known == name:
                assert (labels[phantom.known_voxels(region)] == label).all(), name
    # By hand: 4 / 3 pi 24 * 20 * 36 mm3 in voxels of 3.125 * 3.125 * 5 mm.
    volume = 4 / 3 * math.pi * 24 * 20 * 36 / (3.125 * 3.125 * 5)
    assert (labels == 4).sum() == pytest.approx(volume, rel=0.02)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"slices": 0}, r"at least one voxel, got \(0, 128, 128\)"),
        ({"moved_by": np.diag([2, 1, 1, 1])}, "a 4x4 matrix that turns and moves"),
        ({"moved_by": np.eye(3)}, "a 4x4 matrix that turns and moves"),
    ],
)
def test_what_cannot_be_drawn_is_refused(more, message):
    with pytest.raises(ValueError, match=message):
        pet_phantom(**more)
