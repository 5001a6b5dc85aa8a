"""From which value to which a NIfTI file is shown at first, where its header does not say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.metadata.nifti_samples import native_samples
from pycornerstone.metadata.nifti_slices import NiftiSlices

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    import numpy.typing as npt

    from pycornerstone.metadata.nifti import NiftiHeader

__all__ = ["sample_range", "sampled_range"]

_SLICES = 8
_SAMPLES = 1 << 16
# Of a series, so many of them are the middle slice of a later point in time.
_LATER = 3


def sample_range(header: NiftiHeader, data: bytes | memoryview) -> None:
    """Let the header know the `sampled_range` of its voxels, if it has none and does not know yet.

    Parameters and errors are those of `sampled_range`.
    """
    if header.lacks_range:
        header.know_range(sampled_range(header, data))


def sampled_range(header: NiftiHeader, data: bytes | memoryview) -> tuple[float, float] | None:
    """Find the lowest and the highest value in a sample of a file.

    Up to 8 slices along k, spread evenly, and of each some 65,536 samples: a range for the whole
    file, so that its slices are shown alike. Of a series, 5 of its first point in time, and the
    middle one of 3 others.

    Parameters
    ----------
    header : NiftiHeader
        Of the file.
    data : bytes or memoryview
        The (decompressed) file that holds the voxels, all of them.

    Returns
    -------
    tuple of float or None
        Values after scaling, of complex samples the magnitude; those that are not finite are left
        out. None for colours, and where all are the same or none is finite.

    Raises
    ------
    DecodeError
        If `data` ends too early.
    """
    if header.samples_per_voxel != 1:
        return None
    slices = NiftiSlices(header)
    lows, highs = [], []
    with np.errstate(all="ignore"):
        for frame in sorted(_frames(header)):
            part = _thinned(slices.stored(data, frame))
            if part.dtype.kind not in "iuf":
                part = native_samples(part, header.complex_scaling)
            low, high = part.min(), part.max()
            if part.dtype.kind == "f" and not math.isfinite(high - low):
                finite = part[np.isfinite(part)]
                if finite.size == 0:
                    continue
                low, high = finite.min(), finite.max()
            lows.append(float(low))
            highs.append(float(high))
    if not lows:
        return None
    ends = [header.slope * end + header.intercept for end in (min(lows), max(highs))]
    lower, upper = min(ends), max(ends)
    is_shown = lower < upper and math.isfinite(upper - lower) and math.isfinite(upper + lower)
    return (lower, upper) if is_shown else None


def _frames(header: NiftiHeader) -> set[int]:
    if header.volumes == 1:
        return set(_spread(header.slices, _SLICES))
    # The first point in time is shown first, and the brightest of many a series.
    later = _spread(header.volumes - 1, _LATER)
    middle = header.slices // 2
    first = set(_spread(header.slices, _SLICES - _LATER))
    return first | {(1 + volume) * header.slices + middle for volume in later}


def _spread(count: int, parts: int) -> Iterator[int]:
    """Give the middle of each part."""
    return ((2 * part + 1) * count // (2 * parts) for part in range(parts))


def _thinned(part: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Leave out rows, and columns only of very long ones: what lies side by side is fast."""
    rows, columns = part.shape
    step = -(-rows * columns // _SAMPLES)
    return part[step // 2 % rows :: step, :: -(-columns // _SAMPLES)]
