"""Colour management: red, green and blue as a scanner or camera means them, turned into sRGB."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["lab_to_srgb", "to_srgb"]

# ICC.1:2022 section 7.2: where the header has the colour space, the signature and the intent.
_COLOR_SPACE = slice(16, 20)
_SIGNATURE = slice(36, 40)
_INTENT = 67
# With it, Little CMS computes every pixel. Its tables for 16 bits are up to 20 of 255 levels off;
# for 8 bits it has exact ones.
_NO_TABLES = 0x0100
# From D50 XYZ, the white of profiles, to the linear red, green and blue of sRGB (IEC 61966-2-1),
# adapted to D65 by Bradford.
_LINEAR_SRGB_OF_D50 = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)
_D50 = (0.9642, 1.0, 0.8249)


def to_srgb(samples: npt.NDArray[Any], profile: bytes) -> npt.NDArray[Any]:
    """Apply an ICC profile.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(rows, columns, 3)`` red, green and blue, uint8 or uint16.
    profile : bytes
        ICC Profile (0028,2000), an input profile of RGB.

    Returns
    -------
    numpy.ndarray
        The same in sRGB, of the same shape and type.

    Raises
    ------
    DecodeError
        If the profile is broken or not one of RGB, or the samples are of another type.

    References
    ----------
    DICOM PS3.3 C.11.15 (ICC Profile Module).
    """
    if samples.dtype not in (np.uint8, np.uint16):
        raise DecodeError(
            f"(0028,2000) ICC Profile cannot be applied to samples of {samples.dtype}; those of 8 "
            "and 16 bits are supported"
        )
    if profile[_SIGNATURE] != b"acsp" or profile[_COLOR_SPACE] != b"RGB ":
        raise DecodeError(
            f"(0028,2000) ICC Profile of {len(profile)} bytes is no profile of red, green and "
            "blue; the image can be drawn without it"
        )
    import imagecodecs

    try:
        managed: npt.NDArray[Any] = imagecodecs.cms_transform(
            np.ascontiguousarray(samples),
            profile,
            _srgb_profile(),
            colorspace="rgb",
            outcolorspace="rgb",
            intent=profile[_INTENT] & 3,
            flags=_NO_TABLES if samples.dtype == np.uint16 else 0,
        )
    except (imagecodecs.CmsError, ValueError) as error:
        raise DecodeError(
            f"(0028,2000) ICC Profile of {len(profile)} bytes cannot be applied: {error}; the "
            "image can be drawn without it"
        ) from error
    return managed


def lab_to_srgb(stored: tuple[int, ...]) -> tuple[int, int, int]:
    """Turn a CIELab colour as DICOM stores it into the nearest colour of a screen.

    Parameters
    ----------
    stored : tuple of int
        L*, a* and b* as 0 to 65535, which is 0 to 100 and -128 to 127 (PS3.3 C.10.7.1.1).

    Returns
    -------
    tuple of int
        Red, green and blue, 0 to 255.
    """
    shares = [min(max(part, 0), 65535) / 65535 for part in stored]
    lightness, a, b = shares[0] * 100, shares[1] * 255 - 128, shares[2] * 255 - 128
    # CIE 15: the inverse of L* = 116 f(Y) - 16, a* = 500 (f(X) - f(Y)), b* = 200 (f(Y) - f(Z)).
    y = (lightness + 16) / 116
    roots = (y + a / 500, y, y - b / 200)
    xyz = [
        white * (root**3 if root > 6 / 29 else 3 * (6 / 29) ** 2 * (root - 4 / 29))
        for white, root in zip(_D50, roots, strict=True)
    ]
    linear = np.clip(_LINEAR_SRGB_OF_D50 @ xyz, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.rint(encoded * 255).astype(int).tolist()
    return red, green, blue


@cache
def _srgb_profile() -> bytes:
    import imagecodecs

    return bytes(imagecodecs.cms_profile("srgb"))
