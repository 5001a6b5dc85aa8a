"""Volumes in files, read by the libraries whose files they are."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import LoaderError
from pycornerstone.exchange.volume_files import save_volume
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume_series import VolumeSeries

_RAS = np.diag((-1.0, -1.0, 1.0, 1.0))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII.GZ"])
@pytest.mark.parametrize("affine", ["turned", "mirrored", "sheared"])
def test_a_nifti_file_is_read_by_nibabel(volume_of, tmp_path, name, affine):
    volume = volume_of(affine)
    save_volume(volume, tmp_path / name)

    image = nibabel.load(tmp_path / name)

    np.testing.assert_array_equal(np.asanyarray(image.dataobj), volume.voxels.T)
    np.testing.assert_allclose(image.affine, _RAS @ volume.affine, atol=1e-5)
    assert image.get_data_dtype() == np.int16


@pytest.mark.parametrize("affine", ["axial", "turned", "mirrored"])
def test_a_nifti_file_is_read_by_simpleitk(volume_of, hounsfield, tmp_path, affine):
    sitk = pytest.importorskip("SimpleITK")
    volume = volume_of(affine, np.uint16, modality_lut=hounsfield)
    save_volume(volume, tmp_path / "a.nii.gz")

    image = sitk.ReadImage(tmp_path / "a.nii.gz")

    for index in ((0, 0, 0), (4, 3, 2), (1, 3, 0)):
        np.testing.assert_allclose(
            image.TransformIndexToPhysicalPoint(index),
            (volume.affine @ (*index, 1))[:3],
            atol=1e-4,
        )
    assert image[4, 3, 2] == 59 - 1024


def test_stored_samples_are_kept_and_the_header_says_what_they_mean(
    volume_of, hounsfield, tmp_path
):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)
    save_volume(volume, tmp_path / "meant.nii")
    save_volume(volume, tmp_path / "stored.nii", values="stored")

    meant, stored = nibabel.load(tmp_path / "meant.nii"), nibabel.load(tmp_path / "stored.nii")

    assert meant.get_data_dtype() == stored.get_data_dtype() == np.uint16
    np.testing.assert_array_equal(meant.get_fdata(), volume.voxels.T - 1024.0)
    np.testing.assert_array_equal(stored.get_fdata(), volume.voxels.T)


def test_each_slice_of_pet_has_its_own_slope(volume_of, pet_luts, tmp_path):
    save_volume(volume_of(slice_modality_luts=pet_luts), tmp_path / "a.nii")

    image = nibabel.load(tmp_path / "a.nii")

    # Voxel (4, 3, k) is stored as 20 k + 19.
    assert [image.dataobj[4, 3, k] for k in range(3)] == [19 * 0.5, 39 * 1.5, 59 * 0.25]


@pytest.mark.parametrize("slope", [0.0, 1e-50, float("nan")])
def test_a_slope_that_nifti_has_no_room_for_is_applied(volume_of, tmp_path, slope):
    volume = volume_of(modality_lut=ModalityLutModule(slope, 5.0))

    save_volume(volume, tmp_path / "a.nii")

    expected = 5.0 + slope * volume.voxels.T
    np.testing.assert_allclose(nibabel.load(tmp_path / "a.nii").get_fdata(), expected)


@pytest.mark.parametrize("given", [None, np.zeros((2, 3, 4)), "volume:a"])
def test_what_is_no_volume_is_refused(tmp_path, given):
    for name in ("a.nii", "a.npy", "a.npz", "a.zarr"):
        with pytest.raises(LoaderError, match="a Volume is wanted, got"):
            save_volume(given, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_slices_of_one_slope_share_it(volume_of, tmp_path):
    luts = (ModalityLutModule(0.5),) * 3
    save_volume(volume_of(slice_modality_luts=luts), tmp_path / "a.nii")

    image = nibabel.load(tmp_path / "a.nii")

    assert (image.get_data_dtype(), image.dataobj[4, 3, 2]) == (np.int16, 29.5)


def test_points_in_time_are_the_last_axis_of_nifti_and_the_first_of_numpy(series, tmp_path):
    save_volume(series, tmp_path / "a.nii.gz")
    save_volume(series, tmp_path / "a.npz")

    image = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), series.voxels.T)
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["voxels"], series.voxels)
        assert arrays["time_values"].tolist() == [0, 1.5]


def test_numpy_reads_voxels_and_affine(volume_of, hounsfield, tmp_path):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)
    save_volume(volume, tmp_path / "a.npz")
    save_volume(volume, str(tmp_path / "a.npy"), values="stored")

    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["voxels"][2, 3, 4] == 59 - 1024
        np.testing.assert_array_equal(arrays["affine"], volume.affine)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), volume.voxels)


@pytest.mark.parametrize("colors", [0, 3])
def test_zarr_reads_voxels_affine_and_names(volume_of, tmp_path, colors):
    zarr = pytest.importorskip("zarr")
    volume = volume_of(dtype=np.uint8, colors=colors, modality="MR")
    save_volume(volume, tmp_path / "a.zarr")

    array = zarr.open_array(tmp_path / "a.zarr", mode="r")

    np.testing.assert_array_equal(array[...], volume.voxels)
    assert array.attrs["affine"] == volume.affine.tolist()
    assert (array.attrs["units"], array.attrs["modality"]) == ("mm", "MR")
    names = ("k", "j", "i", "channel") if colors else ("k", "j", "i")
    assert array.metadata.dimension_names == names


def test_zarr_keeps_points_in_time_in_chunks_of_their_own(series, tmp_path):
    zarr = pytest.importorskip("zarr")
    save_volume(series, tmp_path / "a.zarr")

    array = zarr.open_array(tmp_path / "a.zarr", mode="r")

    np.testing.assert_array_equal(array[...], series.voxels)
    assert array.chunks == (1, 3, 4, 5)
    assert array.attrs["time_values"] == [0, 1.5]


@pytest.mark.parametrize("name", ["a.nii", "a.npy", "a.npz", "a.zarr"])
def test_points_in_time_that_mean_something_else_each_are_what_they_mean(series, tmp_path, name):
    first, second = series.volumes
    volumes = (first, second.replace(modality_lut=ModalityLutModule(0.5, -7.25)))
    series = VolumeSeries("series:b", series.voxels, volumes, series.time_values)

    save_volume(series, tmp_path / name)

    if name == "a.nii":
        values = nibabel.load(tmp_path / name).get_fdata().T
    elif name == "a.zarr":
        values = pytest.importorskip("zarr").open_array(tmp_path / name)[...]
    else:
        values = np.load(tmp_path / name)
        values = values["voxels"] if name == "a.npz" else values
    np.testing.assert_array_equal(values[0], series.voxels[0])
    np.testing.assert_array_equal(values[1], series.voxels[1] * 0.5 - 7.25)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.npz", "a.npy", "a.zarr"])
def test_what_was_there_is_replaced_and_nothing_is_left_beside(volume_of, tmp_path, name):
    if name.endswith(".zarr"):
        pytest.importorskip("zarr")
    for dtype in (np.uint8, np.float32):
        save_volume(volume_of(dtype=dtype), tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.nii.gz", "a.npz", "a.zarr"])
def test_what_cannot_be_written_leaves_the_file_as_it_was(volume_of, tmp_path, name, monkeypatch):
    if name.endswith(".zarr"):
        pytest.importorskip("zarr")
    path = tmp_path / name
    save_volume(volume_of(), path)
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}

    replace = type(path).replace

    def refused(made, to):
        if to == path:
            raise OSError(28, "No space left on device")
        return replace(made, to)

    monkeypatch.setattr("pathlib.Path.replace", refused)
    with pytest.raises(OSError, match="No space left"):
        save_volume(volume_of(dtype=np.float64), path)

    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before


def test_a_folder_that_is_no_volume_is_left_alone(volume_of, tmp_path):
    for name in ("a.zarr", "a.npy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own.txt").write_text("mine")
        with pytest.raises(FileExistsError, match="no Zarr array that could be replaced"):
            save_volume(volume_of(), tmp_path / name)
        assert (tmp_path / name / "own.txt").read_text() == "mine"


def test_another_ending_is_refused_and_told_which_there_are(volume_of, tmp_path):
    with pytest.raises(LoaderError, match=r"\.nii\.gz, \.nii, \.npz, \.npy, \.zarr, got 'a\.dcm'"):
        save_volume(volume_of(), tmp_path / "a.dcm")
    with pytest.raises(FileNotFoundError):
        save_volume(volume_of(), tmp_path / "nowhere/a.nii")
