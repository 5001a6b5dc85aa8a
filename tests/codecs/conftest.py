"""What the tests of codecs share: real instances, read by pydicom."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIXEL_DATA_TAGS = (0x7FE00010, 0x7FE00008, 0x7FE00009)


@dataclass(frozen=True)
class Instance:
    """What a test needs of a DICOM file; nothing in it was read by the code under test."""

    dataset: pydicom.Dataset
    uid: str
    pixel: ImagePixelModule
    pixel_data: bytes
    vr: str

    @classmethod
    def read(cls, source: Any) -> Instance:
        with warnings.catch_warnings():
            # Many test files are odd on purpose, and pydicom says so.
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(source, force=True)
            element = next(dataset[tag] for tag in PIXEL_DATA_TAGS if tag in dataset)
            # A data set without a file meta group is implicit little endian (PS3.5 section 10.1).
            uid = dataset.file_meta.get("TransferSyntaxUID") or "1.2.840.10008.1.2"
            return cls(dataset, str(uid), pixel_module(dataset), bytes(element.value), element.VR)

    def frames(self) -> FrameIndex:
        return FrameIndex.build(self.pixel_data, self.pixel, self.uid, vr=self.vr)

    def encoded(self, number: int = 1) -> EncodedFrame:
        data, bit_offset = self.frames().frame(number)
        return EncodedFrame("test:a", data, self.uid, self.pixel, bit_offset)


def pixel_module(dataset: pydicom.Dataset) -> ImagePixelModule:
    def value(keyword: str, default: int) -> int:
        return int(dataset.get(keyword, default) or default)

    allocated = value("BitsAllocated", 16)
    stored = value("BitsStored", allocated)
    padding = dataset.get("PixelPaddingValue")
    limit = dataset.get("PixelPaddingRangeLimit")
    return ImagePixelModule(
        rows=dataset.Rows,
        columns=dataset.Columns,
        samples_per_pixel=value("SamplesPerPixel", 1),
        photometric_interpretation=dataset.PhotometricInterpretation,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=value("HighBit", stored - 1),
        pixel_representation=int(dataset.get("PixelRepresentation", 0) or 0),
        planar_configuration=int(dataset.get("PlanarConfiguration", 0) or 0),
        number_of_frames=value("NumberOfFrames", 1),
        is_float="FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset,
        pixel_padding_value=padding,
        pixel_padding_range_limit=limit,
    )


@pytest.fixture(scope="session")
def manifest(testdata: Path) -> list[dict[str, str]]:
    """Rows of the manifest of the real files."""
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def read_instance(testdata: Path) -> Callable[[str], Instance]:
    """Read a real file by its path in the folder of real files."""
    return lambda path: Instance.read(testdata / path)
