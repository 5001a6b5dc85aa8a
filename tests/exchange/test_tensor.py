"""Volumes as tensors of PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.exchange.tensor import to_torch

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

DTYPES = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64"


@pytest.mark.parametrize("dtype", DTYPES.split())
def test_stored_samples_are_shared_whatever_their_type(volume_of, dtype):
    volume = volume_of(dtype=dtype)

    for tensor in (to_torch(volume), torch.from_dlpack(volume)):
        assert tensor.dtype == getattr(torch, dtype)
        assert tensor.shape == (3, 4, 5)
        assert tensor.data_ptr() == volume.voxels.ctypes.data
        assert tensor[2, 3, 4].item() == volume.voxels[2, 3, 4].item()


def test_the_voxels_stay_when_the_volume_is_gone(volume_of):
    tensor = to_torch(volume_of(dtype=np.float32))

    assert tensor.sum().item() == sum(range(60))


def test_what_the_voxels_mean_is_a_tensor_of_its_own(volume_of, hounsfield):
    volume = volume_of(dtype=np.uint16, modality_lut=hounsfield)

    meant, stored = to_torch(volume), to_torch(volume, values="stored")

    assert (meant.dtype, meant[0, 0, 1].item()) == (torch.float32, -1023)
    assert (stored.dtype, stored[0, 0, 1].item()) == (torch.uint16, 1)
    meant += 1
    assert volume.voxels[0, 0, 1] == 1


def test_the_byte_order_becomes_that_of_the_machine(volume_of):
    assert to_torch(volume_of(dtype=">i2"))[2, 3, 4].item() == 59


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_voxels_that_run_backwards_in_memory_are_copied_or_refused(volume_of, axis):
    volume = volume_of()
    volume = volume.replace(voxels=np.flip(volume.voxels, axis))

    tensor = to_torch(volume)

    assert tensor.tolist() == volume.voxels.tolist()
    # PyTorch ends the process if it is given these.
    with pytest.raises(BufferError, match="backwards"):
        torch.from_dlpack(volume)


def test_colours_are_the_last_axis(volume_of):
    assert to_torch(volume_of(dtype=np.uint8, colors=3)).shape == (3, 4, 5, 3)
