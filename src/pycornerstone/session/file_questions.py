"""What a session is asked of files: which images they hold; and to hold bytes like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.loaders.protocol import LoadOptions

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from pycornerstone.loaders.list_request import ImageIdsRequest
    from pycornerstone.session.file_requests import FileRequests

__all__ = ["FileQuestions"]

_DEFAULT_OPTIONS = LoadOptions()


class FileQuestions:
    """Lists of imageIds of files, and bytes that are held; what a `Session` has of them."""

    _files: FileRequests

    def hold_bytes(self, data: bytes | bytearray | memoryview) -> str:
        """Keep the bytes of a file, and give an address for them, until the session is closed.

        Parameters
        ----------
        data : bytes-like
            A whole file. They are not copied, and must not change.

        Returns
        -------
        str
            Such as ``"bytes:7"``: its imageIds are ``web:bytes:7`` or ``nifti:bytes:7?frame=0``.

        Raises
        ------
        LoaderError
            If it is no bytes-like object, or its bytes do not lie side by side.
        """
        return self._files.hold(data)

    def release_bytes(self, address: str) -> None:
        """Let go of bytes that were held; nothing if they are not.

        Images that were made of them stay; those of a DICOM file keep it, for `Image.dataset`.

        Parameters
        ----------
        address : str
            As `hold_bytes` gave it; of an imageId such as ``web:bytes:7#frame=2``, ``bytes:7``.
        """
        self._files.release(address)

    def image_ids_from_nifti(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        *,
        axis: str = "k",
        time_points: int | Iterable[int] | None = None,
        options: LoadOptions = _DEFAULT_OPTIONS,
    ) -> ImageIdsRequest:
        """List the slices of a NIfTI file, whose header alone is read.

        Parameters
        ----------
        source : str, path-like or bytes-like
            A path, a URL, an address of any file system that fsspec knows, or the file itself,
            which is held then (see `hold_bytes`) unless it has no slices; so is a ``data:`` URL of
            64 KiB and more. Of a pair, either of the two files.
        axis : str
            Across which axis of the voxel array slices are cut: ``"k"``, the third, as they are
            stored; ``"j"`` or ``"i"``.
        time_points : int or iterable of int, optional
            Which volumes of a 4D or 5D file, from 0; by default all of them, one after the other.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        ImageIdsRequest
            At once; await it, or wait for its `result`: ``nifti:<source>?frame=N``, N **from 0**.

        Raises
        ------
        ValueError
            If there is no such axis.
        """
        return self._files.nifti(source, axis, time_points, options)

    def image_ids_from_web(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview,
        *,
        options: LoadOptions = _DEFAULT_OPTIONS,
    ) -> ImageIdsRequest:
        """List the pages or frames of a picture: a TIFF, an animated PNG or GIF, or any other.

        Parameters
        ----------
        source : str, path-like or bytes-like
            A path, a URL (``data:`` too), an address of any file system that fsspec knows, or the
            file itself, which is held then (see `hold_bytes`) unless it is no picture; so is a
            ``data:`` URL of 64 KiB and more.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        ImageIdsRequest
            At once; await it, or wait for its `result`: ``web:<source>``, or, where there are
            several, ``web:<source>#frame=N``, N from 1.
        """
        return self._files.web(source, options)
