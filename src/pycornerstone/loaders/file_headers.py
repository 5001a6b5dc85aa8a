"""What a file is, told by its first bytes; and of DICOM the header, without the pixels."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pycornerstone.codecs.media_kinds import kind_of
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.errors import DecodeError, PyCornerstoneError, RetrieveError
from pycornerstone.metadata.dicom_headers import SamplePlace
from pycornerstone.metadata.part10 import read_part10

if TYPE_CHECKING:
    from pycornerstone.metadata.part10 import Part10
    from pycornerstone.metadata.part10_shared import SharedElements

__all__ = ["FileHeader", "header_of_bytes", "header_of_file", "header_read_by", "is_native"]

# Headers of slices have 1 to 12 kB; where that is not enough, more of the file is read.
_FIRST_BYTES = 16 * 1024
_MORE_BYTES = 256 * 1024
_MOST_BYTES = 4 * 1024 * 1024
# PS3.10 7.1: 128 bytes of anything, and then this.
_PREFIX = slice(128, 132)
# Data sets that stand in a file by themselves, without what says that they are DICOM.
_MAY_BE_DATA_SET = frozenset({"bytes of no known kind"})


class FileHeader(NamedTuple):
    """What a file is.

    Attributes
    ----------
    kind : str
        As `kind_of` says it; ``"DICOM"`` of data sets without a preamble too.
    dicom : Part10 or None
        The header of a DICOM file, whose `pixel_data` may be cut short.
    size_in_bytes : int
        Of the file.
    samples : SamplePlace or None
        Where samples lie in a DICOM file of this machine, if they are the array as they lie.
    """

    kind: str
    dicom: Part10 | None
    size_in_bytes: int
    samples: SamplePlace | None = None


class ReadsBeginning(Protocol):
    """Reads the first bytes of a file: all of them where `nbytes` is None."""

    def __call__(self, nbytes: int | None, /) -> bytes:
        """Read them; fewer where there are no more."""


def is_native(part10: Part10) -> bool:
    """Tell whether samples lie in the file as they are in memory."""
    syntax = transfer_syntax(part10.transfer_syntax_uid)
    is_packed = part10.is_encapsulated or syntax.is_encapsulated or syntax.is_deflated
    return not (is_packed or part10.is_big_endian or syntax.is_big_endian)


def header_of_file(path: str, shared: SharedElements | None = None) -> FileHeader:
    """Read the header of a regular file; of its pixels no more than stands beside the header.

    Parameters
    ----------
    path : str
        Where it is.
    shared : SharedElements, optional
        What is known of headers that were read before.

    Raises
    ------
    RetrieveError
        If it cannot be read.
    DecodeError
        If it is DICOM, and broken before the pixels.
    """
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            return _header_of_descriptor(file, shared)
        finally:
            os.close(file)
    except PyCornerstoneError:
        raise
    except PermissionError as error:
        raise RetrieveError("it may not be read; ask for permission to read it") from error
    except FileNotFoundError as error:
        raise RetrieveError("it is not there; check the path") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RetrieveError(f"it could not be read: {reason}") from error


def header_of_bytes(data: bytes | memoryview) -> FileHeader:
    """Read the header of a file in memory.

    Raises
    ------
    DecodeError
        If it is DICOM, and broken before the pixels.
    """
    kind, is_dicom = _kind(data)
    if not is_dicom:
        return FileHeader(kind, None, len(data))
    return _whole(kind, data, len(data))


def header_read_by(
    read: ReadsBeginning, size: int, shared: SharedElements | None = None
) -> FileHeader:
    """Read the header of a file that is read from its beginning, such as one in an archive.

    Parameters
    ----------
    read : callable
        Gives the first bytes.
    size : int
        How many there are.
    shared : SharedElements, optional
        What is known of headers that were read before.

    Raises
    ------
    DecodeError
        If it is DICOM, and broken before the pixels.
    """
    nbytes, data = _FIRST_BYTES, read(_FIRST_BYTES)
    kind, is_dicom = _kind(data)
    if not is_dicom:
        return FileHeader(kind, None, size)
    while len(data) < size:
        found = _in_beginning(data, shared)
        if found is not None:
            return FileHeader("DICOM", found, size)
        nbytes *= 16
        data = read(nbytes if nbytes <= _MOST_BYTES else None)
        if len(data) < min(nbytes, size):
            # The archive's table says more than there is.
            break
    return _whole(kind, data, size, shared)


def _header_of_descriptor(file: int, shared: SharedElements | None) -> FileHeader:
    status = os.fstat(file)
    size = status.st_size
    data = os.read(file, _FIRST_BYTES)
    kind, is_dicom = _kind(data)
    if not is_dicom:
        return FileHeader(kind, None, size)
    if len(data) < size:
        part10 = _in_beginning(data, shared)
        if part10 is None and size > _MORE_BYTES:
            part10 = _in_beginning(data + os.read(file, _MORE_BYTES - len(data)), shared)
        if part10 is not None:
            return FileHeader("DICOM", part10, size, _samples(part10, status))
        # The walk touches the heads of elements and what is kept, and nothing else of it.
        found = _whole(kind, mmap.mmap(file, 0, access=mmap.ACCESS_READ), size, shared)
    else:
        found = _whole(kind, data, size, shared)
    return found._replace(samples=_samples(found.dicom, status))


def _samples(part10: Part10 | None, status: os.stat_result) -> SamplePlace | None:
    length = None if part10 is None else part10.pixel_data_length
    if part10 is None or length is None or not is_native(part10):
        return None
    version = (status.st_mtime_ns, status.st_size, status.st_ino)
    return SamplePlace(part10.pixel_data_start, length, version)


def _kind(data: bytes | memoryview) -> tuple[str, bool]:
    """Say what a file is by its first bytes, and whether it is, or may be, DICOM."""
    if data[_PREFIX] == b"DICM":
        return "DICOM", True
    kind = kind_of(data)
    return kind, kind in _MAY_BE_DATA_SET


def _in_beginning(data: bytes, shared: SharedElements | None) -> Part10 | None:
    """Read a header in the first bytes of a file; None if it is not whole, or no header."""
    try:
        found = read_part10(data, shared)
    except DecodeError:
        return None
    return None if found.pixel_data_tag is None else found


def _whole(
    kind: str,
    data: bytes | memoryview | mmap.mmap,
    size: int,
    shared: SharedElements | None = None,
) -> FileHeader:
    try:
        return FileHeader("DICOM", read_part10(data, shared), size)
    except DecodeError:
        if kind == "DICOM":
            raise
        return FileHeader(kind, None, size)
