"""The headers of NIfTI files, read by themselves, and remembered for whoever asks."""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from pycornerstone.errors import RetrieveError
from pycornerstone.loaders.nifti_kept import key_of
from pycornerstone.loaders.nifti_pairs import is_not_there, not_beside, pair_names
from pycornerstone.loaders.nifti_volume import (
    check_room,
    lacks_header_bytes,
    read_header,
    read_single_header,
)
from pycornerstone.metadata.nifti_extensions import LARGEST_EXTENT
from pycornerstone.retrieve.files import read_file
from pycornerstone.retrieve.sources import Source, SourceKind

if TYPE_CHECKING:
    from pycornerstone.loaders.nifti_pairs import PairNames
    from pycornerstone.metadata.nifti import NiftiHeader
    from pycornerstone.retrieve.sources import Sources

__all__ = ["KnownHeader", "NiftiHeaders"]

_WANTED = "a NIfTI file"
_HEADERS_KEPT = 10_000
# Most headers with their extensions; of others four times as much is asked for next.
_BEGINNING_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, eq=False)
class KnownHeader:
    """A header, and what stands for the space that its slices are in.

    Attributes
    ----------
    header : NiftiHeader
        Of the whole file.
    frame_of_reference_uid : str
        NIfTI does not say which files share a space; the slices of one file do.
    """

    header: NiftiHeader
    frame_of_reference_uid: str


class NiftiHeaders:
    """Reads and remembers them, up to 10,000; what is no coroutine may be called by any thread.

    Parameters
    ----------
    sources : Sources
        The session's.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: OrderedDict[str, KnownHeader] = OrderedDict()
        self._lock = Lock()

    def remember(self, source: Source, key: str, header: NiftiHeader) -> KnownHeader:
        """Know the header of a file that was read.

        Parameters
        ----------
        source : Source
            As it was named.
        key : str
            Of the image; of a pair, the same for both files.
        header : NiftiHeader
            What was read.

        Returns
        -------
        KnownHeader
            With that header; of bytes that are held, with the one that was known before.
        """
        its_key = key_of(source)
        known = self._known.get(its_key)
        # Held bytes do not change, and what was found in them need not be found again.
        if known is not None and (known.header is header or source.kind is SourceKind.HELD):
            return known
        # Names of files need not be UTF-8.
        text = key.encode(errors="backslashreplace").decode()
        identity = uuid.uuid5(uuid.NAMESPACE_URL, text)
        known = KnownHeader(header, f"2.25.{identity.int}")
        with self._lock:
            self._known[its_key] = known
            self._known.move_to_end(its_key)
            while len(self._known) > _HEADERS_KEPT:
                self._known.popitem(last=False)
        return known

    def find(self, source: Source) -> KnownHeader | None:
        """Give a header that is known, or that of a file of this machine; None of others.

        Raises
        ------
        RetrieveError
            If the file cannot be read.
        DecodeError
            If it is no NIfTI file.
        """
        known = self._known.get(key_of(source))
        if known is not None:
            return known
        read = self._read_here(source)
        return None if read is None else self.remember(source, *read)

    async def read(self, source: Source) -> KnownHeader:
        """Read the header of any file, anew, and no more of the file than is cheap.

        Raises
        ------
        PyCornerstoneError
            As `NiftiFiles.bring`.
        """
        read = await asyncio.to_thread(self._read_here, source, is_whole=True)
        return self.remember(source, *(read or await self._read_there(source)))

    def _read_here(
        self, source: Source, *, is_whole: bool = False
    ) -> tuple[str, NiftiHeader] | None:
        """Read a header that is not to be waited for, and give it with the key of its image.

        If that is wanted, a file that has the voxels too must be long enough for them.
        """
        names = pair_names(source)
        if names is None:
            data = self._sources.at_hand(source) if source.path is None else read_file(source.path)
            if data is None:
                return None
            header = read_header(data)
            if is_whole and not header.is_pair:
                check_room(header, data)
            return key_of(source), header
        if source.path is None:
            return None
        if names.headers == (source.key,):
            return _named(source, names, read_header(read_file(source.path)))
        single = read_single_header(read_file(source.path))
        if single is not None:
            return key_of(source), single
        errors: list[RetrieveError] = []
        for address in names.headers:
            try:
                return names.key, read_header(read_file(address))
            except RetrieveError as error:
                errors.append(error)
        raise not_beside(source, "header", names.headers, errors)

    async def _read_there(self, source: Source) -> tuple[str, NiftiHeader]:
        names = pair_names(source)
        if names is None:
            return key_of(source), read_header(await self._beginning(source))
        if names.headers == (source.key,):
            return _named(source, names, read_header(await self._beginning(source)))
        voxels = await self._sources.beginning(source, _BEGINNING_BYTES, _WANTED)
        if read_single_header(voxels) is not None:
            return key_of(source), read_header(await self._beginning(source))
        errors: list[RetrieveError] = []
        for address in names.headers:
            other = Source.parse(address)
            try:
                return names.key, read_header(await self._beginning(other))
            except RetrieveError as error:
                if not is_not_there(error, other):
                    raise
                errors.append(error)
        raise not_beside(source, "header", names.headers, errors)

    async def _beginning(self, source: Source) -> bytes | memoryview:
        """Bring as much of a file as its header and extensions take."""
        nbytes = _BEGINNING_BYTES
        while True:
            beginning = await self._sources.beginning(source, nbytes, _WANTED)
            # A stream of nothing but empty members of gzip would never be enough.
            is_all = len(beginning) < nbytes or nbytes > 2 * LARGEST_EXTENT
            if is_all or not lacks_header_bytes(beginning):
                return beginning
            nbytes *= 4


def _named(source: Source, names: PairNames, header: NiftiHeader) -> tuple[str, NiftiHeader]:
    return (names.key if header.is_pair else key_of(source)), header
