"""Volumes as images of nibabel: nibabel itself says where their voxels lie."""

from __future__ import annotations

import itertools
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import LoaderError
from pycornerstone.exchange.nifti_image import from_nibabel, to_nibabel
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_series import VolumeSeries


def ras(point_lps):
    """Right, anterior, superior of left, posterior, superior."""
    x, y, z = point_lps
    return -x, -y, z


@pytest.mark.parametrize("affine", ["axial", "turned", "mirrored", "sheared"])
def test_each_voxel_is_where_it_was_and_what_it_was(volume_of, affine):
    volume = volume_of(affine)
    image = to_nibabel(volume)

    assert image.shape == (5, 4, 3)
    for i, j, k in itertools.product(range(5), range(4), range(3)):
        place = nibabel.affines.apply_affine(image.affine, (i, j, k))
        np.testing.assert_allclose(place, ras((volume.affine @ (i, j, k, 1))[:3]), atol=1e-12)
        assert image.dataobj[i, j, k] == volume.voxels[k, j, i]
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(image.get_sform(), image.affine, atol=1e-5)
    assert nibabel.aff2axcodes(image.affine)[2] == "S"


def test_a_straight_one_has_a_qform_too_and_a_sheared_one_none(volume_of):
    straight, sheared = to_nibabel(volume_of("mirrored")), to_nibabel(volume_of("sheared"))

    np.testing.assert_allclose(straight.get_qform(coded=True)[0], straight.affine, atol=1e-5)
    assert straight.get_qform(coded=True)[1] == 1
    assert sheared.get_qform(coded=True) == (None, 0)


def test_voxels_are_not_copied(volume_of):
    volume = volume_of()
    image = to_nibabel(volume)

    assert np.shares_memory(np.asanyarray(image.dataobj), volume.voxels)
    assert np.shares_memory(from_nibabel(image).voxels, volume.voxels)


@pytest.mark.parametrize("affine", ["axial", "turned", "mirrored", "sheared"])
@pytest.mark.parametrize("colors", [0, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_there_and_back_is_the_same(volume_of, affine, colors, dtype):
    volume = volume_of(affine, dtype, colors)

    back = from_nibabel(to_nibabel(volume), frame_of_reference_uid="1.2.3", volume_id="volume:b")

    np.testing.assert_array_equal(back.voxels, volume.voxels)
    assert back.voxels.dtype == dtype
    np.testing.assert_allclose(back.affine, volume.affine, atol=1e-12)
    assert (back.volume_id, back.geometry.frame_of_reference_uid) == ("volume:b", "1.2.3")


def test_what_the_voxels_mean_is_given_unless_the_stored_ones_are_wanted(volume_of, hounsfield):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)

    assert to_nibabel(volume).get_fdata()[1, 0, 0] == -1023
    assert to_nibabel(volume, values="stored").get_fdata()[1, 0, 0] == 1


def test_8_bit_colours_are_the_rgb_of_the_standard(volume_of):
    volume = volume_of(dtype=np.uint8, colors=3)
    image = to_nibabel(volume)

    # DT_RGB24 of nifti1.h.
    assert (int(image.header["datatype"]), image.shape) == (128, (5, 4, 3))
    assert image.dataobj[4, 3, 2].tolist() == tuple(volume.voxels[2, 3, 4])


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [(np.bool_, "uint8"), (np.float16, "float32"), (np.int64, "int64"), (">f4", "float32")],
)
def test_types_that_nifti_has_not_become_the_next_larger(volume_of, dtype, kept):
    volume = volume_of(dtype=dtype)
    image = to_nibabel(volume)

    assert image.get_data_dtype() == kept
    np.testing.assert_array_equal(image.get_fdata(), volume.voxels.T.astype(float))


def test_an_axis_too_long_for_nifti_1_makes_a_nifti_2():
    volume = Volume("volume:a", np.zeros((1, 1, 40_000), np.uint8))

    assert isinstance(to_nibabel(volume), nibabel.Nifti2Image)


def test_points_in_time_are_the_fourth_axis(series):
    voxels = series.voxels
    image = to_nibabel(series)

    assert image.shape == (5, 4, 3, 2)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), voxels.T)
    for t in (0, 1):
        np.testing.assert_array_equal(from_nibabel(image, time_point=t).voxels, voxels[t])
    with pytest.raises(LoaderError, match="give time_point for one of the fourth"):
        from_nibabel(image)
    with pytest.raises(LoaderError, match="time points are 0 to 1, got 2"):
        from_nibabel(image, time_point=2)


@pytest.mark.parametrize(
    ("keyword", "times", "step_s"),
    [
        ("TriggerTime", (10.0, 260.0), 0.25),
        ("FrameReferenceTime", (30_000.0, 90_000.0), 60.0),
        ("TriggerTime", (10.0, 10.0), None),
        ("EchoTime", (10.0, 20.0), None),
        (None, ("a", "b"), None),
    ],
)
def test_the_time_step_is_that_of_evenly_spaced_times(series, keyword, times, step_s):
    series = replace(series, time_keyword=keyword, time_values=times)

    header = to_nibabel(series).header

    assert header.get_xyzt_units() == ("mm", "unknown" if step_s is None else "sec")
    assert header.get_zooms() == (0.5, 2.0, 3.0, step_s or 1.0)


def test_points_in_time_are_not_copied(series):
    assert np.shares_memory(np.asanyarray(to_nibabel(series).dataobj), series.voxels)


@pytest.mark.parametrize("colors", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_points_in_time_of_colours_are_where_they_were(volume_of, colors, dtype):
    voxels = np.arange(120 * colors).reshape(2, 3, 4, 5, colors).astype(dtype)
    volumes = tuple(volume_of("axial", np.uint8, 3).replace(voxels=one) for one in voxels)
    series = VolumeSeries("series:a", voxels, volumes, (0, 1))

    for t in range(2):
        back = from_nibabel(to_nibabel(series), time_point=t)
        assert back.voxels.tolist() == voxels[t].tolist()


def test_scaling_of_a_file_is_the_modality_lut(tmp_path):
    made = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    made.header.set_slope_inter(0.5, -10)
    nibabel.save(made, tmp_path / "scaled.nii")
    image = nibabel.load(tmp_path / "scaled.nii")

    volume = from_nibabel(image)

    assert volume.voxels.dtype == np.int16
    np.testing.assert_array_equal(volume.modality_values(), image.get_fdata().T)
    assert not volume.geometry.is_upright


def test_real_files_have_the_values_and_places_that_nibabel_says(testdata):
    paths = sorted((testdata / "dcm_qa_enh/Ref").glob("*.nii"))
    assert paths
    for path in paths:
        image = nibabel.load(path)
        volume = from_nibabel(image, time_point=0)
        data = image.get_fdata()
        np.testing.assert_allclose(
            volume.modality_values(np.float64), (data[..., 0] if data.ndim == 4 else data).T
        )
        place = nibabel.affines.apply_affine(image.affine, (3, 2, 1))
        np.testing.assert_allclose(ras(volume.geometry.index_to_world((3, 2, 1))), place)


@pytest.mark.parametrize("given", [None, np.zeros((2, 2, 2))])
def test_what_is_no_image_is_refused(given):
    with pytest.raises(LoaderError, match="an image of nibabel with an affine is wanted"):
        from_nibabel(given)


def test_complex_samples_are_refused():
    with pytest.raises(LoaderError, match="voxels must be numbers"):
        from_nibabel(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.complex64), np.eye(4)))
