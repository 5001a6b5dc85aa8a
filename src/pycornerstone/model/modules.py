"""What is known of an image: the modules of PS3.3, as frozen values.

Each class is a type that `metadata.get` can be asked for; its `type_name` is the same question as
text, as Cornerstone3D asks it. A field is None where nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pycornerstone.model.geometry import PlaneGeometry
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiFunction, VoiWindow

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector

__all__ = [
    "MODULES",
    "CineModule",
    "GeneralImageModule",
    "GeneralSeriesModule",
    "GeneralStudyModule",
    "ImagePixelModule",
    "ImagePlaneModule",
    "ModalityLutModule",
    "Module",
    "MultiframeModule",
    "PatientModule",
    "PatientStudyModule",
    "PresentationLutModule",
    "SopCommonModule",
    "TransferSyntaxModule",
    "VoiLutModule",
]


class Module:
    """What all modules are: frozen values that know their name."""

    __slots__ = ()
    type_name: ClassVar[str]


@dataclass(frozen=True, slots=True, eq=False)
class ImagePixelModule(Module):
    """How samples are stored (PS3.3 C.7.6.3).

    Attributes
    ----------
    samples_per_pixel : int
        (0028,0002); 1 for grey and palette, 3 for colour.
    photometric_interpretation : str
        (0028,0004).
    rows, columns : int
        (0028,0010) and (0028,0011).
    bits_allocated, bits_stored, high_bit : int
        (0028,0100) to (0028,0102).
    pixel_representation : int
        (0028,0103); 0 unsigned, 1 two's complement.
    planar_configuration : int
        (0028,0006); 0 by pixel, 1 by plane.
    number_of_frames : int
        (0028,0008).
    is_float : bool
        The samples are Float (7FE0,0008) or Double Float Pixel Data (7FE0,0009).
    smallest_pixel_value, largest_pixel_value : int or None
        (0028,0106) and (0028,0107), as the header says; nothing relies on them.
    pixel_padding_value, pixel_padding_range_limit : float or None
        (0028,0120) and (0028,0121); both ends of the range are padding (PS3.3 C.7.5.1.1.2).
    palette : PaletteColorLut or None
        (0028,1101) to (0028,1203).
    icc_profile : bytes or None
        (0028,2000).
    """

    type_name: ClassVar[str] = "imagePixelModule"

    rows: int
    columns: int
    samples_per_pixel: int = 1
    photometric_interpretation: str = "MONOCHROME2"
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    pixel_representation: int = 0
    planar_configuration: int = 0
    number_of_frames: int = 1
    is_float: bool = False
    smallest_pixel_value: int | None = None
    largest_pixel_value: int | None = None
    pixel_padding_value: float | None = None
    pixel_padding_range_limit: float | None = None
    palette: PaletteColorLut | None = None
    icc_profile: bytes | None = None

    @property
    def padding_range(self) -> tuple[float, float] | None:
        """Lowest and highest stored value that is padding; None where there is no padding."""
        value, limit = self.pixel_padding_value, self.pixel_padding_range_limit
        if value is None:
            return None
        return (value, value) if limit is None else (min(value, limit), max(value, limit))


@dataclass(frozen=True, slots=True)
class ImagePlaneModule(Module):
    """Where the image lies, as far as it is known (PS3.3 C.7.6.2 and C.7.6.16.2.1 to .2.4).

    Attributes
    ----------
    frame_of_reference_uid : str or None
        (0020,0052).
    image_position_lps : tuple of float or None
        Image Position (Patient) (0020,0032): centre of the first pixel, LPS mm.
    row_cosines, column_cosines : tuple of float or None
        First and second half of Image Orientation (Patient) (0020,0037).
    row_pixel_spacing_mm, column_pixel_spacing_mm : float or None
        First (between rows) and second (between columns) value of Pixel Spacing (0028,0030).
    slice_thickness_mm, spacing_between_slices_mm, slice_location_mm : float or None
        (0018,0050), (0018,0088) and (0020,1041).
    rows, columns : int or None
        (0028,0010) and (0028,0011).
    """

    type_name: ClassVar[str] = "imagePlaneModule"

    frame_of_reference_uid: str | None = None
    image_position_lps: Vector | None = None
    row_cosines: Vector | None = None
    column_cosines: Vector | None = None
    row_pixel_spacing_mm: float | None = None
    column_pixel_spacing_mm: float | None = None
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    slice_location_mm: float | None = None
    rows: int | None = None
    columns: int | None = None

    @property
    def geometry(self) -> PlaneGeometry:
        """The plane with defaults where nothing is known, each marked as one."""
        known = PlaneGeometry()
        # No distance is 0 or less; whoever says so does not know it.
        spacing = [
            given if given is not None and given > 0 else None
            for given in (self.row_pixel_spacing_mm, self.column_pixel_spacing_mm)
        ]
        has_spacing = None not in spacing
        has_orientation = self.row_cosines is not None and self.column_cosines is not None
        return PlaneGeometry(
            position_lps=self.image_position_lps or known.position_lps,
            row_cosines=self.row_cosines or known.row_cosines,
            column_cosines=self.column_cosines or known.column_cosines,
            row_pixel_spacing_mm=spacing[0] or spacing[1] or known.row_pixel_spacing_mm,
            column_pixel_spacing_mm=spacing[1] or spacing[0] or known.column_pixel_spacing_mm,
            spacing_is_default=not has_spacing,
            orientation_is_default=not has_orientation,
            position_is_default=self.image_position_lps is None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class ModalityLutModule(Module):
    """What stored values mean (PS3.3 C.11.1).

    Attributes
    ----------
    rescale_slope, rescale_intercept : float
        (0028,1053) and (0028,1052).
    rescale_type : str or None
        Unit of the result: Rescale Type (0028,1054), or Modality LUT Type (0028,3004).
    lut : LookupTable or None
        First item of the Modality LUT Sequence (0028,3000); it stands in for slope and intercept.
    """

    type_name: ClassVar[str] = "modalityLutModule"

    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    rescale_type: str | None = None
    lut: LookupTable | None = None

    @property
    def is_identity(self) -> bool:
        """Stored values are modality values."""
        return self.lut is None and self.rescale_slope == 1 and self.rescale_intercept == 0

    def apply(
        self, stored: npt.NDArray[Any], dtype: npt.DTypeLike = np.float32
    ) -> npt.NDArray[np.floating]:
        """Turn stored values into modality values, computed in float64 and given as `dtype`."""
        if self.lut is not None:
            return self.lut.apply(stored).astype(dtype)
        if self.is_identity:
            return stored.astype(dtype)
        return (stored * np.float64(self.rescale_slope) + self.rescale_intercept).astype(dtype)


@dataclass(frozen=True, slots=True, eq=False)
class VoiLutModule(Module):
    """Which modality values are of interest (PS3.3 C.11.2).

    Attributes
    ----------
    windows : tuple of VoiWindow
        Every Window Center (0028,1050) and Width (0028,1051) of the header, in its order.
    function : VoiFunction
        VOI LUT Function (0028,1056).
    luts : tuple of LookupTable
        Items of the VOI LUT Sequence (0028,3010), in their order.
    """

    type_name: ClassVar[str] = "voiLutModule"

    windows: tuple[VoiWindow, ...] = ()
    function: VoiFunction = VoiFunction.LINEAR
    luts: tuple[LookupTable, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentationLutModule(Module):
    """Presentation LUT Shape (2050,0020): IDENTITY, or INVERSE, which MONOCHROME1 implies."""

    type_name: ClassVar[str] = "presentationLutModule"

    shape: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralStudyModule(Module):
    """The study (PS3.3 C.7.2.1)."""

    type_name: ClassVar[str] = "generalStudyModule"

    study_instance_uid: str | None = None
    study_id: str | None = None
    study_description: str | None = None
    study_date: str | None = None
    study_time: str | None = None
    accession_number: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralSeriesModule(Module):
    """The series (PS3.3 C.7.3.1); dates and times as DICOM writes them, DA and TM."""

    type_name: ClassVar[str] = "generalSeriesModule"

    modality: str | None = None
    series_instance_uid: str | None = None
    study_instance_uid: str | None = None
    series_description: str | None = None
    series_number: int | None = None
    series_date: str | None = None
    series_time: str | None = None
    acquisition_date: str | None = None
    acquisition_time: str | None = None
    body_part_examined: str | None = None
    laterality: str | None = None


@dataclass(frozen=True, slots=True)
class GeneralImageModule(Module):
    """The image among those of its series (PS3.3 C.7.6.1)."""

    type_name: ClassVar[str] = "generalImageModule"

    sop_instance_uid: str | None = None
    sop_class_uid: str | None = None
    instance_number: int | None = None
    image_type: tuple[str, ...] = ()
    content_date: str | None = None
    content_time: str | None = None
    lossy_image_compression: str | None = None
    lossy_image_compression_ratio: tuple[float, ...] = ()
    lossy_image_compression_method: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientModule(Module):
    """The patient (PS3.3 C.7.1.1). Never logged."""

    type_name: ClassVar[str] = "patientModule"

    patient_id: str | None = None
    patient_name: str | None = None
    patient_birth_date: str | None = None
    patient_sex: str | None = None


@dataclass(frozen=True, slots=True)
class PatientStudyModule(Module):
    """The patient at the time of the study (PS3.3 C.7.2.2)."""

    type_name: ClassVar[str] = "patientStudyModule"

    patient_age: str | None = None
    patient_size_m: float | None = None
    patient_weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class SopCommonModule(Module):
    """Identity of the instance (PS3.3 C.12.1)."""

    type_name: ClassVar[str] = "sopCommonModule"

    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None


@dataclass(frozen=True, slots=True)
class MultiframeModule(Module):
    """The frames of the instance (PS3.3 C.7.6.6); `frame_number` counts from 1."""

    type_name: ClassVar[str] = "multiframeModule"

    number_of_frames: int = 1
    frame_number: int = 1


@dataclass(frozen=True, slots=True)
class CineModule(Module):
    """How fast frames follow each other (PS3.3 C.7.6.5)."""

    type_name: ClassVar[str] = "cineModule"

    frame_time_ms: float | None = None
    cine_rate: float | None = None
    recommended_display_frame_rate: float | None = None
    number_of_frames: int = 1


@dataclass(frozen=True, slots=True)
class TransferSyntaxModule(Module):
    """Transfer Syntax UID (0002,0010) of the bytes that are to be loaded."""

    type_name: ClassVar[str] = "transferSyntax"

    transfer_syntax_uid: str | None = None


MODULES: dict[str, type[Module]] = {
    module.type_name: module
    for module in (
        CineModule,
        GeneralImageModule,
        GeneralSeriesModule,
        GeneralStudyModule,
        ImagePixelModule,
        ImagePlaneModule,
        ModalityLutModule,
        MultiframeModule,
        PatientModule,
        PatientStudyModule,
        PresentationLutModule,
        SopCommonModule,
        TransferSyntaxModule,
        VoiLutModule,
    )
}
"""Every typed module by its name."""
