"""What tells images of one place apart: points in time, echoes, diffusion weightings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector

__all__ = ["TimingModule"]


@dataclass(frozen=True, slots=True)
class TimingModule(Module):
    """When, and how weighted, an image of its place was taken (PS3.3 C.8.3.1 and C.7.6.16.2).

    Of an enhanced image it is what the functional groups say of the frame.

    Attributes
    ----------
    temporal_position_identifier : int or None
        (0020,0100).
    temporal_position_index : int or None
        (0020,9128).
    acquisition_number : int or None
        (0020,0012); of a frame (0020,9156).
    acquisition_time, acquisition_datetime : str or None
        (0008,0032), and (0008,002A) or, of a frame, (0018,9074), as DICOM writes them, TM and DT.
    trigger_time_ms : float or None
        (0018,1060); of a frame (0020,9153).
    echo_time_ms, inversion_time_ms : float or None
        (0018,0081), of a frame (0018,9082); and (0018,0082).
    echo_number : int or None
        (0018,0086).
    diffusion_b_value : float or None
        (0018,9087), s/mm2; where it is absent, that of Philips (2001,1003), Siemens (0019,100C) or
        GE (0043,1039).
    diffusion_gradient_orientation : tuple of float or None
        (0018,9089); where it is absent, that of Siemens (0019,100E).
    frame_reference_time_ms : float or None
        (0054,1300).
    cardiac_number_of_images : int or None
        (0018,1090).
    stack_id, in_stack_position_number : str or int or None
        (0020,9056) and (0020,9057).
    time_slot, slice_number, energy_window : int or None
        Of the frame in (0054,0070), (0054,0080) and (0054,0010); nuclear medicine.
    referenced_segment_number : int or None
        (0062,000B); segmentations have frames of several segments in one place.
    frame_type : tuple of str
        (0008,9007).
    dimension_index_values : tuple of int
        (0020,9157).
    """

    type_name: ClassVar[str] = "timingModule"

    temporal_position_identifier: int | None = None
    temporal_position_index: int | None = None
    acquisition_number: int | None = None
    acquisition_time: str | None = None
    acquisition_datetime: str | None = None
    trigger_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    echo_number: int | None = None
    diffusion_b_value: float | None = None
    diffusion_gradient_orientation: Vector | None = None
    frame_reference_time_ms: float | None = None
    cardiac_number_of_images: int | None = None
    stack_id: str | None = None
    in_stack_position_number: int | None = None
    time_slot: int | None = None
    slice_number: int | None = None
    energy_window: int | None = None
    referenced_segment_number: int | None = None
    frame_type: tuple[str, ...] = ()
    dimension_index_values: tuple[int, ...] = ()
