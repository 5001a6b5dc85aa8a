"""The samples of a NIfTI file: how they are stored, and what an image of them holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.nifti_fields import ByteOrder

__all__ = ["is_complex", "native_samples", "pixel_dtype", "sample_type"]

# nifti1.h, "datatype" codes: NumPy type of a sample, and samples a voxel.
_SAMPLES = {
    2: ("u1", 1),
    4: ("i2", 1),
    8: ("i4", 1),
    16: ("f4", 1),
    32: ("c8", 1),
    64: ("f8", 1),
    128: ("u1", 3),
    256: ("i1", 1),
    512: ("u2", 1),
    768: ("u4", 1),
    1024: ("i8", 1),
    1280: ("u8", 1),
    1792: ("c16", 1),
    2304: ("u1", 4),
}
# What SPM99 writes into Analyze headers, which know no such types.
_SPM_SAMPLES = {130: ("i1", 1), 132: ("u2", 1), 136: ("u4", 1)}

# IEEE 754 binary128, which NumPy has only on some machines, by its halves as 64-bit numbers.
_QUADS: dict[ByteOrder, np.dtype[Any]] = {
    "<": np.dtype([("low", "<u8"), ("high", "<u8")]),
    ">": np.dtype([("high", ">u8"), ("low", ">u8")]),
}


def sample_type(code: int, byte_order: ByteOrder, version: int) -> tuple[np.dtype[Any], int]:
    """Give the type of a sample in the file, and the number of samples of a voxel.

    Parameters
    ----------
    code : int
        ``datatype`` of the header.
    byte_order : str
        Of the file.
    version : int
        0 for Analyze, where SPM's codes count too.

    Returns
    -------
    dtype : numpy.dtype
        128-bit floating-point numbers are records of ``high`` and ``low``, complex ones of them
        records of ``real`` and ``imaginary``.
    samples : int
        1, 3 for RGB or 4 for RGBA.

    Raises
    ------
    UnsupportedEncodingError
        For samples of 1 bit.
    DecodeError
        For a code that is none.
    """
    quad = _QUADS[byte_order]
    if code == 1536:
        return quad, 1
    if code == 2048:
        return np.dtype([("real", quad), ("imaginary", quad)]), 1
    if code == 1:
        raise UnsupportedEncodingError(
            "NIfTI with 1-bit samples (datatype 1) is not supported: the standard does not say how "
            "they are packed; convert the image to 8-bit samples"
        )
    known = _SAMPLES | _SPM_SAMPLES if version == 0 else _SAMPLES
    if code not in known:
        raise DecodeError(
            f"datatype {code} of the NIfTI header is no type that NIfTI knows; the file is "
            "damaged, or write it anew with one of the standard's types"
        )
    name, samples = known[code]
    return np.dtype(name).newbyteorder(byte_order), samples


def pixel_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Say what `native_samples` makes of a type.

    Itself in native byte order; of complex numbers the type of their magnitude (float32 of
    complex64, float64 of wider ones); of 128-bit floating-point numbers float64.
    """
    if dtype.names is not None:
        return np.dtype(np.float64)
    if dtype.kind == "c":
        return np.dtype(np.float32 if dtype.itemsize == 8 else np.float64)
    return dtype.newbyteorder("=")


def native_samples(
    stored: npt.NDArray[Any], complex_scaling: tuple[float, float] = (1.0, 0.0)
) -> npt.NDArray[Any]:
    """Copy samples into what an image holds: native byte order, and no more than a real number.

    Parameters
    ----------
    stored : numpy.ndarray
        As in the file, of a type that `sample_type` gives, of any shape and strides.
    complex_scaling : tuple of float
        Slope and intercept, applied to complex samples before their magnitude is taken.

    Returns
    -------
    numpy.ndarray
        Of the same shape, of type `pixel_dtype`, contiguous. 128-bit numbers are rounded to the
        nearest float64, those beyond its range are infinite.
    """
    target = pixel_dtype(stored.dtype)
    if stored.dtype.names is None and stored.dtype.kind != "c":
        return stored.astype(target, order="C")
    # Any bits may come, and infinities and signalling NaN are no reason to warn.
    with np.errstate(all="ignore"):
        if not is_complex(stored.dtype):
            return _from_quads(stored)
        slope, intercept = complex_scaling
        if stored.dtype.kind == "c" and complex_scaling == (1.0, 0.0):
            magnitude: npt.NDArray[Any] = np.abs(stored).astype(target, order="C")
            return magnitude
        real, imaginary = _parts(stored)
        scaled = np.hypot(real * slope + intercept, imaginary * slope)
        return scaled.astype(target, order="C")


def is_complex(dtype: np.dtype[Any]) -> bool:
    """Tell whether a type that `sample_type` gave is one of complex numbers."""
    return dtype.kind == "c" or set(dtype.names or ()) == {"real", "imaginary"}


def _parts(stored: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if stored.dtype.kind == "c":
        return stored.real.astype(np.float64), stored.imag.astype(np.float64)
    return _from_quads(stored["real"]), _from_quads(stored["imaginary"])


def _from_quads(stored: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Round IEEE 754 binary128 to the nearest float64, ties to even.

    The first half is a sign, 15 bits of exponent (biased by 16383) and 48 bits of fraction; the
    second half is the 64 bits of fraction that follow.
    """
    high, low = stored["high"].astype(np.uint64), stored["low"].astype(np.uint64)
    exponent = ((high >> np.uint64(48)) & np.uint64(0x7FFF)).astype(np.int32)
    top = high & np.uint64(0xFFFF_FFFF_FFFF)
    # 53 bits of 113 stay, and of the other 60 whether they round up.
    kept = np.uint64(1 << 52) | top << np.uint64(4) | low >> np.uint64(60)
    rest, half = low & np.uint64((1 << 60) - 1), np.uint64(1 << 59)
    odd = (kept & np.uint64(1)).astype(bool)
    kept += ((rest > half) | ((rest == half) & odd)).astype(np.uint64)
    values = np.ldexp(kept.astype(np.float64), exponent - (16383 + 52))
    # Numbers without a leading one are below 2**-16382, which is 0 in a float64.
    values[exponent == 0] = 0.0
    special = exponent == 0x7FFF
    fraction = (top | low) != 0
    values[special & ~fraction] = np.inf
    values[special & fraction] = np.nan
    negative = (high >> np.uint64(63)).astype(bool)
    return np.where(negative, -values, values)
