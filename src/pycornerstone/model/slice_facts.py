"""What counts of one image when a list of them is put in order and split."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycornerstone.model.modules import ImagePlaneModule, MosaicModule

__all__ = ["SliceFacts"]


@dataclass(frozen=True, slots=True)
class SliceFacts:
    """One image as the sorting of a series sees it; no pixels, and nothing of the patient.

    Attributes
    ----------
    image_id : str
        Which image.
    source : str
        The imageId without its frame: what is the same for the images of one file or instance.
    is_image : bool
        False where the header is known, and is that of a report, a structure set or the like.
    is_grid : bool
        The file is one grid of voxels, and its slices lie as they are numbered: NIfTI.
    is_upright : bool
        Row 0 is its top and column 0 its left, as of `Image`.
    plane : ImagePlaneModule or None
        Where it lies.
    study_instance_uid, series_instance_uid : str or None
        (0020,000D) and (0020,000E).
    series_number, instance_number : int or None
        (0020,0011) and (0020,0013).
    series_description : str
        (0008,103E); shown to who asked for it, and never logged.
    modality : str or None
        (0008,0060).
    sop_class_uid : str or None
        (0008,0016).
    number_of_frames, frame_number : int
        Of its instance, and which it is, from 1.
    rows, columns, samples_per_pixel : int or None
        Of its pixels; None where it has none.
    sample_type : str
        What numbers they are, such as ``"uint16"``; empty where not known.
    image_type : tuple of str
        (0008,0008).
    mosaic : MosaicModule or None
        How slices lie in it, of a picture that is a volume by itself.
    times : mapping of str to float or str
        What may tell points in time, echoes or diffusion weightings apart, by the keyword of the
        element, such as ``"TemporalPositionIdentifier"``, ``"DiffusionBValue"``, ``"EchoTime"``;
        see `metadata.series.times`.
    """

    image_id: str = field(repr=False)
    source: str = field(default="", repr=False)
    is_image: bool = True
    is_grid: bool = False
    is_upright: bool = True
    plane: ImagePlaneModule | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    series_number: int | None = None
    instance_number: int | None = None
    series_description: str = field(default="", repr=False)
    modality: str | None = None
    sop_class_uid: str | None = None
    number_of_frames: int = 1
    frame_number: int = 1
    rows: int | None = None
    columns: int | None = None
    samples_per_pixel: int | None = None
    sample_type: str = ""
    image_type: tuple[str, ...] = ()
    mosaic: MosaicModule | None = None
    times: Mapping[str, float | str] = field(default_factory=dict)
