"""What is known of a frame of a picture, as metadata modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.luts import VoiWindow
from pycornerstone.model.modules import (
    CineModule,
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
    PictureModule,
    SpacingType,
    VoiLutModule,
)

if TYPE_CHECKING:
    from pycornerstone.codecs.picture_file import Picture
    from pycornerstone.model.modules import Module

__all__ = ["PICTURE_MODULES", "picture_modules"]

PICTURE_MODULES = frozenset(
    module.type_name
    for module in (
        CineModule,
        GeneralSeriesModule,
        ImagePixelModule,
        ImagePlaneModule,
        MultiframeModule,
        PictureModule,
        VoiLutModule,
    )
)
"""The modules that `picture_modules` can give."""

# Programs that measure write these; all others say how large a picture is to be printed.
_MEASURED = frozenset({"OME", "ImageJ"})


def picture_modules(picture: Picture) -> tuple[Module, ...]:
    """Give all that is known of a frame.

    Pixel density becomes a spacing that is marked as UNCALIBRATED, and the pixel size of
    microscopes (OME) one in what was looked at. A shape of pixels without a length is their aspect
    ratio.
    """
    about = picture.about
    pixel = _image_pixel(picture)
    modules: list[Module] = [
        about,
        pixel,
        _image_plane(picture),
        VoiLutModule(windows=_windows(pixel)),
        # OT, "Other" (PS3.3 C.7.3.1.1.1): nobody knows what made the picture, and XC (external
        # camera) or ES (endoscopy) would claim to.
        GeneralSeriesModule(modality="OT"),
        MultiframeModule(about.number_of_frames, about.frame_number),
    ]
    if about.frame_duration_ms is not None:
        modules.append(
            CineModule(
                # GIF means as fast as possible by 0, which is no time (0018,1063).
                frame_time_ms=about.frame_duration_ms or None,
                number_of_frames=about.number_of_frames,
                preferred_playback_sequencing=0 if about.loop_count == 0 else None,
            )
        )
    return tuple(modules)


def _image_pixel(picture: Picture) -> ImagePixelModule:
    pixels = picture.pixels
    allocated = pixels.dtype.itemsize * 8
    stored = _bits_stored(picture)
    return ImagePixelModule(
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        samples_per_pixel=1 if pixels.ndim == 2 else pixels.shape[2],
        photometric_interpretation=picture.photometric_interpretation,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1,
        pixel_representation=int(pixels.dtype.kind == "i"),
        number_of_frames=picture.about.number_of_frames,
        is_float=pixels.dtype.kind == "f",
        icc_profile=picture.icc_profile,
        pixel_aspect_ratio=picture.about.pixel_aspect_ratio,
    )


def _bits_stored(picture: Picture) -> int:
    """Give the bits that are used: all, unless the file says fewer and no sample has more."""
    pixels, said = picture.pixels, picture.about.bits_per_sample
    allocated = pixels.dtype.itemsize * 8
    # Greys of fewer than 8 bits are spread over 0 to 255 by their readers, and colours of fewer
    # than 16 over 0 to 65535.
    if pixels.ndim == 3:
        return allocated
    if pixels.dtype.kind == "u" and 8 < said < allocated and int(np.max(pixels)) < 1 << said:
        return said
    return allocated


def _image_plane(picture: Picture) -> ImagePlaneModule:
    about = picture.about
    row, column = about.row_pixel_spacing_mm, about.column_pixel_spacing_mm
    kind = None
    if row is not None and column is not None:
        is_measured = about.spacing_source in _MEASURED
        kind = SpacingType.PATIENT if is_measured else SpacingType.UNCALIBRATED
    return ImagePlaneModule(
        rows=picture.pixels.shape[0],
        columns=picture.pixels.shape[1],
        row_pixel_spacing_mm=None if kind is None else row,
        column_pixel_spacing_mm=None if kind is None else column,
        spacing_type=kind,
        pixel_aspect_ratio=about.pixel_aspect_ratio if kind is None else None,
    )


def _windows(pixel: ImagePixelModule) -> tuple[VoiWindow, ...]:
    """Give the window that shows every value as it is, where that is how it is to be seen.

    Grey of more than 8 bits is a measurement that fills some part of its range, and black if all
    of the range were shown: the values that are there make its window. So it is of floats.
    """
    is_color = pixel.samples_per_pixel > 1
    if pixel.is_float or pixel.pixel_representation or not (is_color or pixel.bits_stored <= 8):
        return ()
    # By PS3.3 C.11.2.1.2.1, centre 128 and width 256 leave 0 to 255 as they are, as everybody else
    # shows them.
    bits = pixel.bits_stored
    return (VoiWindow(center=2.0 ** (bits - 1), width=2.0**bits),)
