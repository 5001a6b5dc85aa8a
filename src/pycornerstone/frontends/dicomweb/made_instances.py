"""Part 10 files of what is none: slices of NIfTI, pictures, arrays, instances of other servers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE
from pycornerstone.model.modules import InstanceModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["MadeUp", "made_part10"]

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
_PIXEL_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# What decoded frames have no use for any more.
_OF_ENCODING = (
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    *_PIXEL_DATA,
)


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


def made_part10(session: Session, image_ids: Sequence[str], made_up: MadeUp) -> bytes:
    """Write a Part 10 file with the samples of images, uncompressed.

    What came from DICOM keeps its attributes; what else there is becomes an MR Image if it is grey
    and has a place in space, and a Secondary Capture otherwise.

    Parameters
    ----------
    session : Session
        What loads them.
    image_ids : sequence of str
        The frames.
    made_up : MadeUp
        What it is called.

    Raises
    ------
    PyCornerstoneError
        If an image cannot be loaded.
    """
    images = [load.result() for load in [session.load_and_cache_image(one) for one in image_ids]]
    first = images[0]
    whole = _whole_dataset(first)
    if whole is not None and _is_complete(whole):
        _name(whole, made_up)
        return _written(whole)
    known = whole if whole is not None else _known(session, image_ids[0])
    dataset = _begun(first, made_up) if known is None else known
    _name(dataset, made_up)
    _put_pixels(dataset, images)
    return _written(dataset)


def _whole_dataset(image: Image) -> Dataset | None:
    if image.dataset_source is None:
        return None
    try:
        # It is the image's; what is put in here is not to be seen there.
        return _copied(image.dataset)
    except PyCornerstoneError:
        return None


def _known(session: Session, image_id: str) -> Dataset | None:
    try:
        found = session.metadata.get(InstanceModule, image_id)
    except PyCornerstoneError:
        return None
    return None if found is None else _copied(found.dataset)


def _copied(dataset: Dataset) -> Dataset:
    from pydicom.dataset import Dataset

    copied = Dataset()
    copied.update(dataset)
    meta = getattr(dataset, "file_meta", None)
    if meta is not None:
        copied.file_meta = meta
    return copied


def _is_complete(dataset: Dataset) -> bool:
    meta = getattr(dataset, "file_meta", None)
    return bool(meta and meta.get("TransferSyntaxUID")) and any(
        name in dataset for name in _PIXEL_DATA
    )


def _name(dataset: Dataset, made_up: MadeUp) -> None:
    dataset.StudyInstanceUID = made_up.study_uid
    dataset.SeriesInstanceUID = made_up.series_uid
    dataset.SOPInstanceUID = made_up.uid
    if not dataset.get("SOPClassUID"):
        dataset.SOPClassUID = _SECONDARY_CAPTURE


def _begun(image: Image, made_up: MadeUp) -> Dataset:
    from pydicom.dataset import Dataset

    dataset = Dataset()
    has_place = not image.geometry_is_default and image.plane is not None
    is_slice = has_place and not image.is_color
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = _MR_IMAGE if is_slice else _SECONDARY_CAPTURE
    dataset.Modality = image.modality or ("MR" if is_slice else "OT")
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
    if is_slice:
        _put_place(dataset, image, made_up)
    elif has_place:
        geometry = image.geometry
        dataset.PixelSpacing = _decimals(
            (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm)
        )
    _put_greys(dataset, image)
    return dataset


def _put_place(dataset: Dataset, image: Image, made_up: MadeUp) -> None:
    geometry, plane = image.geometry, image.plane
    frame = plane.frame_of_reference_uid if plane is not None else None
    dataset.FrameOfReferenceUID = frame or f"{made_up.study_uid[:60]}.1"
    dataset.PositionReferenceIndicator = ""
    dataset.ImagePositionPatient = _decimals(geometry.position_lps)
    dataset.ImageOrientationPatient = _decimals((*geometry.row_cosines, *geometry.column_cosines))
    dataset.PixelSpacing = _decimals(
        (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm)
    )
    thickness = None if plane is None else plane.slice_thickness_mm
    dataset.SliceThickness = "" if thickness is None else _decimals((thickness,))[0]


def _put_greys(dataset: Dataset, image: Image) -> None:
    lut = image.modality_lut
    if lut is not None and lut.lut is None and not lut.is_identity:
        dataset.RescaleIntercept, dataset.RescaleSlope = _decimals(
            (lut.rescale_intercept, lut.rescale_slope)
        )
        dataset.RescaleType = lut.rescale_type or "US"
    windows = image.voi_lut.windows if image.voi_lut is not None else ()
    if windows:
        dataset.WindowCenter, dataset.WindowWidth = _decimals((windows[0].center, windows[0].width))


def _put_pixels(dataset: Dataset, images: Sequence[Image]) -> None:
    for keyword in _OF_ENCODING:
        if keyword in dataset:
            delattr(dataset, keyword)
    # A header of DICOM still has its palette.
    is_palette = images[0].photometric_interpretation == "PALETTE COLOR"
    is_resolved = is_palette and "RedPaletteColorLookupTableDescriptor" not in dataset
    samples = [_storable(_resolved(one) if is_resolved else one.pixels) for one in images]
    first = samples[0]
    if any(one.shape != first.shape or one.dtype != first.dtype for one in samples):
        raise PyCornerstoneError("the frames of an instance are not alike, so it cannot be sent")
    dataset.Rows, dataset.Columns = first.shape[:2]
    is_color = first.ndim == 3
    dataset.SamplesPerPixel = 3 if is_color else 1
    dataset.PhotometricInterpretation = "RGB" if is_color else images[0].photometric_interpretation
    if is_color:
        dataset.PlanarConfiguration = 0
    elif "PlanarConfiguration" in dataset:
        del dataset.PlanarConfiguration
    if len(samples) > 1:
        dataset.NumberOfFrames = len(samples)
    bits = first.dtype.itemsize * 8
    stored = int(dataset.get("BitsStored") or bits)
    dataset.BitsAllocated = bits
    data = b"".join(one.tobytes() for one in samples)
    if first.dtype.kind == "f":
        for keyword in ("BitsStored", "HighBit", "PixelRepresentation"):
            dataset.pop(keyword, None)
        setattr(dataset, "FloatPixelData" if bits == 32 else "DoubleFloatPixelData", data)
        return
    dataset.BitsStored = min(stored, bits) if stored > bits // 2 else bits
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(first.dtype.kind == "i")
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"


def _resolved(image: Image) -> npt.NDArray[Any]:
    return image.pixels if image.palette is None else image.palette.apply(image.pixels)


def _storable(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give samples in a type that DICOM has, with the same values; RGBA without its alpha."""
    if pixels.ndim == 3:
        pixels = pixels[..., :3]
    kind, size = pixels.dtype.kind, pixels.dtype.itemsize
    if kind == "b":
        pixels = pixels.astype(np.uint8)
    elif kind == "i" and size == 1:
        pixels = pixels.astype(np.int16)
    elif kind == "f" and size == 2:
        pixels = pixels.astype(np.float32)
    elif kind in "ui" and size == 8:
        narrow = np.dtype(f"{kind}4")
        limits = np.iinfo(narrow)
        is_narrow = limits.min <= pixels.min() and pixels.max() <= limits.max
        pixels = pixels.astype(narrow if is_narrow else np.float64)
    elif kind == "f" and size > 8:
        pixels = pixels.astype(np.float64)
    return np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))


def _decimals(numbers: Sequence[float]) -> list[Any]:
    """Write numbers as Decimal Strings, of 16 characters each (PS3.5 6.2)."""
    from pydicom.valuerep import DSfloat

    return [DSfloat(float(number), auto_format=True) for number in numbers]


def _written(dataset: Dataset) -> bytes:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    old = getattr(dataset, "file_meta", None)
    kept = old.get("TransferSyntaxUID") if old is not None and _is_complete(dataset) else None
    meta.TransferSyntaxUID = UID(str(kept or EXPLICIT_LITTLE))
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    target = io.BytesIO()
    try:
        dataset.save_as(target, enforce_file_format=True)
    except Exception as error:
        raise PyCornerstoneError(
            f"an instance cannot be written as DICOM: {type(error).__name__}"
        ) from error
    return target.getvalue()
