"""The frames of an instance as they are stored."""

from __future__ import annotations

import io
from functools import cached_property

import numpy as np

from pycornerstone.errors import DecodeError

__all__ = ["EXPLICIT_LITTLE", "IMPLICIT_LITTLE", "StoredFrames", "media_type_of"]

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_PIXEL_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_JPEG, _JLS, _JP2, _JPX, _JPH = "image/jpeg", "image/jls", "image/jp2", "image/jpx", "image/jphc"
# PS3.18 table 8.7.3-5, by what follows 1.2.840.10008.1.2.
_MEDIA_TYPES = {
    "4.50": _JPEG,
    "4.51": _JPEG,
    "4.57": _JPEG,
    "4.70": _JPEG,
    "4.80": _JLS,
    "4.81": _JLS,
    "4.90": _JP2,
    "4.91": _JP2,
    "4.92": _JPX,
    "4.93": _JPX,
    "4.110": "image/jxl",
    "4.111": "image/jxl",
    "4.112": "image/jxl",
    "4.201": _JPH,
    "4.202": _JPH,
    "4.203": _JPH,
    "5": "image/dicom-rle",
}
_OCTETS = "application/octet-stream"


def media_type_of(transfer_syntax_uid: str) -> str:
    """Give the media type of a frame in a transfer syntax (PS3.18 table 8.7.3-5)."""
    return _MEDIA_TYPES.get(transfer_syntax_uid.removeprefix("1.2.840.10008.1.2."), _OCTETS)


class StoredFrames:
    """The frames of a Part 10 file.

    Parameters
    ----------
    part10 : bytes
        The file.

    Attributes
    ----------
    transfer_syntax_uid : str
        In which frames are: as in the file if that encapsulates them, else Explicit VR Little
        Endian, whatever the file is.
    file_syntax_uid : str
        Transfer Syntax UID (0002,0010) of the file.

    Raises
    ------
    DecodeError
        If it cannot be read.
    """

    def __init__(self, part10: bytes) -> None:
        import pydicom

        try:
            self._dataset = pydicom.dcmread(io.BytesIO(part10), force=True)
            meta = getattr(self._dataset, "file_meta", None)
            syntax = pydicom.uid.UID(
                str(meta.get("TransferSyntaxUID") or IMPLICIT_LITTLE) if meta else IMPLICIT_LITTLE
            )
            self._is_encapsulated = syntax.is_encapsulated
        except Exception as error:
            raise DecodeError(f"the file cannot be read: {type(error).__name__}") from error
        self.file_syntax_uid = str(syntax)
        self.transfer_syntax_uid = str(syntax) if self._is_encapsulated else EXPLICIT_LITTLE
        self.size_in_bytes = 2 * len(part10)

    @property
    def is_encapsulated(self) -> bool:
        """They are compressed, or otherwise wrapped."""
        return self._is_encapsulated

    @cached_property
    def frames(self) -> tuple[bytes, ...]:
        """Each frame, without the items of its fragments; native ones as little endian.

        Raises
        ------
        DecodeError
            If there are fewer than the header says, or the header does not say what they are.
        """
        dataset = self._dataset
        keyword = next((name for name in _PIXEL_DATA if name in dataset), None)
        if keyword is None:
            return ()
        count = int(dataset.get("NumberOfFrames") or 1)
        try:
            data: bytes = dataset[keyword].value
            if self._is_encapsulated:
                from pydicom.encaps import generate_frames

                table = dataset.get("ExtendedOffsetTable")
                lengths = dataset.get("ExtendedOffsetTableLengths")
                extended = (table, lengths) if table and lengths else None
                found = tuple(
                    generate_frames(data, number_of_frames=count, extended_offsets=extended)
                )
            elif dataset.get("BitsAllocated") == 1:
                found = self._frames_of_bits(data, count)
            else:
                found = self._native(data, count, dataset[keyword].VR)
        except Exception as error:
            raise DecodeError(f"the frames cannot be told apart: {type(error).__name__}") from error
        if len(found) != count or not all(found):
            raise DecodeError(f"there are fewer frames than the {count} of the header")
        return found

    def _native(self, data: bytes, count: int, vr: str) -> tuple[bytes, ...]:
        from pydicom.pixels.utils import get_expected_length

        if self.file_syntax_uid == _BIG_ENDIAN:
            bits = int(self._dataset.BitsAllocated)
            word = (max(bits, 16) if vr == "OW" else bits) // 8
            data = np.frombuffer(data, f">u{word}").astype(f"<u{word}").tobytes()
        length = get_expected_length(self._dataset) // count
        cut = (data[number * length : (number + 1) * length] for number in range(count))
        return tuple(frame for frame in cut if len(frame) == length)

    def _frames_of_bits(self, data: bytes, count: int) -> tuple[bytes, ...]:
        """Cut frames of 1-bit samples, which follow each other without a gap (PS3.5 8.1.1)."""
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        length = int(self._dataset.Rows) * int(self._dataset.Columns)
        length *= int(self._dataset.get("SamplesPerPixel") or 1)
        return tuple(
            np.packbits(bits[number * length : (number + 1) * length], bitorder="little").tobytes()
            for number in range(count)
        )
