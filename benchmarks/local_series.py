"""A series of local files into one array: against a pydicom loop and SimpleITK's reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.fill import fill
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Write the series, check that all three read the same values, and time them."""
    import pydicom
    import SimpleITK

    slices, size, runs = (8, 64, 1) if quick else (200, 512, 7)
    phantom = ct_phantom(slices=slices, rows=size, columns=size)
    files = [str(file) for file in write_ct_series(folder / "series", phantom)]

    def ours() -> npt.NDArray[np.int16]:
        volume = np.empty((slices, size, size), np.int16)
        fill(volume, [f"dicomfile:{file}" for file in files])
        return volume

    def pydicom_loop() -> npt.NDArray[np.int16]:
        volume = np.empty((slices, size, size), np.int16)
        for index, file in enumerate(files):
            volume[index] = pydicom.dcmread(file).pixel_array
        return volume

    def simpleitk_reader() -> npt.NDArray[np.int16]:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(files)
        return SimpleITK.GetArrayFromImage(reader.Execute())

    np.testing.assert_array_equal(ours(), pydicom_loop())
    intercept = int(pydicom.dcmread(files[0]).RescaleIntercept)
    np.testing.assert_array_equal(ours().astype(int) + intercept, simpleitk_reader())
    candidates = {
        OURS: ours,
        "pydicom loop": pydicom_loop,
        "SimpleITK ImageSeriesReader": simpleitk_reader,
    }
    title = f"{slices} local slices {size}x{size}, explicit little endian, into one array"
    wanted = {"pydicom loop": 1, "SimpleITK ImageSeriesReader": 1}
    return [measure(title, candidates, runs=runs, wanted=wanted)]
