"""The frames of an instance: how many, which one, how they follow each other, what each is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector

__all__ = [
    "CineModule",
    "FrameModule",
    "MultiframeModule",
    "NmMultiframeGeometryModule",
    "Segment",
    "SegmentationModule",
]


@dataclass(frozen=True, slots=True)
class MultiframeModule(Module):
    """The frames of the instance (PS3.3 C.7.6.6).

    Attributes
    ----------
    number_of_frames : int
        (0028,0008).
    frame_number : int
        Which of them the imageId names, from 1.
    """

    type_name: ClassVar[str] = "multiframeModule"

    number_of_frames: int = 1
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class CineModule(Module):
    """How fast frames follow each other (PS3.3 C.7.6.5).

    Attributes
    ----------
    frame_time_ms : float or None
        (0018,1063): from one frame to the next.
    frame_time_vector_ms : tuple of float
        (0018,1065): from the frame before to each frame, where they do not follow evenly.
    cine_rate, recommended_display_frame_rate : float or None
        (0018,0040) and (0008,2144), frames a second.
    number_of_frames : int
        (0028,0008).
    preferred_playback_sequencing : int or None
        (0018,1244): 0 looping, 1 back and forth.
    """

    type_name: ClassVar[str] = "cineModule"

    frame_time_ms: float | None = None
    frame_time_vector_ms: tuple[float, ...] = ()
    cine_rate: float | None = None
    recommended_display_frame_rate: float | None = None
    number_of_frames: int = 1
    preferred_playback_sequencing: int | None = None


@dataclass(frozen=True, slots=True)
class FrameModule(Module):
    """What one frame is of: its place in the dimensions (PS3.3 C.7.6.16.2.2 and C.7.6.17).

    Attributes
    ----------
    frame_number : int
        Which frame, from 1.
    dimension_index_values : tuple of int
        (0020,9157), one for each item of the Dimension Index Sequence.
    stack_id, in_stack_position_number : str or int or None
        (0020,9056) and (0020,9057).
    temporal_position_index : int or None
        (0020,9128).
    frame_acquisition_datetime, frame_reference_datetime : str or None
        (0018,9074) and (0018,9151), as DICOM writes them, DT.
    frame_acquisition_duration_ms : float or None
        (0018,9220).
    frame_type : tuple of str
        (0008,9007).
    referenced_segment_number : int or None
        (0062,000B), of a segmentation: which segment it shows; None where samples name it.
    """

    type_name: ClassVar[str] = "frameModule"

    frame_number: int = 1
    dimension_index_values: tuple[int, ...] = ()
    stack_id: str | None = None
    in_stack_position_number: int | None = None
    temporal_position_index: int | None = None
    frame_acquisition_datetime: str | None = None
    frame_reference_datetime: str | None = None
    frame_acquisition_duration_ms: float | None = None
    frame_type: tuple[str, ...] = ()
    referenced_segment_number: int | None = None


@dataclass(frozen=True, slots=True)
class NmMultiframeGeometryModule(Module):
    """Where the slices of a nuclear medicine volume lie (PS3.3 C.8.4.11 and C.8.4.15).

    Attributes
    ----------
    modality : str or None
        (0008,0060).
    image_type : tuple of str
        (0008,0008).
    image_sub_type : str or None
        Value 3 of it, such as ``"RECON TOMO"``.
    row_cosines, column_cosines : tuple of float or None
        (0020,0037) of the Detector Information Sequence (0054,0022).
    image_position_lps : tuple of float or None
        (0020,0032) of the same: centre of the first pixel of the first slice, LPS mm.
    slice_thickness_mm, spacing_between_slices_mm : float or None
        (0018,0050) and (0018,0088).
    pixel_spacing_mm : tuple of float or None
        (0028,0030): between rows, between columns.
    number_of_frames : int
        (0028,0008).
    is_reconstructable : bool
        It is a reconstructed volume, whose slices lie in the patient; others are projections.
    """

    type_name: ClassVar[str] = "nmMultiframeGeometryModule"

    modality: str | None = None
    image_type: tuple[str, ...] = ()
    image_sub_type: str | None = None
    row_cosines: Vector | None = None
    column_cosines: Vector | None = None
    image_position_lps: Vector | None = None
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    pixel_spacing_mm: tuple[float, ...] | None = None
    number_of_frames: int = 1
    is_reconstructable: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a segmentation: an item of the Segment Sequence (PS3.3 C.8.20.4).

    Attributes
    ----------
    number : int
        (0062,0004): what frames, or the samples of a label map, name it by.
    label, description : str or None
        (0062,0005) and (0062,0006).
    algorithm_type, algorithm_name : str or None
        (0062,0008) and (0062,0009).
    category, property_type : str or None
        Code Meaning (0008,0104) of (0062,0003) and (0062,000F).
    recommended_cielab : tuple of int or None
        (0062,000D), as stored: L, a and b, each over 16 bits (PS3.3 C.10.7.1.1).
    """

    number: int
    label: str | None = None
    description: str | None = None
    algorithm_type: str | None = None
    algorithm_name: str | None = None
    category: str | None = None
    property_type: str | None = None
    recommended_cielab: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SegmentationModule(Module):
    """What the samples of a segmentation stand for (PS3.3 C.8.20.2 and C.8.20.4).

    Attributes
    ----------
    segmentation_type : str
        (0062,0001): BINARY, FRACTIONAL or LABELMAP.
    fractional_type : str or None
        (0062,0010): PROBABILITY or OCCUPANCY.
    maximum_fractional_value : int or None
        (0062,000E): the sample that means 1.
    segments : tuple of Segment
        (0062,0002), in their order.
    """

    type_name: ClassVar[str] = "segmentationModule"

    segmentation_type: str = "BINARY"
    fractional_type: str | None = None
    maximum_fractional_value: int | None = None
    segments: tuple[Segment, ...] = ()
