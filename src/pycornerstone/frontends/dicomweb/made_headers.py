"""Headers of what is no DICOM: slices of NIfTI, pictures, arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    VoiLutModule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["MadeUp", "Told", "describe_samples", "made_header", "storable", "told_by", "told_of"]

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_LINEAR = "LINEAR"
_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What an instance is called where nothing says so.

    Attributes
    ----------
    study_uid, series_uid, uid : str
        Its UIDs.
    number, series_number : int
        Instance Number (0020,0013) and Series Number (0020,0011).
    series_description : str
        (0008,103E).
    """

    study_uid: str
    series_uid: str
    uid: str
    number: int
    series_number: int
    series_description: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an image that is no DICOM.

    Attributes
    ----------
    rows, columns, samples_per_pixel : int
        Of the samples.
    dtype : numpy.dtype
        Of the samples, as they are written.
    photometric_interpretation : str
        Of the samples, as they are written.
    plane : ImagePlaneModule or None
        Where it lies.
    modality : str or None
        (0008,0060).
    modality_lut : ModalityLutModule or None
        What the samples mean.
    voi_lut : VoiLutModule or None
        How they are shown.
    """

    rows: int
    columns: int
    samples_per_pixel: int
    dtype: np.dtype[Any]
    photometric_interpretation: str
    plane: ImagePlaneModule | None
    modality: str | None
    modality_lut: ModalityLutModule | None
    voi_lut: VoiLutModule | None


def told_of(session: Session, image_id: str) -> Told | None:
    """Say what the metadata of an image tell; None if they do not tell how it is written."""
    try:
        pixels = session.metadata.get(ImagePixelModule, image_id)
        plane = session.metadata.get(ImagePlaneModule, image_id)
        series = session.metadata.get(GeneralSeriesModule, image_id)
        modality_lut = session.metadata.get(ModalityLutModule, image_id)
        voi_lut = session.metadata.get(VoiLutModule, image_id)
    except PyCornerstoneError:
        return None
    if pixels is None or pixels.palette is not None:
        return None
    kind = "f" if pixels.is_float else "ui"[pixels.pixel_representation == 1]
    # How many bytes such numbers are written in goes by their values.
    is_wide = pixels.bits_allocated == 64 and kind != "f"
    if is_wide or pixels.bits_allocated not in {8, 16, 32, 64}:
        return None
    dtype = _storable_dtype(np.dtype(f"{kind}{pixels.bits_allocated // 8}"))
    is_color = pixels.samples_per_pixel > 1
    if not is_color and not pixels.photometric_interpretation.startswith("MONOCHROME"):
        return None
    return Told(
        pixels.rows,
        pixels.columns,
        3 if is_color else 1,
        dtype,
        "RGB" if is_color else pixels.photometric_interpretation,
        plane,
        None if series is None else series.modality,
        modality_lut,
        voi_lut,
    )


def told_by(image: Image, samples: npt.NDArray[Any]) -> Told:
    """Say what an image tells, and its samples as `storable` gives them."""
    is_color = samples.ndim == 3
    return Told(
        samples.shape[0],
        samples.shape[1],
        3 if is_color else 1,
        samples.dtype,
        "RGB" if is_color else image.photometric_interpretation,
        image.plane,
        image.modality,
        image.modality_lut,
        image.voi_lut,
    )


def made_header(told: Told, made_up: MadeUp) -> Dataset:
    """Make a data set without pixel data.

    It is an MR Image if it is grey and has a place in space, and a Secondary Capture otherwise.
    """
    from pydicom.dataset import Dataset

    dataset = Dataset()
    geometry = None if told.plane is None else told.plane.geometry
    has_place = geometry is not None and not geometry.spacing_is_default
    is_slice = has_place and told.samples_per_pixel == 1
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = _MR_IMAGE if is_slice else SECONDARY_CAPTURE
    dataset.SOPInstanceUID = made_up.uid
    dataset.StudyInstanceUID = made_up.study_uid
    dataset.SeriesInstanceUID = made_up.series_uid
    dataset.Modality = told.modality or ("MR" if is_slice else "OT")
    dataset.ConversionType = "WSD"
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    # Type 2: there, and empty.
    for keyword in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "AccessionNumber",
        "ReferringPhysicianName",
        "Laterality",
    ):
        setattr(dataset, keyword, "")
    dataset.SeriesNumber = made_up.series_number
    dataset.InstanceNumber = made_up.number
    if made_up.series_description:
        dataset.SeriesDescription = made_up.series_description[:64]
    if geometry is not None and has_place:
        dataset.PixelSpacing = _decimals(
            (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm)
        )
    if is_slice:
        _put_place(dataset, told.plane, made_up)
    _put_greys(dataset, told)
    describe_samples(dataset, told)
    return dataset


def describe_samples(dataset: Dataset, told: Told) -> None:
    """Put in how samples are written (PS3.3 C.7.6.3), and take out what was said otherwise."""
    bits = told.dtype.itemsize * 8
    stored = int(dataset.get("BitsStored") or bits)
    dataset.Rows, dataset.Columns = told.rows, told.columns
    dataset.SamplesPerPixel = told.samples_per_pixel
    dataset.PhotometricInterpretation = told.photometric_interpretation
    if told.samples_per_pixel == 3:
        dataset.PlanarConfiguration = 0
    elif "PlanarConfiguration" in dataset:
        del dataset.PlanarConfiguration
    dataset.BitsAllocated = bits
    if told.dtype.kind == "f":
        for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
            dataset.pop(keyword, None)
        return
    dataset.BitsStored = min(stored, bits) if stored > bits // 2 else bits
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(told.dtype.kind == "i")


def storable(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give samples in a type that DICOM has, with the same values; RGBA without its alpha."""
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
    if pixels.dtype.kind in "ui" and pixels.dtype.itemsize == 8:
        narrow = np.dtype(f"{pixels.dtype.kind}4")
        limits = np.iinfo(narrow)
        is_narrow = limits.min <= pixels.min() and pixels.max() <= limits.max
        wanted = narrow if is_narrow else np.dtype(np.float64)
    else:
        wanted = _storable_dtype(pixels.dtype)
    return np.ascontiguousarray(pixels, wanted.newbyteorder("<"))


def _storable_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    kind, size = dtype.kind, dtype.itemsize
    if kind == "b":
        return np.dtype(np.uint8)
    if kind == "i" and size == 1:
        return np.dtype(np.int16)
    if kind == "f":
        return np.dtype(f"f{min(max(size, 4), 8)}")
    return dtype


def _put_place(dataset: Dataset, plane: ImagePlaneModule | None, made_up: MadeUp) -> None:
    if plane is None:
        return
    geometry = plane.geometry
    dataset.FrameOfReferenceUID = plane.frame_of_reference_uid or f"{made_up.study_uid[:60]}.1"
    dataset.PositionReferenceIndicator = ""
    dataset.ImagePositionPatient = _decimals(geometry.position_lps)
    dataset.ImageOrientationPatient = _decimals((*geometry.row_cosines, *geometry.column_cosines))
    thickness = plane.slice_thickness_mm
    dataset.SliceThickness = "" if thickness is None else _decimals((thickness,))[0]


def _put_greys(dataset: Dataset, told: Told) -> None:
    lut = told.modality_lut
    if lut is not None and lut.lut is None and not lut.is_identity:
        dataset.RescaleIntercept, dataset.RescaleSlope = _decimals(
            (lut.rescale_intercept, lut.rescale_slope)
        )
        dataset.RescaleType = lut.rescale_type or "US"
    windows = told.voi_lut.windows if told.voi_lut is not None else ()
    if windows:
        dataset.WindowCenter, dataset.WindowWidth = _decimals((windows[0].center, windows[0].width))
        function = str(told.voi_lut.function) if told.voi_lut is not None else _LINEAR
        if function != _LINEAR:
            dataset.VOILUTFunction = function


def _decimals(numbers: Sequence[float]) -> list[Any]:
    """Write numbers as Decimal Strings, of 16 characters each (PS3.5 6.2)."""
    from pydicom.valuerep import DSfloat

    return [DSfloat(float(number), auto_format=True) for number in numbers]
