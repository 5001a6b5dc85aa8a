"""Whole data sets as pydicom has them, from whatever a header came as."""

from __future__ import annotations

import base64
import io
import logging
import struct
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from pycornerstone.errors import MetadataError, RetrieveError
from pycornerstone.metadata.dicom_instance import read_known_dataset
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["KeptDataset", "dataset_of_attributes", "dataset_of_bytes", "dataset_of_file"]

_log = logging.getLogger("pycornerstone.metadata")

JsonObject: TypeAlias = Mapping[str, Any]

# Longer values stay in the file until they are asked for, pixel data above all.
_DEFERRED_FROM_BYTES = 64 * 1024
_DEFLATED_UID = "1.2.840.10008.1.2.1.99"
_FILE_META_GROUP = 0x0002
# What pydicom raises at values that are wrong; a warning where those are errors.
_REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
)


class KeptDataset:
    """A data set that is read when it is first called for, and kept; of use in any thread.

    Parameters
    ----------
    read : callable
        Reads it.
    """

    __slots__ = ("_dataset", "_lock", "_read")

    def __init__(self, read: Callable[[], Dataset]) -> None:
        self._read = read
        self._dataset: Dataset | None = None
        self._lock = Lock()

    def __call__(self) -> Dataset:
        """Give the data set, the same each time.

        Raises
        ------
        PyCornerstoneError
            Of the callable.
        """
        with self._lock:
            if self._dataset is None:
                self._dataset = self._read()
            return self._dataset

    def __reduce__(self) -> tuple[type[KeptDataset], tuple[Callable[[], Dataset]]]:
        return KeptDataset, (self._read,)


def dataset_of_file(path: Path) -> Dataset:
    """Read a DICOM file; long values stay in it until they are asked for.

    Raises
    ------
    RetrieveError
        If it cannot be read any more.
    MetadataError
        If it is not read by pydicom, which refuses more than we do.
    """
    import pydicom

    try:
        dataset = pydicom.dcmread(path, defer_size=_DEFERRED_FROM_BYTES, force=True)
        if dataset.file_meta.get("TransferSyntaxUID") == _DEFLATED_UID:
            # pydicom would look for what it left behind in the deflated bytes.
            dataset = pydicom.dcmread(path, force=True)
    except OSError as error:
        raise RetrieveError(f"{path} could not be read again: {error.strerror}") from error
    except Exception as error:
        raise _refused("the file", error) from error
    return dataset


def dataset_of_bytes(data: bytes) -> Dataset:
    """Read a DICOM file that is in memory; the data set keeps the values, not the bytes.

    Raises
    ------
    MetadataError
        If it is not read by pydicom, which refuses more than we do.
    """
    import pydicom

    try:
        return pydicom.dcmread(io.BytesIO(data), force=True)
    except Exception as error:
        raise _refused("the file", error) from error


def dataset_of_attributes(attributes: DicomAttributes) -> Dataset:
    """Make a data set of a header.

    Parameters
    ----------
    attributes : DicomAttributes
        DICOM JSON, of which what is only named by BulkDataURI is left out, pixel data above all,
        and so is what pydicom refuses, which is logged; a pydicom data set, which is given itself;
        or the beginning of a file, of which there is what some module reads.

    Raises
    ------
    MetadataError
        If it cannot be made.
    """
    if isinstance(attributes, PydicomAttributes):
        return attributes.dataset
    if isinstance(attributes, JsonAttributes):
        return _of_json(attributes.json_object)
    return read_known_dataset(attributes)


def _of_json(json_object: JsonObject) -> Dataset:
    from pydicom.dataset import Dataset, FileMetaDataset

    dataset, meta = Dataset(), FileMetaDataset()
    for key, element in sorted(json_object.items()):
        try:
            tag = int(key, 16)
            read = _element(tag, element)
        except _REFUSALS as error:
            # What is wrong may say who the patient is, and so may pydicom's error.
            _log.warning("element %.8s left out: %s", key, type(error).__name__)
            continue
        if read is not None:
            (meta if tag >> 16 == _FILE_META_GROUP else dataset).add(read)
    if meta:
        dataset.file_meta = meta
    return dataset


def _element(tag: int, element: Any) -> Any:
    """Make an element of the DICOM JSON model; None if its value is elsewhere."""
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    if "BulkDataURI" in element:
        return None
    if element.get("vr") == "SQ":
        items = [_of_json(item or {}) for item in element.get("Value") or ()]
        return DataElement(tag, "SQ", items)
    inline = element.get("InlineBinary")
    if isinstance(inline, bytes):
        # A table that was fetched apart.
        element = {**element, "InlineBinary": base64.b64encode(inline).decode("ascii")}
    return Dataset.from_json({f"{tag:08X}": element})[tag]


def _refused(what: str, error: Exception) -> MetadataError:
    return MetadataError(
        f"pydicom does not read {what}: {type(error).__name__}; what images are made of can still "
        "be asked of the metadata"
    )
