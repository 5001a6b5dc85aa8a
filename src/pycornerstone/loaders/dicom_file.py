"""DICOM files of this machine: ``dicomfile:/data/a.dcm?frame=2``, ``file:///data/a.dcm``.

This module is imported when one of its schemes is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.loaders.part10_images import RecentFiles, read_part10_images
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.files import path_of, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from pycornerstone.loaders.part10_images import Part10Images
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.image import Image

__all__ = ["DicomFileLoader"]


class DicomFileLoader:
    """Loads ``dicomfile:<path or file: URL>`` and ``file:`` URLs, ``?frame=N`` from 1.

    The last multi-frame files are kept open, up to 16 of them, and read anew once they change.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._recent = RecentFiles()

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
        parsed = ImageId.parse(base)
        path = path_of(base if parsed.scheme == "file" else parsed.resource)
        return self._images(path, image_id).encoded_frame(image_id, self._context)

    def decode(self, encoded: EncodedFrame) -> Image:
        """Turn it into an image.

        Raises
        ------
        DecodeError
            If the bytes are not the image that the header describes.
        """
        return decode_frame(encoded)

    def _images(self, path: Path, image_id: str) -> Part10Images:
        key = _state(path)
        images = None if key is None else self._recent.get(key)
        if images is None:
            images = read_part10_images(read_file(path), image_id, self._context)
            if key is not None:
                self._recent.put(key, images)
        return images


def _state(path: Path) -> tuple[Path, int, int] | None:
    """Give what tells a file from a later one of the same name; None if there is none."""
    try:
        status = path.stat()
        return path.absolute(), status.st_mtime_ns, status.st_size
    except (OSError, ValueError):
        return None
