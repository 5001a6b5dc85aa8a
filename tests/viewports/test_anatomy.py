"""Tests of how the body is seen where the file does not say: right of the patient on the left."""

from __future__ import annotations

import itertools

import nibabel
import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.viewports.anatomy import radiological_directions

LEFT, POSTERIOR, SUPERIOR = np.eye(3)


def turned(rows, columns):
    """Every way to store a plane: quarter turns and mirrors."""
    for first, second in ((rows, columns), (columns, rows)):
        for sign_1, sign_2 in itertools.product((1, -1), repeat=2):
            yield sign_1 * first, sign_2 * second


@pytest.mark.parametrize(
    ("plane", "right", "down"),
    [
        # As radiologists hang them: axial from the feet, coronal from the front, sagittal from
        # the left with the face to the left of the picture.
        pytest.param((LEFT, POSTERIOR), LEFT, POSTERIOR, id="axial"),
        pytest.param((LEFT, SUPERIOR), LEFT, -SUPERIOR, id="coronal"),
        pytest.param((POSTERIOR, SUPERIOR), POSTERIOR, -SUPERIOR, id="sagittal"),
    ],
)
def test_however_it_is_stored_it_is_seen_the_same_way(plane, right, down):
    for row, column in turned(*plane):
        # Pixels that are not square must not decide.
        seen = radiological_directions(tuple(3 * row), tuple(0.5 * column), np.cross(row, column))
        np.testing.assert_array_equal(np.sign(seen[0]), right)
        np.testing.assert_array_equal(np.sign(seen[1]), down)


def marked_volume(tmp_path, codes):
    """A volume whose brightest voxel is at the right, anterior, inferior corner of the body."""
    ras = np.zeros((6, 8, 4), np.int16)
    ras[-1, -1, 0] = 100
    image = nibabel.Nifti1Image(ras, np.diag([2.0, 1.0, 1.0, 1.0]))
    wanted = nibabel.orientations.axcodes2ornt(codes)
    path = tmp_path / "a.nii"
    nibabel.save(
        image.as_reoriented(
            nibabel.orientations.ornt_transform(nibabel.io_orientation(image.affine), wanted)
        ),
        path,
    )
    return path


@pytest.mark.parametrize("codes", ["RAS", "LAS", "LPS", "RPS", "ARS", "PLS"])
def test_a_nifti_slice_has_the_face_on_top_and_the_patients_right_on_the_left(tmp_path, codes):
    path = marked_volume(tmp_path, codes)
    with cs.Session() as session, cs.StackViewport(120, 80, session=session) as viewport:
        viewport.set_stack([f"nifti:{path}?frame=0"])
        viewport.set_properties(voi_range=(0, 100), interpolation="nearest")
        drawn = viewport.render(timeout=10)[..., 0]

    rows, columns = np.nonzero(drawn)
    # RAS means that the last voxel is the rightmost, and x of LPS goes to the left of the patient:
    # 6 voxels of 2 mm by 8 of 1 mm fill the 80 pixels of the height, 10 a millimetre, from x = 0.
    assert (rows.min(), rows.max()) == (0, 9)
    assert (columns.min(), columns.max()) == (0, 19)


def test_what_was_stored_for_display_is_shown_as_it_is():
    pixels = np.zeros((4, 4), np.uint8)
    pixels[0, 0] = 255
    plane = cs.ImagePlaneModule(row_cosines=(-1, 0, 0), column_cosines=(0, -1, 0))
    for is_upright, corner in ((True, (0, 0)), (False, (3, 3))):
        with cs.Session() as session, cs.StackViewport(4, 4, session=session) as viewport:
            viewport.show_image(cs.Image("test:a", pixels, plane=plane, is_upright=is_upright))
            drawn = viewport.render()[..., 0]
        assert np.argwhere(drawn == 255).tolist() == [list(corner)]
