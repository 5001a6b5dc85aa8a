"""One instance, and what can be had of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

from pycornerstone.errors import PyCornerstoneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from pycornerstone.frontends.dicomweb.made_headers import MadeUp
    from pycornerstone.frontends.dicomweb.stored_files import StoredFile
    from pycornerstone.frontends.dicomweb.stored_frames import StoredFrames

__all__ = ["Instance", "Origin", "Reads"]

_UIDS = ("00080018", "0020000D", "0020000E")


class Origin(Enum):
    """Where an instance comes from."""

    FILE = auto()
    """It is a DICOM file of this machine."""
    HEADER = auto()
    """It is elsewhere; the session has its header."""
    MADE = auto()
    """It is no DICOM, or has no UIDs: all of it is written here."""


class Reads(Protocol):
    """What reads instances, makes them, and keeps what was made: a catalogue."""

    def part10_of(self, instance: Instance) -> bytes:
        """See `Instance.part10`."""

    def pieces_of(self, instance: Instance) -> tuple[int, Iterator[bytes]]:
        """See `Instance.pieces`."""

    def frames_of(self, instance: Instance) -> StoredFrames | None:
        """See `Instance.frames`."""

    def transfer_syntax_of(self, instance: Instance) -> str:
        """See `Instance.transfer_syntax_uid`."""

    def header_of(self, instance: Instance) -> Dataset:
        """See `Instance.header`."""

    def json_of(self, instance: Instance) -> str:
        """See `Instance.json`."""

    def attributes_of(self, instance: Instance) -> dict[str, Any]:
        """See `Instance.attributes`."""

    def element_of(self, instance: Instance, tag: str) -> dict[str, Any] | None:
        """See `Instance.element`."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One instance.

    Attributes
    ----------
    study_uid, series_uid, uid : str
        Its UIDs: those of its header, or made up from its imageId, always the same.
    base : str
        The imageId of all of it, without a frame.
    image_ids : tuple of str
        Its frames; empty if it holds no image.
    origin : Origin
        Where it comes from.
    file : StoredFile or None
        Of one that is a file.
    """

    study_uid: str
    series_uid: str
    uid: str
    base: str = field(repr=False)
    image_ids: tuple[str, ...] = field(repr=False)
    origin: Origin
    file: StoredFile | None = field(repr=False)
    made_up: MadeUp = field(repr=False)
    _catalogue: Reads = field(repr=False)

    @property
    def path(self) -> str:
        """``/studies/X/series/Y/instances/Z``."""
        return f"/studies/{self.study_uid}/series/{self.series_uid}/instances/{self.uid}"

    @property
    def transfer_syntax_uid(self) -> str:
        """Transfer Syntax UID (0002,0010) of `part10`.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.transfer_syntax_of(self)

    def part10(self) -> bytes:
        """Give the file, byte for byte where it is one.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.part10_of(self)

    def pieces(self) -> tuple[int, Iterator[bytes]]:
        """Give the length of `part10`, and its bytes bit by bit.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.pieces_of(self)

    def frames(self) -> StoredFrames | None:
        """Give its frames as they are stored; None of what is not a file of this machine.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read.
        """
        return self._catalogue.frames_of(self)

    def header(self) -> Dataset:
        """Read the data set, without pixel data.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.header_of(self)

    def json(self) -> str:
        """Give the DICOM JSON object as text, for `attributes.at_address`.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.json_of(self)

    def attributes(self) -> dict[str, Any]:
        """Give the DICOM JSON object; of one that cannot be read its UIDs, which others need."""
        try:
            return self._catalogue.attributes_of(self)
        except PyCornerstoneError:
            return {tag: found for tag in _UIDS if (found := self._uid(tag))}

    def element(self, tag: str) -> dict[str, Any] | None:
        """Give an element of `attributes`, without reading the file where its header is at hand."""
        known = self._uid(tag)
        return known if known is not None else self._catalogue.element_of(self, tag)

    def _uid(self, tag: str) -> dict[str, Any] | None:
        if tag not in _UIDS:
            return None
        uids = (self.uid, self.study_uid, self.series_uid)
        return {"vr": "UI", "Value": [uids[_UIDS.index(tag)]]}
