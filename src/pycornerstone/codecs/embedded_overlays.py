"""Overlays in the bits of samples that are no part of the value, as older images have them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule, OverlayPlane

    DecodeSamples = Callable[[EncodedFrame], npt.NDArray[Any]]

__all__ = ["with_embedded_bits"]

_log = logging.getLogger("pycornerstone.codecs")


def with_embedded_bits(
    overlays: tuple[OverlayPlane, ...],
    encoded: EncodedFrame,
    pixel: ImagePixelModule,
    decode: DecodeSamples,
) -> tuple[OverlayPlane, ...]:
    """Give overlays with the bits of those that lie in the samples.

    The frame is decoded once more, with all allocated bits, if there are such overlays. One whose
    bits are not there, because it has another size, its bit is one of the value, or a codec has
    dropped it, is left out, and that is logged: the image can be shown without.

    Parameters
    ----------
    overlays : tuple of OverlayPlane
        What the header says.
    encoded : EncodedFrame
        The frame.
    pixel : ImagePixelModule
        What its samples mean.
    decode : callable
        Gives the samples of a frame.

    References
    ----------
    DICOM PS3.5-2004 section 8.1.1 and PS3.3-2004 C.9.2: Overlay Bit Position (60xx,0102) counts
    from 0, the lowest bit of a sample.
    """
    embedded = [overlay for overlay in overlays if overlay.bits is None]
    if not embedded:
        return overlays
    reasons = {overlay.group: _misplaced(overlay, pixel) for overlay in embedded}
    samples = None
    if not all(reasons.values()):
        allocated = pixel.bits_allocated
        whole = replace(
            pixel, bits_stored=allocated, high_bit=allocated - 1, pixel_representation=0
        )
        try:
            samples = decode(replace(encoded, pixel=whole))
        except DecodeError as error:
            reasons |= {group: reason or error.message for group, reason in reasons.items()}
    complete: list[OverlayPlane] = []
    for overlay in overlays:
        reason = reasons.get(overlay.group)
        if reason:
            _log.warning(
                "overlay (%04X,0102) in bit %s of the samples is left out: %s",
                overlay.group,
                overlay.bit_position,
                reason,
            )
        elif overlay.bits is not None or samples is None:
            complete.append(overlay)
        else:
            complete.append(replace(overlay, bits=_plane(samples, overlay.bit_position or 0)))
    return tuple(complete)


def _misplaced(overlay: OverlayPlane, pixel: ImagePixelModule) -> str | None:
    """Say why the bit cannot be an overlay; None if it can."""
    bit, lowest = overlay.bit_position or 0, pixel.high_bit + 1 - pixel.bits_stored
    if pixel.samples_per_pixel != 1 or pixel.is_float:
        return "samples of colours and floats hold none"
    if not 0 <= bit < pixel.bits_allocated or lowest <= bit <= pixel.high_bit:
        return (
            f"bits {lowest} to {pixel.high_bit} of {pixel.bits_allocated} are the value, which "
            "leaves no such bit"
        )
    if (overlay.rows, overlay.columns) != (pixel.rows, pixel.columns):
        return (
            f"it has {overlay.rows} x {overlay.columns} pixels, the image {pixel.rows} x "
            f"{pixel.columns}"
        )
    return None


def _plane(samples: npt.NDArray[Any], bit: int) -> npt.NDArray[np.bool_]:
    bits: npt.NDArray[np.bool_] = (samples & samples.dtype.type(1 << bit)) != 0
    bits.flags.writeable = False
    return bits
