"""Photometric interpretations: what samples stand for, and what they are after decoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    from pycornerstone.model.modules import ImagePixelModule

__all__ = ["PHOTOMETRIC_INTERPRETATIONS", "PhotometricInterpretation", "photometric_interpretation"]


@dataclass(frozen=True, slots=True)
class PhotometricInterpretation:
    """One that can be decoded (PS3.3 C.7.6.3.1.2).

    Attributes
    ----------
    name : str
        Value of (0028,0004).
    samples : int
        Samples per Pixel (0028,0002) that it is of.
    becomes : str
        Photometric interpretation of the decoded image.
    how : str
        What is done for it, in words.
    """

    name: str
    samples: int
    becomes: str
    how: str

    @property
    def is_ybr(self) -> bool:
        """Its samples are Y, CB and CR until they are converted."""
        return self.name in _YBR


_YBR = frozenset({"YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420"})

PHOTOMETRIC_INTERPRETATIONS: dict[str, PhotometricInterpretation] = {
    entry.name: entry
    for entry in (
        PhotometricInterpretation("MONOCHROME1", 1, "MONOCHROME1", "grey; low values are bright"),
        PhotometricInterpretation(
            "MONOCHROME2",
            1,
            "MONOCHROME2",
            "grey; a supplemental palette, where the header has one, comes with the image",
        ),
        PhotometricInterpretation(
            "PALETTE COLOR",
            1,
            "PALETTE COLOR",
            "indices; the palette comes with the image: of 8 or 16 bits, plain or in segments, "
            "from any first value on, with or without opacity",
        ),
        PhotometricInterpretation("RGB", 3, "RGB", "as it is"),
        PhotometricInterpretation("YBR_FULL", 3, "RGB", "converted, of up to 16 bits"),
        PhotometricInterpretation(
            "YBR_FULL_422",
            3,
            "RGB",
            "converted; uncompressed, two pixels share a colour, unless the length tells otherwise",
        ),
        PhotometricInterpretation(
            "YBR_PARTIAL_422",
            3,
            "RGB",
            "converted from the range of video, 8 bits; uncompressed, two pixels share a colour, "
            "unless the length tells otherwise",
        ),
        PhotometricInterpretation(
            "YBR_PARTIAL_420",
            3,
            "RGB",
            "converted from the range of video, 8 bits; uncompressed only where no colour is "
            "shared, since the standard does not say how a shared one lies",
        ),
        PhotometricInterpretation(
            "YBR_ICT", 3, "RGB", "as it is: undone by the decoder of JPEG 2000, or since"
        ),
        PhotometricInterpretation(
            "YBR_RCT", 3, "RGB", "as it is: undone by the decoder of JPEG 2000, or since"
        ),
        PhotometricInterpretation("XYB", 3, "RGB", "of JPEG XL only, whose decoder undoes it"),
    )
}
"""Every photometric interpretation that can be decoded, by its name."""


def photometric_interpretation(pixel: ImagePixelModule) -> PhotometricInterpretation:
    """Find that of a header.

    Raises
    ------
    DecodeError
        If it does not go with the number of samples.
    UnsupportedEncodingError
        If it is none that can be decoded, such as the retired ARGB, HSV and CMYK.
    """
    named = pixel.photometric_interpretation
    known = PHOTOMETRIC_INTERPRETATIONS.get(named)
    if known is None:
        raise UnsupportedEncodingError(
            f"(0028,0004) Photometric Interpretation is {named!r}; MONOCHROME1, MONOCHROME2, "
            "PALETTE COLOR, RGB and the YBR ones are supported"
        )
    if known.samples != pixel.samples_per_pixel:
        raise DecodeError(
            f"(0028,0004) Photometric Interpretation is {named} but (0028,0002) Samples per Pixel "
            f"is {pixel.samples_per_pixel}"
        )
    return known
