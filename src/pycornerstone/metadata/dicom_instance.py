"""The whole header as a pydicom data set, as it is of one frame."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_luts import signed_word
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, PIXEL_DATA_TAGS, Tag, describe_tag
from pycornerstone.model.modules import InstanceModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset, FileMetaDataset

    from pycornerstone.metadata.dicom_attributes import DicomAttributes, Scalar

__all__ = ["merge_functional_groups", "read_instance", "read_known_dataset"]

_log = logging.getLogger("pycornerstone.metadata")

_GROUPS = frozenset(
    {Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE, Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE}
)
# What the records of a directory say, they say of other files.
_OF_OTHERS = frozenset({Tag.DIRECTORY_RECORD_SEQUENCE})
_FILE_META_GROUP = 0x0002
_BINARY_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
# Their values are samples, signed as these are (PS3.3 C.7.6.3.1.1, "US or SS" in PS3.6).
_SAMPLE_VALUES = frozenset(
    {
        Tag.SMALLEST_IMAGE_PIXEL_VALUE,
        Tag.LARGEST_IMAGE_PIXEL_VALUE,
        Tag.PIXEL_PADDING_VALUE,
        Tag.PIXEL_PADDING_RANGE_LIMIT,
        Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
        Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
    }
)
# What a data set of a file has besides its elements; those that were left in it are found by it.
_KEPT = ("file_meta", "filename", "fileobj_type", "timestamp", "buffer")
# Sequences inside each other; real ones go 6 deep.
_MAX_DEPTH = 32


def read_instance(attributes: DicomAttributes, frame: int) -> InstanceModule:
    """Make a data set of what is known of a frame: the elements that some module reads.

    It is a new one each time, so that who changes it changes nothing else. What pydicom refuses is
    left out, and that is logged.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    frame : int
        Which frame, from 1; see `merge_functional_groups`.
    """
    is_signed = _is_signed(attributes)
    dataset = _dataset(attributes, is_signed=is_signed, leave_out=_GROUPS)
    dataset.file_meta = _file_meta(attributes)
    groups = _groups(attributes, frame)
    _merge(dataset, (_dataset(group, is_signed=is_signed) for group in groups))
    return InstanceModule(dataset)


def read_known_dataset(attributes: DicomAttributes) -> Dataset:
    """Make a data set of what is known of an instance, its functional groups as they are.

    It is a new one each time, and holds the elements that some module reads. What pydicom refuses
    is left out, and that is logged.
    """
    dataset = _dataset(attributes, is_signed=_is_signed(attributes))
    dataset.file_meta = _file_meta(attributes)
    return dataset


def merge_functional_groups(dataset: Dataset, frame: int) -> Dataset:
    """Give what a whole data set says of one frame, flat.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of the instance. It stays as it is; values are shared with it.
    frame : int
        Which frame, from 1.

    Returns
    -------
    pydicom.Dataset
        The elements of the instance without its functional groups; over them the macros of the
        shared group, then those of the frame's; each as the sequence that it is, and, where that
        has one item, with the elements of this too.

    References
    ----------
    DICOM PS3.3 C.7.6.16.1.1 and C.7.6.16.1.2.
    """
    import pydicom

    merged = pydicom.Dataset()
    merged.update(_copied(dataset))
    for tag in _GROUPS & merged.keys():
        del merged[int(tag)]
    is_implicit, is_little_endian = dataset.original_encoding
    sets = dataset.original_character_set
    merged.set_original_encoding(is_implicit, is_little_endian, sets)
    for name in _KEPT:
        if hasattr(dataset, name):
            setattr(merged, name, getattr(dataset, name))
    shared = int(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
    per_frame = int(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
    groups: list[Dataset] = []
    if shared in dataset:
        groups += dataset[shared].value[:1]
    if per_frame in dataset:
        groups += dataset[per_frame].value[max(frame, 1) - 1 : max(frame, 1)]
    _merge(merged, groups)
    return merged


def _merge(dataset: Dataset, groups: Iterable[Dataset]) -> None:
    for group in groups:
        dataset.update(_copied(group))
        for macro in group:
            if macro.VR == "SQ" and len(macro.value) == 1:
                dataset.update(_copied(macro.value[0]))


def _copied(dataset: Dataset) -> dict[Any, Any]:
    """Copy the elements: setting a value in a data set sets it in the element."""
    return {tag: copy.copy(element) for tag, element in dataset.items()}


def _groups(attributes: DicomAttributes, frame: int) -> list[DicomAttributes]:
    shared = attributes.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
    per_frame = attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)
    return [*shared[:1], *per_frame[max(frame, 1) - 1 : max(frame, 1)]]


def _dataset(
    attributes: DicomAttributes,
    *,
    is_signed: bool,
    leave_out: frozenset[Tag] = frozenset(),
    depth: int = 0,
) -> Dataset:
    import pydicom

    dataset = pydicom.Dataset()
    for tag, vr in KNOWN_TAGS.items():
        if tag not in attributes or tag in PIXEL_DATA_TAGS or tag in leave_out | _OF_OTHERS:
            continue
        if tag >> 16 == _FILE_META_GROUP or (vr == "SQ" and depth == _MAX_DEPTH):
            continue
        try:
            if vr == "SQ":
                items = [
                    _dataset(item, is_signed=is_signed, depth=depth + 1)
                    for item in attributes.items(tag)
                ]
                dataset.add(pydicom.DataElement(tag, vr, pydicom.Sequence(items)))
            else:
                dataset.add(_element(attributes, tag, vr, is_signed=is_signed))
        except (
            *(MetadataError, DecodeError, TypeError, ValueError, OverflowError),
            AttributeError,  # of a number where a person's name must be
        ) as error:
            # pydicom's errors hold the value, and that may say who the patient is.
            _log.warning("%s left out: %s", describe_tag(tag), type(error).__name__)
    if Tag.SPECIFIC_CHARACTER_SET in attributes:
        # Text was decoded already, and may now be written in any alphabet.
        dataset.SpecificCharacterSet = "ISO_IR 192"
    return dataset


def _is_signed(attributes: DicomAttributes) -> bool:
    return if_readable(attributes.integer, Tag.PIXEL_REPRESENTATION, None) == 1


def _file_meta(attributes: DicomAttributes) -> FileMetaDataset:
    import pydicom

    meta = pydicom.dataset.FileMetaDataset()
    syntax = if_readable(attributes.text, Tag.TRANSFER_SYNTAX_UID, None)
    if syntax is not None:
        tag, ignore = Tag.TRANSFER_SYNTAX_UID, pydicom.config.IGNORE
        meta.add(pydicom.DataElement(int(tag), tag.vr, syntax, validation_mode=ignore))
    return meta


def _element(attributes: DicomAttributes, tag: int, vr: str, *, is_signed: bool) -> DataElement:
    import pydicom

    value: Any
    if vr in _BINARY_VRS:
        value = attributes.data(tag)
    else:
        values: Sequence[Scalar] = attributes.values(tag)
        if tag in _SAMPLE_VALUES and is_signed:
            vr, values = "SS", [_signed(value) for value in values]
        empty = pydicom.dataelem.empty_value_for_VR(vr)
        value = values[0] if len(values) == 1 else list(values) or empty
    # Whoever is told of values that it finds odd is told the values.
    return pydicom.DataElement(tag, vr, value, validation_mode=pydicom.config.IGNORE)


def _signed(value: Scalar) -> Scalar:
    return signed_word(value, is_signed=True) if isinstance(value, int) else value
