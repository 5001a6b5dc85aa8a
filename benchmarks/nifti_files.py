"""A NIfTI file as a scanner's is: smooth, with noise, about half its size in gzip."""

from __future__ import annotations

import numpy as np

__all__ = ["nifti_bytes"]


def nifti_bytes(size: int) -> bytes:
    """Give a file of ``size`` voxels along each axis, int16, that nibabel writes."""
    import nibabel

    i, j, k = np.ogrid[:size, :size, :size]
    smooth = 1000 + 500 * np.sin(i / 20) * np.cos(j / 30) * np.sin(k / 25)
    noise = np.random.default_rng(0).normal(0, 12, smooth.shape)
    affine = np.diag([-1.0, 1.0, 1.5, 1.0])
    data: bytes = nibabel.Nifti1Image((smooth + noise).astype(np.int16), affine).to_bytes()
    return data
