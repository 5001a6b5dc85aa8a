"""The header of a NIfTI file: size, sample type, scaling and place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError, ImageIdError
from pycornerstone.metadata.nifti_about import calibration_range, read_about
from pycornerstone.metadata.nifti_extensions import extensions_end, read_extensions
from pycornerstone.metadata.nifti_fields import NiftiFields, read_nifti_fields
from pycornerstone.metadata.nifti_geometry import best_affine
from pycornerstone.metadata.nifti_planes import SlicePlanes, slice_planes
from pycornerstone.metadata.nifti_samples import is_complex, pixel_dtype, sample_type

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.modules import Module, NiftiExtension, NiftiModule

__all__ = ["HEADER_BYTES", "NiftiHeader", "header_extent", "read_nifti_header"]

HEADER_BYTES = 540
"""As many bytes from the start of a file hold a header of any version."""


# Without slots, so that properties can be kept: each slice of a file asks for them.
@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """The header of a NIfTI file, as far as showing its slices needs it.

    Attributes
    ----------
    version : int
        1 or 2; 0 for Analyze 7.5.
    sizes : tuple of int
        Voxels along i, j, k, points in time, and along three more axes; at least 1 each.
    dtype : numpy.dtype
        Of one sample, in the file's byte order; complex ones are kept as they are. Samples of 128
        bits are records, see `metadata.nifti_samples`.
    samples_per_voxel : int
        1 grey, 3 RGB, 4 RGBA.
    data_offset : int
        Where the first voxel starts in the (decompressed) file that holds them.
    affine_lps : numpy.ndarray or None
        4x4, voxel index (i, j, k) to the voxel's centre in LPS mm; None where the header's numbers
        are no geometry (not finite, or i and j without length or along each other).
    slope, intercept : float
        ``value = sample * slope + intercept``, of what `NiftiSlices.samples` gives: 1 and 0 for
        colours, and for complex samples, whose scaling is `complex_scaling`.
    display_range : tuple of float or None
        Values (after scaling) to be shown black and white: ``cal_min`` and ``cal_max``.
    is_pair : bool
        The voxels are in a file of their own (``.img``), this header in another (``.hdr``).
    fields : NiftiFields
        All of them, as they are written.
    extensions : tuple of NiftiExtension
        Those that are whole in what it was read from.
    complex_scaling : tuple of float
        Slope and intercept of complex samples, applied before their magnitude is taken. The
        intercept is added to the real part, as nibabel does it; nifti1.h asks for it in the
        imaginary part too, where nothing is known to write one.
    """

    version: int
    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    samples_per_voxel: int
    data_offset: int
    affine_lps: npt.NDArray[np.float64] | None
    fields: NiftiFields = field(repr=False)
    extensions: tuple[NiftiExtension, ...] = ()
    slope: float = 1.0
    intercept: float = 0.0
    display_range: tuple[float, float] | None = None
    is_pair: bool = False
    complex_scaling: tuple[float, float] = (1.0, 0.0)
    _planes: dict[int, SlicePlanes | None] = field(default_factory=dict, init=False, repr=False)
    # What is said of all slices across an axis alike; see `nifti_modules`.
    _alike: dict[tuple[str, str], Module | None] = field(
        default_factory=dict, init=False, repr=False
    )
    # Empty until the voxels were at hand.
    _sampled: list[tuple[float, float] | None] = field(default_factory=list, init=False, repr=False)

    # Half of the time that a header takes, and few ask for it.
    @cached_property
    def about(self) -> NiftiModule:
        """All else that it says, for the first slice along k."""
        return read_about(self.fields, self.sizes, self.extensions)

    def planes_across(self, number: int) -> SlicePlanes | None:
        """Say where slices across an axis (0, 1 or 2) lie; None where that is not known."""
        if number not in self._planes:
            self._planes[number] = slice_planes(self.affine_lps, number)
        return self._planes[number]

    def alike(self, type_name: str, axis: str, read: Callable[[], Module | None]) -> Module | None:
        """Give what `read` says of all slices across an axis, asked once."""
        key = (type_name, axis)
        if key not in self._alike:
            self._alike[key] = read()
        return self._alike[key]

    @property
    def first_range(self) -> tuple[float, float] | None:
        """Values to be shown black and white at first: `display_range`, or that of the voxels."""
        sampled = self._sampled[0] if self._sampled else None
        return self.display_range or sampled

    @property
    def lacks_range(self) -> bool:
        """Whether the voxels may tell what `first_range` does not know yet."""
        return self.display_range is None and self.samples_per_voxel == 1 and not self._sampled

    def know_range(self, sampled: tuple[float, float] | None) -> None:
        """Keep the range that was found in the voxels; None if they have none."""
        if self.lacks_range:
            self._sampled.append(sampled)

    @cached_property
    def pixel_dtype(self) -> np.dtype[Any]:
        """Type of the samples of an image: real, in native byte order, of at most 64 bits."""
        return pixel_dtype(self.dtype)

    @property
    def columns(self) -> int:
        """Voxels along i."""
        return self.sizes[0]

    @property
    def rows(self) -> int:
        """Voxels along j."""
        return self.sizes[1]

    @property
    def slices(self) -> int:
        """Voxels along k."""
        return self.sizes[2]

    @cached_property
    def volumes(self) -> int:
        """Points in time, for each place along further axes: t runs fastest."""
        return math.prod(self.sizes[3:])

    @cached_property
    def number_of_frames(self) -> int:
        """Slices along k of all volumes."""
        return self.slices * self.volumes

    @cached_property
    def frame_size_in_bytes(self) -> int:
        """Bytes of one slice along k in the file."""
        return self.rows * self.columns * self.samples_per_voxel * self.dtype.itemsize

    @property
    def needed_bytes(self) -> int:
        """Bytes that the (decompressed) file must have to hold every voxel."""
        return self.data_offset + self.number_of_frames * self.frame_size_in_bytes

    def frame_offset(self, frame: int) -> int:
        """Where a slice starts in the (decompressed) file.

        Parameters
        ----------
        frame : int
            Counts from 0 along the third axis; the slices of the next point in time follow.

        Raises
        ------
        ImageIdError
            If the file has no such slice.
        """
        if not 0 <= frame < self.number_of_frames:
            raise ImageIdError(
                f"frame {frame} is not in the NIfTI file: it has {self.number_of_frames} slices, "
                f"numbered from 0 to {self.number_of_frames - 1}; choose one of them"
            )
        return self.data_offset + frame * self.frame_size_in_bytes


def read_nifti_header(data: bytes | memoryview) -> NiftiHeader:
    """Read the header of a NIfTI-1, NIfTI-2 or Analyze 7.5 file, in either byte order.

    Only the header's own fields are looked at; whether the file is long enough for them is for
    the caller to see, by `NiftiHeader.needed_bytes`.

    Parameters
    ----------
    data : bytes or memoryview
        The start of the decompressed ``.nii`` or ``.hdr`` file, `HEADER_BYTES` or more where the
        file has them; `header_extent` where its extensions are wanted too.

    Raises
    ------
    DecodeError
        If it is no such header, or one whose sizes cannot be true.
    UnsupportedEncodingError
        For samples of 1 bit.

    References
    ----------
    nifti1.h and nifti2.h of the NIfTI data format working group. Where a field is out of its range
    the value is taken that nifti1_io.c, the format's reference reader, takes. Analyze headers are
    read as nibabel reads them, in the way of SPM2, without a ``.mat`` file.
    """
    fields = read_nifti_fields(data)
    sizes = _sizes(fields.integers("dim"))
    dtype, samples = sample_type(fields.integer("datatype"), fields.byte_order, fields.version)
    # nifti1.h: scaling is not applied to colours.
    scaling = _scaling(fields) if samples == 1 else (1.0, 0.0)
    real_scaling, complex_scaling = scaling, (1.0, 0.0)
    if is_complex(dtype):
        real_scaling, complex_scaling = complex_scaling, scaling
    return NiftiHeader(
        version=fields.version,
        sizes=sizes,
        dtype=dtype,
        samples_per_voxel=samples,
        data_offset=_data_offset(fields),
        affine_lps=best_affine(fields, sizes),
        slope=real_scaling[0],
        intercept=real_scaling[1],
        display_range=calibration_range(fields) if samples == 1 else None,
        is_pair=fields.is_pair,
        fields=fields,
        extensions=read_extensions(fields, data),
        complex_scaling=complex_scaling,
    )


def header_extent(beginning: bytes | memoryview) -> int:
    """Say how many bytes from the start of a file hold its header and the header's extensions.

    Parameters
    ----------
    beginning : bytes or memoryview
        The first `HEADER_BYTES` of the decompressed ``.nii`` or ``.hdr`` file, or more.

    Returns
    -------
    int
        64 MiB at most, and more than the file has where the extensions go on to its end.

    Raises
    ------
    DecodeError
        If it is no such header.
    """
    return extensions_end(read_nifti_fields(beginning), beginning)


def _sizes(dim: list[int]) -> tuple[int, ...]:
    count, *sizes = dim
    if not 1 <= count <= 7:
        raise DecodeError(
            f"dim[0] of the NIfTI header is {count}; an image has 1 to 7 dimensions; "
            "the file is damaged, or no image"
        )
    sizes = sizes[:count] + [1] * (7 - count)
    if min(sizes) < 1:
        raise DecodeError(
            f"the NIfTI header says {' x '.join(map(str, sizes[:count]))} voxels; every dimension "
            "must be at least 1; the file is damaged, or no image"
        )
    return tuple(sizes)


def _data_offset(fields: NiftiFields) -> int:
    # nifti1.h: in a single file vox_offset is at least 352; writers leave it 0 to mean just that.
    lowest = 0 if fields.is_pair else fields.size_in_bytes + 4
    offset = fields.number("vox_offset")
    if offset == 0:
        return lowest
    # Some writers leave out the four bytes that say whether extensions follow.
    if math.isfinite(offset) and offset >= max(lowest - 4, 0):
        return fields.integer("vox_offset")
    where = "in the .img file of a pair" if fields.is_pair else "in a single file"
    raise DecodeError(
        f"vox_offset of the NIfTI header is {offset:g}; {where} the voxels start at {lowest} or "
        "later; the file is damaged, copy it again or write it anew"
    )


def _scaling(fields: NiftiFields) -> tuple[float, float]:
    slope, intercept = fields.number("scl_slope"), fields.number("scl_inter")
    if slope != 0 and math.isfinite(slope):
        return slope, intercept if math.isfinite(intercept) else 0.0
    if fields.version == 0:
        return _analyze_scaling(fields)
    return 1.0, 0.0


def _analyze_scaling(fields: NiftiFields) -> tuple[float, float]:
    """Scale the stored range to the calibrated one, as spm_vol_ana.m of SPM2 does."""
    stored_range = fields.integer("glmax") - fields.integer("glmin")
    cal_min, cal_max = fields.number("cal_min"), fields.number("cal_max")
    if stored_range and cal_max != cal_min and math.isfinite(cal_max - cal_min):
        slope = (cal_max - cal_min) / stored_range
        intercept = cal_min - slope * fields.integer("glmin")
        if slope and math.isfinite(intercept):
            return slope, intercept
    return 1.0, 0.0
