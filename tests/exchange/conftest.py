"""Volumes whose places are easy to say by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.model.volume_series import VolumeSeries


def _turned():
    """A turn about z and one about x, each of sides 3, 4 and 5."""
    about_z = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x * (0.5, 2.0, 3.0)
    affine[:3, 3] = (10, -20, 30)
    return affine


def _sheared():
    affine = np.diag((0.5, 2.0, 3.0, 1.0))
    # A gantry that was tilted: each slice is higher than the last, and further back.
    affine[:3, 3] = (10, -20, 30)
    affine[1, 2] = 0.75
    return affine


def _mirrored():
    affine = np.diag((-0.5, 2.0, 3.0, 1.0))
    affine[:3, 3] = (10, -20, 30)
    return affine


AFFINES = {
    "axial": np.diag((0.5, 2.0, 3.0, 1.0)),
    "turned": _turned(),
    "mirrored": _mirrored(),
    "sheared": _sheared(),
}


@pytest.fixture
def volume_of():
    """Make a volume of 3 slices, 4 rows and 5 columns: an affine by name, numbers of a type."""

    def make(affine="turned", dtype=np.int16, colors=0, **fields):
        shape = (3, 4, 5, colors) if colors else (3, 4, 5)
        voxels = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
        geometry = VolumeGeometry((3, 4, 5), AFFINES[affine], "1.2.3")
        return Volume("volume:a", voxels, geometry=geometry, **fields)

    return make


@pytest.fixture
def series(volume_of):
    """Two points in time of one grid."""
    voxels = np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5)
    volumes = tuple(volume_of("axial").replace(voxels=one) for one in voxels)
    return VolumeSeries("series:a", voxels, volumes, (0.0, 1.5))


@pytest.fixture
def hounsfield():
    """Modality LUT of a CT: stored 1024 is water."""
    return ModalityLutModule(1.0, -1024.0, "HU")


@pytest.fixture
def pet_luts():
    """Modality LUTs of three slices of PET."""
    return tuple(ModalityLutModule(slope) for slope in (0.5, 1.5, 0.25))
