"""What a file has to begin with (PS3.10 section 7.1), for those that do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["HEAD_BYTES", "has_head", "missing_head"]

HEAD_BYTES = 132
"""As many bytes tell whether it has."""
_PREAMBLE = bytes(128) + b"DICM"
_FILE_META = b"\x02\x00"


def has_head(start: bytes) -> bool:
    """Whether a file that starts like this can be given as it is."""
    return start[128:HEAD_BYTES] == b"DICM"


def missing_head(start: bytes, dataset: Dataset) -> bytes:
    """Give what is to be put before the bytes of a file, so that clients know it as DICOM.

    Parameters
    ----------
    start : bytes
        How it starts; `has_head` is false for it.
    dataset : pydicom.Dataset
        Of the file.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    if start.startswith(_FILE_META):
        return _PREAMBLE
    is_implicit, is_little_endian = dataset.original_encoding
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if is_implicit:
        meta.TransferSyntaxUID = ImplicitVRLittleEndian
    else:
        meta.TransferSyntaxUID = ExplicitVRLittleEndian if is_little_endian else ExplicitVRBigEndian
    buffer = DicomBytesIO()
    write_file_meta_info(buffer, meta)
    return _PREAMBLE + buffer.getvalue()
