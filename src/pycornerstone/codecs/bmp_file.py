"""BMP files of Windows and OS/2: palettes, run lengths, bit fields, with or without alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.bmp_header import BmpHeader, read_bmp_header
from pycornerstone.codecs.icc_profile import fitting_profile
from pycornerstone.codecs.picture_file import (
    Picture,
    check_frame_number,
    check_picture_size,
    outline_of,
)
from pycornerstone.codecs.pixel_density import scale_fields
from pycornerstone.errors import DecodeError
from pycornerstone.model.modules import PictureModule

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["open_bmp"]

_END_OF_LINE, _END_OF_BITMAP, _DELTA = 0, 1, 2


def open_bmp(data: bytes | memoryview, max_bytes: int) -> BmpPicture:
    """Read BMP of Windows and OS/2, of 1 to 32 bits, with run lengths and bit fields.

    Raises
    ------
    DecodeError
        If it is no BMP file, or its samples take more than `max_bytes`.
    """
    view = memoryview(data).cast("B")
    header = read_bmp_header(view)
    check_picture_size("BMP", header.rows, header.columns, 4, max_bytes)
    return BmpPicture(view, header)


class BmpPicture:
    """A BMP file that is open; see `PictureFile`.

    Attributes
    ----------
    format : str
        ``"BMP"``.
    number_of_frames : int
        1.
    """

    format = "BMP"
    number_of_frames = 1

    def __init__(self, data: memoryview, header: BmpHeader) -> None:
        self._data = data
        self._header = header

    def decode(self, frame: int) -> Picture:
        """Decode it; see `PictureFile.decode`.

        A palette of even steps from black to white is grey. Colours of less than 8 bits are spread
        over 0 to 255, and those of more are cut to the upper 8.
        """
        check_frame_number("BMP", frame, 1)
        header = self._header
        pixels = self._indexed() if header.bits <= 8 else self._colored()
        if not header.is_top_down:
            pixels = np.ascontiguousarray(pixels[::-1])
        photometric, profile = self._meaning
        return Picture(pixels, self._about, photometric, profile)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        check_frame_number("BMP", frame, 1)
        header = self._header
        shape: tuple[int, ...] = (header.rows, header.columns)
        if not self._is_grey:
            shape = (*shape, 4 if self._has_alpha else 3)
        photometric, profile = self._meaning
        return outline_of(shape, "u1", self._about, photometric, profile)

    @property
    def _is_grey(self) -> bool:
        header = self._header
        if header.bits > 8:
            return False
        steps = np.arange(1 << header.bits) * 255 // ((1 << header.bits) - 1)
        return bool((header.palette == steps[:, np.newaxis]).all())

    @property
    def _has_alpha(self) -> bool:
        return self._header.bits in {16, 32} and bool(self._header.masks[3])

    @property
    def _meaning(self) -> tuple[str, bytes | None]:
        profile = fitting_profile(self._header.icc_profile, is_grey=self._is_grey)
        return "MONOCHROME2" if self._is_grey else "RGB", profile

    @property
    def _about(self) -> PictureModule:
        header, is_grey = self._header, self._is_grey
        return PictureModule(
            self.format,
            bits_per_sample=min(header.bits, 8),
            color_type="grey" if is_grey else "palette" if header.bits <= 8 else "RGB",
            has_alpha=self._has_alpha,
            **scale_fields(header.density),
        )

    def _lines(self) -> npt.NDArray[np.uint8]:
        """Give the bytes of each line, which are padded to four."""
        header = self._header
        stored = (header.columns * header.bits + 31) // 32 * 4
        needed = (header.columns * header.bits + 7) // 8
        total = stored * (header.rows - 1) + needed
        part = self._data[header.start : header.start + stored * header.rows]
        if len(part) < total:
            raise DecodeError(
                f"broken BMP: {header.rows} rows of {header.columns} columns take {total} bytes, "
                f"and {len(part)} follow its header"
            )
        lines = np.zeros(stored * header.rows, np.uint8)
        lines[: len(part)] = np.frombuffer(part, np.uint8)
        return lines.reshape(header.rows, stored)

    def _indexed(self) -> npt.NDArray[np.uint8]:
        header = self._header
        if header.is_rle:
            indices = _runs(self._data[header.start :], header)
        else:
            lines = self._lines()
            if header.bits < 8:
                each = 8 // header.bits
                shifts = np.arange(each - 1, -1, -1, dtype=np.uint8) * np.uint8(header.bits)
                wide = lines[..., np.newaxis] >> shifts & np.uint8((1 << header.bits) - 1)
                lines = wide.reshape(header.rows, -1)
            indices = lines[:, : header.columns]
        if self._is_grey:
            return np.take(header.palette[:, 0], indices)
        return np.take(header.palette, indices, axis=0)

    def _colored(self) -> npt.NDArray[np.uint8]:
        header = self._header
        lines = self._lines()
        if header.bits == 24:
            bgr = lines[:, : 3 * header.columns].reshape(header.rows, header.columns, 3)
            return np.ascontiguousarray(bgr[..., ::-1])
        words = lines.view("<u2" if header.bits == 16 else "<u4")[:, : header.columns]
        masks = header.masks if header.masks[3] else header.masks[:3]
        return np.stack([_channel(words, mask) for mask in masks], axis=2)


def _channel(words: npt.NDArray[Any], mask: int) -> npt.NDArray[np.uint8]:
    """Cut a colour out of words, and spread it over 0 to 255."""
    if not mask:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    bits = mask.bit_length() - shift
    values = words >> words.dtype.type(shift) & words.dtype.type((1 << bits) - 1)
    if bits > 8:
        upper: npt.NDArray[np.uint8] = (values >> words.dtype.type(bits - 8)).astype(np.uint8)
        return upper
    largest = (1 << bits) - 1
    table = ((np.arange(largest + 1) * 255 + largest // 2) // largest).astype(np.uint8)
    spread: npt.NDArray[np.uint8] = np.take(table, values)
    return spread


def _runs(data: memoryview, header: BmpHeader) -> npt.NDArray[np.uint8]:
    """Unfold run lengths; pixels that are passed over are of the first colour."""
    is_four = header.bits == 4
    canvas = np.zeros((header.rows, header.columns), np.uint8)
    row = column = position = 0
    while row < header.rows:
        if position + 2 > len(data):
            raise DecodeError(f"broken BMP: its runs end in row {row} of {header.rows}")
        count, value = data[position], data[position + 1]
        position += 2
        if count:
            run = _pair(value, count) if is_four else value
            # What goes beyond a line is left out, as others do.
            end = min(column + count, header.columns)
            canvas[row, column:end] = run[: end - column] if isinstance(run, np.ndarray) else run
            column = end
        elif value == _END_OF_LINE:
            row, column = row + 1, 0
        elif value == _END_OF_BITMAP:
            if row < header.rows - 1:
                raise DecodeError(f"broken BMP: its runs end in row {row} of {header.rows}")
            break
        elif value == _DELTA:
            if position + 2 > len(data):
                raise DecodeError(f"broken BMP: its runs end in row {row} of {header.rows}")
            column = min(column + data[position], header.columns)
            row += data[position + 1]
            position += 2
        else:
            size = (value + 1) // 2 if is_four else value
            part = np.frombuffer(data[position : position + size], np.uint8)
            if len(part) < size:
                raise DecodeError(f"broken BMP: its runs end in row {row} of {header.rows}")
            if is_four:
                part = np.stack([part >> 4, part & 15], axis=1).ravel()
            end = min(column + value, header.columns)
            canvas[row, column:end] = part[: end - column]
            column = end
            # Such parts are padded to an even length.
            position += size + size % 2
    return canvas


def _pair(value: int, count: int) -> npt.NDArray[np.uint8]:
    """Repeat two colours in turn."""
    return np.resize(np.array([value >> 4, value & 15], np.uint8), count)
