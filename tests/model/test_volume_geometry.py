"""Where voxels lie: by hand, and by laws that hold for any grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pycornerstone.errors import GeometryError
from pycornerstone.model.volume_geometry import VolumeGeometry

# 4 mm slices of a tilted gantry: each is 3 mm further back than the last.
SHEARED = np.array([[0.5, 0, 0, 10], [0, 2, 3, -20], [0, 0, 4, 30], [0, 0, 0, 1.0]])


@st.composite
def geometries(draw):
    """Grids of any turn, spacing and shear, some mirrored."""
    shape = tuple(draw(st.integers(1, 40)) for _ in range(3))
    numbers = st.integers(-100, 100)
    turn, _ = np.linalg.qr(np.array([[draw(numbers) for _ in range(3)] for _ in range(3)]) + 0.5)
    spacing = np.diag([draw(st.integers(1, 50)) / 10 for _ in range(3)])
    shear = np.eye(3)
    shear[0, 2], shear[1, 2] = draw(numbers) / 100, draw(numbers) / 100
    affine = np.eye(4)
    affine[:3, :3] = turn @ shear @ spacing
    affine[:3, 3] = [draw(numbers) for _ in range(3)]
    assume(abs(np.linalg.det(turn)) > 0.5)
    return VolumeGeometry(shape, affine)


directions = st.tuples(*[st.integers(-9, 9)] * 3).filter(any)


def centers(geometry):
    """``(voxels, 3)``, all of them."""
    ranges = [range(length) for length in geometry.lengths]
    index = np.array(list(itertools.product(*ranges)), float)
    return np.c_[index, np.ones(len(index))] @ geometry.affine[:3].T


def test_a_sheared_volume_by_hand():
    geometry = VolumeGeometry((3, 5, 7), SHEARED)

    assert geometry.lengths == (7, 5, 3)
    assert geometry.spacing_mm == (0.5, 2, 5)
    assert geometry.slice_distance_mm == 4
    assert geometry.normal == (0, 0, 1)
    assert not geometry.is_orthogonal
    assert geometry.is_right_handed
    assert geometry.index_to_world((1, 2, 2)).tolist() == [10.5, -10, 38]
    assert geometry.world_to_index((10.5, -10, 38)).tolist() == pytest.approx([1, 2, 2])
    assert geometry.center_lps == (11.5, -13, 34)
    np.testing.assert_allclose(geometry.directions, [[1, 0, 0], [0, 1, 0.6], [0, 0, 0.8]])


def test_the_normal_is_on_the_side_of_higher_slices():
    mirrored = VolumeGeometry((3, 3, 3), np.diag((-1, 1, 2, 1.0)))

    assert mirrored.normal == (0, 0, 1)
    assert not mirrored.is_right_handed
    assert mirrored.is_orthogonal


def test_it_reaches_half_a_voxel_beyond_the_centres():
    geometry = VolumeGeometry((1, 2, 3), np.diag((2, 3, 4, 1.0)))

    assert geometry.corners_lps.min(axis=0).tolist() == [-1, -1.5, -2]
    assert geometry.corners_lps.max(axis=0).tolist() == [5, 4.5, 2]
    inside = geometry.contains([(-1, 0, 0), (-1.01, 0, 0), (4.99, 4.49, 1.99), (5, 0, 0)])
    assert inside.tolist() == [True, False, True, False]
    assert geometry.contains((0, 0, 2)) == np.False_


@given(geometries())
def test_there_and_back_is_the_same_place(geometry):
    index = np.array([(0, 0, 0), geometry.lengths, (0.25, -3, 7.5)], float)

    back = geometry.world_to_index(geometry.index_to_world(index))

    np.testing.assert_allclose(back, index, atol=1e-6)
    assert geometry.contains(centers(geometry)).all()


@given(geometries(), directions)
def test_planes_go_through_all_voxels_and_no_further(geometry, normal):
    planes = geometry.slice_planes(normal)
    along = centers(geometry) @ planes.normal

    assert np.linalg.norm(planes.normal) == pytest.approx(1)
    np.testing.assert_allclose(np.cross(planes.normal, normal), 0, atol=1e-9)
    assert planes.first_mm == pytest.approx(along.min(), abs=1e-6)
    last = planes.position_mm(planes.count - 1)
    assert last <= along.max() + planes.step_mm * 1e-3
    assert last > along.max() - planes.step_mm
    # One step along the normal changes the index by one in all.
    step = geometry.world_to_index(np.multiply(planes.normal, planes.step_mm))
    assert np.linalg.norm(step - geometry.world_to_index((0, 0, 0))) <= 1 + 1e-6 or any(
        np.linalg.norm(np.cross(row, planes.normal)) < 1e-3 * np.linalg.norm(row)
        for row in geometry.inverse[:3, :3]
    )


@given(geometries(), st.sampled_from([0, 1, 2]), st.sampled_from([1, -1]))
def test_along_the_voxels_own_planes_they_are_those_of_the_centres(geometry, axis, sign):
    """Also of a sheared volume: the normal of slices, not the line through their first pixels."""
    normal = np.linalg.inv(geometry.affine)[axis, :3] * sign
    planes = geometry.slice_planes(normal)

    assert planes.count == geometry.lengths[axis]
    for number in {0, planes.count // 2, planes.count - 1}:
        index = np.zeros(3)
        index[axis] = number if sign > 0 else planes.count - 1 - number
        place = geometry.index_to_world(index)
        assert place @ planes.normal == pytest.approx(planes.position_mm(number), abs=1e-6)
        assert planes.nearest(place) == number


@given(geometries(), directions)
def test_turned_round_they_are_counted_from_the_other_end(geometry, normal):
    there, back = geometry.slice_planes(normal), geometry.slice_planes(np.negative(normal))

    assert there.count == back.count
    assert there.step_mm == pytest.approx(back.step_mm)


def test_planes_of_a_straight_volume_by_hand():
    geometry = VolumeGeometry((10, 20, 30), np.diag((0.5, 1.0, 3.0, 1.0)))

    axial, sagittal = geometry.slice_planes((0, 0, 2)), geometry.slice_planes((-1, 0, 0))

    assert (axial.first_mm, axial.step_mm, axial.count) == (0, 3, 10)
    assert (sagittal.first_mm, sagittal.step_mm, sagittal.count) == (-14.5, 0.5, 30)
    assert [axial.nearest((0, 0, z)) for z in (-100, 1.4, 1.6, 100)] == [0, 0, 1, 9]
    # By hand: along (1, 0, 1), one voxel is 1 / |(1/0.5, 0, 1/3)| * sqrt(2) mm long.
    oblique = geometry.slice_planes((1, 0, 1))
    assert oblique.step_mm == pytest.approx(np.sqrt(2) / np.hypot(2, 1 / 3))


@pytest.mark.parametrize("normal", [(0, 0, 0), (1, 0), (np.nan, 0, 1), (np.inf, 0, 0)])
def test_what_is_no_direction_is_refused(normal):
    with pytest.raises(GeometryError, match="a normal is a direction of three numbers"):
        VolumeGeometry.default((2, 2, 2)).slice_planes(normal)


@pytest.mark.parametrize("shape", [(0, 2, 2), (2, 2), (2, 2, -1)])
def test_a_shape_without_voxels_is_refused(shape):
    with pytest.raises(GeometryError, match="at least 1 of each"):
        VolumeGeometry(shape, np.eye(4))


@pytest.mark.parametrize(
    "affine",
    [
        np.eye(3),
        np.zeros((4, 4)),
        np.diag((1, 1, 0, 1)),
        np.diag((1, np.nan, 1, 1)),
        np.diag((1, 1, 1, 2)),
        [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    ],
)
def test_what_is_no_affine_is_refused(affine):
    with pytest.raises(GeometryError, match="an affine is a 4x4 matrix of finite numbers"):
        VolumeGeometry((2, 2, 2), affine)


def test_very_fine_voxels_are_no_flat_ones():
    """As of a microscope: 1e-5 mm."""
    assert VolumeGeometry((2, 2, 2), np.diag((1e-5, 1e-5, 1e-5, 1))).spacing_mm[0] == 1e-5


def test_it_cannot_be_changed():
    own = np.eye(4)
    geometry = VolumeGeometry((2, 2, 2), own)
    own[0, 3] = 9

    assert geometry.affine[0, 3] == 0
    for array in (geometry.affine, geometry.inverse, geometry.directions):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 2
