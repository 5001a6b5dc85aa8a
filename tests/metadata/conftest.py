"""DICOM files and attributes that the tests of this folder read."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from pycornerstone.metadata.dicom_json import JsonAttributes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pycornerstone.metadata.dicom_tags import Tag


@pytest.fixture(scope="session")
def dicom_paths(testdata: Path) -> list[Path]:
    """Every DICOM file of the manifest."""
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom"]
    return [testdata / row["source"] / row["path"] for row in rows]


def _json_object(elements: Mapping[Tag, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for tag, value in elements.items():
        values = value if isinstance(value, list) else [value]
        if tag.vr == "SQ":
            written[f"{tag:08X}"] = {"vr": "SQ", "Value": [_json_object(item) for item in values]}
        elif isinstance(value, bytes):
            written[f"{tag:08X}"] = {"vr": tag.vr, "InlineBinary": value}
        else:
            written[f"{tag:08X}"] = {"vr": tag.vr, "Value": values}
    return written


@pytest.fixture(scope="session")
def header() -> Callable[[Mapping[Tag, Any]], JsonAttributes]:
    """Make attributes of values by tag; the items of a sequence are such mappings again."""
    return lambda elements: JsonAttributes(_json_object(elements))
