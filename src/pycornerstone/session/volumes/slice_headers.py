"""The headers of slices, brought before their samples where that can be done."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError, ImageIdError, PyCornerstoneError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.files import path_of, read_file
from pycornerstone.session.outcomes import of_image

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence
    from typing import Any

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.registry import LoaderRegistry

__all__ = ["SliceHeaders"]

# Headers of slices have 1 to 12 kB; where that is not enough, the file is mapped.
_HEADER_BYTES = 16 * 1024
# Asking the event loop for each costs as much as reading it.
_FILES_AT_ONCE = 32
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

    async def bring(self, image_ids: Iterable[str]) -> None:
        """Bring the headers that are not known yet, each once.

        Raises
        ------
        PyCornerstoneError
            If one of them cannot be had; its ``image_id`` says which.
        """
        files: dict[str, str] = {}
        servers: dict[str, str] = {}
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
                files[base] = image_id
            elif scheme == "wadors":
                servers[base] = image_id
        await self._read_files(list(files))
        places = asyncio.Semaphore(_ASKED_AT_ONCE)
        # The first brings those of its series.
        for base in list(servers)[:1]:
            await self._ask(base, places)
        left = [base for base in servers if base not in self._context.dicom_headers]
        await _all(self._ask(base, places) for base in left)

    async def _read_files(self, bases: Sequence[str]) -> None:
        parts = [bases[at : at + _FILES_AT_ONCE] for at in range(0, len(bases), _FILES_AT_ONCE)]
        places = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def read(part: Sequence[str]) -> None:
            async with places:
                await asyncio.to_thread(self._read_some, part)

        await _all(read(part) for part in parts)

    def _read_some(self, bases: Sequence[str]) -> None:
        for base in bases:
            try:
                self._read(base)
            except PyCornerstoneError as error:
                raise of_image(error, base) from None

    def _read(self, base: str) -> None:
        parsed = ImageId.parse(base)
        path = path_of(base if parsed.scheme == "file" else parsed.resource)
        part10 = None
        # Opening a pipe would wait for its other end; what is wrong is told below.
        with contextlib.suppress(OSError, ValueError, DecodeError):
            if stat.S_ISREG(path.stat().st_mode):
                with path.open("rb", buffering=0) as file:
                    part10 = read_part10(file.read(_HEADER_BYTES))
        if part10 is None or part10.pixel_data is None:
            # It is long, or something is wrong with it.
            part10 = read_part10(read_file(path))
        self._context.dicom_headers.add(base, part10.attributes)

    async def _ask(self, base: str, places: asyncio.Semaphore) -> None:
        async with places:
            try:
                await self._dicomweb.bring(base)
            except PyCornerstoneError as error:
                raise of_image(error, base) from None


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
