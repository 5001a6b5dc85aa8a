"""A header to everything that an image needs: against pydicom, which reads the same values."""

from __future__ import annotations

import functools
import io
import json
import warnings
from typing import TYPE_CHECKING, Any

from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.metadata.dicom_json import JsonAttributes, parse_dicom_json
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.part10 import read_part10

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["run"]

MODULES = (
    "imagePixelModule",
    "imagePlaneModule",
    "modalityLutModule",
    "voiLutModule",
    "presentationLutModule",
    "generalSeriesModule",
    "sopCommonModule",
    "transferSyntax",
    "generalImageModule",
)
# What the modules above hold, as users of pydicom ask for it.
_TEXT = (
    "PhotometricInterpretation",
    "FrameOfReferenceUID",
    "RescaleType",
    "VOILUTFunction",
    "PresentationLUTShape",
    "Modality",
    "SeriesInstanceUID",
    "StudyInstanceUID",
    "SeriesDescription",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "BodyPartExamined",
    "Laterality",
    "SOPClassUID",
    "SOPInstanceUID",
    "ContentDate",
    "ContentTime",
    "LossyImageCompression",
)
_INTEGERS = (
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "PixelPaddingValue",
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "SeriesNumber",
    "InstanceNumber",
)
_NUMBERS = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "SliceLocation",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
    "LossyImageCompressionRatio",
)
_MACROS = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "FrameVOILUTSequence": ("WindowCenter", "WindowWidth"),
}
# A scanner writes about this many elements (Siemens, GE and Philips CT: 150 to 350).
_OTHERS = 200


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Compare what is read, and time it: files, DICOM JSON, and one of many frames."""
    runs, calls = (1, 2) if quick else (15, 100)
    frames = 20 if quick else 500
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        slice_, enhanced = _slice(), _enhanced(frames)
        explicit, implicit = _written(slice_), _written(slice_, is_implicit=True)
        many = _written(enhanced)
        text = json.dumps([slice_.to_json_dict() | slice_.file_meta.to_json_dict()]).encode()
    pydicom_file = "pydicom, stop_before_pixels"
    compared: list[tuple[str, str, Callable[[], object], Callable[[], object], int]] = [
        (
            f"header of a CT slice, {len(slice_)} elements",
            pydicom_file,
            functools.partial(_our_file, explicit, 1),
            functools.partial(_pydicom_file, explicit, 1),
            calls,
        ),
        (
            "the same in implicit VR",
            pydicom_file,
            functools.partial(_our_file, implicit, 1),
            functools.partial(_pydicom_file, implicit, 1),
            calls,
        ),
        (
            "the same as DICOM JSON",
            "pydicom, from_json",
            functools.partial(_our_json, text),
            functools.partial(_pydicom_json, text),
            calls,
        ),
        (
            f"enhanced CT of {frames} frames, the first asked for",
            pydicom_file,
            functools.partial(_our_file, many, frames),
            functools.partial(_pydicom_file, many, frames),
            max(calls // 10, 1),
        ),
    ]
    outcomes = []
    for title, peer, ours, theirs, count in compared:
        _compare(ours(), theirs())
        candidates = {OURS: ours, peer: theirs}
        wanted = {peer: 5.0}
        outcomes.append(measure(title, candidates, runs=runs, wanted=wanted, calls=count))
    return outcomes


def _our_file(data: bytes, frame: int) -> dict[str, Any]:
    return _modules(read_part10(data).attributes, frame)


def _our_json(text: bytes) -> dict[str, Any]:
    return _modules(JsonAttributes(parse_dicom_json(text)[0]), 1)


def _modules(attributes: DicomAttributes, frame: int) -> dict[str, Any]:
    return {name: read_module(name, attributes, frame) for name in MODULES}


def _pydicom_file(data: bytes, frame: int) -> dict[str, Any]:
    import pydicom

    dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)
    return _pydicom_values(dataset, frame)


def _pydicom_json(text: bytes) -> dict[str, Any]:
    from pydicom.dataset import Dataset

    return _pydicom_values(Dataset.from_json(json.loads(text)[0]), 1)


def _pydicom_values(dataset: Dataset, frame: int) -> dict[str, Any]:
    holder = getattr(dataset, "file_meta", dataset)
    values: dict[str, Any] = {
        "TransferSyntaxUID": str(holder.get("TransferSyntaxUID", "")),
        "ImageType": [str(value) for value in dataset.get("ImageType", ())],
    }
    for keyword in _TEXT:
        value = dataset.get(keyword)
        values[keyword] = None if value is None else str(value)
    for keyword in _INTEGERS:
        value = dataset.get(keyword)
        values[keyword] = None if value is None else int(value)
    for keyword in _NUMBERS:
        values[keyword] = _floats(dataset.get(keyword))
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    shared = dataset.get("SharedFunctionalGroupsSequence") or ()
    for group in (*shared, *per_frame[frame - 1 : frame]):
        for sequence, keywords in _MACROS.items():
            for item in group.get(sequence) or ():
                values |= {keyword: _floats(item.get(keyword)) for keyword in keywords}
    return values


def _floats(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    return [float(one) for one in value] if hasattr(value, "__len__") else [float(value)]


def _compare(ours: Any, theirs: Any) -> None:
    plane, pixel = ours["imagePlaneModule"], ours["imagePixelModule"]
    assert list(plane.image_position_lps) == theirs["ImagePositionPatient"]
    spacing = [plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm]
    assert spacing == theirs["PixelSpacing"]
    assert [*plane.row_cosines, *plane.column_cosines] == theirs["ImageOrientationPatient"]
    assert [window.center for window in ours["voiLutModule"].windows] == theirs["WindowCenter"]
    assert [ours["modalityLutModule"].rescale_intercept] == theirs["RescaleIntercept"]
    assert (pixel.rows, pixel.bits_stored) == (theirs["Rows"], theirs["BitsStored"])
    assert ours["generalSeriesModule"].series_number == theirs["SeriesNumber"]
    assert ours["sopCommonModule"].sop_instance_uid == theirs["SOPInstanceUID"]
    assert ours["transferSyntax"].transfer_syntax_uid == theirs["TransferSyntaxUID"]


def _slice() -> Dataset:
    """Take a slice of the phantom, and add what scanners add."""
    import pydicom
    from pydicom.datadict import DicomDictionary

    from pycornerstone.testing.dicom_series import ct_series
    from pycornerstone.testing.phantoms import ct_phantom

    dataset = pydicom.dcmread(io.BytesIO(ct_series(ct_phantom(1, 64, 64))[0]))
    examples: dict[str, Any] = {
        "CS": "VALUE",
        "DA": "20240131",
        "DS": ["12.5", "3.25"],
        "FD": 0.5,
        "IS": "12",
        "LO": "SOME TEXT",
        "SH": "TEXT",
        "TM": "101530.250",
        "UI": "1.2.840.113619.2.55.3",
        "UL": 70000,
        "US": 12,
    }
    wanted = [
        (tag, entry[0])
        for tag, entry in sorted(DicomDictionary.items())
        if 0x00080000 <= tag < 0x00290000 and entry[0] in examples and not entry[3]
    ]
    wanted = [(tag, vr) for tag, vr in wanted if tag not in dataset and tag not in _asked_for()]
    for tag, vr in wanted[:: len(wanted) // _OTHERS][:_OTHERS]:
        value = examples[vr]
        is_single = DicomDictionary[tag][1] == "1" and isinstance(value, list)
        dataset.add_new(tag, vr, value[0] if is_single else value)
    return dataset


def _asked_for() -> set[int]:
    from pydicom.datadict import tag_for_keyword

    return {tag_for_keyword(keyword) or 0 for keyword in (*_TEXT, *_INTEGERS, *_NUMBERS)}


def _enhanced(frames: int) -> Dataset:
    """Put geometry and values of the slice into functional groups."""
    from pydicom.dataset import Dataset
    from pydicom.uid import EnhancedCTImageStorage

    dataset = _slice()
    dataset.SOPClassUID = EnhancedCTImageStorage
    dataset.NumberOfFrames = frames
    position = [float(value) for value in dataset.ImagePositionPatient]
    shared, per_frame = Dataset(), []
    for sequence, keywords in _MACROS.items():
        item = Dataset()
        for keyword in keywords:
            if keyword in dataset and sequence != "PlanePositionSequence":
                setattr(item, keyword, dataset[keyword].value)
        if sequence != "PlanePositionSequence":
            setattr(shared, sequence, [item])
    for number in range(frames):
        item, group, content = Dataset(), Dataset(), Dataset()
        item.ImagePositionPatient = [*position[:2], position[2] + number]
        group.PlanePositionSequence = [item]
        content.StackID, content.InStackPositionNumber = "1", number + 1
        group.FrameContentSequence = [content]
        per_frame.append(group)
    for keywords in _MACROS.values():
        for keyword in keywords:
            if keyword in dataset:
                delattr(dataset, keyword)
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = per_frame
    return dataset


def _written(dataset: Dataset, *, is_implicit: bool = False) -> bytes:
    import pydicom
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    uid = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    dataset.file_meta.TransferSyntaxUID = uid
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, implicit_vr=is_implicit, little_endian=True)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return stream.getvalue()
