"""Volumes as arrays of xarray, asked by millimetres."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pycornerstone.exchange.labelled_array import to_xarray

xarray = pytest.importorskip("xarray")


def test_a_voxel_is_found_by_its_place(volume_of):
    volume = volume_of("mirrored")
    array = to_xarray(volume)

    assert array.dims == ("k", "j", "i")
    # By hand: columns go from 10 down by 0.5, rows from -20 up by 2, slices from 30 up by 3.
    voxel = array.sel(x=8.5, y=-16, z=36)
    assert int(voxel) == volume.voxels[2, 2, 3]
    assert array["z"].values.tolist() == [30, 33, 36]
    assert array["x"].attrs["units"] == "mm"
    nearest = array.sel(x=9.3, y=-17.2, z=34, method="nearest")
    assert int(nearest) == volume.voxels[1, 1, 1]


def test_axes_that_run_along_others_of_the_patient_are_named_by_them(volume_of):
    volume = volume_of("axial")
    sagittal = np.array([[0, 0, 2.0, 1], [0.5, 0, 0, 2], [0, -3.0, 0, 4], [0, 0, 0, 1]])
    turned = volume.replace(geometry=type(volume.geometry)((3, 4, 5), sagittal))
    array = to_xarray(turned)

    assert (array["x"].dims, array["y"].dims, array["z"].dims) == (("k",), ("i",), ("j",))
    assert array["z"].values.tolist() == [4, 1, -2, -5]


@pytest.mark.parametrize("affine", ["turned", "sheared"])
def test_others_have_the_affine_alone(volume_of, affine):
    volume = volume_of(affine)
    array = to_xarray(volume)

    assert not array.coords
    np.testing.assert_array_equal(np.reshape(array.attrs["affine"], (4, 4)), volume.affine)


def test_voxels_are_not_copied_and_attributes_are_plain(volume_of, series):
    volume = volume_of(modality="CT")
    array = to_xarray(volume)

    assert np.shares_memory(array.values, volume.voxels)
    assert np.shares_memory(to_xarray(series).values, series.voxels)
    assert json.loads(json.dumps(array.attrs)) == array.attrs
    assert array.attrs["modality"] == "CT"
    assert array.attrs["frame_of_reference_uid"] == "1.2.3"


def test_what_the_voxels_mean_has_its_unit(volume_of, hounsfield):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)

    meant, stored = to_xarray(volume), to_xarray(volume, values="stored")

    assert (float(meant[0, 0, 1]), meant.attrs["units"]) == (-1023, "HU")
    assert int(stored[0, 0, 1]) == 1
    assert "units" not in stored.attrs


def test_colours_and_points_in_time_are_axes(volume_of, series):
    volume = volume_of(dtype=np.uint8, colors=3)
    green = to_xarray(volume).sel(channel="G")
    later = to_xarray(series).sel(t=1.5, z=3)

    np.testing.assert_array_equal(green.values, volume.voxels[..., 1])
    assert later.dims == ("j", "i")
    np.testing.assert_array_equal(later.values, series.voxels[1, 1])
