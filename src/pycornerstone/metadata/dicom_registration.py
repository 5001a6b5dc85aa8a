"""Spatial Registration objects: the matrices between frames of reference that they hold."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import GeometryError, MetadataError
from pycornerstone.metadata.elements import ElementTable
from pycornerstone.metadata.registration import Registrations

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["registrations_from"]

_log = logging.getLogger("pycornerstone.metadata")


class _Tag(ElementTable):
    FRAME_OF_REFERENCE_UID = 0x00200052, "UI", "Frame of Reference UID"
    REGISTRATION_SEQUENCE = 0x00700308, "SQ"
    MATRIX_REGISTRATION_SEQUENCE = 0x00700309, "SQ"
    MATRIX_SEQUENCE = 0x0070030A, "SQ"
    MATRIX = 0x300600C6, "DS", "Frame of Reference Transformation Matrix"


def registrations_from(
    source: str | os.PathLike[str] | bytes | dict[str, Any] | Dataset,
) -> Registrations:
    """Read a Spatial Registration object.

    Parameters
    ----------
    source : path, bytes, dict or pydicom.Dataset
        A DICOM file or its bytes, a data set as DICOM JSON, or one that pydicom read.

    Returns
    -------
    Registrations
        From each frame of reference that it names to that of the object itself. An item that names
        none, only images, is left out, which is logged.

    Raises
    ------
    MetadataError
        If it is no Spatial Registration object, or a matrix of it cannot be one.
    TypeError
        If it is nothing of these.
    RetrieveError
        If the file cannot be read.

    References
    ----------
    DICOM PS3.3 C.20.2.1.1. The order of several matrices of one transformation is that of their
    items; it is read as the first item's being applied first (M3 M2 M1). Most objects have one.
    """
    attributes = _attributes(source)
    items = attributes.items(_Tag.REGISTRATION_SEQUENCE)
    registered_uid = attributes.text(_Tag.FRAME_OF_REFERENCE_UID)
    if not items or registered_uid is None:
        raise MetadataError(
            "a Spatial Registration object has (0070,0308) Registration Sequence and (0020,0052) "
            "Frame of Reference UID (PS3.3 C.20.2), and this has not; give one whose SOP Class UID "
            "is 1.2.840.10008.5.1.4.1.1.66.1"
        )
    registrations = Registrations()
    for number, item in enumerate(items, start=1):
        uid = item.text(_Tag.FRAME_OF_REFERENCE_UID)
        if uid == registered_uid:
            continue
        if uid is None:
            _log.warning(
                "item %d of (0070,0308) Registration Sequence names images and no frame of "
                "reference; left out",
                number,
            )
            continue
        try:
            registrations.register(uid, registered_uid, _matrix(item))
        except (GeometryError, MetadataError) as error:
            raise MetadataError(
                f"item {number} of (0070,0308) Registration Sequence: {error.message}"
            ) from error
    return registrations


def _matrix(item: DicomAttributes) -> npt.NDArray[np.float64]:
    matrix = np.eye(4)
    found = 0
    for registration in item.items(_Tag.MATRIX_REGISTRATION_SEQUENCE):
        for part in registration.items(_Tag.MATRIX_SEQUENCE):
            numbers = part.numbers(_Tag.MATRIX)
            if len(numbers) != 16:
                raise MetadataError(
                    "(3006,00C6) Frame of Reference Transformation Matrix has 16 values (PS3.3 "
                    f"C.20.2), found {len(numbers)}; correct the header"
                )
            matrix = np.reshape(numbers, (4, 4)) @ matrix
            found += 1
    if not found:
        raise MetadataError(
            "(0070,030A) Matrix Sequence has one item or more (PS3.3 C.20.2), found none; "
            "deformable registrations are not read"
        )
    return matrix


def _attributes(source: Any) -> DicomAttributes:
    # Through pydicom: our own reading keeps the elements that images have, which these are not.
    from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
    from pycornerstone.metadata.pydicom_datasets import (
        dataset_of_attributes,
        dataset_of_bytes,
        dataset_of_file,
    )

    if isinstance(source, str | os.PathLike):
        source = dataset_of_file(Path(source))
    elif isinstance(source, bytes):
        source = dataset_of_bytes(source)
    elif isinstance(source, dict):
        from pycornerstone.metadata.dicom_json import JsonAttributes

        source = dataset_of_attributes(JsonAttributes(source))
    elif not hasattr(source, "original_encoding"):
        raise TypeError(
            "a Spatial Registration object is given as a path, as bytes, as DICOM JSON or as a "
            f"pydicom.Dataset, got {type(source).__name__}"
        )
    return PydicomAttributes(source)
