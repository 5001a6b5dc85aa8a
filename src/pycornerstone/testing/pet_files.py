"""The PET phantom as DICOM files, each slice with a slope of its own, and all that SUV needs.

Written by pydicom, which is imported at the top: import this module when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset

from pycornerstone.testing.part10_files import part10_file, phantom_uid
from pycornerstone.testing.pet_thorax import (
    DOSE_BQ,
    HALF_LIFE_S,
    MINUTES_AFTER_INJECTION,
    WEIGHT_KG,
    pet_phantom,
)

if TYPE_CHECKING:
    from pycornerstone.testing.pet_thorax import PetPhantom

__all__ = ["pet_series", "write_pet_series"]

_HIGHEST_STORED = 32767
_SCAN_HOUR = 10


def pet_series(phantom: PetPhantom, *, series_number: int = 50) -> list[bytes]:
    """Write a phantom as a PET series (Positron Emission Tomography Image Storage, PS3.3 A.21).

    It belongs to the study of `ct_series`, and has its frame of reference unless the phantom is
    moved.

    Parameters
    ----------
    phantom : PetPhantom
        What is shown.
    series_number : int
        (0020,0011); series of one phantom with other numbers have other UIDs.

    Returns
    -------
    list of bytes
        A Part 10 file a slice, from the feet to the head; the same bytes on each call. Values are
        in Bq/ml, and the highest of each slice is stored as 32767.
    """
    series = _series(phantom, series_number)
    return [_slice(phantom, series, index) for index in range(len(phantom.activity))]


def write_pet_series(
    folder: Path | str, phantom: PetPhantom | None = None, *, series_number: int = 50
) -> list[Path]:
    """Write `pet_series` into a folder, which is made; ``0001.dcm`` is the slice next to the feet.

    Without a phantom, `pet_phantom` is written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = pet_series(phantom or pet_phantom(), series_number=series_number)
    paths = [folder / f"{number:04}.dcm" for number in range(1, len(files) + 1)]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    return paths


def _series(phantom: PetPhantom, series_number: int) -> Dataset:
    """Give what all images share (PS3.3 C.7.1 to C.7.4, C.8.9.1, C.8.9.2)."""
    series = Dataset()
    series.SpecificCharacterSet = "ISO_IR 192"
    series.StudyDate = series.SeriesDate = series.AcquisitionDate = series.ContentDate = "20260105"
    series.StudyTime = "090000"
    series.SeriesTime = series.AcquisitionTime = series.ContentTime = f"{_SCAN_HOUR}0000"
    series.AccessionNumber = "PHANTOM"
    series.Modality = "PT"
    series.Manufacturer = "pycornerstone"
    series.ReferringPhysicianName = ""
    series.StudyDescription = "Thorax phantom"
    series.SeriesDescription = "PET, patient moved" if phantom.is_moved else "PET"
    series.PatientName = "Phantom^CT"
    series.PatientID = "PHANTOM-CT"
    series.PatientBirthDate = ""
    series.PatientSex = "O"
    series.PatientWeight = WEIGHT_KG
    series.PatientPosition = "HFS"
    series.StudyInstanceUID = phantom_uid("study")
    # Other pixels, other UIDs.
    seed = (phantom.activity.shape, phantom.to_ct.tolist())
    series.SeriesInstanceUID = phantom_uid("PET series", series_number, *seed)
    frame = ("PET frame of reference", seed[1]) if phantom.is_moved else ("frame of reference",)
    series.FrameOfReferenceUID = phantom_uid(*frame)
    series.PositionReferenceIndicator = ""
    series.StudyID = "1"
    series.SeriesNumber = series_number
    series.Units = "BQML"
    series.CountsSource = "EMISSION"
    series.SeriesType = ["STATIC", "IMAGE"]
    series.NumberOfSlices = len(phantom.activity)
    series.CorrectedImage = ["NORM", "DTIM", "ATTN", "SCAT", "DECY", "RAN"]
    series.DecayCorrection = "START"
    series.CollimatorType = "NONE"
    drug = Dataset()
    drug.Radiopharmaceutical = "Fluorodeoxyglucose"
    hours, minutes = divmod(60 * _SCAN_HOUR - MINUTES_AFTER_INJECTION, 60)
    drug.RadiopharmaceuticalStartTime = f"{hours:02}{minutes:02}00"
    drug.RadionuclideTotalDose = DOSE_BQ
    drug.RadionuclideHalfLife = HALF_LIFE_S
    series.RadiopharmaceuticalInformationSequence = [drug]
    return series


def _slice(phantom: PetPhantom, series: Dataset, index: int) -> bytes:
    """Add what is of one slice (PS3.3 C.7.6.1 to C.7.6.3, C.8.9.4)."""
    activity = phantom.activity[index].astype(np.float64)
    image = Dataset()
    image.update(series)
    image.SOPClassUID = uids.PositronEmissionTomographyImageStorage
    image.SOPInstanceUID = phantom_uid(series.SeriesInstanceUID, index)
    image.ImageType = ["ORIGINAL", "PRIMARY"]
    image.InstanceNumber = image.ImageIndex = index + 1
    image.FrameReferenceTime = 0
    image.ActualFrameDuration = 180000
    image.DecayFactor = 1
    row_mm, step_mm = float(phantom.affine[1, 1]), float(phantom.affine[2, 2])
    position = [round(value, 5) for value in (phantom.affine @ (0, 0, index, 1))[:3].tolist()]
    image.ImagePositionPatient = position
    image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    image.SliceLocation = position[2]
    image.SliceThickness = step_mm
    image.PixelSpacing = [row_mm, float(phantom.affine[0, 0])]
    image.Rows, image.Columns = activity.shape
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 1
    # A decimal text of DICOM has at most 16 characters.
    slope = float(f"{activity.max() / _HIGHEST_STORED or 1:.8g}")
    image.RescaleIntercept, image.RescaleSlope = 0, slope
    image.LossyImageCompression = "00"
    stored = np.minimum(np.rint(activity / slope), _HIGHEST_STORED).astype("<i2")
    return part10_file(image, uids.ExplicitVRLittleEndian, [stored.tobytes()])
