"""The CT phantom as DICOM files, in any of nine transfer syntaxes, with all that a scanner writes.

Written by pydicom and the encoders of imagecodecs, so that nothing here shares a fault with the
readers that are tested with it. Both are imported at the top: import this module when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset

from pycornerstone.testing.frame_encoders import TRANSFER_SYNTAXES, frame_encoder
from pycornerstone.testing.part10_files import part10_file, phantom_uid
from pycornerstone.testing.phantoms import CtPhantom, ct_phantom
from pycornerstone.testing.pictures import windowed

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "RESCALE_INTERCEPT",
    "SIGNED_PADDING_VALUE",
    "TRANSFER_SYNTAXES",
    "ct_series",
    "secondary_capture",
    "write_ct_series",
]

RESCALE_INTERCEPT = -1024
SIGNED_PADDING_VALUE = -2000
"""Stored value outside of the scanner's round field of view, in signed files."""

_WINDOWS = (("SOFT TISSUE", 40, 400), ("BONE", 400, 1800), ("LUNG", -600, 1500))


def ct_series(
    phantom: CtPhantom,
    transfer_syntax_uid: str = uids.ExplicitVRLittleEndian,
    *,
    signed: bool = False,
    series_number: int = 1,
) -> list[bytes]:
    """Write a phantom as a CT series (CT Image Storage, PS3.3 A.3).

    Parameters
    ----------
    phantom : CtPhantom
        What is shown.
    transfer_syntax_uid : str
        One of `TRANSFER_SYNTAXES`; all of them are lossless.
    signed : bool
        Stored values are two's complement, and what lies outside of the round field of view is
        padding; else they are unsigned, 12 bits where the encoder can write 12.
    series_number : int
        (0020,0011); series of one phantom with other numbers have other UIDs.

    Returns
    -------
    list of bytes
        A Part 10 file a slice, from the feet to the head; the same bytes on each call.

    Raises
    ------
    ValueError
        If there is no encoder for the transfer syntax.
    """
    encoder = frame_encoder(transfer_syntax_uid)
    stored = phantom.hounsfield - np.int16(RESCALE_INTERCEPT)
    if signed:
        stored = np.where(_in_round_field(phantom), stored, np.int16(SIGNED_PADDING_VALUE))
    else:
        stored = stored.astype(np.uint16)
    bits_stored = 16 if signed else encoder.unsigned_bits
    series = _series(phantom, transfer_syntax_uid, series_number, signed=signed)
    return [
        part10_file(
            _ct_image(phantom, series, index, signed=signed, bits_stored=bits_stored),
            transfer_syntax_uid,
            [encoder.encode(samples, bits_stored)],
        )
        for index, samples in enumerate(stored)
    ]


def write_ct_series(
    folder: Path | str,
    phantom: CtPhantom | None = None,
    transfer_syntax_uid: str = uids.ExplicitVRLittleEndian,
    *,
    signed: bool = False,
    series_number: int = 1,
) -> list[Path]:
    """Write `ct_series` into a folder, which is made; ``0001.dcm`` is the slice next to the feet.

    Without a phantom, `ct_phantom` of 24 slices is written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = ct_series(
        phantom or ct_phantom(24), transfer_syntax_uid, signed=signed, series_number=series_number
    )
    paths = [folder / f"{number:04}.dcm" for number in range(1, len(files) + 1)]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return paths


def secondary_capture(phantom: CtPhantom, *, quality: int = 90, series_number: int = 100) -> bytes:
    """Write a phantom as pictures: one file of JPEG Baseline frames, soft tissue window.

    A Multi-frame Grayscale Byte Secondary Capture Image (PS3.3 A.8.3): 8 bits, no position, no
    rescale, a Basic Offset Table. The same bytes on each call.
    """
    _, center, width = _WINDOWS[0]
    greys = windowed(phantom.hounsfield, center, width)
    frames = [bytes(imagecodecs.jpeg8_encode(grey, level=quality)) for grey in greys]
    image = _series(phantom, uids.JPEGBaseline8Bit, series_number, signed=False)
    image.SOPClassUID = uids.MultiFrameGrayscaleByteSecondaryCaptureImageStorage
    image.SOPInstanceUID = phantom_uid(image.SeriesInstanceUID, "capture")
    image.Modality = "OT"
    image.SeriesDescription = "Screen captures, soft tissue window"
    image.ConversionType = "WSD"
    image.ImageType = ["DERIVED", "SECONDARY"]
    image.InstanceNumber = 1
    image.BurnedInAnnotation = "NO"
    image.NumberOfFrames = len(frames)
    image.FrameIncrementPointer = 0x00182001
    image.PageNumberVector = list(range(1, len(frames) + 1))
    _describe_samples(image, phantom, bits_allocated=8, bits_stored=8, signed=False)
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = 0, 1, "US"
    image.PresentationLUTShape = "IDENTITY"
    image.LossyImageCompression = "01"
    image.LossyImageCompressionRatio = round(greys.nbytes / sum(map(len, frames)), 2)
    image.LossyImageCompressionMethod = "ISO_10918_1"
    return part10_file(image, uids.JPEGBaseline8Bit, frames)


def _series(
    phantom: CtPhantom, transfer_syntax_uid: str, series_number: int, *, signed: bool
) -> Dataset:
    """Give what all images of a series share (PS3.3 C.7.1 to C.7.4)."""
    series = Dataset()
    name = uids.UID(transfer_syntax_uid).name
    series.SpecificCharacterSet = "ISO_IR 192"
    series.StudyDate = series.SeriesDate = series.AcquisitionDate = series.ContentDate = "20260105"
    series.StudyTime, series.SeriesTime = "090000", f"{90000 + series_number % 60:06}"
    series.AcquisitionTime = series.ContentTime = series.SeriesTime
    series.AccessionNumber = "PHANTOM"
    series.Modality = "CT"
    series.Manufacturer = "pycornerstone"
    series.ReferringPhysicianName = ""
    series.StudyDescription = "Thorax phantom"
    signedness = "signed" if signed else "unsigned"
    series.SeriesDescription = f"Thorax {phantom.slice_spacing_mm:g} mm, {signedness}, {name}"[:64]
    series.PatientName = "Phantom^CT"
    series.PatientID = "PHANTOM-CT"
    series.PatientBirthDate = ""
    series.PatientSex = "O"
    series.StudyInstanceUID = phantom_uid("study")
    # Other pixels, other UIDs: who keeps images by their UID must never mix two phantoms up.
    series.SeriesInstanceUID = phantom_uid(
        "series",
        series_number,
        transfer_syntax_uid,
        signed,
        phantom.hounsfield.shape,
        phantom.slice_spacing_mm,
        int(phantom.hounsfield.sum(dtype=np.int64)),
    )
    series.StudyID = "1"
    series.SeriesNumber = series_number
    return series


def _ct_image(
    phantom: CtPhantom, series: Dataset, index: int, *, signed: bool, bits_stored: int
) -> Dataset:
    """Add what is of one slice (PS3.3 C.7.6.1, C.7.6.2, C.8.2.1, C.11.2)."""
    image = Dataset()
    image.update(series)
    image.SOPClassUID = uids.CTImageStorage
    image.SOPInstanceUID = phantom_uid(series.SeriesInstanceUID, index)
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.BodyPartExamined = "CHEST"
    image.KVP = 120
    image.PatientPosition = "HFS"
    image.AcquisitionNumber = 1
    image.InstanceNumber = index + 1
    position = [round(value, 5) for value in phantom.position_lps(index)]
    image.ImagePositionPatient = position
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.FrameOfReferenceUID = phantom_uid("frame of reference")
    image.PositionReferenceIndicator = ""
    image.SliceLocation = position[2]
    image.SliceThickness = phantom.slice_spacing_mm
    image.SpacingBetweenSlices = phantom.slice_spacing_mm
    image.PixelSpacing = list(phantom.pixel_spacing_mm)
    _describe_samples(image, phantom, bits_allocated=16, bits_stored=bits_stored, signed=signed)
    if signed:
        image.add_new(0x00280120, "SS", SIGNED_PADDING_VALUE)
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = RESCALE_INTERCEPT, 1, "HU"
    names, centers, widths = (list(column) for column in zip(*_WINDOWS, strict=True))
    image.WindowCenter, image.WindowWidth = centers, widths
    image.WindowCenterWidthExplanation = names
    image.LossyImageCompression = "00"
    return image


def _describe_samples(
    image: Dataset, phantom: CtPhantom, *, bits_allocated: int, bits_stored: int, signed: bool
) -> None:
    _, image.Rows, image.Columns = phantom.hounsfield.shape
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = bits_allocated
    image.BitsStored = bits_stored
    image.HighBit = bits_stored - 1
    image.PixelRepresentation = int(signed)


def _in_round_field(phantom: CtPhantom) -> npt.NDArray[np.bool_]:
    _, rows, columns = phantom.hounsfield.shape
    y, x = np.ogrid[:rows, :columns]
    radius = max(rows, columns) / 2
    inside: npt.NDArray[np.bool_] = np.hypot(x - (columns - 1) / 2, y - (rows - 1) / 2) <= radius
    return inside
