"""The fields of a NIfTI or Analyze header as they are written: names, kinds, places, byte order."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ByteOrder", "NiftiFields", "read_nifti_fields"]

ByteOrder: TypeAlias = Literal["<", ">"]
_BYTE_ORDERS: tuple[ByteOrder, ...] = ("<", ">")

# nifti1.h, struct nifti_1_header.
_NIFTI_1 = np.dtype(
    [
        ("sizeof_hdr", "i4"),
        ("data_type", "S10"),
        ("db_name", "S18"),
        ("extents", "i4"),
        ("session_error", "i2"),
        ("regular", "u1"),
        ("dim_info", "u1"),
        ("dim", "i2", 8),
        ("intent_p", "f4", 3),
        ("intent_code", "i2"),
        ("datatype", "i2"),
        ("bitpix", "i2"),
        ("slice_start", "i2"),
        ("pixdim", "f4", 8),
        ("vox_offset", "f4"),
        ("scl_slope", "f4"),
        ("scl_inter", "f4"),
        ("slice_end", "i2"),
        ("slice_code", "u1"),
        ("xyzt_units", "u1"),
        ("cal_max", "f4"),
        ("cal_min", "f4"),
        ("slice_duration", "f4"),
        ("toffset", "f4"),
        ("glmax", "i4"),
        ("glmin", "i4"),
        ("descrip", "S80"),
        ("aux_file", "S24"),
        ("qform_code", "i2"),
        ("sform_code", "i2"),
        ("quatern", "f4", 3),
        ("qoffset", "f4", 3),
        ("srow", "f4", (3, 4)),
        ("intent_name", "S16"),
        ("magic", "S4"),
    ]
)
# nifti2.h, struct nifti_2_header.
_NIFTI_2 = np.dtype(
    [
        ("sizeof_hdr", "i4"),
        ("magic", "S8"),
        ("datatype", "i2"),
        ("bitpix", "i2"),
        ("dim", "i8", 8),
        ("intent_p", "f8", 3),
        ("pixdim", "f8", 8),
        ("vox_offset", "i8"),
        ("scl_slope", "f8"),
        ("scl_inter", "f8"),
        ("cal_max", "f8"),
        ("cal_min", "f8"),
        ("slice_duration", "f8"),
        ("toffset", "f8"),
        ("slice_start", "i8"),
        ("slice_end", "i8"),
        ("descrip", "S80"),
        ("aux_file", "S24"),
        ("qform_code", "i4"),
        ("sform_code", "i4"),
        ("quatern", "f8", 3),
        ("qoffset", "f8", 3),
        ("srow", "f8", (3, 4)),
        ("slice_code", "i4"),
        ("xyzt_units", "i4"),
        ("intent_code", "i4"),
        ("intent_name", "S16"),
        ("dim_info", "u1"),
        ("unused_str", "S15"),
    ]
)
# dbh.h of Analyze 7.5, with the names that SPM2 gives to fields which Analyze leaves open. The
# origin is not aligned: the letter `orient` comes before it.
_ANALYZE = np.dtype(
    {
        "names": [
            *("sizeof_hdr", "dim", "datatype", "pixdim", "vox_offset", "scl_slope", "scl_inter"),
            *("cal_max", "cal_min", "glmax", "glmin", "descrip", "aux_file", "origin"),
        ],
        "formats": [
            *("i4", ("i2", 8), "i2", ("f4", 8), "f4", "f4", "f4"),
            *("f4", "f4", "i4", "i4", "S80", "S24", ("i2", 5)),
        ],
        "offsets": [0, 40, 70, 76, 108, 112, 116, 124, 128, 140, 144, 148, 228, 253],
        "itemsize": 348,
    }
)
_LAYOUTS = {0: _ANALYZE, 1: _NIFTI_1, 2: _NIFTI_2}


@dataclass(frozen=True, slots=True, eq=False)
class NiftiFields:
    """The fields of a header, read by name.

    Attributes
    ----------
    version : int
        1 or 2; 0 for Analyze 7.5.
    byte_order : str
        ``"<"`` or ``">"``, of the header and of the voxels.
    is_pair : bool
        The voxels are in a file of their own.
    values : numpy.void
        One record; its field names are those of nifti1.h, of which ``intent_p1`` to ``intent_p3``,
        ``quatern_b`` to ``quatern_d``, ``qoffset_x`` to ``qoffset_z`` and ``srow_x`` to ``srow_z``
        are arrays here.
    """

    version: int
    byte_order: ByteOrder
    is_pair: bool
    values: np.void

    @property
    def size_in_bytes(self) -> int:
        """Of the header itself, without what may follow it: 348 or 540."""
        return _LAYOUTS[self.version].itemsize

    def number(self, name: str) -> float:
        """Give a number as it is, finite or not."""
        return float(self.values[name])

    def integer(self, name: str) -> int:
        """Give a whole number."""
        return int(self.values[name])

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Copy an array of numbers."""
        # A signalling NaN of 32 bits makes NumPy warn when it is widened.
        with np.errstate(invalid="ignore"):
            return np.array(self.values[name], dtype=np.float64)

    def integers(self, name: str) -> list[int]:
        """Give an array of whole numbers."""
        return [int(value) for value in self.values[name]]

    def text(self, name: str) -> str:
        """Give what stands before the first NUL."""
        raw = bytes(self.values[name]).partition(b"\0")[0]
        return raw.decode("utf-8", "replace").strip()


def read_nifti_fields(data: bytes | memoryview) -> NiftiFields:
    """Find out which kind of header a file starts with, and in which byte order; read its fields.

    A header of 348 bytes without the magic of NIfTI-1 is taken for one of Analyze 7.5, which has
    none of its own.

    Raises
    ------
    DecodeError
        If it starts with no such header.
    """
    raw = bytes(data[:540])
    for order in _BYTE_ORDERS:
        size = struct.unpack_from(f"{order}i", raw)[0] if len(raw) >= 4 else 0
        if size == 348 and len(raw) >= 348:
            version, is_pair = _NIFTI_1_MAGIC.get(raw[344:348], (0, True))
        elif size == 540 and len(raw) >= 540 and raw[4:8] in _NIFTI_2_MAGIC:
            version, is_pair = _NIFTI_2_MAGIC[raw[4:8]]
        else:
            continue
        layout: np.dtype[Any] = _LAYOUTS[version].newbyteorder(order)
        return NiftiFields(version, order, is_pair, np.frombuffer(raw, layout, 1)[0])
    raise DecodeError(
        f"not a NIfTI file: {_found(raw)}; a .nii or .nii.gz file was expected, or the .hdr of a "
        "pair"
    )


_NIFTI_1_MAGIC = {b"n+1\0": (1, False), b"ni1\0": (1, True)}
_NIFTI_2_MAGIC = {b"n+2\0": (2, False), b"ni2\0": (2, True)}


def _found(raw: bytes) -> str:
    if raw[128:132] == b"DICM":
        return "it is a DICOM file"
    if raw[:4] in {b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c"}:
        return f"its header is cut short or has no magic, {len(raw)} bytes were found"
    return f"it starts with {raw[:4]!r}"
