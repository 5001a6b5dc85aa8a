"""Samples straight into an array: uncompressed files without a copy, all others through it.

A DICOM file of native samples is a header and one run of bytes that are the array already. Of such
a file the first bytes are read and walked over, and then the samples are read to where they belong.
"""

from __future__ import annotations

import math
import os
import sys
from io import FileIO
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.codecs.sample_layout import SampleLayout, keep_stored_bits, sample_layout
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.errors import DecodeError, LoaderError
from pycornerstone.loaders.file_headers import is_native
from pycornerstone.loaders.part10_images import read_part10_images
from pycornerstone.metadata.header_forms import HeaderForms, UnreadHeader
from pycornerstone.metadata.part10 import Part10, read_part10
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.dicom_headers import SamplePlace

__all__ = ["SliceFiles", "check_fits", "check_samples", "layout_as_stored", "put_samples"]

T = TypeVar("T")

# Headers of slices have 1 to 12 kB; where that is not enough, more of the file is read.
_HEADER_BYTES = 16 * 1024
_MAX_HEADER_BYTES = 8 * 1024 * 1024
_MAX_SHORT_FILE_BYTES = 4 * 1024 * 1024
_TRANSFER_SYNTAX_UID = 0x00020010
# Samples of these are given as they are stored; colour of other kinds is converted.
_AS_STORED = {1: frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}), 3: frozenset({"RGB"})}


def check_fits(shape: tuple[int, ...], dtype: np.dtype[Any], out: npt.NDArray[Any]) -> None:
    """Make sure that an image is of the shape and type of its slice in an array.

    Raises
    ------
    LoaderError
        If it is not; it says what both are.
    """
    if shape != out.shape or dtype != out.dtype:
        raise LoaderError(
            f"its samples are {_text(shape, dtype)}, but those of the array "
            f"{_text(out.shape, out.dtype)}; load images of one kind into one array"
        )


def check_samples(samples: object) -> npt.NDArray[Any]:
    """Give what `read_samples` of a loader gave, if it is the samples of an image.

    Raises
    ------
    LoaderError
        If it is something else.
    """
    if not isinstance(samples, np.ndarray):
        found = type(samples).__name__
    elif samples.ndim in {2, 3}:
        return samples
    else:
        found = _text(samples.shape, samples.dtype)
    raise LoaderError(
        f"read_samples of its loader gave {found}; it must return an array, (rows, columns) or "
        "(rows, columns, 3): `out`, filled, or without it a new one"
    )


def put_samples(samples: npt.NDArray[Any], out: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """Copy samples into `out`, if there is one, and give what holds them now.

    Raises
    ------
    LoaderError
        If they are of another shape or type.
    """
    if out is None:
        return samples
    check_fits(samples.shape, samples.dtype, out)
    # A decoder may have put them there already.
    if samples.ctypes.data != out.ctypes.data or samples.strides != out.strides:
        out[...] = samples
    return out


class SliceFiles:
    """Reads files of one image, a series of which are most often alike.

    Parameters
    ----------
    context : LoaderContext
        Where headers are left; its metadata say what samples mean, so that a user's provider has
        its say.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._forms = HeaderForms()
        # Slices of a series have one module of their samples, the same object most often.
        self._layout: tuple[ImagePixelModule, int, SampleLayout | None] | None = None

    def read_native(
        self, path: str | os.PathLike[str], image_id: str, out: npt.NDArray[Any] | None
    ) -> npt.NDArray[Any] | None:
        """Read uncompressed samples straight to where they belong, and leave the header behind.

        Parameters
        ----------
        path : path-like
            Of the file.
        image_id : str
            Of the file's only image, without a frame.
        out : numpy.ndarray, optional
            Where they belong, ``(rows, columns)`` or ``(rows, columns, 3)``; without it, a new
            array.

        Returns
        -------
        numpy.ndarray or None
            The samples, as `decode_frame` gives them. None if the file is of another kind, or there
            is anything wrong with it: then what `out` holds is undefined, and the way of all other
            files is to be gone, which says what it is.

        Raises
        ------
        MetadataError
            If nobody knows what the samples mean.
        LoaderError
            If they are of another shape or type than `out`.
        """
        known = self._context.dicom_headers.samples_of(image_id)
        return _with_file(path, lambda file, status: self._read(file, status, image_id, out, known))

    def read_encoded(self, path: str | os.PathLike[str], image_id: str) -> EncodedFrame | None:
        """Bring the bytes of the only, or the first, frame, and leave the header behind.

        Parameters
        ----------
        path : path-like
            Of the file.
        image_id : str
            Of its image, without a frame.

        Returns
        -------
        EncodedFrame or None
            None if the file is long, or cannot be read.

        Raises
        ------
        DecodeError, MetadataError
            As `read_part10_images`.
        """
        data = _with_file(path, _read_short)
        if data is None:
            return None
        learns = self._context.asks_only_headers()
        known = self._forms.find_beginning(data) if learns else None
        if known is None:
            images = read_part10_images(data, image_id, self._context)
            encoded = images.encoded_frame(image_id, self._context)
            # A syntax that the fragments told, not the header, is not that of the next file.
            stated = images.attributes.text(_TRANSFER_SYNTAX_UID)
            is_encapsulated = transfer_syntax(encoded.encoding).is_encapsulated
            learns = learns and encoded.encoding == stated and is_encapsulated
            # A user's provider may have come meanwhile, and have had its say.
            if learns and self._context.asks_only_headers():
                header = data[: len(data) - len(images.frames.pixel_data)]
                pixel = self._context.metadata.require(ImagePixelModule, image_id)
                self._forms.add(header, pixel, encoded.encoding, None)
            return encoded
        header, form = known
        self._context.dicom_headers.add(image_id, UnreadHeader(header))
        uid, pixel_data = form.transfer_syntax_uid, memoryview(data)[len(header) :]
        frame, _ = FrameIndex.build(pixel_data, form.pixel, uid).frame(1)
        return EncodedFrame(image_id, frame, uid, form.pixel)

    def _read(
        self,
        file: FileIO,
        status: os.stat_result,
        image_id: str,
        out: npt.NDArray[Any] | None,
        known: SamplePlace | None,
    ) -> npt.NDArray[Any] | None:
        version = (status.st_mtime_ns, status.st_size, status.st_ino)
        if known is None or known.version != version:
            return self._read_whole(file, status.st_size, image_id, out)
        file.seek(known.start)
        pixel = self._context.metadata.require(ImagePixelModule, image_id)
        return self._read_samples(file, pixel, known.length, out)

    def _read_whole(
        self, file: FileIO, size: int, image_id: str, out: npt.NDArray[Any] | None
    ) -> npt.NDArray[Any] | None:
        """Read header and samples."""
        # Most often nothing stands behind the samples, and all that stands before them is header.
        before = 0 if out is None else size - out.nbytes
        header = file.read(before if 0 < before <= _MAX_HEADER_BYTES else _HEADER_BYTES)
        learns = self._context.asks_only_headers()
        form = self._forms.find(header) if learns else None
        if form is not None and form.pixel_data_length is not None:
            self._context.dicom_headers.add(image_id, UnreadHeader(header))
            start, length, pixel = len(header), form.pixel_data_length, form.pixel
            uid = form.transfer_syntax_uid
        else:
            found = self._pixel_data(file, header, image_id)
            if found is None:
                return None
            start, length, pixel, uid = found
        if start + length > size:
            return None
        if start != len(header):
            file.seek(start)
        elif form is None and learns and self._context.asks_only_headers():
            # Asked again, as a user's provider may have come meanwhile, and have had its say.
            self._forms.add(header, pixel, uid, length)
        return self._read_samples(file, pixel, length, out)

    def _read_samples(
        self, file: FileIO, pixel: ImagePixelModule, length: int, out: npt.NDArray[Any] | None
    ) -> npt.NDArray[Any] | None:
        """Read samples that come next in the file; None if they are not the array as they lie."""
        last = self._layout
        if last is None or last[0] is not pixel or last[1] != length:
            last = self._layout = (pixel, length, layout_as_stored(pixel, length))
        layout = last[2]
        if layout is None:
            return None
        if out is None:
            out = np.empty(layout.shape, layout.dtype)
        elif not out.flags.c_contiguous:
            return None
        check_fits(layout.shape, layout.dtype, out)
        if file.readinto(out.reshape(-1).view(np.uint8).data) != out.nbytes:
            return None
        kept = keep_stored_bits(out, pixel)
        if kept is not out:
            out[...] = kept
        return out

    def _pixel_data(
        self, file: FileIO, header: bytes, image_id: str
    ) -> tuple[int, int, ImagePixelModule, str] | None:
        """Give where native samples begin, their bytes, meaning and transfer syntax."""
        part10 = _header_of(header)
        while part10 is None:
            more = file.read(7 * len(header)) if len(header) < _MAX_HEADER_BYTES else b""
            if not more:
                return None
            header += more
            part10 = _header_of(header)
        length = part10.pixel_data_length
        if length is None or not is_native(part10):
            return None
        self._context.dicom_headers.add(image_id, part10.attributes)
        pixel = self._context.metadata.require(ImagePixelModule, image_id)
        return part10.pixel_data_start, length, pixel, part10.transfer_syntax_uid


def _read_short(file: FileIO, status: os.stat_result) -> bytes | None:
    size = status.st_size
    if not 0 < size <= _MAX_SHORT_FILE_BYTES:
        return None
    # One byte more shows a file that grew, or took the place of another, since its size was asked.
    data = file.read(size + 1)
    return data if len(data) == size else None


def _with_file(
    path: str | os.PathLike[str], read: Callable[[FileIO, os.stat_result], T]
) -> T | None:
    """Call ``read(file, status)`` with an open file; None if that or anything in it fails."""
    try:
        status = os.stat(path)  # noqa: PTH116 - making a Path takes longer than asking for it
        # Opening a pipe would wait for its other end.
        if not S_ISREG(status.st_mode):
            return None
        with FileIO(path) as file:
            return read(file, status)
    except (OSError, ValueError):
        return None


def _header_of(data: bytes) -> Part10 | None:
    """Read a header in the first bytes of a file; None if it is not whole, or no header."""
    try:
        part10 = read_part10(data)
    except DecodeError:
        return None
    return None if part10.pixel_data is None else part10


def layout_as_stored(pixel: ImagePixelModule, length: int) -> SampleLayout | None:
    """Give the layout of samples that are the array as they lie in the file; None if others."""
    is_as_stored = (
        pixel.photometric_interpretation in _AS_STORED.get(pixel.samples_per_pixel, ())
        and (pixel.samples_per_pixel == 1 or pixel.planar_configuration == 0)
        and pixel.bits_allocated % 8 == 0
        and pixel.number_of_frames == 1
        and sys.byteorder == "little"
    )
    if not is_as_stored:
        return None
    layout = sample_layout(pixel)
    # One byte makes the length even (PS3.5 section 8.1.1).
    missing = length - math.prod(layout.shape) * layout.dtype.itemsize
    return layout if missing in {0, 1} else None


def _text(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    return f"{' x '.join(map(str, shape))} {dtype}"
