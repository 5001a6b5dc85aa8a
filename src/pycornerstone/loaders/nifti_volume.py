"""A whole NIfTI file, decompressed: its bytes, and the header that says what they are."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from pycornerstone.codecs.gzip import gunzip
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.metadata.nifti import HEADER_BYTES, NiftiHeader, read_nifti_header

__all__ = ["NiftiVolume", "open_volume", "read_header"]

# Deflate makes at most 258 bytes of two bits: 1032 bytes of one.
_DEFLATE_RATIO = 1032
# What may follow the voxels in a compressed file before it is taken for a damaged one.
_TRAILING_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class NiftiVolume:
    """A file that holds as many bytes as its header says, or more.

    Attributes
    ----------
    header : NiftiHeader
        What the bytes are.
    data : memoryview
        The decompressed file, header and all.
    was_compressed : bool
        `data` is memory of our own, not the file itself.
    """

    header: NiftiHeader
    data: memoryview
    was_compressed: bool = False

    def slice_bytes(self, frame: int) -> memoryview:
        """Give the bytes of one slice; `frame` counts from 0.

        Raises
        ------
        ImageIdError
            If the file has no such slice.
        """
        start = self.header.frame_offset(frame)
        return self.data[start : start + self.header.frame_size_in_bytes]


def open_volume(data: memoryview, max_bytes: int) -> NiftiVolume:
    """Make a volume of a file, in gzip or not, as its first bytes say.

    Parameters
    ----------
    data : memoryview
        The file.
    max_bytes : int
        What it may decompress to.

    Raises
    ------
    DecodeError
        If it is no NIfTI file, is damaged, or does not hold what its header says. No memory is
        taken for what a file this small cannot hold.
    UnsupportedEncodingError
        If it is a kind of NIfTI that is not read, or decompresses to more than `max_bytes`.
    """
    if not _is_gzip(data):
        return NiftiVolume(_checked(read_nifti_header(data), len(data)), data)
    header = read_header(data)
    needed = header.needed_bytes
    if needed > len(data) * _DEFLATE_RATIO:
        raise _too_short(header, f"{len(data)} bytes of gzip cannot hold them")
    if needed > max_bytes:
        raise UnsupportedEncodingError(
            f"the NIfTI file decompresses to {needed} bytes, more than the {max_bytes} that are "
            "allowed; decompress it first, slices are then read from the file itself"
        )
    try:
        whole = memoryview(gunzip(data, min(needed + _TRAILING_BYTES, max_bytes)))
    except MemoryError as error:
        raise DecodeError(
            f"the NIfTI file decompresses to {needed} bytes, for which there is no memory; "
            "decompress it first, slices are then read from the file itself"
        ) from error
    return NiftiVolume(_checked(header, len(whole)), whole, was_compressed=True)


def read_header(data: memoryview) -> NiftiHeader:
    """Read the header of a file, in gzip or not, and no more of it.

    Raises
    ------
    DecodeError
        If there is none.
    UnsupportedEncodingError
        If it is a kind of NIfTI that is not read.
    """
    if not _is_gzip(data):
        return read_nifti_header(data)
    try:
        start = zlib.decompressobj(wbits=31).decompress(data[:65536], HEADER_BYTES)
    except zlib.error as error:
        raise DecodeError(
            f"the gzip file is damaged at its start ({error}); copy the file again"
        ) from error
    return read_nifti_header(start)


def _is_gzip(data: memoryview) -> bool:
    return bytes(data[:2]) == b"\x1f\x8b"


def _checked(header: NiftiHeader, size: int) -> NiftiHeader:
    if header.needed_bytes > size:
        raise _too_short(header, f"the file has {size}")
    return header


def _too_short(header: NiftiHeader, found: str) -> DecodeError:
    sizes = (header.columns, header.rows, header.slices, header.volumes)
    return DecodeError(
        f"the NIfTI header says {' x '.join(map(str, sizes))} voxels, which need "
        f"{header.needed_bytes} bytes, but {found}; the file is cut short or its header damaged"
    )
