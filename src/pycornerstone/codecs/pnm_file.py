"""Netpbm files: PBM, PGM and PPM, of 8 and 16 bits, binary and plain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["open_pnm"]

# Samples a pixel by the digit after P; 1 to 3 are plain, 4 to 6 binary.
_SAMPLES = {1: 1, 2: 1, 3: 3, 4: 1, 5: 1, 6: 3}
_BITMAPS = frozenset({1, 4})
_COMMENT = rb"(?:#[^\r\n]*[\r\n])"
_HEADER_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class PnmPicture:
    """A Netpbm file that is open; see `PictureFile`.

    Attributes
    ----------
    data : memoryview
        The whole file.
    kind : int
        The digit of its magic number, 1 to 6.
    rows, columns, largest : int
        Size, and the sample that is white.
    start : int
        Where the samples begin.
    format : str
        ``"PNM"``.
    number_of_frames : int
        1.
    """

    data: memoryview
    kind: int
    rows: int
    columns: int
    largest: int
    start: int
    format: str = "PNM"
    number_of_frames: int = 1

    def decode(self, frame: int) -> Picture:
        """Decode it; see `PictureFile.decode`.

        Bitmaps become 0 and 255, greys of less than 8 bits are spread over 0 to 255, and colours
        over all that 8 or 16 bits hold; other greys stay as they are.
        """
        check_frame_number(self.format, frame, 1)
        samples = self._plain() if self.kind <= 3 else self._binary()
        if self.kind > 4 and int(samples.max()) > self.largest:
            raise DecodeError(f"broken PNM: a sample is above {self.largest}, the largest")
        pixels = samples.reshape(self.rows, self.columns, _SAMPLES[self.kind])
        is_grey = pixels.shape[2] == 1
        full = 255 if self.largest < 256 else 65535
        if self.kind in _BITMAPS:
            # One is black.
            pixels = np.where(pixels, np.uint8(0), np.uint8(255))
        elif self.largest < 128 or (not is_grey and self.largest < full):
            steps = np.arange(self.largest + 1, dtype=np.uint64) * full
            table = ((steps + self.largest // 2) // self.largest).astype(samples.dtype)
            pixels = np.take(table, pixels)
        return Picture(pixels[..., 0] if is_grey else pixels, self._about, self._photometric)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number(self.format, frame, 1)
        samples = _SAMPLES[self.kind]
        shape = (self.rows, self.columns) if samples == 1 else (self.rows, self.columns, samples)
        dtype = "u1" if self.largest < 256 else "u2"
        return outline_of(shape, dtype, self._about, self._photometric)

    @property
    def _photometric(self) -> str:
        return "MONOCHROME2" if _SAMPLES[self.kind] == 1 else "RGB"

    @property
    def _about(self) -> PictureModule:
        return PictureModule(
            self.format,
            bits_per_sample=self.largest.bit_length(),
            color_type="grey" if _SAMPLES[self.kind] == 1 else "RGB",
        )

    @property
    def _count(self) -> int:
        return self.rows * self.columns * _SAMPLES[self.kind]

    def _binary(self) -> npt.NDArray[Any]:
        if self.kind == 4:
            line = (self.columns + 7) // 8
            bits = np.unpackbits(self._part(line * self.rows).reshape(self.rows, line), axis=1)
            return np.ascontiguousarray(bits[:, : self.columns])
        if self.largest < 256:
            return self._part(self._count).copy()
        samples: npt.NDArray[Any] = self._part(2 * self._count).view(">u2").astype(np.uint16)
        return samples

    def _part(self, size: int) -> npt.NDArray[np.uint8]:
        if len(self.data) < self.start + size:
            raise DecodeError(
                f"broken PNM: {self.rows} rows of {self.columns} columns take {size} bytes, and "
                f"{len(self.data) - self.start} follow its header"
            )
        return np.frombuffer(self.data, np.uint8, size, self.start)

    def _plain(self) -> npt.NDArray[Any]:
        text = re.sub(_COMMENT, b" ", bytes(self.data[self.start :]))
        # The digits of a bitmap may stand without space between them.
        word = rb"[01]" if self.kind == 1 else rb"\d+"
        # Anything else is found as well, and is no number.
        found = islice(re.finditer(word + rb"|\S", text), self._count)
        values = np.fromiter((self._sample(match.group()) for match in found), np.uint32)
        if values.size < self._count:
            raise DecodeError(f"broken PNM: {values.size} samples, expected {self._count} numbers")
        return values.astype(np.uint8 if self.largest < 256 else np.uint16)

    def _sample(self, word: bytes) -> int:
        if not word.isdigit():
            raise DecodeError("broken PNM: something among its samples is no number")
        # Python refuses to read numbers of thousands of digits.
        digits = word.lstrip(b"0") or b"0"
        value = int(digits) if len(digits) <= 5 else self.largest + 1
        if value > self.largest:
            raise DecodeError(f"broken PNM: a sample is above {self.largest}, the largest")
        return value


def open_pnm(data: bytes | memoryview, max_bytes: int) -> PnmPicture:
    """Read PBM, PGM and PPM of 1 to 16 bits; of several in one file it is the first.

    Raises
    ------
    DecodeError
        If it is none, or its samples take more than `max_bytes`; UnsupportedEncodingError is one.
    """
    view = memoryview(data).cast("B")
    head = bytes(view[:_HEADER_BYTES])
    kind = head[1] - 48 if head[:1] == b"P" and head[1:2] and head[1:2] in b"123456" else 0
    if head.startswith(b"P7"):
        raise UnsupportedEncodingError(
            "this is a PAM file (P7); P1 to P6 can be read, convert it to PGM, PPM or PNG"
        )
    if not kind:
        raise DecodeError(f"no PNM: its {len(view)} bytes do not begin with P1 to P6")
    numbers = 2 if kind in _BITMAPS else 3
    gap = rb"(?:\s|" + _COMMENT + rb")+"
    form = rb"P\d" + (gap + rb"(\d{1,9})") * numbers + rb"(?:" + _COMMENT + rb")?\s"
    found = re.match(form, head)
    if found is None:
        raise DecodeError("broken PNM: its header has no width, height and largest sample")
    columns, rows, largest = (*map(int, found.groups()), 1)[:3]
    if not 0 < largest < 65536:
        raise DecodeError(f"broken PNM: its largest sample is {largest}, expected 1 to 65535")
    check_picture_size(
        "PNM", rows, columns, _SAMPLES[kind] * (1 if largest < 256 else 2), max_bytes
    )
    return PnmPicture(view, kind, rows, columns, largest, found.end())
