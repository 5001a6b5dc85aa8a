"""The header of a NIfTI file: size, sample type, scaling and place."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.modules import NiftiModule

__all__ = ["HEADER_BYTES", "NiftiHeader", "read_nifti_header"]

HEADER_BYTES = 540
"""As many bytes from the start of a file hold a header of either version."""

_ByteOrder: TypeAlias = Literal["<", ">"]
_BYTE_ORDERS: tuple[_ByteOrder, ...] = ("<", ">")

# nifti1.h, "datatype" codes: NumPy type of a sample, and samples a voxel.
_SAMPLES = {
    2: ("u1", 1),
    4: ("i2", 1),
    8: ("i4", 1),
    16: ("f4", 1),
    64: ("f8", 1),
    128: ("u1", 3),
    256: ("i1", 1),
    512: ("u2", 1),
    768: ("u4", 1),
    1024: ("i8", 1),
    1280: ("u8", 1),
    2304: ("u1", 4),
}
_OTHER_SAMPLES = {
    1: "1-bit samples",
    32: "complex64 samples",
    1536: "float128 samples",
    1792: "complex128 samples",
    2048: "complex256 samples",
}
# nifti1.h, "xyzt_units": metres, millimetres, microns; 0 is unknown, taken as mm as everybody does.
_MM_PER_UNIT = {1: 1e3, 2: 1.0, 3: 1e-3}


@dataclass(frozen=True, slots=True, eq=False)
class NiftiHeader:
    """The header of a NIfTI file, as far as showing its slices needs it.

    Attributes
    ----------
    version : int
        1 or 2; 0 for Analyze 7.5.
    sizes : tuple of int
        Voxels along i, j, k, points in time, and along three more axes; at least 1 each.
    dtype : numpy.dtype
        Of one sample, in the file's byte order; complex ones are kept as they are.
    samples_per_voxel : int
        1 grey, 3 RGB, 4 RGBA.
    data_offset : int
        Where the first voxel starts in the (decompressed) file that holds them.
    affine_lps : numpy.ndarray or None
        4x4, voxel index (i, j, k) to the voxel's centre in LPS mm; None where the header's numbers
        are no geometry (not finite, or axes without length or along each other).
    slope, intercept : float
        ``value = stored * slope + intercept``.
    display_range : tuple of float or None
        Values (after scaling) to be shown black and white: ``cal_min`` and ``cal_max``.
    is_pair : bool
        The voxels are in a file of their own (``.img``), this header in another (``.hdr``).
    about : NiftiModule or None
        All else that it says.
    """

    version: int
    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    samples_per_voxel: int
    data_offset: int
    affine_lps: npt.NDArray[np.float64] | None
    slope: float = 1.0
    intercept: float = 0.0
    display_range: tuple[float, float] | None = None
    is_pair: bool = False
    about: NiftiModule | None = None

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

    @property
    def volumes(self) -> int:
        """Points in time, for each place along further axes: t runs fastest."""
        return math.prod(self.sizes[3:])

    @property
    def number_of_frames(self) -> int:
        """Slices of all points in time."""
        return self.slices * self.volumes

    @property
    def frame_size_in_bytes(self) -> int:
        """Bytes of one slice in the file."""
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
                f"numbered from 0 to {self.number_of_frames - 1}"
            )
        return self.data_offset + frame * self.frame_size_in_bytes


def read_nifti_header(data: bytes | memoryview) -> NiftiHeader:
    """Read the header of a single-file NIfTI-1 or NIfTI-2 image (``.nii``), in either byte order.

    Only the header's own fields are looked at; whether the file is long enough for them is for
    the caller to see, by `NiftiHeader.needed_bytes`.

    Parameters
    ----------
    data : bytes or memoryview
        The start of the decompressed file, `HEADER_BYTES` or more where the file has them.

    Raises
    ------
    DecodeError
        If it is no NIfTI header, or one whose sizes cannot be true.
    UnsupportedEncodingError
        For pairs of files (``.hdr`` and ``.img``), Analyze 7.5, five and more dimensions, and
        samples that are complex, of 1 bit or of 128 bits.

    References
    ----------
    nifti1.h and nifti2.h of the NIfTI data format working group. Where a field is out of its range
    the value is taken that nifti1_io.c, the format's reference reader, takes.
    """
    raw = bytes(data[:HEADER_BYTES])
    version, order = _version(raw)
    header = _nibabel_header(raw, version, order)
    columns, rows, slices, volumes = _dimensions(header["dim"])
    dtype, samples = _sample_type(int(header["datatype"]))
    slope, intercept = _scaling(header) if samples == 1 else (1.0, 0.0)
    return NiftiHeader(
        version=version,
        sizes=(columns, rows, slices, volumes, 1, 1, 1),
        dtype=dtype.newbyteorder(order),
        samples_per_voxel=samples,
        data_offset=_data_offset(float(header["vox_offset"]), 352 if version == 1 else 544),
        affine_lps=_affine_lps(header),
        slope=slope,
        intercept=intercept,
        display_range=_display_range(header) if samples == 1 else None,
    )


def _version(raw: bytes) -> tuple[int, _ByteOrder]:
    for order in _BYTE_ORDERS:
        size = struct.unpack(f"{order}i", raw[:4])[0] if len(raw) >= 4 else 0
        if size == 348 and len(raw) >= 348:
            version, magic = 1, raw[344:348]
        elif size == 540 and len(raw) >= 540:
            version, magic = 2, raw[4:8]
        else:
            continue
        if magic == b"n+%d\0" % version:
            return version, order
        if magic == b"ni%d\0" % version:
            raise UnsupportedEncodingError(
                f"NIfTI-{version} pairs of .hdr and .img files are not supported yet; convert the "
                "image to a single .nii file"
            )
        if version == 1:
            raise UnsupportedEncodingError(
                "Analyze 7.5 files are not supported: a header of 348 bytes without the NIfTI "
                "magic n+1 was found; convert the image to a single .nii file"
            )
    raise DecodeError(f"not a NIfTI file: {_found(raw)}; a .nii or .nii.gz file was expected")


def _found(raw: bytes) -> str:
    if raw[128:132] == b"DICM":
        return "it is a DICOM file"
    if raw[:4] in {b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c"}:
        return f"its header is cut short or has no magic, {len(raw)} bytes were found"
    return f"it starts with {raw[:4]!r}"


def _nibabel_header(raw: bytes, version: int, order: str) -> Any:
    import nibabel

    # nibabel's own check is off: it logs to standard error, and refuses what can well be shown.
    if version == 1:
        return nibabel.Nifti1Header(raw[:348], endianness=order, check=False)
    return nibabel.Nifti2Header(raw, endianness=order, check=False)


def _dimensions(dim: npt.NDArray[np.integer]) -> tuple[int, int, int, int]:
    count, *sizes = (int(size) for size in dim)
    if not 1 <= count <= 7:
        raise DecodeError(f"dim[0] of the NIfTI header is {count}; an image has 1 to 7 dimensions")
    sizes = sizes[:count] + [1] * (7 - count)
    if min(sizes) < 1:
        raise DecodeError(
            f"the NIfTI header says {' x '.join(map(str, sizes[:count]))} voxels; every dimension "
            "must be at least 1"
        )
    columns, rows, slices, volumes, *others = sizes
    if math.prod(others) > 1:
        raise UnsupportedEncodingError(
            f"{count}D NIfTI ({' x '.join(map(str, sizes[:count]))} voxels) is not supported yet; "
            "images of up to four dimensions (i, j, k, t) are"
        )
    return columns, rows, slices, volumes


def _sample_type(code: int) -> tuple[np.dtype[Any], int]:
    if code in _SAMPLES:
        name, samples = _SAMPLES[code]
        return np.dtype(name), samples
    if code in _OTHER_SAMPLES:
        raise UnsupportedEncodingError(
            f"NIfTI with {_OTHER_SAMPLES[code]} (datatype {code}) is not supported; whole numbers, "
            "float32, float64, RGB24 and RGBA32 are"
        )
    raise DecodeError(f"datatype {code} of the NIfTI header is no type that NIfTI knows")


def _data_offset(offset: float, lowest: int) -> int:
    # nifti1.h: in a single file vox_offset is at least 352; writers leave it 0 to mean just that.
    if offset == 0:
        return lowest
    if not (math.isfinite(offset) and offset >= lowest - 4):
        raise DecodeError(
            f"vox_offset of the NIfTI header is {offset:g}; in a single file the voxels start at "
            f"{lowest} or later"
        )
    return int(offset)


def _scaling(header: Any) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        return 1.0, 0.0
    return slope, intercept if math.isfinite(intercept) else 0.0


def _display_range(header: Any) -> tuple[float, float] | None:
    lower, upper = float(header["cal_min"]), float(header["cal_max"])
    return (lower, upper) if math.isfinite(upper - lower) and upper > lower else None


def _affine_lps(header: Any) -> npt.NDArray[np.float64] | None:
    _mend_geometry(header)
    with np.errstate(all="ignore"):
        try:
            ras = np.asarray(header.get_best_affine(), dtype=np.float64)
        except ValueError:
            return None
        mm = _MM_PER_UNIT.get(int(header["xyzt_units"]) & 0x07, 1.0)
        # NIfTI counts towards Right, Anterior and Superior, DICOM towards Left and Posterior.
        lps = np.diag([-mm, -mm, mm, 1.0]) @ ras
        lengths = np.linalg.norm(lps[:3, :2], axis=0)
        across = np.linalg.norm(np.cross(lps[:3, 0], lps[:3, 1]))
        usable = np.isfinite(lps).all() and np.isfinite(lengths).all() and lengths.all()
        if not usable or not across > 1e-6 * lengths.prod():
            return None
    lps.flags.writeable = False
    return lps


def _mend_geometry(header: Any) -> None:
    """Set what is out of range to what nifti1_io.c takes it for."""
    for code in ("qform_code", "sform_code"):
        header[code] = max(int(header[code]), 0)
    pixdim = header["pixdim"]
    pixdim[0] = -1 if pixdim[0] < 0 else 1
    pixdim[1:4] = np.abs(pixdim[1:4])
    quaternion = [float(header[f"quatern_{axis}"]) for axis in "bcd"]
    length = math.hypot(*quaternion)
    if 1 < length < math.inf:
        for axis, value in zip("bcd", quaternion, strict=True):
            header[f"quatern_{axis}"] = value / length
