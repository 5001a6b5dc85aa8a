"""The elements of a DICOM header, as rows of the metadata panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.server_messages import MetadataRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

__all__ = ["header_rows"]

_GROUP = "DICOM elements"
_FILE_META = "DICOM file meta elements"
_LONGEST = 400
_MOST_VALUES = 64
_DEEPEST = 8
_BINARY = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
_PER_FRAME = 0x52009230


def header_rows(dataset: Dataset, frame_number: int = 1) -> Iterator[MetadataRow]:
    """Give a row for each element, those of sequences with the way to them before their name.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header. Of its Per-frame Functional Groups (5200,9230) only those of the frame are
        given.
    frame_number : int
        Which frame, from 1.
    """
    meta = getattr(dataset, "file_meta", None)
    if meta:
        yield from _rows(meta, _FILE_META, "", 1, 0)
    yield from _rows(dataset, _GROUP, "", frame_number, 0)


def _rows(
    dataset: Dataset, group: str, before: str, frame_number: int, depth: int
) -> Iterator[MetadataRow]:
    for tag in sorted(dataset.keys()):
        tag_text = f"({tag.group:04x},{tag.element:04x})"
        name = f"{before}{tag_text}"
        # A long value stays in its file until it is read.
        raw = dataset.get_item(tag)
        if getattr(raw, "VR", None) in _BINARY or tag == 0x7FE00010:
            yield MetadataRow(group, f"{name} {_keyword(tag)}", _size(raw))
            continue
        try:
            element = dataset[tag]
        except Exception as error:  # noqa: BLE001 - pydicom raises whatever a value leads it to
            yield MetadataRow(
                group, f"{name} {_keyword(tag)}", f"cannot be read: {type(error).__name__}"
            )
            continue
        title = f"{name} {element.keyword or element.name.strip('[]')}"
        if element.VR != "SQ":
            yield MetadataRow(group, title, _value(element))
            continue
        items = list(element.value)
        yield MetadataRow(group, title, "1 item" if len(items) == 1 else f"{len(items)} items")
        if depth < _DEEPEST:
            for number, item in enumerate(items, start=1):
                if tag == _PER_FRAME and number != frame_number:
                    continue
                inner = f"{before}{element.keyword or tag_text}[{number}] > "
                yield from _rows(item, group, inner, frame_number, depth + 1)


def _keyword(tag: Any) -> str:
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(tag) or ("Private" if tag.is_private else "Unknown")


def _size(raw: Any) -> str:
    """Say how long a value is that is not for reading."""
    length = getattr(raw, "length", None)
    if length is None or length == 0xFFFFFFFF:
        value = getattr(raw, "value", None)
        length = len(value) if isinstance(value, bytes) else None
    return "binary" if length is None else f"{length} bytes"


def _value(element: DataElement) -> str:
    value = element.value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if element.VM > 1:
        parts = list(value)
        text = "\\".join(str(part) for part in parts[:_MOST_VALUES])
        if len(parts) > _MOST_VALUES:
            text = f"{text}\\… ({len(parts)} values)"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
