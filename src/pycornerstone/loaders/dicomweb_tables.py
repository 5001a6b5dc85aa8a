"""Tables that metadata only name: palettes, LUTs, overlays, profiles (PS3.18 section F.2.6)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urljoin

from pycornerstone.metadata.dicom_tags import PIXEL_DATA_TAGS
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS, OverlayTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "JsonObject",
    "Table",
    "is_required",
    "name_absolutely",
    "tables_elsewhere",
    "with_tables",
]

_LUT_DATA = "00283006"
_ICC_PROFILE = "00282000"
_REAL_WORLD_LUT_DATA = "00409212"
# Tables that images are shown with: those of the palette, plain and segmented (PS3.3 C.7.9).
_PALETTE_DATA = ("00281201", "00281202", "00281203", "00281221", "00281222", "00281223")
# Overlay Data of all groups (C.9.2), the ICC Profile (C.11.15) and opacity (C.7.9).
_OF_IMAGE = (
    *_PALETTE_DATA,
    *(f"{OverlayTag.DATA.of(group):08X}" for group in OVERLAY_GROUPS),
    *(_ICC_PROFILE, "00281204", "00281224"),
)
_IN_ITEMS = (_LUT_DATA, _ICC_PROFILE, _REAL_WORLD_LUT_DATA)
# Without these an image cannot be shown as it is meant.
_REQUIRED = frozenset({*_PALETTE_DATA, _LUT_DATA})
# Sequences that hold such items: LUTs of modality, values of interest and real world (C.11.1,
# C.11.2, C.7.6.16.2.11), the profile of a slide in its optical path (C.8.12.5), and the functional
# groups, in which some of these are again (C.7.6.16).
_SEQUENCES = ("00283000", "00283010", "00409096", "00480105", "52009229", "52009230")
_SEQUENCES_IN_ITEMS = ("00283000", "00283010", "00289132", "00289145", "00409096")

_PIXEL_DATA = tuple(f"{tag:08X}" for tag in PIXEL_DATA_TAGS)

JsonObject: TypeAlias = dict[str, Any]
"""One data set of the DICOM JSON model (PS3.18 annex F), as it is parsed."""

Table: TypeAlias = tuple[str, str]
"""Where it is, and its tag."""


def tables_elsewhere(found: JsonObject) -> Iterator[Table]:
    """List the tables of an instance that are given by address, and that images are made with."""
    for item, tag in _named_tables(found):
        yield item[tag]["BulkDataURI"], tag


def is_required(tag: str) -> bool:
    """Say whether an image cannot be shown without the table; others are left out if need be."""
    return tag in _REQUIRED


def name_absolutely(found: JsonObject, metadata_url: str) -> None:
    """Resolve the addresses of tables, and of pixel data, against that of the metadata.

    What is no address (RFC 3986 section 5.2) stays as it is.
    """
    pixels = [(found, tag) for tag in _PIXEL_DATA if tag in found and _address(found[tag])]
    for item, tag in [*_named_tables(found), *pixels]:
        address = item[tag]["BulkDataURI"]
        try:
            item[tag] = {**item[tag], "BulkDataURI": urljoin(metadata_url, address)}
        except ValueError:
            continue


def with_tables(found: JsonObject, fetched: Mapping[str, bytes | None]) -> JsonObject:
    """Give a copy of the metadata of an instance that holds its tables.

    Parameters
    ----------
    found : dict
        The metadata, which are not changed.
    fetched : mapping
        By address; None for one that is to be left out.
    """
    return _filled(found, fetched, _OF_IMAGE, _SEQUENCES)


def _named_tables(found: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    yield from _in_object(found, _OF_IMAGE, _SEQUENCES)


def _in_object(
    found: JsonObject, tags: tuple[str, ...], sequences: tuple[str, ...]
) -> Iterator[tuple[JsonObject, str]]:
    for tag in tags:
        if tag in found and _address(found[tag]):
            yield found, tag
    for sequence in sequences:
        if sequence in found:
            for item in _items(found[sequence]):
                yield from _in_object(item, _IN_ITEMS, _SEQUENCES_IN_ITEMS)


def _filled(
    found: JsonObject,
    fetched: Mapping[str, bytes | None],
    tags: tuple[str, ...],
    sequences: tuple[str, ...],
) -> JsonObject:
    changed: JsonObject = {}
    for tag in tags:
        address = _address(found[tag]) if tag in found else None
        if address is not None and address in fetched:
            changed[tag] = _element(tag, found[tag], fetched[address])
    for sequence in sequences:
        items = _items(found[sequence]) if sequence in found else []
        filled = [_filled(item, fetched, _IN_ITEMS, _SEQUENCES_IN_ITEMS) for item in items]
        if any(new is not old for new, old in zip(filled, items, strict=True)):
            changed[sequence] = {**found[sequence], "Value": filled}
    return {**found, **changed} if changed else found


def _element(tag: str, named: JsonObject, data: bytes | None) -> JsonObject:
    if tag == _REAL_WORLD_LUT_DATA:
        # Numbers, which are not binary in JSON; bulk data are little endian (PS3.18 F.2.6).
        count = len(data or b"") // 8
        return {"vr": "FD", "Value": list(struct.unpack_from(f"<{count}d", data or b""))}
    element = {"vr": named.get("vr", "OW")}
    return element if data is None else {**element, "InlineBinary": data}


def _address(element: object) -> str | None:
    address = element.get("BulkDataURI") if isinstance(element, dict) else None
    # An empty one would be that of the metadata themselves.
    return address if isinstance(address, str) and address else None


def _items(element: object) -> list[JsonObject]:
    value = element.get("Value") if isinstance(element, dict) else None
    return value if isinstance(value, list) and all(isinstance(i, dict) for i in value) else []
