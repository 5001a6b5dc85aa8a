"""What counts of an image when a list of them is sorted, from its metadata modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.dicom_mosaic import MOSAIC
from pycornerstone.model.image_id import split_frame, split_frame_fragment, split_frame_parameter
from pycornerstone.model.modules import (
    GeneralImageModule,
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    MosaicModule,
    MultiframeModule,
    NiftiModule,
    TimingModule,
)
from pycornerstone.model.slice_facts import SliceFacts

if TYPE_CHECKING:
    from pycornerstone.metadata.registry import MetadataRegistry

__all__ = ["read_facts"]

# What may tell points in time apart: the keyword of the element, the field that holds it.
_TIMES = (
    ("TimeSlotVector", "time_slot"),
    ("SliceVector", "slice_number"),
    ("EnergyWindowVector", "energy_window"),
    ("CardiacNumberOfImages", "cardiac_number_of_images"),
    ("StackID", "stack_id"),
    ("InStackPositionNumber", "in_stack_position_number"),
    ("TemporalPositionIdentifier", "temporal_position_identifier"),
    ("TemporalPositionIndex", "temporal_position_index"),
    ("DiffusionBValue", "diffusion_b_value"),
    ("TriggerTime", "trigger_time_ms"),
    ("EchoTime", "echo_time_ms"),
    ("EchoNumbers", "echo_number"),
    ("InversionTime", "inversion_time_ms"),
    ("FrameReferenceTime", "frame_reference_time_ms"),
    ("AcquisitionNumber", "acquisition_number"),
    ("AcquisitionTime", "acquisition_time"),
    ("AcquisitionDateTime", "acquisition_datetime"),
    ("ReferencedSegmentNumber", "referenced_segment_number"),
)


def read_facts(metadata: MetadataRegistry, image_id: str) -> SliceFacts:
    """Ask what is known of an image that counts when a list of them is sorted and split.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who knows; the headers should be there already, nothing is loaded.
    image_id : str
        Which image.

    Raises
    ------
    MetadataError
        If the header is that of an image, but what its pixels mean is missing or damaged.
    DecodeError
        If a sequence of the header is damaged.
    """
    series = metadata.get(GeneralSeriesModule, image_id)
    general = metadata.get(GeneralImageModule, image_id)
    pixels = metadata.get(ImagePixelModule, image_id)
    plane = metadata.get(ImagePlaneModule, image_id)
    series = series or GeneralSeriesModule()
    general = general or GeneralImageModule()
    frames = pixels.number_of_frames if pixels is not None else general.number_of_frames
    is_nifti = image_id.startswith("nifti:")
    frame = 1
    if frames > 1:
        multiframe = metadata.get(MultiframeModule, image_id)
        frame = 1 if multiframe is None else multiframe.frame_number
    is_header = general.sop_class_uid is not None
    if is_nifti:
        times = _nifti_times(metadata.get(NiftiModule, image_id))
    else:
        timing = metadata.get(TimingModule, image_id)
        times = _times(timing)
        # Whoever answers by one has the whole header; a user's provider may know less of an image.
        is_header = is_header or timing is not None
    return SliceFacts(
        image_id,
        _source(image_id, is_nifti=is_nifti),
        is_image=pixels is not None or not is_header,
        is_grid=is_nifti,
        is_upright=not is_nifti,
        plane=plane,
        study_instance_uid=series.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        series_number=series.series_number,
        instance_number=general.instance_number,
        series_description=series.series_description or "",
        modality=series.modality,
        sop_class_uid=general.sop_class_uid,
        number_of_frames=frames,
        frame_number=frame,
        rows=None if pixels is None else pixels.rows,
        columns=None if pixels is None else pixels.columns,
        samples_per_pixel=None if pixels is None else pixels.samples_per_pixel,
        sample_type="" if pixels is None else _sample_type(pixels),
        image_type=general.image_type,
        mosaic=metadata.get(MosaicModule, image_id) if MOSAIC in general.image_type else None,
        times=times,
    )


def _source(image_id: str, *, is_nifti: bool) -> str:
    try:
        if is_nifti:
            return split_frame_parameter(image_id, first=0)[0]
        if image_id.startswith(("web:", "http:", "https:", "data:")):
            return split_frame_fragment(image_id)[0]
        return split_frame(image_id)[0]
    except ImageIdError:
        return image_id


def _sample_type(pixels: ImagePixelModule) -> str:
    bits = next((size for size in (8, 16, 32) if pixels.bits_allocated <= size), 64)
    if pixels.is_float:
        return f"float{bits}"
    return f"{'int' if pixels.pixel_representation == 1 else 'uint'}{bits}"


def _nifti_times(nifti: NiftiModule | None) -> dict[str, float | str]:
    """Volumes of a file count from 0, as its header does."""
    if nifti is None:
        return {}
    return {"time_point": nifti.time_point, "slice_index": nifti.slice_index}


def _times(timing: TimingModule | None) -> dict[str, float | str]:
    if timing is None:
        return {}
    times: dict[str, float | str] = {}
    for keyword, name in _TIMES:
        value = getattr(timing, name)
        if value is not None:
            times[keyword] = value
    direction = timing.diffusion_gradient_orientation
    if direction is not None:
        times["DiffusionGradientOrientation"] = "\\".join(f"{part:.4g}" for part in direction)
    if timing.frame_type:
        times["FrameType"] = "\\".join(timing.frame_type)
    for place, value in enumerate(timing.dimension_index_values, 1):
        times[f"DimensionIndexValues[{place}]"] = value
    return times
