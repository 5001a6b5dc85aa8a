"""A whole NIfTI image, decompressed: its voxels' bytes, and the header that says what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pycornerstone.codecs.gzip import gunzip, gunzip_beginning, is_gzip
from pycornerstone.errors import DecodeError
from pycornerstone.metadata.nifti import (
    HEADER_BYTES,
    NiftiHeader,
    header_extent,
    read_nifti_header,
)

__all__ = [
    "NiftiVolume",
    "check_room",
    "lacks_header_bytes",
    "open_pair",
    "open_volume",
    "read_header",
    "read_single_header",
]

# Deflate makes at most 258 bytes of two bits: 1032 bytes of one.
_DEFLATE_RATIO = 1032
# What may follow the voxels in a compressed file before it is taken for a damaged one.
_TRAILING_BYTES = 64 << 20
# Holds the first bytes of a header however badly it is compressed.
_FIRST_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, eq=False)
class NiftiVolume:
    """A file that holds as many bytes as its header says, or more.

    Attributes
    ----------
    header : NiftiHeader
        What the bytes are.
    data : memoryview
        The decompressed file that holds the voxels; of a single file, header and all.
    was_compressed : bool
        `data` is memory of our own, not the file itself.
    """

    header: NiftiHeader
    data: memoryview
    was_compressed: bool = False


def open_volume(data: bytes | memoryview, max_bytes: int) -> NiftiVolume | None:
    """Make a volume of a single file, in gzip or not, as its first bytes say.

    Parameters
    ----------
    data : bytes or memoryview
        The file.
    max_bytes : int
        What it may decompress to.

    Returns
    -------
    NiftiVolume or None
        None if it is the header of a pair, whose voxels are in another file.

    Raises
    ------
    DecodeError
        If it is no NIfTI file, is damaged, does not hold what its header says, or decompresses to
        more than `max_bytes`. No memory is taken for what a file this small cannot hold.
    UnsupportedEncodingError
        If it is a kind of NIfTI that is not read.
    """
    if not is_gzip(data):
        header = read_nifti_header(data)
        return None if header.is_pair else open_pair(header, data, max_bytes)
    header = read_nifti_header(gunzip_beginning(data[:_FIRST_BYTES], HEADER_BYTES))
    if header.is_pair:
        return None
    volume = open_pair(header, data, max_bytes)
    # Its extensions are there only now.
    return replace(volume, header=read_nifti_header(volume.data))


def open_pair(header: NiftiHeader, voxels: bytes | memoryview, max_bytes: int) -> NiftiVolume:
    """Make a volume of a header and the file that holds its voxels, in gzip or not.

    Parameters
    ----------
    header : NiftiHeader
        Of the same file, or of another.
    voxels : bytes or memoryview
        The file with the voxels.
    max_bytes : int
        What it may decompress to.

    Raises
    ------
    DecodeError
        If it is damaged, does not hold what the header says, or decompresses to more than
        `max_bytes`.
    """
    check_room(header, voxels)
    if not is_gzip(voxels):
        return NiftiVolume(header, memoryview(voxels))
    needed = header.needed_bytes
    if needed > max_bytes:
        raise DecodeError(
            f"the NIfTI file decompresses to {needed} bytes, more than the {max_bytes} that are "
            "allowed (LoadLimits.volume_bytes); allow more, or decompress it first: slices are "
            "then read from the file itself"
        )
    try:
        whole = gunzip(voxels, min(needed + _TRAILING_BYTES, max_bytes), needed)
    except MemoryError as error:
        raise DecodeError(
            f"the NIfTI file decompresses to {needed} bytes, for which there is no memory; "
            "decompress it first, slices are then read from the file itself"
        ) from error
    if needed > len(whole):
        raise _too_short(header, f"the file has {len(whole)}")
    return NiftiVolume(header, whole, was_compressed=True)


def check_room(header: NiftiHeader, voxels: bytes | memoryview) -> None:
    """Make sure that a file is long enough to hold the voxels, as far as its length tells.

    Parameters
    ----------
    header : NiftiHeader
        Of the same file, or of another.
    voxels : bytes or memoryview
        The file with the voxels, in gzip or not.

    Raises
    ------
    DecodeError
        If it cannot hold them.
    """
    needed = header.needed_bytes
    if not is_gzip(voxels):
        if needed > len(voxels):
            raise _too_short(header, f"the file has {len(voxels)}")
    elif needed > len(voxels) * _DEFLATE_RATIO:
        raise _too_short(header, f"{len(voxels)} bytes of gzip cannot hold them")


def read_header(data: bytes | memoryview) -> NiftiHeader:
    """Read the header of a file and its extensions, in gzip or not, and no more of it.

    Parameters
    ----------
    data : bytes or memoryview
        The file, or the beginning of it that `lacks_header_bytes` is content with.

    Raises
    ------
    DecodeError
        If there is none.
    UnsupportedEncodingError
        If it is a kind of NIfTI that is not read.
    """
    if not is_gzip(data):
        return read_nifti_header(data)
    beginning = gunzip_beginning(data[:_FIRST_BYTES], HEADER_BYTES)
    extent = header_extent(beginning)
    # What was compressed in vain is a little longer than it was.
    return read_nifti_header(gunzip_beginning(data[: extent + extent // 16 + _FIRST_BYTES], extent))


def read_single_header(data: bytes | memoryview) -> NiftiHeader | None:
    """Read a header as `read_header` does; None if it is none, or that of a pair."""
    try:
        header = read_header(data)
    except DecodeError:
        return None
    return None if header.is_pair else header


def lacks_header_bytes(beginning: bytes | memoryview) -> bool:
    """Whether more of a file than this beginning is needed for its header and extensions.

    Raises
    ------
    DecodeError
        If it is no NIfTI file.
    """
    if not is_gzip(beginning):
        return len(beginning) < header_extent(beginning[:HEADER_BYTES])
    first = gunzip_beginning(beginning[:_FIRST_BYTES], HEADER_BYTES)
    extent = header_extent(first)
    return len(gunzip_beginning(beginning, extent)) < extent


def _too_short(header: NiftiHeader, found: str) -> DecodeError:
    sizes = list(header.sizes)
    while len(sizes) > 4 and sizes[-1] == 1:
        sizes.pop()
    return DecodeError(
        f"the NIfTI header says {' x '.join(map(str, sizes))} voxels, which need "
        f"{header.needed_bytes} bytes, but {found}; the file is cut short or its header damaged"
    )
