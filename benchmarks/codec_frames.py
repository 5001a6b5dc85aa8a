"""One compressed frame of 512x512: against the bare call of the codec that decodes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.codecs.decode import decode_frame
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.testing.frame_encoders import frame_encoder
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_BARE = "imagecodecs"
# At most 1.15 of the bare codec's time.
_WANTED = {_BARE: 1 / 1.15}
_SYNTAX = "1.2.840.10008.1.2"


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame, and what anyone would call who knows all about it."""

    name: str
    uid: str
    data: bytes
    pixel: ImagePixelModule
    bare: Callable[[bytes], npt.NDArray[Any]]


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Time each codec, after having seen that both ways give the same samples."""
    runs, calls = (1, 1) if quick else (31, 6)
    outcomes = []
    for frame in _frames():
        encoded = EncodedFrame("benchmark:frame", frame.data, frame.uid, frame.pixel)
        ours, theirs = decode_frame(encoded).pixels, frame.bare(frame.data)
        if not np.array_equal(ours, theirs):
            raise SystemExit(f"{frame.name}: the samples differ")
        candidates = {
            OURS: lambda encoded=encoded: decode_frame(encoded),
            _BARE: lambda frame=frame: frame.bare(frame.data),
        }
        title = f"{frame.name}, 512x512 {ours.dtype}{' x 3' if ours.ndim == 3 else ''}"
        outcomes.append(measure(title, candidates, runs=runs, calls=calls, wanted=_WANTED))
    return outcomes


def _frames() -> Iterator[_Frame]:
    hounsfield = ct_phantom(slices=1).hounsfield[0]
    noise = np.random.default_rng(5).normal(0, 12, hounsfield.shape)
    stored = np.clip(hounsfield + 1024 + noise, 0, 4095).astype(np.uint16)
    grey = (stored >> 4).astype(np.uint8)
    color = np.stack([grey, grey // 2 + 40, 255 - grey], axis=-1)
    words, bytes_ = _pixel(12), _pixel(8)
    full = _pixel(8, samples_per_pixel=3, photometric_interpretation="YBR_FULL")
    jpeg, jpegls = imagecodecs.jpeg8_decode, imagecodecs.jpegls_decode
    yield _Frame(
        "JPEG baseline", f"{_SYNTAX}.4.50", bytes(imagecodecs.jpeg8_encode(grey)), bytes_, jpeg
    )
    yield _Frame(
        "JPEG baseline", f"{_SYNTAX}.4.50", bytes(imagecodecs.jpeg8_encode(color)), full, jpeg
    )
    for name, end, decode in (
        ("JPEG extended", "4.51", jpeg),
        ("JPEG lossless", "4.70", jpeg),
        ("JPEG-LS", "4.80", jpegls),
        ("JPEG 2000", "4.90", imagecodecs.jpeg2k_decode),
        ("HTJ2K", "4.201", imagecodecs.htj2k_decode),
        ("JPEG XL", "4.110", imagecodecs.jpegxl_decode),
        ("RLE", "5", _bare_rle),
    ):
        data = _ENCODE.get(end, _encode_as_for_tests(end))(stored)
        yield _Frame(name, f"{_SYNTAX}.{end}", bytes(data), words, decode)


_ENCODE: dict[str, Callable[[npt.NDArray[np.uint16]], Any]] = {
    "4.51": lambda stored: imagecodecs.jpeg8_encode(stored, bitspersample=12),
    "4.110": lambda stored: imagecodecs.jpegxl_encode(stored, lossless=True),
}


def _encode_as_for_tests(end: str) -> Callable[[npt.NDArray[np.uint16]], bytes]:
    return lambda stored: frame_encoder(f"{_SYNTAX}.{end}").encode(stored, 12)


def _bare_rle(data: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(imagecodecs.dicomrle_decode(data, "<u2"), np.uint16).reshape(512, 512)


def _pixel(bits: int, **changes: Any) -> ImagePixelModule:
    allocated = 8 if bits == 8 else 16
    return ImagePixelModule(
        rows=512,
        columns=512,
        bits_allocated=allocated,
        bits_stored=bits,
        high_bit=bits - 1,
        **changes,
    )
