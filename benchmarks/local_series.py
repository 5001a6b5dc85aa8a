"""A series of local files into one array: against a pydicom loop and SimpleITK's reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["fill_headers", "run"]

_WANTED = {"pydicom loop": 5, "SimpleITK ImageSeriesReader": 8}


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Write the series, check that all three read the same values, and time them."""
    slices, size, runs = (8, 64, 1) if quick else (300, 512, 9)
    phantom = ct_phantom(slices=slices, rows=size, columns=size)
    files = [str(file) for file in write_ct_series(folder / "series", phantom)]
    title = f"{slices} local slices {size}x{size}, explicit little endian, into one array"
    small = _measure(f"{title}, headers of 60 elements", files, runs)
    fill_headers(files)
    return [small, _measure(f"{title}, headers of 250 elements", files, runs)]


def _measure(title: str, files: list[str], runs: int) -> Outcome:
    import pydicom
    import SimpleITK

    first = pydicom.dcmread(files[0])
    shape = (len(files), first.Rows, first.Columns)

    def ours() -> npt.NDArray[np.uint16]:
        return cs.load_array([f"dicomfile:{file}" for file in files]).result()

    def pydicom_loop() -> npt.NDArray[np.uint16]:
        volume = np.empty(shape, np.uint16)
        for index, file in enumerate(files):
            volume[index] = pydicom.dcmread(file).pixel_array
        return volume

    def simpleitk_reader() -> npt.NDArray[np.int16]:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(files)
        return SimpleITK.GetArrayFromImage(reader.Execute())

    np.testing.assert_array_equal(ours(), pydicom_loop())
    np.testing.assert_array_equal(
        ours().astype(int) + int(first.RescaleIntercept), simpleitk_reader()
    )
    candidates = {
        OURS: ours,
        "pydicom loop": pydicom_loop,
        "SimpleITK ImageSeriesReader": simpleitk_reader,
    }
    return measure(title, candidates, runs=runs, wanted=_WANTED)


def fill_headers(files: list[str]) -> None:
    """Add what scanners write and nobody needs for an image: acquisition, private, a sequence."""
    import pydicom
    from pydicom.datadict import DicomDictionary, dictionary_VR

    values = {"LO": "SOME TEXT", "SH": "SHORT", "DS": "1.25", "IS": "12", "CS": "CODE", "FD": 1.5}
    acquisition = [
        tag
        for tag, (vr, multiplicity, _, retired, _) in DicomDictionary.items()
        if tag >> 16 == 0x0018 and vr in values and multiplicity == "1" and not retired
    ]
    for file in files:
        header = pydicom.dcmread(file)
        for tag in acquisition[:150]:
            if tag not in header:
                header.add_new(tag, dictionary_VR(tag), values[dictionary_VR(tag)])
        block = header.private_block(0x0029, "BENCHMARK", create=True)
        for element in range(1, 40):
            block.add_new(element, "LO", f"private value {element}")
        block.add_new(0x50, "OB", bytes(4000))
        reference = pydicom.Dataset()
        reference.ReferencedSOPClassUID = header.SOPClassUID
        reference.ReferencedSOPInstanceUID = header.SOPInstanceUID
        header.ReferencedImageSequence = [reference, reference]
        header.save_as(file)
