"""Headers that nobody wrote: whatever they say, it is read, or the error names the element."""

from __future__ import annotations

import base64
import dataclasses
import functools
import io
import logging
import math
import struct
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_attributes import DicomAttributes
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_modules import FRAME_MODULES, INSTANCE_MODULES, read_module
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS, Tag, describe_tag
from pycornerstone.metadata.overlay_tags import OverlayTag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes
from pycornerstone.model.modules import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pycornerstone.metadata.dicom_attributes import Scalar

# All others; `instance` reads every element there is, and is looked at in a test of its own.
READ = sorted((FRAME_MODULES | INSTANCE_MODULES).keys() - {"instance"})

Place = tuple[int, ...]
"""The tags of the sequences around an element, and its own."""

BY_REPRESENTATION: dict[str, tuple[Scalar, ...]] = {
    "AS": ("043Y",),
    "DA": ("20240102",),
    "DS": ("1.5",),
    "DT": ("20240102101500",),
    "FD": (1.5,),
    "FL": (1.5,),
    "IS": ("1",),
    "SL": (1,),
    "SS": (1,),
    "TM": ("101500",),
    "UI": ("1.2.3",),
    "UL": (1,),
    "US": (1,),
}
WORDS = b"\0\0\1\0\2\0\3\0"
GOOD: dict[int, tuple[Scalar, ...]] = {
    Tag.TRANSFER_SYNTAX_UID: ("1.2.840.10008.1.2.1",),
    Tag.PHOTOMETRIC_INTERPRETATION: ("MONOCHROME2",),
    Tag.NUMBER_OF_FRAMES: ("2",),
    Tag.ROWS: (4,),
    Tag.COLUMNS: (4,),
    Tag.BITS_ALLOCATED: (16,),
    Tag.BITS_STORED: (12,),
    Tag.HIGH_BIT: (11,),
    Tag.PIXEL_REPRESENTATION: (0,),
    Tag.PLANAR_CONFIGURATION: (0,),
    Tag.IMAGE_POSITION_PATIENT: ("1", "2", "3"),
    Tag.IMAGE_ORIENTATION_PATIENT: ("1", "0", "0", "0", "1", "0"),
    Tag.PIXEL_SPACING: ("0.5", "0.25"),
    Tag.IMAGER_PIXEL_SPACING: ("0.5", "0.25"),
    Tag.LUT_DESCRIPTOR: (4, 0, 16),
    Tag.RED_PALETTE_DESCRIPTOR: (4, 0, 16),
    Tag.GREEN_PALETTE_DESCRIPTOR: (4, 0, 16),
    Tag.BLUE_PALETTE_DESCRIPTOR: (4, 0, 16),
    Tag.ALPHA_PALETTE_DESCRIPTOR: (4, 0, 16),
    Tag.NUMBER_OF_WAVEFORM_CHANNELS: (2,),
    Tag.NUMBER_OF_WAVEFORM_SAMPLES: (2,),
    Tag.WAVEFORM_BITS_ALLOCATED: (16,),
    Tag.WAVEFORM_SAMPLE_INTERPRETATION: ("SS",),
    Tag.LUT_DATA: (0, 1, 2, 3),
    Tag.RADIOPHARMACEUTICAL_START_TIME: ("091500",),
    Tag.RADIOPHARMACEUTICAL_START_DATETIME: ("20240102091500",),
    Tag.RADIONUCLIDE_TOTAL_DOSE: ("370000000",),
    Tag.RADIONUCLIDE_HALF_LIFE: ("6586.2",),
    Tag.PATIENT_SIZE: ("1.7",),
    Tag.PATIENT_WEIGHT: ("70",),
    Tag.PATIENT_SEX: ("F",),
    Tag.SHUTTER_SHAPE: ("RECTANGULAR", "CIRCULAR", "POLYGONAL"),
    Tag.CENTER_OF_CIRCULAR_SHUTTER: ("2", "2"),
    Tag.VERTICES_OF_THE_POLYGONAL_SHUTTER: ("1", "1", "1", "4", "4", "1"),
    Tag.GRID_FRAME_OFFSET_VECTOR: ("0", "2"),
    OverlayTag.ROWS: (2,),
    OverlayTag.COLUMNS: (4,),
    OverlayTag.ORIGIN: (1, 1),
}
NOT_THERE = frozenset(
    {
        Tag.FLOAT_PIXEL_DATA,
        Tag.DOUBLE_FLOAT_PIXEL_DATA,
        Tag.SEGMENTED_RED_PALETTE_DATA,
        Tag.SEGMENTED_GREEN_PALETTE_DATA,
        Tag.SEGMENTED_BLUE_PALETTE_DATA,
        Tag.SEGMENTED_ALPHA_PALETTE_DATA,
    }
)
KINDS: dict[str, dict[int, tuple[Scalar, ...]]] = {
    "grey": {},
    "palette": {Tag.PHOTOMETRIC_INTERPRETATION: ("PALETTE COLOR",)},
    "projection": {Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.1.1",)},
    "angiography": {Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.12.1",)},
    "ultrasound": {Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.6.1",), Tag.MODALITY: ("US",)},
    "nuclear": {Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.20",), Tag.MODALITY: ("NM",)},
    "dose": {Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.481.2",), Tag.MODALITY: ("RTDOSE",)},
    "positron": {
        Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.128",),
        Tag.MODALITY: ("PT",),
        Tag.UNITS: ("BQML",),
        Tag.CORRECTED_IMAGE: ("DECY", "ATTN"),
        Tag.DECAY_CORRECTION: ("START",),
    },
    "counts": {
        Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.128",),
        Tag.MODALITY: ("PT",),
        Tag.UNITS: ("CNTS",),
        Tag.CORRECTED_IMAGE: ("DECY", "ATTN"),
        Tag.PHILIPS_PET_CREATOR: ("Philips PET Private Group",),
    },
    "segmentation": {
        Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.66.4",),
        Tag.MODALITY: ("SEG",),
        Tag.SEGMENTATION_TYPE: ("FRACTIONAL",),
    },
    "slide": {
        Tag.SOP_CLASS_UID: ("1.2.840.10008.5.1.4.1.1.77.1.6",),
        Tag.MODALITY: ("SM",),
        Tag.DIMENSION_ORGANIZATION_TYPE: ("TILED_FULL",),
    },
}


@dataclass(frozen=True)
class Change:
    """What an element is instead of what it should be."""

    name: str
    values: tuple[Any, ...] = ()
    is_there: bool = True
    fails: type[Exception] | None = None

    def __str__(self) -> str:
        return self.name


CHANGES = [
    Change("absent", is_there=False),
    Change("empty"),
    Change("no such text", ("?",)),
    Change("a decimal comma", ("1,5",)),
    Change("padding only", (" ",)),
    Change("0", (0,)),
    Change("less than 0", (-1,)),
    Change("a fraction", (0.5,)),
    Change("no number", (float("nan"),)),
    Change("no end", (float("inf"),)),
    Change("huge", (2**31,)),
    Change("beyond all", ("1e308",)),
    Change("one too few", (1,)),
    Change("too many", (1,) * 7),
    Change("too many texts", ("A",) * 7),
    Change("a gap", ("", "1", "2")),
    Change("unreadable", fails=MetadataError),
    Change("damaged", fails=DecodeError),
]


@dataclass
class Invented(DicomAttributes):
    """A header that has every element, of which one may be changed; it says what it was asked."""

    kind: dict[int, tuple[Scalar, ...]]
    changed: Place = ()
    change: Change | None = None
    place: Place = ()
    asked: set[Place] = field(default_factory=set)

    def values(self, tag: int) -> tuple[Scalar, ...]:
        change = self._change(tag)
        if change is not None:
            return change.values
        if tag in NOT_THERE or KNOWN_TAGS[tag] == "SQ":
            return ()
        # An overlay of any group is as those of the first.
        known = tag if tag >> 24 != 0x60 else 0x60000000 | tag & 0xFFFF
        default = BY_REPRESENTATION.get(KNOWN_TAGS[tag], ("A",))
        return self.kind.get(known) or GOOD.get(known, default)

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        if self._change(tag) is not None or len(self.place) > 6:
            return ()
        place = (*self.place, int(tag))
        return tuple(
            Invented(self.kind, self.changed, self.change, place, self.asked) for _ in range(2)
        )

    def data(self, tag: int) -> bytes | None:
        change = self._change(tag)
        if change is None:
            return None if tag in NOT_THERE else WORDS
        return b"\1" * len(change.values) or None

    def __contains__(self, tag: object) -> bool:
        assert isinstance(tag, int)
        place = (*self.place, int(tag))
        self.asked.add(place)
        if place == self.changed and self.change is not None:
            return self.change.is_there
        return tag in KNOWN_TAGS and tag not in NOT_THERE

    def _change(self, tag: int) -> Change | None:
        place = (*self.place, int(tag))
        self.asked.add(place)
        if place != self.changed or self.change is None:
            return None
        if self.change.fails is not None:
            raise self.change.fails(f"{describe_tag(tag)} is not what it should be")
        return self.change


def places(kind: str, name: str) -> Iterator[Place]:
    """Find the elements that a module reads."""
    header = Invented(KINDS[kind])
    module = read_module(name, header, 2)
    assert module is None or isinstance(module, MODULES[name])
    yield from sorted(header.asked)


def outcome(name: str, header: Invented) -> str:
    """Tell what reading a module came to: nothing, or what was wrong with that."""
    try:
        module = read_module(name, header, 2)
    except (MetadataError, DecodeError) as error:
        # Where two elements contradict each other, it may be the other that is named.
        asked = {tag for place in header.asked for tag in place}
        changed = set(header.changed) if header.change and header.change.fails else asked
        names = any(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" in str(error) for tag in changed)
        return "" if names else f"names no element: {error}"
    except Exception as error:
        return repr(error)
    return "" if module is None or isinstance(module, MODULES[name]) else repr(module)


@pytest.mark.parametrize("kind", KINDS)
def test_every_element_that_is_wrong_is_a_default_or_an_error_that_names_it(kind, caplog):
    caplog.set_level(logging.CRITICAL)
    wrong: list[str] = []
    tried = 0
    for name in READ:
        for place in places(kind, name):
            for change in CHANGES:
                found = outcome(name, Invented(KINDS[kind], place, change))
                if found:
                    where = " ".join(map(describe_tag, place))
                    wrong.append(f"{name}, {where}, {change}: {found}")
                tried += 1
    assert not wrong
    assert tried > 3000


# What PS3.5 section 6.2 allows in most representations of text, and a comma that it does not.
_LETTERS = st.text("ABCxyz0189 _.,^-", min_size=1, max_size=12).filter(str.strip)
_DECIMALS = st.one_of(
    st.integers(-(2**20), 2**20).map(str),
    st.floats(-1e6, 1e6).map(lambda number: f"{number:.6g}"),
)
_NO_DECIMALS = st.sampled_from(["1,5", "wide", "1.2.3", "1e999", "nan", "0x10", "--1", "+"])
_CODES = {"FD": "d", "FL": "f", "SL": "l", "SS": "h", "UL": "L", "US": "H"}
_BINARY = {"OB", "OW"}

Elements = dict[int, Any]


def _words(vr: str) -> st.SearchStrategy[int]:
    bits = 32 if vr in {"SL", "UL"} else 16
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if vr[0] == "S" else (0, 2**bits - 1)
    return st.one_of(st.integers(0, 17), st.integers(low, high))


def _values(vr: str) -> st.SearchStrategy[list[Any] | bytes]:
    if vr in _BINARY:
        return st.binary(max_size=24).map(lambda data: data[: len(data) // 2 * 2])
    if vr in {"DS", "IS"}:
        wrong = st.lists(_NO_DECIMALS, min_size=1, max_size=1)
        return st.one_of(st.lists(_DECIMALS, max_size=6), wrong)
    if vr in {"FD", "FL"}:
        return st.lists(st.floats(width=32), max_size=3)
    if vr in _CODES:
        return st.lists(_words(vr), max_size=4)
    return st.lists(_LETTERS, max_size=1 if vr in {"LT", "ST", "UR"} else 4)


@functools.cache
def elements_read(kind: str) -> dict[Place, list[int]]:
    """Find which elements are read in which sequence, by any module."""
    found: dict[Place, set[int]] = {}
    for name in READ:
        for place in places(kind, name):
            # Of vendors' elements pydicom knows the representation only with their creator.
            if not any(tag >> 16 & 1 for tag in place):
                found.setdefault(place[:-1], set()).add(place[-1])
    return {place: sorted(tags) for place, tags in found.items()}


@st.composite
def headers(draw: st.DrawFn) -> Elements:
    """Make a header that every module can be read from, and change some of it."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    tree = elements_read(kind)
    every = [(*place, tag) for place, tags in tree.items() for tag in tags]
    changed: dict[Place, object] = {}
    for place in draw(st.lists(st.sampled_from(every), max_size=8)):
        vr = KNOWN_TAGS[place[-1]]
        empty: object = b"" if vr in _BINARY else []
        values = st.just(empty) if vr == "SQ" else _values(vr)
        changed[place] = draw(st.one_of(st.none(), st.just(empty), values))

    def elements(place: Place) -> Elements:
        made: Elements = {}
        header = Invented(KINDS[kind])
        for tag in tree.get(place, ()):
            here = (*place, tag)
            if tag in NOT_THERE or tag == Tag.PIXEL_DATA:
                continue
            if here in changed:
                value = changed[here]
            elif KNOWN_TAGS[tag] == "SQ":
                value = [elements(here) for _ in range(2)]
            elif KNOWN_TAGS[tag] in _BINARY:
                value = WORDS
            else:
                value = list(header.values(tag))
            if value is not None:
                made[tag] = value
        return made

    return elements(())


def written(elements: Elements) -> bytes:
    """Write a data set by PS3.5 section 7.1, explicit VR and little endian."""
    whole = b""
    for tag, value in sorted(elements.items()):
        vr = KNOWN_TAGS[tag]
        if vr == "SQ":
            items = [written(item) for item in value]
            data = b"".join(struct.pack("<HHL", 0xFFFE, 0xE000, len(i)) + i for i in items)
        elif vr in _BINARY:
            data = value
        elif vr in _CODES:
            data = struct.pack(f"<{len(value)}{_CODES[vr]}", *value)
        else:
            data = "\\".join(value).encode()
            data += (b"\0" if vr == "UI" else b" ") * (len(data) % 2)
        head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
        is_long = vr in {"OB", "OW", "SQ", "UC", "UR", "UT"}
        whole += head + struct.pack("<xxL" if is_long else "<H", len(data)) + data
    return whole


def in_json(elements: Elements) -> dict[str, Any]:
    """Say the same in the DICOM JSON model (PS3.18 section F.2)."""
    said: dict[str, Any] = {}
    for tag, value in elements.items():
        element: dict[str, Any] = {"vr": KNOWN_TAGS[tag]}
        if element["vr"] == "SQ":
            element["Value"] = [in_json(item) for item in value]
        elif isinstance(value, bytes):
            element["InlineBinary"] = base64.b64encode(value).decode()
        elif element["vr"] == "PN":
            element["Value"] = [{"Alphabetic": name} for name in value]
        elif value:
            element["Value"] = value
        said[f"{tag:08X}"] = element
    return said


def plain(value: object) -> object:
    """Make modules comparable that hold arrays."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def modules_of(attributes: DicomAttributes, frame: int) -> dict[str, object]:
    modules: dict[str, object] = {}
    for name in READ:
        try:
            modules[name] = plain(read_module(name, attributes, frame))
        except (MetadataError, DecodeError) as error:
            modules[name] = type(error)
    return modules


@given(elements=headers(), frame=st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_whatever_a_header_says_a_file_json_and_pydicom_say_the_same(elements, frame):
    syntax = {Tag.TRANSFER_SYNTAX_UID: ["1.2.840.10008.1.2.1"]}
    elements.pop(Tag.TRANSFER_SYNTAX_UID, None)
    length = struct.pack("<HH2sHL", 2, 0, b"UL", 4, len(written(syntax)))
    data = b"\0" * 128 + b"DICM" + length + written(syntax) + written(elements)
    of_file = modules_of(read_part10(data).attributes, frame)
    assert modules_of(JsonAttributes(in_json(elements | syntax)), frame) == of_file
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pydicom")
        dataset = pydicom.dcmread(io.BytesIO(data))
        assert modules_of(PydicomAttributes(dataset), frame) == of_file
