from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.testing.phantoms import CtPhantom, ct_phantom


@pytest.fixture(scope="module")
def phantom() -> CtPhantom:
    return ct_phantom(48, 256, 256)


@pytest.mark.parametrize(
    ("slices", "rows", "columns"), [(48, 256, 256), (96, 128, 160), (7, 64, 64)]
)
def test_all_voxels_of_a_known_region_have_its_value(slices, rows, columns):
    phantom = ct_phantom(slices, rows, columns)
    assert {region.name for region in phantom.known} >= {"water rod", "bone rod", "right lung"}
    for region in phantom.known:
        found = phantom.hounsfield[phantom.known_voxels(region)]
        assert found.size > 0, region.name
        assert (found == region.hounsfield).all(), region.name


def test_values_are_those_of_the_tissues(phantom):
    # Water and air define the scale (PS3.3 C.8.2.1.1.2); the others are this phantom's.
    values = {region.name: region.hounsfield for region in phantom.known}
    assert values["water rod"] == 0
    assert values["air in front of the patient"] == -1000
    assert values["fat rod"] == -100
    assert values["lung rod"] == -800
    assert values["soft tissue rod"] == 50
    assert values["contrast rod"] == 300
    assert values["bone rod"] == 1000
    assert (int(phantom.hounsfield.min()), int(phantom.hounsfield.max())) == (-1000, 1000)


def test_rods_are_where_they_were_put():
    phantom = ct_phantom(3, 512, 512)
    # By hand: 400 mm in 512 columns are 0.78125 mm each, the first centre lies at -199.609375 mm;
    # the water rod at x -60, y 135 is in column 178.7 and row 428.3, the bone rod at x 60 in 332.3.
    assert phantom.hounsfield[:, 428, 179].tolist() == [0, 0, 0]
    assert phantom.hounsfield[:, 428, 332].tolist() == [1000, 1000, 1000]


def test_the_volume_is_centred_on_the_origin(phantom):
    corner = phantom.affine @ (255, 255, 47, 1)
    np.testing.assert_allclose(corner[:3], [199.21875, 199.21875, 117.5])
    np.testing.assert_allclose(phantom.position_lps(0), [-199.21875, -199.21875, -117.5])
    assert phantom.pixel_spacing_mm == (1.5625, 1.5625)
    assert phantom.slice_spacing_mm == 5.0


@pytest.mark.parametrize(("slices", "spacing"), [(1, 5.0), (24, 5.0), (96, 2.5), (200, 1.2)])
def test_slices_cover_the_thorax_but_are_never_thicker_than_5_mm(slices, spacing):
    assert ct_phantom(slices, 16, 16).slice_spacing_mm == spacing


def test_the_heart_is_to_the_left_and_the_liver_to_the_right(phantom):
    where = {region.name: region.position_lps for region in phantom.known}
    assert where["left ventricle"][0] > 0 > where["liver"][0]
    # In an axial image of a patient on the back, the left of the patient is to the right.
    row, column = phantom.voxel_at(where["left ventricle"])[1:]
    assert column > 128
    assert row < phantom.voxel_at(where["water rod"])[1]


def test_no_slice_is_like_its_mirror_image(phantom):
    for plane in phantom.hounsfield:
        assert (plane != plane[:, ::-1]).mean() > 0.005
        assert (plane != plane[::-1]).mean() > 0.1


def test_noise_has_the_size_that_was_asked_for_and_is_the_same_each_time():
    clean, noisy = ct_phantom(2, 256, 256), ct_phantom(2, 256, 256, noise_hu=12)
    # Air at -1000 HU is near the lowest value of a 12-bit scanner, where noise is clipped.
    inside = clean.hounsfield > -500
    noise = noisy.hounsfield[inside].astype(float) - clean.hounsfield[inside]
    assert noise.std() == pytest.approx(12, rel=0.02)
    assert abs(noise.mean()) < 0.2
    again = ct_phantom(2, 256, 256, noise_hu=12)
    np.testing.assert_array_equal(noisy.hounsfield, again.hounsfield)


def test_voxels_and_affine_cannot_be_written_to(phantom):
    with pytest.raises(ValueError, match="read-only"):
        phantom.hounsfield[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        phantom.affine[0, 0] = 1


def test_a_region_outside_of_a_thin_stack_is_not_said_to_be_known():
    thin = ct_phantom(3, 128, 128)
    assert "liver" not in {region.name for region in thin.known}
    with pytest.raises(ValueError, match=r"\(-70, -10, -112\) mm is outside of the phantom"):
        thin.voxel_at((-70, -10, -112))


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match=r"at least one voxel, got \(0, 512, 512\)"):
        ct_phantom(0)
    with pytest.raises(ValueError, match="noise is at least 0 HU, got -1"):
        ct_phantom(1, noise_hu=-1)
