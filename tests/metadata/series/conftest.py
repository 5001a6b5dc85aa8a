"""Facts of images that are made up, and of files that nobody here wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.metadata.series.facts import read_facts
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.model.slice_facts import SliceFacts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _make(number: int = 1, position: object = None, **changes: object) -> SliceFacts:
    plane = {
        "frame_of_reference_uid": "1.9",
        "image_position_lps": position,
        "row_cosines": (1.0, 0.0, 0.0),
        "column_cosines": (0.0, 1.0, 0.0),
        "row_pixel_spacing_mm": 0.5,
        "column_pixel_spacing_mm": 0.5,
    }
    plane |= {name: changes.pop(name) for name in list(changes) if name in PLANE}
    facts = {
        "image_id": f"custom:{number}",
        "source": f"custom:{number}",
        "plane": ImagePlaneModule(**plane),
        "study_instance_uid": "1.1",
        "series_instance_uid": "1.2",
        "instance_number": number,
        "modality": "CT",
        "rows": 4,
        "columns": 6,
        "samples_per_pixel": 1,
        "sample_type": "int16",
    }
    return SliceFacts(**facts | changes)


PLANE = frozenset(ImagePlaneModule.__dataclass_fields__) - {"rows", "columns"}


@pytest.fixture(scope="session")
def make() -> Callable[..., SliceFacts]:
    """Make the facts of an image: ``make(number, position, **fields of facts or plane)``."""
    return _make


@pytest.fixture(scope="session")
def facts_of(testdata: Path) -> Callable[[str], list[SliceFacts]]:
    """Read the facts of every frame of the DICOM files below a folder of the test data."""

    def read(folder: str, pattern: str = "*") -> list[SliceFacts]:
        headers, registry = DicomHeaders(), MetadataRegistry()
        registry.add_provider(headers.provide)
        found: list[SliceFacts] = []
        for path in sorted((testdata / folder).rglob(pattern)):
            image_id = f"dicomfile:{path}"
            try:
                headers.add(image_id, read_part10(path.read_bytes()).attributes)
            except (DecodeError, IsADirectoryError):
                continue
            first = read_facts(registry, image_id)
            others = range(2, first.number_of_frames + 1)
            found += [first, *(read_facts(registry, f"{image_id}?frame={n}") for n in others)]
        return found

    return read
