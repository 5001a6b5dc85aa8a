"""A compressed series into one array: against nothing but its bytes and its codec."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_BARE = "the bytes of the files and the codec, same threads"


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Time High-Throughput JPEG 2000, which decodes so fast that anything around it shows."""
    import imagecodecs
    from pydicom.uid import HTJ2KLossless

    slices, size, runs = (8, 64, 1) if quick else (300, 512, 7)
    phantom = ct_phantom(slices=slices, rows=size, columns=size)
    files = [str(file) for file in write_ct_series(folder / "series", phantom, HTJ2KLossless)]
    streams = [_codestream(file) for file in files]

    def ours() -> npt.NDArray[np.uint16]:
        return cs.load_array([f"dicomfile:{file}" for file in files]).result()

    def bare() -> npt.NDArray[np.uint16]:
        volume = np.empty((slices, size, size), np.uint16)

        def decode(index: int) -> None:
            with open(files[index], "rb") as file:  # noqa: PTH123 - as short as it can be
                data = file.read()
            imagecodecs.htj2k_decode(data[streams[index]], out=volume[index])

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(decode, range(slices)))
        return volume

    np.testing.assert_array_equal(ours(), bare())
    np.testing.assert_array_equal(ours(), phantom.hounsfield.astype(int) + 1024)
    candidates = {OURS: ours, _BARE: bare}
    title = f"{slices} local slices {size}x{size}, HTJ2K lossless, into one array"
    return [measure(title, candidates, runs=runs, wanted={_BARE: round(1 / 1.3, 2)})]


def _codestream(file: str) -> slice:
    """Find the only frame of a file."""
    import pydicom
    from pydicom.encaps import generate_frames

    pixel_data = pydicom.dcmread(file).PixelData
    [frame] = generate_frames(pixel_data, number_of_frames=1)
    with open(file, "rb") as opened:  # noqa: PTH123 - beside the one that is timed
        start = opened.read().index(frame)
    return slice(start, start + len(frame))
