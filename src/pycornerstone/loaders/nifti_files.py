"""From the address of a NIfTI file, or of one of a pair, to its bytes, once for all its slices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pycornerstone.codecs.gzip import is_gzip
from pycornerstone.errors import RetrieveError
from pycornerstone.loaders.nifti_kept import KeptVolumes, OpenNifti, key_of, state_of
from pycornerstone.loaders.nifti_pairs import is_not_there, no_pair, not_beside, pair_names
from pycornerstone.loaders.nifti_volume import (
    NiftiVolume,
    open_pair,
    open_volume,
    read_header,
    read_single_header,
)
from pycornerstone.retrieve.files import read_file
from pycornerstone.retrieve.in_flight import InFlight
from pycornerstone.retrieve.sources import Source, SourceKind

if TYPE_CHECKING:
    from pycornerstone.loaders.nifti_pairs import PairNames
    from pycornerstone.retrieve.sources import Sources

__all__ = ["NiftiFiles"]

_WANTED = "a NIfTI file"


class NiftiFiles:
    """Opens files and keeps those used last.

    Parameters
    ----------
    sources : Sources
        The session's.
    max_bytes : int
        What a file may decompress to.
    keep_bytes : int
        Memory for files that are kept.
    """

    def __init__(self, sources: Sources, max_bytes: int, keep_bytes: int) -> None:
        self._sources = sources
        self._max_bytes = max_bytes
        self._kept = KeptVolumes(keep_bytes)
        # What was inflated of bytes that nobody holds any more; of these, the key is the address.
        sources.when_released(self._kept.forget)
        self._in_flight: InFlight[OpenNifti] = InFlight()

    def at_hand(self, source: Source) -> OpenNifti | None:
        """Give a file that is open, or can be opened without waiting; from any thread.

        Raises
        ------
        PyCornerstoneError
            As `bring`.
        """
        if source.kind is SourceKind.FSSPEC:
            # Whether it has changed is to be waited for.
            return None
        if source.kind is SourceKind.HELD:
            # It says so if they were let go of.
            data = self._sources.at_hand(source)
            if data is not None and not is_gzip(data):
                return OpenNifti(key_of(source), self._open_single(source, data))
        known = self._kept_of(source)
        if known is not None or source.path is None or pair_names(source) is not None:
            return known
        state = state_of((source,))
        data = read_file(source.path)
        if is_gzip(data):
            return None
        return self._keep(key_of(source), self._open_single(source, data), (source,), state)

    def here(self, source: Source) -> OpenNifti | None:
        """Give a file as `at_hand` does, or one that may have changed since it was brought."""
        return self.at_hand(source) or self._kept_of(source)

    async def bring(self, source: Source) -> OpenNifti:
        """Open a file, once however many wait for it, or give it if it is open.

        Raises
        ------
        RetrieveError
            If it did not arrive, or the other file of a pair is not there.
        DecodeError
            If it is no NIfTI file, is shorter than its header says, is damaged, or decompresses to
            more than is allowed.
        UnsupportedEncodingError
            For samples that are not read.
        """
        return await self._in_flight.share(key_of(source), lambda: self._bring(source))

    def close(self) -> None:
        """Let go of all files."""
        self._kept.close()

    def _kept_of(self, source: Source) -> OpenNifti | None:
        known = self._kept.get(key_of(source))
        if known is not None:
            return known
        names = pair_names(source)
        known = None if names is None else self._kept.get(names.key)
        # Of the same name, a file can be an image of its own.
        return known if known is not None and len(known.sources) > 1 else None

    async def _bring(self, source: Source) -> OpenNifti:
        known = await self._kept_as_it_is(source)
        if known is not None:
            return known
        names = pair_names(source)
        state = await self._state((source,))
        data = await self._sources.read(source, _WANTED)
        if names is not None and await asyncio.to_thread(read_single_header, data) is None:
            return await self._bring_other(source, names, data, state)
        volume = await asyncio.to_thread(self._open_single, source, data)
        return self._keep(key_of(source), volume, (source,), state)

    async def _kept_as_it_is(self, source: Source) -> OpenNifti | None:
        known = self._kept_of(source)
        is_current = known is not None and known.state == await self._state(known.sources)
        return known if is_current else None

    async def _bring_other(
        self,
        source: Source,
        names: PairNames,
        data: bytes | memoryview,
        its_state: tuple[object, ...],
    ) -> OpenNifti:
        """Bring the file beside that one; once, if both of the two are asked for."""
        is_header = names.headers == (source.key,)

        async def open_both() -> OpenNifti:
            # By its other name, it may have been opened while this file was read.
            known = await self._kept_as_it_is(source)
            if known is not None:
                return known
            other, state, its_data = await self._beside(source, names)
            texts = (data, its_data) if is_header else (its_data, data)
            volume = await asyncio.to_thread(self._open_both, *texts)
            return self._keep(names.key, volume, (source, other), (*its_state, *state))

        return await self._in_flight.share(("pair", names.key), open_both)

    async def _beside(
        self, source: Source, names: PairNames
    ) -> tuple[Source, tuple[object, ...], bytes | memoryview]:
        """Bring the other file of a pair, from the first of its addresses that has one."""
        is_header = names.headers == (source.key,)
        addresses = names.voxels if is_header else names.headers
        errors: list[RetrieveError] = []
        for address in addresses:
            other = Source.parse(address)
            state = await self._state((other,))
            try:
                return other, state, await self._sources.read(other, _WANTED)
            except RetrieveError as error:
                if not is_not_there(error, other):
                    raise
                errors.append(error)
        raise not_beside(source, "voxels" if is_header else "header", addresses, errors)

    async def _state(self, sources: tuple[Source, ...]) -> tuple[object, ...]:
        if all(source.path is not None for source in sources):
            return await asyncio.to_thread(state_of, sources)
        return tuple([await self._sources.version(source) for source in sources])

    def _open_single(self, source: Source, data: bytes | memoryview) -> NiftiVolume:
        volume = open_volume(data, self._max_bytes)
        if volume is None:
            raise no_pair(source)
        return volume

    def _open_both(self, header: bytes | memoryview, voxels: bytes | memoryview) -> NiftiVolume:
        return open_pair(read_header(header), voxels, self._max_bytes)

    def _keep(
        self, key: str, volume: NiftiVolume, sources: tuple[Source, ...], state: tuple[object, ...]
    ) -> OpenNifti:
        opened = OpenNifti(key, volume, sources, state)
        # Bytes that are held are at hand anyway, and theirs who gave them.
        if sources[0].kind is not SourceKind.HELD or volume.was_compressed:
            self._kept.add(opened)
            if self._sources.is_released(sources[0]):
                self._kept.forget(key)
        return opened
