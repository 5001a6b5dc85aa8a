"""One reader, three sources: a file, DICOM JSON and a pydicom data set say the same."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.metadata.dicom_json import JsonAttributes, parse_dicom_json
from pycornerstone.metadata.dicom_modules import FRAME_MODULES, INSTANCE_MODULES, read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

READ = sorted(FRAME_MODULES | INSTANCE_MODULES)

NOT_COMPARED = {
    "no_meta.dcm": "begins with a stray byte, and is not DICOM",
    "rtplan_truncated.dcm": "its header is cut off, which is an error here",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "pydicom drops all if pixel data end early",
}
NOT_IN_JSON = {
    "badVR.dcm": "pydicom cannot write its Number of Frames '1A'",
    "OBXXXX1A_expb.dcm": "pydicom writes big endian words into JSON as they are",
    "gdcm-US-ALOKA-16_big.dcm": "pydicom writes big endian words into JSON as they are",
}


def plain(value: object) -> object:
    """Make modules comparable that hold arrays or data sets."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Dataset):
        return {int(element.tag): (element.VR, plain(element.value)) for element in value}
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list | pydicom.multival.MultiValue | pydicom.Sequence):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(value)
    if value is None or isinstance(value, bool | int | bytes):
        return value
    # pydicom reads text without padding at its end, but leaves it at its beginning.
    return str(value).strip()


def modules_of(attributes: DicomAttributes, frame: int) -> dict[str, object]:
    modules: dict[str, object] = {}
    for name in READ:
        try:
            modules[name] = plain(read_module(name, attributes, frame))
        except (MetadataError, DecodeError) as error:
            modules[name] = str(error)
    return modules


def sources_of(path: Path) -> dict[str, DicomAttributes]:
    data = path.read_bytes()
    file = read_part10(data)
    dataset = pydicom.dcmread(io.BytesIO(data), force=True)
    sources: dict[str, DicomAttributes] = {
        "file": file.attributes,
        "pydicom": PydicomAttributes(dataset),
    }
    if path.name not in NOT_IN_JSON:
        for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
            # No module reads them, and most of a file is base64 of them otherwise.
            if keyword in dataset:
                dataset[keyword].value = b"\0\0"
        document = dataset.to_json_dict(bulk_data_threshold=1 << 40)
        uid = {"vr": "UI", "Value": [file.transfer_syntax_uid]}
        text = json.dumps({**document, "00020010": uid}).encode()
        sources["json"] = JsonAttributes(parse_dicom_json(text)[0])
    return sources


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    # What pydicom finds odd in real files is not what is asked here.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pydicom")
        yield


def test_every_module_of_every_file_is_the_same_from_three_sources(dicom_paths):
    compared = images = 0
    wrong: list[object] = []
    for path in dicom_paths:
        if path.name in NOT_COMPARED:
            continue
        sources = sources_of(path)
        frames = modules_of(sources["file"], 1)["multiframeModule"]["number_of_frames"]
        for frame in sorted({1, frames // 2 + 1, frames}):
            known = {name: modules_of(source, frame) for name, source in sources.items()}
            expected = known.pop("file")
            images += expected["imagePixelModule"] is not None
            for source, modules in known.items():
                if Tag.TRANSFER_SYNTAX_UID not in sources[source]:
                    # Where the file does not say it, only its bytes do.
                    modules["transferSyntax"] = expected["transferSyntax"]
                wrong += [
                    (path.name, source, frame, name, modules[name], expected[name])
                    for name in READ
                    if modules[name] != expected[name]
                ]
                compared += 1
    assert not wrong
    assert compared > 800
    assert images > 350
