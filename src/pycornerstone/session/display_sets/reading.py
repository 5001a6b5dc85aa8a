"""From the parts of a source to what is known of their images: headers, and never pixels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from pycornerstone.codecs.media_kinds import PICTURES
from pycornerstone.errors import PyCornerstoneError, RetrieveError
from pycornerstone.loaders.file_headers import (
    FileHeader,
    header_of_bytes,
    header_of_file,
    header_read_by,
)
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicomdir import is_directory
from pycornerstone.metadata.series.alike_facts import FactsReader
from pycornerstone.model.geometry_report import LeftOut
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.retrieve.archives import ArchiveMember
from pycornerstone.retrieve.sources import Source
from pycornerstone.session.display_sets.copies import without_copies
from pycornerstone.session.display_sets.listing import Part, PartKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["HeaderReader", "Outcome", "Unlisted"]

_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"
# PS3.6 annex A: what a folder of a study has besides images.
_NAMES = {
    "1.2.840.10008.1.3.10": "a DICOMDIR",
    "1.2.840.10008.5.1.4.1.1.11.1": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.66.1": "a spatial registration",
    "1.2.840.10008.5.1.4.1.1.88.11": "a report (SR)",
    "1.2.840.10008.5.1.4.1.1.88.22": "a report (SR)",
    "1.2.840.10008.5.1.4.1.1.88.33": "a report (SR)",
    "1.2.840.10008.5.1.4.1.1.88.34": "a report (SR)",
    "1.2.840.10008.5.1.4.1.1.88.59": "a key object selection",
    "1.2.840.10008.5.1.4.1.1.88.67": "a dose report (SR)",
    "1.2.840.10008.5.1.4.1.1.104.1": "an encapsulated PDF",
    "1.2.840.10008.5.1.4.1.1.481.3": "an RT structure set",
    "1.2.840.10008.5.1.4.1.1.481.5": "an RT plan",
    "1.2.840.10008.5.1.4.1.1.9.1.1": "an ECG",
    "1.2.840.10008.5.1.4.1.1.9.1.2": "an ECG",
    "1.2.840.10008.5.1.4.1.1.9.1.3": "an ECG",
}
# Analyze has no mark, nor has the file of a pair that holds the voxels.
_HEADER_NAMES = (".hdr", ".hdr.gz")
_VOXEL_NAMES = (".img", ".img.gz")


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A file whose images a loader has to be asked for.

    Attributes
    ----------
    scheme : str
        Of the loader, ``"nifti"`` or ``"web"``.
    address : str
        Of the file.
    kind : str
        What it seems to be.
    """

    scheme: str
    address: str = field(repr=False)
    kind: str


Outcome: TypeAlias = "Sequence[SliceFacts] | LeftOut | Unlisted"


class HeaderReader:
    """Reads one part of a source at a time; of use in several threads.

    Headers are left in `LoaderContext.dicom_headers`, so that loads need not read them again.

    Parameters
    ----------
    context : LoaderContext
        The session's.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._facts = FactsReader(
            context.metadata, context.dicom_headers, context.asks_only_headers
        )

    def read(self, part: Part) -> Outcome:
        """Say what is known of the images of a part; nothing is raised for what cannot be read."""
        try:
            if part.kind is PartKind.IMAGE_ID:
                return self._read_image_id(part.address)
            return self._sort(self._header(part), part)
        except PyCornerstoneError as error:
            return LeftOut(part.path or part.address, error.message)

    def facts(self, image_ids: Sequence[str]) -> Sequence[SliceFacts]:
        """Say what is known of images whose headers are there.

        Raises
        ------
        PyCornerstoneError
            If that cannot be read.
        """
        return [self._facts.read(image_id) for image_id in image_ids]

    def known(self, image_ids: Sequence[str]) -> Sequence[SliceFacts | LeftOut]:
        """Say what is known of each of several images; one that is damaged is left out alone."""
        known: list[SliceFacts | LeftOut] = []
        for image_id in image_ids:
            try:
                known.append(self._facts.read(image_id))
            except PyCornerstoneError as error:
                known.append(LeftOut(image_id, error.message))
        return known

    def without_copies(
        self, images: Sequence[SliceFacts], may_go_on: Callable[[], bool]
    ) -> tuple[list[SliceFacts], list[LeftOut]]:
        """Keep one of DICOM files that are the same; see `without_copies`."""

        def part_of(source: str) -> Part:
            return _part_of(ImageId.parse(source).resource, self._context)

        return without_copies(images, self._context, part_of, may_go_on)

    def no_pixels(self, base: str) -> str:
        """Say what an instance is whose header is known to have no pixels."""
        attributes = self._context.dicom_headers.get(base)
        return "it holds no pixels" if attributes is None else _no_pixels(attributes)

    def _header(self, part: Part) -> FileHeader:
        shared = self._context.dicom_headers.shared
        if part.kind is PartKind.FILE:
            return header_of_file(part.path, shared)
        sources = self._context.sources
        if part.member is not None:
            read = partial(sources.archives.read, part.member)
            return header_read_by(read, part.size_in_bytes, shared)
        data = sources.at_hand(Source.parse(part.address))
        return header_of_bytes(data or b"")

    def _sort(self, header: FileHeader, part: Part) -> Outcome:
        """Say what a file is a part of, by its content."""
        where = part.path or part.address
        if header.dicom is not None:
            if header.dicom.pixel_data_tag is None:
                return LeftOut(where, _no_pixels(header.dicom.attributes))
            base = f"dicomfile:{part.address}"
            self._context.dicom_headers.add(base, header.dicom.attributes, header.samples)
            return self._instance(base, header, where)
        kind, name = header.kind, where.lower()
        if kind in PICTURES:
            return Unlisted("web", part.address, kind)
        if name.endswith(_VOXEL_NAMES):
            return LeftOut(where, "it is no image by itself, but the voxels of the .hdr beside it")
        if kind in {"NIfTI", "gzip"} or name.endswith(_HEADER_NAMES):
            return Unlisted("nifti", part.address, kind)
        if kind == "a ZIP archive":
            return LeftOut(where, "it is a ZIP archive, which is opened if it is named itself")
        return LeftOut(where, f"it is {kind}, no image")

    def _instance(self, base: str, header: FileHeader, where: str) -> Outcome:
        """Say what is known of the frames of a DICOM file."""
        attributes = header.dicom.attributes if header.dicom is not None else None
        if attributes is None or Tag.NUMBER_OF_FRAMES not in attributes:
            return [self._facts.read(base)]
        frames = attributes.integer(Tag.NUMBER_OF_FRAMES)
        if frames is None or frames <= 1:
            return [self._facts.read(base)]
        # A frame of one bit a pixel can share its byte with others.
        if frames > 8 * header.size_in_bytes:
            return LeftOut(where, f"it says that it has {frames} frames, more than its bytes hold")
        return self._frames(base, where)

    def _frames(self, base: str, where: str) -> Outcome:
        image_ids = self._context.metadata.get("frameImageIds", base)
        if not isinstance(image_ids, tuple):
            return LeftOut(where, "it says that it has more frames than any file")
        first = self._facts.read(image_ids[0])
        if first.sop_class_uid == _WHOLE_SLIDE:
            # Tiles, up to a million of them; of these, nothing differs that sets are made by.
            return [
                replace(first, image_id=image_id, frame_number=number)
                for number, image_id in enumerate(image_ids, start=1)
            ]
        return [first, *self.facts(image_ids[1:])]

    def _read_image_id(self, image_id: str) -> Outcome:
        """Read the header of an image that is named, where it is at hand."""
        parsed = ImageId.parse(image_id)
        if parsed.scheme == "dicomfile":
            base, _ = split_frame(image_id)
            if base not in self._context.dicom_headers:
                header = self._header(_part_of(ImageId.parse(base).resource, self._context))
                if header.dicom is None:
                    return LeftOut(image_id, f"it is {header.kind}, no DICOM file")
                if header.dicom.pixel_data_tag is None:
                    return LeftOut(image_id, _no_pixels(header.dicom.attributes))
                self._context.dicom_headers.add(base, header.dicom.attributes, header.samples)
        return [self._facts.read(image_id)]


def _part_of(address: str, context: LoaderContext) -> Part:
    member = ArchiveMember.parse(address)
    if member is not None:
        size = context.sources.archives.find(member).file_size
        return Part(PartKind.MEMBER, address, member=member, size_in_bytes=size)
    source = Source.parse(address)
    if source.path is None:
        return Part(PartKind.MEMORY, address)
    # Opening a pipe would wait for its other end.
    if source.path.exists() and not source.path.is_file():
        raise RetrieveError(f"{str(source.path)!r} is no file")
    return Part(PartKind.FILE, address, str(source.path))


def _no_pixels(attributes: DicomAttributes) -> str:
    if is_directory(attributes):
        return "it is a DICOMDIR, which holds no pixels"
    uid = if_readable(attributes.text, Tag.SOP_CLASS_UID, None)
    name = _NAMES.get(uid or "")
    if name is None:
        name = f"a DICOM object of the SOP class {uid}" if uid else "a DICOM object"
    return f"it is {name}, which holds no pixels"
