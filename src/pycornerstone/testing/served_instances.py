"""What a DICOMweb server knows of one instance, read by pydicom.

pydicom is imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from pydicom import uid as uids
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import get_expected_length

from pycornerstone.testing.multipart_answers import multipart_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset

__all__ = ["ServedInstance"]

_PIXEL_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")

# PS3.18 table 8.7.3-5; whatever is not compressed goes as application/octet-stream.
_MEDIA_TYPES = {
    uids.JPEGBaseline8Bit: "image/jpeg",
    uids.JPEGExtended12Bit: "image/jpeg",
    uids.JPEGLossless: "image/jpeg",
    uids.JPEGLosslessSV1: "image/jpeg",
    uids.RLELossless: "image/dicom-rle",
    uids.JPEGLSLossless: "image/jls",
    uids.JPEGLSNearLossless: "image/jls",
    uids.JPEG2000Lossless: "image/jp2",
    uids.JPEG2000: "image/jp2",
    uids.JPEG2000MCLossless: "image/jpx",
    uids.JPEG2000MC: "image/jpx",
    uids.HTJ2KLossless: "image/jphc",
    uids.HTJ2KLosslessRPCL: "image/jphc",
    uids.HTJ2K: "image/jphc",
}


@dataclass(frozen=True, eq=False)
class ServedInstance:
    """One instance: its file, its frames and its attributes.

    Attributes
    ----------
    data : bytes
        The Part 10 file, as it was given.
    dataset : pydicom.Dataset
        All of it but the pixel data.
    frame_bodies : tuple of bytes
        Each frame as an answer to a request for it: multipart/related of one part.
    frames : tuple of memoryview
        Each frame as it is stored, without items of fragments, native ones as little endian; views
        into `frame_bodies`.
    media_type : str
        Of one frame (PS3.18 table 8.7.3-5).
    stored_syntax_uid : str
        Transfer Syntax UID (0002,0010) of the file.
    frame_syntax_uid : str
        That of the frames: the stored one, or Explicit VR Little Endian where not compressed.
    """

    data: bytes
    dataset: Dataset
    frame_bodies: tuple[bytes, ...]
    frames: tuple[memoryview, ...]
    media_type: str
    stored_syntax_uid: str
    frame_syntax_uid: str

    @classmethod
    def from_part10(cls, data: bytes) -> ServedInstance:
        """Read a Part 10 file.

        Raises
        ------
        ValueError
            If pydicom cannot read it, or it has no UIDs.
        """
        try:
            dataset = pydicom.dcmread(io.BytesIO(data))
            syntax = uids.UID(dataset.file_meta.TransferSyntaxUID)
            frames = _frames(dataset, syntax)
            for keyword in _PIXEL_DATA:
                dataset.pop(keyword, None)
            sent_as = str(syntax if syntax.is_compressed else uids.ExplicitVRLittleEndian)
            kind = _MEDIA_TYPES.get(uids.UID(sent_as), "application/octet-stream")
            bodies = tuple(multipart_body([frame], kind, sent_as) for frame in frames)
            views = tuple(
                memoryview(body)[(start := body.index(b"\r\n\r\n") + 4) : start + len(frame)]
                for body, frame in zip(bodies, frames, strict=True)
            )
            instance = cls(data, dataset, bodies, views, kind, str(syntax), sent_as)
            instance.check_uids()
        except Exception as error:
            raise ValueError(f"not a DICOM file that can be served: {error}") from error
        return instance

    def check_uids(self) -> None:
        """Find out whether it can be addressed.

        Raises
        ------
        ValueError
            If one of its three UIDs is missing.
        """
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
            if not self.dataset.get(keyword):
                raise ValueError(f"it has no {keyword}")

    @cached_property
    def uid(self) -> str:
        """SOP Instance UID (0008,0018)."""
        return str(self.dataset.SOPInstanceUID)

    @cached_property
    def series_uid(self) -> str:
        """Series Instance UID (0020,000E)."""
        return str(self.dataset.SeriesInstanceUID)

    @cached_property
    def study_uid(self) -> str:
        """Study Instance UID (0020,000D)."""
        return str(self.dataset.StudyInstanceUID)

    @property
    def path(self) -> str:
        """``/studies/X/series/Y/instances/Z``."""
        return f"/studies/{self.study_uid}/series/{self.series_uid}/instances/{self.uid}"

    def attributes(
        self, bulk_data_url: Callable[[str], str] | None = None, threshold: int = 256
    ) -> dict[str, Any]:
        """Give the DICOM JSON object (PS3.18 F): all but pixel data and group 0002.

        Parameters
        ----------
        bulk_data_url : callable, optional
            Address of an element by its tag (``"00281201"``); values of `threshold` bytes and more
            that are no text or numbers are then named by BulkDataURI instead of given inline.
        threshold : int
            See above.
        """
        if bulk_data_url is None:
            found: dict[str, Any] = self.dataset.to_json_dict(suppress_invalid_tags=True)
        else:
            found = self.dataset.to_json_dict(
                bulk_data_threshold=threshold,
                bulk_data_element_handler=lambda element: bulk_data_url(f"{element.tag:08X}"),
                suppress_invalid_tags=True,
            )
        return found

    def bulk_data(self, tag: str) -> bytes:
        """Give the value of an element of the data set by its tag, such as ``"00281201"``.

        Raises
        ------
        KeyError
            If there is none, or it is not made of bytes.
        """
        value = self.dataset[int(tag, 16)].value
        if not isinstance(value, bytes):
            raise KeyError(tag)
        return value


def _frames(dataset: Dataset, syntax: uids.UID) -> tuple[bytes, ...]:
    keyword = next((name for name in _PIXEL_DATA if name in dataset), None)
    if keyword is None:
        return ()
    data: bytes = dataset[keyword].value
    count = int(dataset.get("NumberOfFrames") or 1)
    if syntax.is_encapsulated:
        return tuple(generate_frames(data, number_of_frames=count))
    if dataset.get("BitsAllocated") == 1:
        return _frames_of_bits(dataset, data, count)
    if not syntax.is_little_endian:
        bits = int(dataset.BitsAllocated)
        word = max(bits, 16) if dataset[keyword].VR == "OW" else bits
        data = np.frombuffer(data, f">u{word // 8}").astype(f"<u{word // 8}").tobytes()
    length = get_expected_length(dataset) // count
    return tuple(data[number * length : (number + 1) * length] for number in range(count))


def _frames_of_bits(dataset: Dataset, data: bytes, count: int) -> tuple[bytes, ...]:
    """Cut frames of 1-bit samples, which follow each other without a gap (PS3.5 8.1.1)."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    length = int(dataset.Rows) * int(dataset.Columns)
    return tuple(
        np.packbits(bits[number * length : (number + 1) * length], bitorder="little").tobytes()
        for number in range(count)
    )
