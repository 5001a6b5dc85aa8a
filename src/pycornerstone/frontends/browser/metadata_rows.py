"""What is known of an image, as rows of the metadata panel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.browser.header_rows import header_rows
from pycornerstone.frontends.browser.readable import number_text
from pycornerstone.frontends.browser.server_messages import MetadataRow
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import MODULES, FrameModule, InstanceModule, UriModule

if TYPE_CHECKING:
    from pycornerstone.model.modules import Module
    from pycornerstone.session.session import Session

__all__ = ["metadata_rows"]

_MOST_ROWS = 4000
_LONGEST = 400
_LONGEST_SEARCH = 200
# What a reader looks for first.
_FIRST = (
    "patientModule",
    "patientStudyModule",
    "generalStudyModule",
    "generalSeriesModule",
    "generalImageModule",
    "imagePlaneModule",
    "imagePixelModule",
    "modalityLutModule",
    "voiLutModule",
)
# The data set is in rows of its own, and the address in the row of the imageId.
_LEFT_OUT = {InstanceModule.type_name, UriModule.type_name}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = {
    "lps": "(LPS)",
    "mm": "(mm)",
    "ms": "(ms)",
    "s": "(s)",
    "bq": "(Bq)",
    "kg": "(kg)",
    "m": "(m)",
    "uid": "UID",
    "id": "ID",
    "sop": "SOP",
    "lut": "LUT",
    "voi": "VOI",
    "pet": "PET",
    "suvbw": "SUVbw",
}
_TAG = re.compile(r"\(?([0-9a-f]{4}),?\s?([0-9a-f]{4})\)?")


def metadata_rows(session: Session, image_id: str, text: str = "") -> tuple[MetadataRow, ...]:
    """Give what is known of an image: its modules, and the elements of its header if it has one.

    It may wait for a file or a server.

    Parameters
    ----------
    session : Session
        Whose metadata are asked; the header is that of its image.
    image_id : str
        Of which image.
    text : str
        Only rows that have each of these words in their group, name or value; a tag may be written
        ``0028,0010``, ``(0028,0010)`` or ``00280010``.

    Returns
    -------
    tuple of MetadataRow
        At most 4000, and then one that says how many more there are.
    """
    words = [_as_tag(word) for word in text[:_LONGEST_SEARCH].casefold().split()]
    found = (row for row in _all_rows(session, image_id) if _has(row, words))
    rows = tuple(islice(found, _MOST_ROWS))
    more = sum(1 for _ in found)
    if more:
        rows = (*rows, MetadataRow("", f"{more} more", "search to see them"))
    return rows


def _all_rows(session: Session, image_id: str) -> Iterator[MetadataRow]:
    yield MetadataRow("Image", "imageId", _cut(without_credentials(image_id)))
    names = [*_FIRST, *(name for name in MODULES if name not in (*_FIRST, *_LEFT_OUT))]
    for name in names:
        try:
            module = session.metadata.get(MODULES[name], image_id)
        except PyCornerstoneError as error:
            yield MetadataRow(_title(name), "cannot be read", _cut(error.message))
            continue
        if module is not None:
            yield from _rows_of(_title(name), module)
    dataset = _dataset(session, image_id)
    if dataset is not None:
        yield from header_rows(dataset, _frame_number(session, image_id))


def _rows_of(group: str, module: Module) -> Iterator[MetadataRow]:
    for field in fields(module):  # type: ignore[arg-type]  # all modules are dataclasses
        value = getattr(module, field.name)
        for number, part in enumerate(_parts(value), start=1):
            mark = "" if not _is_list(value) else f" {number}"
            name = f"{_field_title(field.name)}{mark}"
            if is_dataclass(part) and not isinstance(part, LookupTable):
                for inner in fields(part):
                    shown = _shown(getattr(part, inner.name))
                    if shown:
                        yield MetadataRow(group, f"{name}: {_field_title(inner.name)}", shown)
                continue
            shown = _shown(part)
            if shown:
                yield MetadataRow(group, name, shown)


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and is_dataclass(value[0])


def _parts(value: Any) -> tuple[Any, ...]:
    return value if _is_list(value) else (value,)


def _shown(value: Any) -> str:
    """Write a value; empty of what says nothing."""
    if value is None or (isinstance(value, str | bytes | tuple | Mapping) and not value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value, 6)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, np.ndarray):
        return f"{' x '.join(map(str, value.shape))} values of {value.dtype}"
    if isinstance(value, LookupTable):
        return f"{len(value.entries)} entries of {value.bits_per_entry} bits"
    if isinstance(value, Mapping):
        return f"{len(value)} entries"
    if isinstance(value, tuple):
        return _cut(", ".join(filter(None, map(_shown, value[:_LONGEST]))))
    if is_dataclass(value):
        return type(value).__name__
    return _cut(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _title(name: str) -> str:
    words = _CAPITAL.sub(" ", name.removesuffix("Module")).lower().split()
    text = " ".join(_WORDS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def _field_title(name: str) -> str:
    first, *others = (_WORDS.get(word, word) for word in name.split("_"))
    return " ".join((first[:1].upper() + first[1:], *others))


def _dataset(session: Session, image_id: str) -> Any | None:
    """Give the whole header if the image is at hand, else what the metadata have of it."""
    image = session.cache.get(image_id)
    if image is not None and image.dataset_source is not None:
        try:
            return image.dataset
        except PyCornerstoneError:
            pass
    try:
        known = session.metadata.get(InstanceModule, image_id)
    except PyCornerstoneError:
        return None
    return None if known is None else known.dataset


def _frame_number(session: Session, image_id: str) -> int:
    try:
        frame = session.metadata.get(FrameModule, image_id)
        uri = session.metadata.get(UriModule, image_id)
    except PyCornerstoneError:
        return 1
    number = getattr(frame, "frame_number", None) or (uri.frame_number if uri else None)
    return number or 1


def _as_tag(word: str) -> str:
    found = _TAG.fullmatch(word)
    return f"({found[1]},{found[2]})" if found else word


def _has(row: MetadataRow, words: list[str]) -> bool:
    if not words:
        return True
    where = f"{row.group}\n{row.name}\n{row.value}".casefold()
    return all(word in where for word in words)
