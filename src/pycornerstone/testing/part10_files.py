"""What a phantom is written with: the file around its pixels, and UIDs that stay the same.

pydicom is imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import io
import uuid
from typing import TYPE_CHECKING

from pydicom import uid as uids
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["part10_file", "phantom_uid"]


def part10_file(image: Dataset, transfer_syntax_uid: str, frames: list[bytes]) -> bytes:
    """Put pixels and the file's header around (PS3.10 section 7)."""
    syntax = uids.UID(transfer_syntax_uid)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = syntax
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.ImplementationClassUID = uids.UID(phantom_uid("implementation"))
    if syntax.is_compressed:
        image.add_new(0x7FE00010, "OB", encapsulate(frames))
        image["PixelData"].is_undefined_length = True
    else:
        image.add_new(0x7FE00010, "OW", b"".join(frames))
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def phantom_uid(*names: object) -> str:
    """Give a UID of a UUID (PS3.5 B.2), the same for the same names."""
    text = "/".join(map(str, ("pycornerstone phantom", *names)))
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, text).int}"
