"""One frame of a colour cine loop: against pydicom, and against the codec of that frame alone.

That no byte of another frame is read is held by a test, which ruins all the others.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_PYDICOM = "pydicom.pixels.pixel_array(path, index=n)"
_CODEC = "the codec of the frame alone"


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Time a frame of a file that nobody has opened, and one of a file that is on show."""
    import imagecodecs
    from pydicom.pixels import pixel_array

    frames, rows, columns, runs = (12, 48, 64, 1) if quick else (120, 480, 640, 15)
    encoded = [
        bytes(imagecodecs.jpeg8_encode(frame, level=85, subsampling="422"))
        for frame in _loop(frames, rows, columns)
    ]
    file = folder / "cine.dcm"
    _write(file, encoded, rows, columns)
    numbers = itertools.cycle([frames // 2, 1, frames, frames // 3])

    def first() -> npt.NDArray[np.uint8]:
        with cs.Session() as session:
            return session.load_image(f"dicomfile:{file}?frame={frames // 2}").result().pixels

    def next_one() -> npt.NDArray[np.uint8]:
        return cs.load_image(f"dicomfile:{file}?frame={next(numbers)}").result().pixels

    def pydicom() -> npt.NDArray[np.uint8]:
        return pixel_array(file, index=frames // 2 - 1)

    def codec() -> npt.NDArray[np.uint8]:
        return imagecodecs.jpeg8_decode(encoded[frames // 2 - 1])

    # Decoders of JPEG differ by how they spread the colour that two pixels share.
    assert np.abs(first().astype(int) - pydicom()).mean() < 2
    title = f"one frame of {frames} of {rows}x{columns} RGB, JPEG baseline"
    peers = {_PYDICOM: pydicom, _CODEC: codec}
    return [
        measure(f"{title}, {state}", {OURS: ours, **peers}, runs=runs, wanted={_PYDICOM: 1})
        for state, ours in (("of a new file in a new session", first), ("the next one", next_one))
    ]


def _loop(frames: int, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """Draw a disc that beats, in colour, over speckle."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    distance = np.hypot(y, x)
    speckle = np.random.default_rng(3).normal(0, 6, (rows, columns))
    loop = np.empty((frames, rows, columns, 3), np.uint8)
    for index in range(frames):
        radius = 0.5 + 0.2 * np.sin(2 * np.pi * index / 30)
        grey = 60 + 120 * (distance < radius) + speckle
        loop[index] = np.clip(grey[..., None] * (1.0, 0.9 - 0.4 * radius, 0.8), 0, 255)
    return loop


def _write(file: Path, encoded: list[bytes], rows: int, columns: int) -> None:
    """Write an Ultrasound Multi-frame Image (PS3.3 A.7) with a Basic Offset Table."""
    from pydicom import uid as uids
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate

    image = Dataset()
    image.SOPClassUID = uids.UltrasoundMultiFrameImageStorage
    image.SOPInstanceUID = uids.generate_uid()
    image.Modality = "US"
    image.Rows, image.Columns, image.NumberOfFrames = rows, columns, len(encoded)
    image.SamplesPerPixel, image.PlanarConfiguration = 3, 0
    image.PhotometricInterpretation = "YBR_FULL_422"
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    image.PixelRepresentation = 0
    image.FrameTime = 33.3
    image.PixelData = encapsulate(encoded)
    image["PixelData"].VR = "OB"
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = uids.JPEGBaseline8Bit
    image.save_as(file, enforce_file_format=True)
