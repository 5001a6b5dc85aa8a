"""Part 10 files of what is none: slices of NIfTI, pictures, arrays, instances of other servers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.attributes import little_endian
from pycornerstone.frontends.dicomweb.made_headers import (
    SECONDARY_CAPTURE,
    describe_samples,
    made_header,
    storable,
    told_by,
    told_of,
)
from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.metadata.pydicom_datasets import dataset_of_attributes
from pycornerstone.model.modules import InstanceModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    from pycornerstone.frontends.dicomweb.instances import Instance
    from pycornerstone.frontends.dicomweb.made_headers import MadeUp
    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session

__all__ = ["decoded_part10", "known_header", "made_part10", "samples_of"]

_PIXEL_DATA = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
# What decoded frames have no use for any more.
_OF_ENCODING = (
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    *_PIXEL_DATA,
)
_PALETTE = "RedPaletteColorLookupTableDescriptor"


def known_header(session: Session, instance: Instance) -> Dataset | None:
    """Give the header of an instance that is no file, where it is known without its samples.

    Parameters
    ----------
    session : Session
        What knows it.
    instance : Instance
        Which.
    """
    header = session.dicom_headers.get(instance.base)
    if isinstance(header, Part10Attributes):
        # Of a file, the session has kept a part of the elements; but it has the file too.
        return None
    try:
        dataset = _stated(session, instance) if header is None else dataset_of_attributes(header)
    except PyCornerstoneError:
        return None
    if dataset is None:
        told = told_of(session, instance.image_ids[0]) if instance.image_ids else None
        return None if told is None else made_header(told, instance.made_up)
    dataset = _copied(dataset)
    for keyword in _OF_ENCODING:
        dataset.pop(keyword, None)
    _name(dataset, instance.made_up)
    _describe_decoded(dataset)
    return dataset


def made_part10(session: Session, instance: Instance) -> bytes:
    """Write a Part 10 file with the samples of an instance that is no file, uncompressed.

    What came from DICOM keeps its attributes.

    Parameters
    ----------
    session : Session
        What loads its images.
    instance : Instance
        Which.

    Raises
    ------
    PyCornerstoneError
        If an image cannot be loaded; or it holds none, and its header is not all of it.
    """
    header = known_header(session, instance)
    if not instance.image_ids:
        known = session.dicom_headers.get(instance.base)
        if header is None or _names_values_elsewhere(known):
            raise PyCornerstoneError("a part of the instance is at another server")
        return _written(header)
    images = _loaded(session, instance.image_ids)
    whole = _whole_dataset(images[0])
    if whole is not None and _is_complete(whole):
        _name(whole, instance.made_up)
        return _written(whole, str(whole.file_meta.TransferSyntaxUID))
    samples = _all_samples(images, has_palette=header is not None and _PALETTE in header)
    if header is None:
        header = _header_of(images[0], samples[0], instance.made_up)
    _put_pixels(header, images[0], samples)
    return _written(header)


def decoded_part10(session: Session, instance: Instance) -> bytes:
    """Write the file of an instance in Explicit VR Little Endian, whatever it is stored in.

    Raises
    ------
    PyCornerstoneError
        If it cannot be read, or an image not be decoded.
    """
    dataset = _in_little_endian(instance.header())
    if instance.image_ids:
        images = _loaded(session, instance.image_ids)
        samples = _all_samples(images, has_palette=_PALETTE in dataset)
        _put_pixels(dataset, images[0], samples)
    return _written(dataset)


def samples_of(session: Session, instance: Instance, number: int) -> npt.NDArray[Any]:
    """Give the samples of a frame, from 1, as `made_part10` writes them."""
    [image] = _loaded(session, instance.image_ids[number - 1 : number])
    header = session.dicom_headers.get(instance.base)
    [samples] = _all_samples([image], has_palette=header is not None)
    return samples


def _stated(session: Session, instance: Instance) -> Dataset | None:
    """Give what a metadata provider of the user's says."""
    if not instance.image_ids:
        return None
    found = session.metadata.get(InstanceModule, instance.image_ids[0])
    return None if found is None else found.dataset


def _loaded(session: Session, image_ids: Sequence[str]) -> list[Image]:
    return [load.result() for load in [session.load_and_cache_image(one) for one in image_ids]]


def _header_of(image: Image, samples: npt.NDArray[Any], made_up: MadeUp) -> Dataset:
    whole = _whole_dataset(image)
    if whole is None:
        return made_header(told_by(image, samples), made_up)
    _name(whole, made_up)
    return whole


def _whole_dataset(image: Image) -> Dataset | None:
    if image.dataset_source is None:
        return None
    try:
        # It is the image's; what is put in here is not to be seen there.
        return _copied(image.dataset)
    except PyCornerstoneError:
        return None


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


def _names_values_elsewhere(known: object) -> bool:
    if not isinstance(known, JsonAttributes):
        return False
    return any("BulkDataURI" in element for element in known.json_object.values())


def _name(dataset: Dataset, made_up: MadeUp) -> None:
    dataset.StudyInstanceUID = made_up.study_uid
    dataset.SeriesInstanceUID = made_up.series_uid
    dataset.SOPInstanceUID = made_up.uid
    if not dataset.get("SOPClassUID"):
        dataset.SOPClassUID = SECONDARY_CAPTURE


def _describe_decoded(dataset: Dataset) -> None:
    """Say how frames are that have been decoded: colours by pixel, a byte for each bit."""
    if dataset.get("SamplesPerPixel") == 3:
        dataset.PhotometricInterpretation = "RGB"
        dataset.PlanarConfiguration = 0
    if dataset.get("BitsAllocated") == 1:
        dataset.BitsAllocated = 8


def _all_samples(images: Sequence[Image], *, has_palette: bool) -> list[npt.NDArray[Any]]:
    """Give what is written of each; the colours of a palette, where no header has it."""
    is_palette = images[0].photometric_interpretation == "PALETTE COLOR" and not has_palette
    found = [storable(_resolved(one) if is_palette else one.pixels) for one in images]
    if any(one.shape != found[0].shape or one.dtype != found[0].dtype for one in found):
        raise PyCornerstoneError("the frames of an instance are not alike, so it cannot be sent")
    return found


def _resolved(image: Image) -> npt.NDArray[Any]:
    return image.pixels if image.palette is None else image.palette.apply(image.pixels)


def _put_pixels(dataset: Dataset, first: Image, samples: Sequence[npt.NDArray[Any]]) -> None:
    for keyword in _OF_ENCODING:
        dataset.pop(keyword, None)
    describe_samples(dataset, told_by(first, samples[0]))
    if len(samples) > 1:
        dataset.NumberOfFrames = len(samples)
    bits = dataset.BitsAllocated
    data = b"".join(one.tobytes() for one in samples)
    if samples[0].dtype.kind == "f":
        setattr(dataset, "FloatPixelData" if bits == 32 else "DoubleFloatPixelData", data)
        return
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"


def _in_little_endian(dataset: Dataset) -> Dataset:
    """Give a data set whose values are read, and their words in little endian."""
    is_big_endian = dataset.original_encoding[1] is False

    def turn(inner: Dataset) -> None:
        for element in inner:
            if element.VR == "SQ":
                for item in element.value:
                    turn(item)
            elif is_big_endian and isinstance(element.value, bytes):
                element.value = little_endian(element, is_big_endian=True)

    try:
        turn(dataset)
    except Exception as error:
        raise PyCornerstoneError(
            f"the header of an instance cannot be read: {type(error).__name__}"
        ) from error
    return _copied(dataset)


def _written(dataset: Dataset, transfer_syntax_uid: str = EXPLICIT_LITTLE) -> bytes:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
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
