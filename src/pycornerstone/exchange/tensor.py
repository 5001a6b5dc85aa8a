"""Volumes as tensors of PyTorch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pycornerstone.exchange.samples import Values, samples_of

if TYPE_CHECKING:
    from pycornerstone.model.volume import Volume

__all__ = ["to_torch"]


def to_torch(volume: Volume, *, values: Values = "modality") -> Any:
    """Give a volume as a tensor of PyTorch, on the CPU.

    Parameters
    ----------
    volume : Volume
        Greys or colours.
    values : {"modality", "stored"}
        What the voxels mean (HU for CT; float32 where the header scales them), or as they are
        stored. The stored ones are not copied, unless they are of another byte order or run
        backwards in memory: **who writes to the tensor changes the volume**; ``.clone()`` is one of
        its own.

    Returns
    -------
    torch.Tensor
        ``(slices, rows, columns[, 3 or 4])``, in the samples' own type. Of uint16, uint32 and
        uint64 PyTorch has few operations; ``.to(torch.int32)`` has all.

    Raises
    ------
    LoaderError
        If `values` is neither of the two.
    ImportError
        If PyTorch is not installed: no extra brings it, since it comes in forms that differ by
        machine.
    """
    samples = samples_of(volume, values)
    # Not there when this is checked, so it has no types.
    torch = importlib.import_module("torch")
    if not samples.dtype.isnative or min(samples.strides) < 0:
        # PyTorch has no word for either.
        samples = samples.astype(samples.dtype.newbyteorder("="), order="C")
    if samples is volume.voxels:
        return torch.from_dlpack(volume)
    return torch.from_numpy(samples)
