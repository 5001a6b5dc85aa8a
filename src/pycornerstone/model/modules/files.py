"""What files that are not DICOM say besides: pictures and NIfTI."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["NiftiExtension", "NiftiModule", "PictureModule"]


@dataclass(frozen=True, slots=True)
class PictureModule(Module):
    """What the file of a picture says besides its samples: PNG, JPEG, TIFF and others.

    Attributes
    ----------
    format : str
        ``"PNG"``, ``"JPEG"``, ``"TIFF"``, ``"GIF"``, ``"WebP"``, ``"BMP"``, ...
    number_of_frames : int
        Pages, or frames of an animation.
    frame_number : int
        Which of them, from 1.
    bits_per_sample : int
        As stored in the file: 1 to 64.
    color_type : str
        As stored in the file: ``"grey"``, ``"palette"``, ``"RGB"``, ``"CMYK"``, ``"YCbCr"``,
        ``"YCCK"``.
    has_alpha : bool
        The file says how transparent pixels are.
    gamma : float or None
        Exponent that the samples were encoded with, such as 0.45455 (PNG gAMA). It is not applied.
    chromaticities : tuple of float or None
        x and y of white, red, green and blue (PNG cHRM).
    rendering_intent : int or None
        PNG sRGB: 0 perceptual, 1 relative, 2 saturation, 3 absolute.
    orientation : int
        Exif tag 274 as it was in the file, 1 to 8; it is applied to the samples.
    row_pixel_spacing_mm, column_pixel_spacing_mm : float or None
        Between rows and between columns of the samples as they are now, from the pixel density.
    spacing_source : str or None
        Where that is from: ``"pHYs"``, ``"JFIF"``, ``"Exif"``, ``"TIFF"``, ``"BMP"``;
        ``"OME"`` and ``"ImageJ"`` measure what is shown, the others where it is printed.
    pixel_aspect_ratio : tuple of int or None
        Vertical and horizontal size of a pixel as it is now, in no unit, as (0028,0034) has them:
        where the file says a shape, and no length; None for squares. Of PNG, JPEG, TIFF and GIF.
    frame_duration_ms : float or None
        How long this frame of an animation is shown.
    loop_count : int or None
        How often the animation is shown; 0 is for ever.
    """

    type_name: ClassVar[str] = "pictureModule"

    format: str
    number_of_frames: int = 1
    frame_number: int = 1
    bits_per_sample: int = 8
    color_type: str = "grey"
    has_alpha: bool = False
    gamma: float | None = None
    chromaticities: tuple[float, ...] | None = None
    rendering_intent: int | None = None
    orientation: int = 1
    row_pixel_spacing_mm: float | None = None
    column_pixel_spacing_mm: float | None = None
    spacing_source: str | None = None
    pixel_aspect_ratio: tuple[int, int] | None = None
    frame_duration_ms: float | None = None
    loop_count: int | None = None


@dataclass(frozen=True, slots=True)
class NiftiExtension:
    """A header extension of a NIfTI file, as it is (nifti1.h, "extended header section").

    Attributes
    ----------
    code : int
        ``ecode``: 2 DICOM, 4 AFNI, 6 comment, 32 CIFTI, ...
    content : bytes
        Without the eight bytes of size and code, with its padding. It may name a patient.
    """

    code: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class NiftiModule(Module):
    """What a NIfTI file says besides samples, scaling and place (nifti1.h, nifti2.h).

    Attributes
    ----------
    version : int
        1 or 2; 0 for Analyze 7.5.
    sizes : tuple of int
        Voxels along i, j, k, time and three more axes; 1 where there is none.
    datatype : int
        Code of the sample type, such as 16 for float32.
    frame_number : int
        Which slice this is, from 0, as in its imageId.
    axis : str
        Along which axis it was cut: ``"k"``, ``"j"`` or ``"i"``.
    slice_index : int
        Where on that axis, from 0.
    time_point : int
        Which of the volumes, from 0: along t, and further axes after it.
    time_step, time_offset : float or None
        Along the fourth axis (``pixdim[4]``, ``toffset``), in `time_unit`; None where that is no
        number, and for a step of 0 or less.
    time_unit : str or None
        ``"s"`` (ms and microseconds are made seconds), ``"Hz"``, ``"ppm"``, ``"rad/s"``; None where
        the header does not say.
    spatial_unit : str or None
        As the header says: ``"m"``, ``"mm"``, ``"micron"``; places and spacing are given in mm.
    intent_code : int
        What the values are, such as 1003 for a matrix; 0 for nothing in particular.
    intent_name : str
        ``intent_name``; may be empty.
    intent_parameters : tuple of float
        ``intent_p1`` to ``intent_p3``.
    calibration_range : tuple of float or None
        ``cal_min`` and ``cal_max``, where they are a range.
    qform_code, sform_code : int
        What the two transforms are in: 0 nothing, 1 scanner, 2 aligned, 3 Talairach, 4 MNI 152.
    qform_lps, sform_lps : numpy.ndarray or None
        4x4, (i, j, k) to LPS mm, read-only; None where the header has none, or numbers that are
        none. The plane of the slice is from the one that counts: the sform where there are both.
    slice_code, slice_duration : int, float or None
        Order of the slices, and the time that each took, in `time_unit`; 0 and None where the
        header does not say.
    frequency_axis, phase_axis, slice_axis : int or None
        Of acquisition (``dim_info``), from 0: i, j, k.
    description, auxiliary_file : str
        ``descrip`` and ``aux_file``. They may name a patient, and are not shown by `repr`.
    extensions : tuple of NiftiExtension
        Header extensions, 1000 of them and 64 MiB at most.
    """

    type_name: ClassVar[str] = "niftiModule"

    version: int
    sizes: tuple[int, ...]
    datatype: int
    frame_number: int = 0
    axis: str = "k"
    slice_index: int = 0
    time_point: int = 0
    time_step: float | None = None
    time_offset: float | None = None
    time_unit: str | None = None
    spatial_unit: str | None = None
    intent_code: int = 0
    intent_name: str = field(default="", repr=False)
    intent_parameters: tuple[float, float, float] = (0.0, 0.0, 0.0)
    calibration_range: tuple[float, float] | None = None
    qform_code: int = 0
    sform_code: int = 0
    qform_lps: npt.NDArray[np.float64] | None = None
    sform_lps: npt.NDArray[np.float64] | None = None
    slice_code: int = 0
    slice_duration: float | None = None
    frequency_axis: int | None = None
    phase_axis: int | None = None
    slice_axis: int | None = None
    description: str = field(default="", repr=False)
    auxiliary_file: str = field(default="", repr=False)
    extensions: tuple[NiftiExtension, ...] = ()
