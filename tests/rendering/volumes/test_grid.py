"""What is made of a volume for oblique planes grows with it."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.model.volume import Volume
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.rendering.volumes.cut import VolumeSource, cut

LINEAR = Interpolation.LINEAR
SIZE = (37, 31)
TURNED = np.array(
    [[0.61, 0.17, 0.4, 6.3], [-0.2, 0.53, 0.3, 8.1], [0.13, -0.08, 0.7, 7.2], [0, 0, 0, 1]]
)


def with_corners_cut(voxels, hole):
    """As of CT: beyond the circle there is padding, in places for several slices on end."""
    j, i = np.mgrid[-15:15, -20:20]
    beyond = (i / 18) ** 2 + (j / 13) ** 2 > 1
    voxels = voxels.copy()
    voxels[:, beyond] = hole
    voxels[9:11] = hole
    return voxels


@pytest.mark.parametrize(
    "kind", ["plain", "padded", "not a number", "table", "by slice", "64 bits"]
)
def test_slices_that_come_are_taken_into_what_was_made(noise, kind):
    volume = Volume("test:", noise)
    if kind == "padded":
        volume = Volume("test:", with_corners_cut(noise, -3000), padding_range=(-3000, -3000))
    elif kind == "not a number":
        volume = Volume("test:", with_corners_cut(noise.astype(np.float32), np.nan))
    elif kind == "table":
        squares = LookupTable(np.arange(256, dtype=np.uint16) ** 2, 0, 16)
        small = (noise & 255).astype(np.uint8)
        volume = Volume("test:", small, modality_lut=ModalityLutModule(lut=squares))
    elif kind == "by slice":
        luts = tuple(ModalityLutModule(rescale_slope=1 + k) for k in range(20))
        volume = Volume("test:", noise, slice_modality_luts=luts)
    elif kind == "64 bits":
        volume = Volume("test:", noise.astype(np.int64))
    complete = cut(VolumeSource(volume), TURNED, SIZE, LINEAR)
    voxels = np.zeros_like(volume.voxels)
    if voxels.dtype.kind == "f":
        voxels[:] = np.nan
    loaded = np.zeros(20, bool)
    source = VolumeSource(volume.replace(voxels=voxels), loaded)
    seen = 0
    for k in np.random.default_rng(1).permutation(20).tolist():
        voxels[k] = volume.voxels[k]
        loaded[k] = True
        made = cut(source, TURNED, SIZE, LINEAR)
        assert np.isfinite(made.values).all()
        inside = np.ones(SIZE[::-1], bool) if made.inside is None else made.inside > 0
        outside = ~inside if complete.inside is None else ~inside | (complete.inside == 0)
        if kind not in {"padded", "not a number"}:
            # What is in a slice that is there does not depend on others.
            assert np.array_equal(made.values[inside], complete.values[inside])
        assert outside[inside].sum() == 0
        seen += int(inside.sum())
    assert seen > 1000
    assert np.array_equal(made.values[inside], complete.values[inside])
    assert (complete.inside is None) == (made.inside is None)
    assert complete.inside is None or np.array_equal(made.inside, complete.inside)


def test_a_slice_that_comes_does_not_have_others_made_again(noise):
    voxels = with_corners_cut(noise, -3000)
    loaded = np.ones(20, bool)
    loaded[15] = False
    source = VolumeSource(Volume("test:", voxels, padding_range=(-3000, -3000)), loaded)
    samples = source.grid.samples
    samples[3, 15, 20] = 1234
    loaded[15] = True
    assert source.grid.samples is samples
    assert samples[3, 15, 20] == 1234
    assert (samples[15, 10:20, 15:25] == noise[15, 10:20, 15:25]).all()
    source.mark_modified()
    assert source.grid.samples[3, 15, 20] == noise[3, 15, 20]
