"""DICOM files of this machine: ``dicomfile:/data/a.dcm?frame=2``, ``file:///data/a.dcm``.

Those in memory too: ``dicomfile:bytes:7``, of what `Session.hold_bytes` holds; and those in ZIP
archives of this machine, or held: ``dicomfile:zip://scans/a.dcm::/data/study.zip``.

This module is imported when one of its schemes is first asked for.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.errors import RetrieveError
from pycornerstone.loaders.array_reading import SliceFiles, put_samples
from pycornerstone.loaders.part10_images import RecentFiles, read_part10_images
from pycornerstone.metadata.pydicom_datasets import (
    KeptDataset,
    dataset_of_bytes,
    dataset_of_file,
)
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.archives import ArchiveMember, Archives
from pycornerstone.retrieve.files import path_of, read_file
from pycornerstone.retrieve.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    import numpy.typing as npt
    from pydicom.dataset import Dataset

    from pycornerstone.loaders.part10_images import Part10Images
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.image import Image

__all__ = ["DicomFileLoader"]

# Read by another way than files: from memory, and out of an archive.
_NO_PATHS = ("dicomfile:bytes:", "dicomfile:data:", "dicomfile:zip://")


class DicomFileLoader:
    """Loads ``dicomfile:<path, file: or data: URL, held bytes, zip://>``, and ``file:`` URLs.

    ``?frame=N`` counts from 1.

    The last multi-frame files are kept open, up to 16 of them, and read anew once they change.

    Parameters
    ----------
    context : LoaderContext
        The session's.

    Attributes
    ----------
    reads_soon : bool
        `read_samples` takes less time than threads take to take turns: small ones take 0.05 ms.
    """

    reads_soon = True

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._recent = RecentFiles()
        context.sources.when_released(self._recent.forget)
        self._slice_files = SliceFiles(context)
        # What the last file was, the next one of a series most often is.
        self._last_was_native = True

    def retrieve(self, image_id: str) -> EncodedFrame:
        """Bring the bytes of one frame; may be called from several threads.

        Raises
        ------
        ImageIdError
            If it is no imageId, or there is no such frame; it says how many there are.
        RetrieveError
            If the file cannot be read.
        DecodeError
            If it is no DICOM file, is broken, or holds no pixel data.
        MetadataError
            If nobody knows what the samples mean.
        """
        base, _ = split_frame(image_id)
        if base.startswith(_NO_PATHS):
            images = self._images_without_path(base, image_id)
        else:
            images = self._images(_path(base), image_id)
        return images.encoded_frame(image_id, self._context)

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image.

        Raises
        ------
        DecodeError
            If the bytes are not the image that the header describes.
        """
        return decode_frame(encoded)

    def read_samples(self, image_id: str, out: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Read the samples of one frame, uncompressed ones straight into `out`; see `ArrayReader`.

        Raises
        ------
        PyCornerstoneError
            As `retrieve` and `decode`.
        LoaderError
            If the samples have another shape or dtype than `out`.
        """
        base, _ = split_frame(image_id)
        encoded = None
        if base == image_id and not base.startswith(_NO_PATHS):
            # Making a Path of a text that is one takes longer than opening the file.
            path = base[10:] if base.startswith("dicomfile:/") else _path(base)
            if self._last_was_native:
                samples = self._slice_files.read_native(path, image_id, out)
                if samples is not None:
                    return samples
            encoded = self._slice_files.read_encoded(path, image_id)
        if encoded is None:
            encoded = self.retrieve(image_id)
        self._last_was_native = not transfer_syntax(encoded.encoding).is_encapsulated
        # Overlays in the samples would be decoded into `out` after them.
        image = self.decode(replace(encoded, out=out, overlays=()))
        return put_samples(image.pixels, out)

    def _images(self, path: Path, image_id: str) -> Part10Images:
        key = _state(path)
        images = None if key is None else self._recent.get(key)
        if images is None:
            whole = KeptDataset(partial(dataset_of_file, path.absolute()))
            images = read_part10_images(read_file(path), image_id, self._context, whole)
            if key is not None:
                self._recent.put(key, images)
        return images

    def _images_without_path(self, base: str, image_id: str) -> Part10Images:
        address = ImageId.parse(base).resource
        member = ArchiveMember.parse(address)
        if member is not None:
            return self._images_in_archive(member, base, image_id)
        images = self._recent.get(address)
        if images is None:
            source = Source.parse(address)
            data = self._context.sources.at_hand(source)
            if data is None:
                raise RetrieveError(f"{source.shown!r} is not in memory; give './' before a path")
            whole = KeptDataset(partial(dataset_of_bytes, _as_bytes(data)))
            images = read_part10_images(data, image_id, self._context, whole)
            self._recent.put(address, images)
            if self._context.sources.is_released(source):
                self._recent.forget(address)
        return images

    def _images_in_archive(self, member: ArchiveMember, base: str, image_id: str) -> Part10Images:
        if isinstance(member.archive, str):
            # What was read of an archive that is held no more is not given.
            self._context.sources.at_hand(Source.parse(member.archive))
        key = (base, member.version)
        images = self._recent.get(key)
        if images is None:
            data = self._context.sources.archives.read(member)
            whole = KeptDataset(_reads_dataset(member, data))
            images = read_part10_images(data, image_id, self._context, whole)
            self._recent.put(key, images)
        return images


def _reads_dataset(member: ArchiveMember, data: bytes) -> Callable[[], Dataset]:
    """Give what reads the data set again, in another process too: what is held is not there."""
    if isinstance(member.archive, str):
        return partial(dataset_of_bytes, data)
    return partial(_dataset_in_archive, member, len(data))


def _dataset_in_archive(member: ArchiveMember, size: int) -> Dataset:
    # By an archive of its own: this is sent to other processes.
    archives = Archives(size)
    try:
        return dataset_of_bytes(archives.read(member))
    finally:
        archives.close()


def _as_bytes(data: bytes | memoryview) -> bytes:
    """Give bytes, which can be sent to another process; not copied if they are that already."""
    whole = data if isinstance(data, bytes) else data.obj
    return whole if isinstance(whole, bytes) and len(whole) == len(data) else bytes(data)


def _path(base_image_id: str) -> Path:
    parsed = ImageId.parse(base_image_id)
    address = base_image_id if parsed.scheme == "file" else parsed.resource
    if "://" in address and not address.lower().startswith("file:"):
        raise RetrieveError(
            f"{without_credentials(address)} is no file of this machine; use 'wadouri:' for a web "
            "address, or read the file and give its bytes to hold_bytes"
        )
    return path_of(address)


def _state(path: Path) -> tuple[Path, int, int] | None:
    """Give what tells a file from a later one of the same name; None if there is none."""
    try:
        status = path.stat()
        return path.absolute(), status.st_mtime_ns, status.st_size
    except (OSError, ValueError):
        return None
