"""Samples of a TIFF page as they are stored, made grey, RGB or RGBA (TIFF 6.0 sections 3 to 23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.color import ybr_to_rgb
from pycornerstone.codecs.color_depth import spread_samples
from pycornerstone.codecs.tiff_page import JPEG, JPEG_2000, JPEG_XL, WEBP
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.tiff_directory import TiffDirectory
    from pycornerstone.codecs.tiff_page import TiffPageLayout

__all__ = ["check_colors", "color_type_of", "has_alpha", "outline_of_colors", "to_colors"]

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, CMYK, YCBCR = range(7)
_TYPES = {PALETTE: "palette", RGB: "RGB", CMYK: "CMYK", YCBCR: "YCbCr"}
_SAMPLES = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, MASK: 1, CMYK: 4, YCBCR: 3}
# Associated and unassociated alpha (tag 338).
_ASSOCIATED, _UNASSOCIATED = 1, 2
_COLOR_MAP, _SUBSAMPLING = 320, 530
# What is computed on the way takes some times as much memory as the samples.
_PIXELS_AT_ONCE = 1 << 18


def color_type_of(page: TiffPageLayout) -> str:
    """Name what is stored: ``"grey"``, ``"palette"``, ``"RGB"``, ``"CMYK"``, ``"YCbCr"``."""
    return _TYPES.get(page.photometric, "grey")


def has_alpha(page: TiffPageLayout) -> bool:
    """Say whether the first sample after the colours is how opaque a pixel is."""
    return _alpha_of(page) in {_ASSOCIATED, _UNASSOCIATED}


def check_colors(tags: TiffDirectory, page: TiffPageLayout) -> None:
    """Refuse samples that cannot be shown, before they are decoded.

    Raises
    ------
    DecodeError
        If there are fewer samples than colours, or a palette without colours.
    UnsupportedEncodingError
        If they are neither grey, RGB, palette, CMYK nor YCbCr; or are several greys a pixel, of
        which nobody says which is to be seen.
    """
    colors = _SAMPLES.get(page.photometric)
    if colors is None:
        name = {8: " (CIELab)", 32803: " (raw of a camera)"}.get(page.photometric, "")
        raise UnsupportedEncodingError(
            f"this TIFF page has colours of kind {page.photometric}{name}; grey, RGB, palette, "
            "CMYK and YCbCr can be read, convert it to RGB"
        )
    if page.samples < colors:
        raise DecodeError(f"broken TIFF: {color_type_of(page)} with {page.samples} samples a pixel")
    if colors == 1 and page.samples > 1 + has_alpha(page) and page.photometric != PALETTE:
        raise UnsupportedEncodingError(
            f"this TIFF page has {page.samples} grey samples a pixel, which are several pictures; "
            "write a page for each"
        )
    is_integer = np.dtype(page.dtype).kind == "u"
    if page.photometric == CMYK and tags.integer(332, 1) != 1:
        raise UnsupportedEncodingError("this TIFF page has other inks than CMYK (tag 332)")
    if page.photometric in {CMYK, YCBCR, PALETTE} and not (is_integer and page.bits <= 16):
        raise UnsupportedEncodingError(
            f"this TIFF page is {color_type_of(page)} of {page.bits} bits; unsigned ones of up to "
            "16 are supported"
        )
    if page.photometric == YCBCR and page.samples > 3:
        raise UnsupportedEncodingError(
            f"this TIFF page is YCbCr with {page.samples} samples a pixel; 3 are supported"
        )
    if page.photometric == YCBCR and page.compression not in JPEG | JPEG_2000 | JPEG_XL | WEBP:
        # Where nothing is said they are 2 and 2 (TIFF 6.0, section 21).
        steps = tags.integers(_SUBSAMPLING).tolist() or [2, 2]
        if steps != [1, 1]:
            raise UnsupportedEncodingError(
                f"this TIFF page is YCbCr with fewer samples of colour (tag 530: {steps[:2]}), and "
                "no JPEG; write it as RGB"
            )
    if np.dtype(page.dtype).kind == "i" and (page.photometric == RGB or has_alpha(page)):
        raise UnsupportedEncodingError(
            "this TIFF page is RGB, or grey with alpha, of signed numbers; write unsigned ones"
        )
    if page.photometric == PALETTE and tags.integers(_COLOR_MAP).size < 3 << page.bits:
        raise DecodeError("broken TIFF: a palette of less colours than its bits can name")


def to_colors(
    samples: npt.NDArray[Any], tags: TiffDirectory, page: TiffPageLayout
) -> tuple[npt.NDArray[Any], str]:
    """Make samples grey, RGB or RGBA.

    Greys of 1 to 7 bits are spread over 0 to 255, as those of PNG are, and colours of 9 to 15 bits
    over 0 to 65535; greys of more than 8 bits stay as they are. Palettes, of 16 bits in the file,
    become RGB of 8 if no colour of theirs has more, else of 16. Samples that are neither colour nor
    alpha are left out. Associated alpha is made unassociated. CMYK is mixed without its profile.

    Parameters
    ----------
    samples : numpy.ndarray
        ``(rows, columns, samples)``, or without the last.
    tags, page
        Of the page, which `check_colors` passed.

    Returns
    -------
    tuple of numpy.ndarray, str
        ``(rows, columns)`` or ``(rows, columns, 3 or 4)``; and MONOCHROME1, MONOCHROME2 or RGB.
    """
    samples = samples.reshape(page.rows, page.columns, page.samples)
    if page.photometric == PALETTE:
        return np.take(_palette(tags, page.bits), samples[..., 0], axis=0), "RGB"
    is_clear = has_alpha(page)
    if _is_grey(page):
        return spread_samples(samples[..., 0], page.bits), _photometric_of(page)
    colors = np.empty((page.rows, page.columns, 3 + is_clear), samples.dtype)
    rows = max(_PIXELS_AT_ONCE // page.columns, 1)
    for start in range(0, page.rows, rows):
        part, shown = samples[start : start + rows], colors[start : start + rows]
        shown[..., :3] = _rgb(part, page)
        if is_clear:
            shown[..., 3] = part[..., _SAMPLES[page.photometric]]
        if _alpha_of(page) == _ASSOCIATED:
            shown[..., :3] = _divided(shown[..., :3], shown[..., 3], page.bits)
    return np.ascontiguousarray(spread_samples(colors, page.bits)), "RGB"


def outline_of_colors(
    tags: TiffDirectory, page: TiffPageLayout
) -> tuple[tuple[int, ...], str, str]:
    """Say what `to_colors` makes of samples: their shape, type, and what they are.

    Parameters
    ----------
    tags, page
        Of the page, which `check_colors` passed.
    """
    shape: tuple[int, ...] = (page.rows, page.columns)
    if page.photometric == PALETTE:
        return (*shape, 3), _palette(tags, page.bits).dtype.str, "RGB"
    if not _is_grey(page):
        shape = (*shape, 3 + has_alpha(page))
    return shape, page.dtype, _photometric_of(page)


def _is_grey(page: TiffPageLayout) -> bool:
    """Say whether what is shown of a page is grey."""
    return page.photometric in {WHITE_IS_ZERO, BLACK_IS_ZERO, MASK} and not has_alpha(page)


def _photometric_of(page: TiffPageLayout) -> str:
    if not _is_grey(page):
        return "RGB"
    return "MONOCHROME1" if page.photometric == WHITE_IS_ZERO else "MONOCHROME2"


def _alpha_of(page: TiffPageLayout) -> int:
    colors = _SAMPLES.get(page.photometric, 0)
    if page.samples <= colors or not page.extra_samples:
        return 0
    return page.extra_samples[0]


def _rgb(samples: npt.NDArray[Any], page: TiffPageLayout) -> npt.NDArray[Any]:
    if page.photometric in {WHITE_IS_ZERO, BLACK_IS_ZERO, MASK}:
        grey = samples[..., :1]
        if page.photometric == WHITE_IS_ZERO:
            grey = _white(page) - grey
        return np.repeat(grey, 3, axis=2)
    if page.photometric == CMYK:
        white = _white(page)
        light = (white - samples[..., :4]).astype(np.uint32)
        mixed = (light[..., :3] * light[..., 3:] + white // 2) // white
        rgb: npt.NDArray[Any] = mixed.astype(samples.dtype)
        return rgb
    # What codecs of pictures decode is RGB already, unless they see a plane alone.
    is_decoded = page.compression in JPEG | JPEG_XL | WEBP and not page.is_planar
    if page.photometric == YCBCR and not is_decoded:
        return ybr_to_rgb(np.ascontiguousarray(samples[..., :3]), "YBR_FULL", page.bits)
    return samples[..., :3]


def _white(page: TiffPageLayout) -> Any:
    dtype = np.dtype(page.dtype)
    return dtype.type(1 if dtype.kind == "f" else (1 << page.bits) - 1)


def _divided(colors: npt.NDArray[Any], alpha: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Give the colour of what was multiplied by how opaque it is."""
    is_float = colors.dtype.kind == "f"
    white = 1.0 if is_float else float((1 << bits) - 1)
    opacity = alpha[..., np.newaxis].astype(np.float64) / white
    # Floats may be anything; what is too large becomes infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        divided = colors / np.where(opacity > 0, opacity, 1)
        if not is_float:
            divided = np.clip(np.rint(divided), 0, white)
        result: npt.NDArray[Any] = divided.astype(colors.dtype)
    return result


def _palette(tags: TiffDirectory, bits: int) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Give the colours, (colours, 3), of 8 bits where no more are in their 16."""
    colors = tags.integers(_COLOR_MAP)[: 3 << bits].reshape(3, -1).T
    # Some writers put 8 bits into 16 as they are; libtiff tells them in the same way. Others shift
    # them, or repeat them, so that white is 65535.
    if colors.max() < 256:
        return colors.astype(np.uint8)
    has_more = (colors % 257 != 0) & (colors % 256 != 0)
    return colors.astype(np.uint16) if has_more.any() else (colors >> 8).astype(np.uint8)
