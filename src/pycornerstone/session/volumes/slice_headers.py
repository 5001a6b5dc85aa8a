"""The headers of slices, brought before their samples where that can be done."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from typing import TYPE_CHECKING

from pycornerstone.errors import ImageIdError, PyCornerstoneError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.file_headers import header_of_file
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.files import path_of, read_file
from pycornerstone.session.outcomes import of_image
from pycornerstone.session.thread_batches import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from typing import Any, TypeAlias

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.registry import LoaderRegistry

    _Fail: TypeAlias = Callable[[str, PyCornerstoneError], None]

__all__ = ["SliceHeaders"]

_ASKED_AT_ONCE = 8


class SliceHeaders:
    """Brings headers of local DICOM files and of DICOMweb; others come with their images.

    Parameters
    ----------
    context : LoaderContext
        Where headers are kept.
    loaders : LoaderRegistry
        Whose schemes are a user's.
    """

    def __init__(self, context: LoaderContext, loaders: LoaderRegistry) -> None:
        self._context = context
        self._loaders = loaders
        self._dicomweb = DicomwebHeaders(context)

    async def bring(
        self,
        image_ids: Iterable[str],
        failed: Callable[[str, BaseException], object] | None = None,
    ) -> None:
        """Bring the headers that are not known yet, each once.

        Parameters
        ----------
        image_ids : iterable of str
            Of which images.
        failed : callable, optional
            ``(image_id, error)`` is told of an image whose header cannot be had, and the others are
            brought. Without it, the first failure ends it.

        Raises
        ------
        PyCornerstoneError
            If one of them cannot be had; its ``image_id`` says which.
        """
        files: dict[str, list[str]] = {}
        servers: dict[str, list[str]] = {}
        for image_id in image_ids:
            try:
                base, _ = split_frame(image_id)
                scheme = ImageId.parse(base).scheme
            except ImageIdError:
                # Another scheme's, which counts frames otherwise.
                continue
            if base in self._context.dicom_headers or not self._loaders.is_built_in(scheme):
                continue
            if scheme in {"dicomfile", "file"} and not _is_in_memory(base):
                files.setdefault(base, []).append(image_id)
            elif scheme == "wadors":
                servers.setdefault(base, []).append(image_id)

        def fail(base: str, error: PyCornerstoneError) -> None:
            if failed is None:
                raise of_image(error, base) from None
            for image_id in (*files.get(base, ()), *servers.get(base, ())):
                failed(image_id, of_image(error, image_id))

        await in_threads(list(files), lambda some: self._read_some(some, fail))
        places = asyncio.Semaphore(_ASKED_AT_ONCE)
        # The first brings those of its series.
        for base in list(servers)[:1]:
            await self._ask(base, places, fail)
        left = [base for base in list(servers)[1:] if base not in self._context.dicom_headers]
        await _all(self._ask(base, places, fail) for base in left)

    def _read_some(self, bases: Sequence[str], fail: _Fail) -> None:
        for base in bases:
            try:
                self._read(base)
            except PyCornerstoneError as error:
                fail(base, error)

    def _read(self, base: str) -> None:
        parsed, headers = ImageId.parse(base), self._context.dicom_headers
        # Making a Path of a text that is one takes as long as reading half of the header.
        is_path = parsed.scheme == "dicomfile" and parsed.resource.startswith("/")
        address = base if parsed.scheme == "file" else parsed.resource
        path = parsed.resource if is_path else os.fspath(path_of(address))
        part10 = samples = None
        # Opening a pipe would wait for its other end; what is wrong is told below.
        with contextlib.suppress(OSError, ValueError, PyCornerstoneError):
            if stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as above
                header = header_of_file(path, headers.shared)
                part10, samples = header.dicom, header.samples
        if part10 is None or part10.pixel_data_tag is None:
            part10 = read_part10(read_file(path))
        headers.add(base, part10.attributes, samples)

    async def _ask(self, base: str, places: asyncio.Semaphore, fail: _Fail) -> None:
        async with places:
            try:
                await self._dicomweb.bring(base)
            except PyCornerstoneError as error:
                fail(base, error)


def _is_in_memory(base: str) -> bool:
    return base.startswith(("dicomfile:bytes:", "dicomfile:data:"))


async def _all(coroutines: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them together; the first error ends all of them."""
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
