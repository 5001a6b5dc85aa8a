"""What conversions are given, and cannot be."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as pc
from pycornerstone.errors import LoaderError


@pytest.fixture
def volume():
    return pc.Volume("v", np.zeros((2, 3, 4), np.int16))


@pytest.mark.parametrize("values", [None, "raw", [], {}, np.zeros(3), 3])
@pytest.mark.parametrize("convert", [pc.to_nibabel, pc.to_simpleitk, pc.to_torch, pc.to_xarray])
def test_values_are_modality_or_stored(volume, convert, values):
    with pytest.raises(LoaderError, match="values are 'modality' or 'stored', got"):
        convert(volume, values=values)


@pytest.mark.parametrize("ending", [".nii", ".npz", ".npy", ".zarr"])
@pytest.mark.parametrize("values", [None, []])
def test_no_file_is_written_of_other_values(volume, tmp_path, ending, values):
    with pytest.raises(LoaderError, match="values are 'modality' or 'stored', got"):
        pc.save_volume(volume, tmp_path / f"volume{ending}", values=values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [3, "", [], np.zeros(3)])
def test_a_volume_from_elsewhere_has_a_text_for_its_id(volume, given):
    for back, image in (
        (pc.from_nibabel, pc.to_nibabel(volume)),
        (pc.from_simpleitk, pc.to_simpleitk(volume)),
    ):
        with pytest.raises(TypeError, match="a volumeId is a text, got"):
            back(image, volume_id=given)


@pytest.mark.parametrize("given", ["", [], 0.5, np.zeros(3)])
def test_a_point_in_time_is_a_whole_number(volume, given):
    with pytest.raises(LoaderError, match="time points are 0 to 0, got"):
        pc.from_nibabel(pc.to_nibabel(volume), time_point=given)
