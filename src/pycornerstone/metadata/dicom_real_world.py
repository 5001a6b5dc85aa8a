"""What the stored values of a frame are in the world, by the maps of its header."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_luts import signed_word
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.model.modules import RealWorldValueMap, RealWorldValueMappingModule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_real_world_values"]

_CODES = (Tag.CODE_VALUE, Tag.LONG_CODE_VALUE, Tag.URN_CODE_VALUE)
# Quantity, of SNOMED CT as it is and as it was written before (PS3.16 annex L).
_QUANTITY_CODES = frozenset({"246205007", "G-C1C6"})
_log = logging.getLogger("pycornerstone.metadata")


def read_real_world_values(
    attributes: DicomAttributes, frame: int = 1
) -> RealWorldValueMappingModule:
    """Read every map of a frame, in the order of the header.

    Those of the frame come first, then those of all frames, then those of the instance; which of
    them has any has all. A map that cannot be read, or has neither slope and intercept nor a table,
    is left out and logged: a number is better not known than wrong.

    References
    ----------
    DICOM PS3.3 C.7.6.16.2.11 (Real World Value Mapping Macro).
    """
    for source in _sources(attributes, frame):
        items = source.items(Tag.REAL_WORLD_VALUE_MAPPING_SEQUENCE)
        if items:
            is_signed = if_readable(attributes.integer, Tag.PIXEL_REPRESENTATION, None) == 1
            maps = (_readable_map(item, is_signed=is_signed) for item in items)
            return RealWorldValueMappingModule(tuple(known for known in maps if known))
    return RealWorldValueMappingModule()


def _sources(attributes: DicomAttributes, frame: int) -> Iterator[DicomAttributes]:
    first = max(frame, 1) - 1
    yield from attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)[first : first + 1]
    yield from attributes.items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)[:1]
    yield attributes


def _readable_map(item: DicomAttributes, *, is_signed: bool) -> RealWorldValueMap | None:
    try:
        return _read_map(item, is_signed=is_signed)
    except MetadataError as error:
        name = describe_tag(Tag.REAL_WORLD_VALUE_MAPPING_SEQUENCE)
        _log.warning("item of %s: %s; left out", name, error.message)
        return None


def _read_map(item: DicomAttributes, *, is_signed: bool) -> RealWorldValueMap:
    first, last = _ends(item, is_signed=is_signed)
    lut = item.numbers(Tag.REAL_WORLD_VALUE_LUT_DATA)
    slope = item.number(Tag.REAL_WORLD_VALUE_SLOPE)
    intercept = item.number(Tag.REAL_WORLD_VALUE_INTERCEPT)
    if lut:
        _check_table(len(lut), first, last)
    elif slope is None or intercept is None:
        missing = Tag.REAL_WORLD_VALUE_SLOPE if slope is None else Tag.REAL_WORLD_VALUE_INTERCEPT
        raise MetadataError(
            f"{describe_tag(missing)} is missing, and so is "
            f"{describe_tag(Tag.REAL_WORLD_VALUE_LUT_DATA)}"
        )
    unit = _first_item(item, Tag.MEASUREMENT_UNITS_CODE_SEQUENCE)
    return RealWorldValueMap(
        label=item.text(Tag.LUT_LABEL),
        explanation=item.text(Tag.LUT_EXPLANATION),
        unit=_code(unit),
        unit_meaning=unit.text(Tag.CODE_MEANING) if unit else None,
        quantity=_quantity(item),
        first_value=first,
        last_value=last,
        slope=1.0 if slope is None else slope,
        intercept=intercept or 0.0,
        lut=lut,
    )


def _ends(item: DicomAttributes, *, is_signed: bool) -> tuple[float | None, float | None]:
    """Read the first and the last value that are mapped; those for floats go first."""
    first = _end(
        item,
        Tag.DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
        Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED,
        is_signed=is_signed,
    )
    last = _end(
        item,
        Tag.DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
        Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED,
        is_signed=is_signed,
    )
    if first is not None and last is not None and first > last:
        raise MetadataError(
            f"{describe_tag(Tag.REAL_WORLD_VALUE_FIRST_VALUE_MAPPED)} is {first:g}, more than "
            f"{describe_tag(Tag.REAL_WORLD_VALUE_LAST_VALUE_MAPPED)}, which is {last:g}"
        )
    return first, last


def _end(item: DicomAttributes, floating: Tag, whole: Tag, *, is_signed: bool) -> float | None:
    value = item.number(floating)
    if value is not None:
        return value
    word = item.integer(whole)
    return None if word is None else float(signed_word(word, is_signed=is_signed or word < 0))


def _check_table(count: int, first: float | None, last: float | None) -> None:
    """Refuse a table that does not say which values its entries stand for (C.7.6.16.2.11.1.1)."""
    if first is None or (last is not None and last - first + 1 != count):
        raise MetadataError(
            f"{describe_tag(Tag.REAL_WORLD_VALUE_LUT_DATA)} has {count} entries for stored values "
            f"from {first} to {last}"
        )


def _quantity(item: DicomAttributes) -> str | None:
    for definition in item.items(Tag.QUANTITY_DEFINITION_SEQUENCE):
        if _code(_first_item(definition, Tag.CONCEPT_NAME_CODE_SEQUENCE)) in _QUANTITY_CODES:
            concept = _first_item(definition, Tag.CONCEPT_CODE_SEQUENCE)
            return concept.text(Tag.CODE_MEANING) if concept else None
    return None


def _first_item(attributes: DicomAttributes, tag: Tag) -> DicomAttributes | None:
    items = attributes.items(tag)
    return items[0] if items else None


def _code(item: DicomAttributes | None) -> str | None:
    return next((text for tag in _CODES if item and (text := item.text(tag))), None)
