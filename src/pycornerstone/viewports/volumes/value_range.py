"""Lowest and highest value of a volume, from a part of it where it is large."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.voi import computed_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.volume import Volume

__all__ = ["sampled_range"]

# Of so many voxels it takes 20 ms.
_MOST = 2**21


def sampled_range(
    volume: Volume, loaded: npt.NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Give the lowest and highest modality value of a grey volume, padding left out.

    Of more than 2 million voxels, every second, third or so along each axis is looked at.

    Parameters
    ----------
    volume : Volume
        The volume.
    loaded : numpy.ndarray of bool, optional
        ``(slices,)``, which of them count.

    Returns
    -------
    tuple of float
        ``(lower, upper)``; ``(0, 1)`` where no value counts.
    """
    step = max(1, math.ceil((math.prod(volume.shape) / _MOST) ** (1 / 3)))
    slices = np.arange(volume.shape[0]) if loaded is None else np.flatnonzero(loaded)
    # The middle of each stretch, so that few slices are not only the first of them.
    chosen = slices[(len(slices) - 1) % step // 2 :: step]
    ranges = [_of_slice(volume, k, step) for k in chosen.tolist()]
    found = [one for one in ranges if one is not None]
    if not found:
        return 0.0, 1.0
    return min(lower for lower, _ in found), max(upper for _, upper in found)


def _of_slice(volume: Volume, k: int, step: int) -> tuple[float, float] | None:
    stored = volume.voxels[k, ::step, ::step]
    valid = None
    if volume.padding_range is not None:
        lowest, highest = sorted(volume.padding_range)
        valid = (stored < lowest) | (stored > highest)
    if stored.dtype.kind == "f":
        finite = np.isfinite(stored)
        valid = finite if valid is None else finite & valid
    if valid is not None:
        stored = stored[valid]
    if not stored.size:
        return None
    lut = volume.lut_of_slice(k)
    if lut.lut is None:
        # Of a straight line, the ends are enough.
        stored = np.array([stored.min(), stored.max()])
    return computed_range(lut.apply(stored, np.float64))
