"""What counts of slices whose headers agree: read whole of the first, of the others what differs.

Hundreds of slices of a series differ in where they lie, and in their number and times; whatever
else is asked of their headers is the same bytes. Asking five modules of each takes most of the time
that sorting a series does.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import ImageIdError, PyCornerstoneError
from pycornerstone.metadata.alike_modules import NotingAttributes
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.metadata.series.facts import read_facts
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.modules import ImagePlaneModule
from pycornerstone.model.slice_facts import SliceFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycornerstone.metadata.dicom_headers import DicomHeaders

__all__ = ["FactsReader"]

# Of other schemes, others than the headers of DICOM files may know something.
_SCHEMES = ("dicomfile:", "wadouri:", "dicomweb:")
# What modules are made of, and facts are not.
_IGNORED = frozenset(
    {
        Tag.SOP_INSTANCE_UID,
        Tag.CONTENT_DATE,
        Tag.CONTENT_TIME,
        Tag.INSTANCE_CREATION_DATE,
        Tag.INSTANCE_CREATION_TIME,
        Tag.SMALLEST_IMAGE_PIXEL_VALUE,
        Tag.LARGEST_IMAGE_PIXEL_VALUE,
        Tag.LOSSY_IMAGE_COMPRESSION_RATIO,
    }
)
# What differs, is of one field, and stands in no group of frames: see `read_timing`.
_TIMES = {
    Tag.ACQUISITION_TIME: ("AcquisitionTime", Part10Attributes.text),
    Tag.ACQUISITION_DATETIME: ("AcquisitionDateTime", Part10Attributes.text),
    Tag.ACQUISITION_NUMBER: ("AcquisitionNumber", Part10Attributes.integer),
    Tag.TEMPORAL_POSITION_IDENTIFIER: ("TemporalPositionIdentifier", Part10Attributes.integer),
    Tag.TRIGGER_TIME: ("TriggerTime", Part10Attributes.number),
    Tag.ECHO_TIME: ("EchoTime", Part10Attributes.number),
    Tag.INVERSION_TIME: ("InversionTime", Part10Attributes.number),
    Tag.FRAME_REFERENCE_TIME: ("FrameReferenceTime", Part10Attributes.number),
}
# Plain numbers: a member of an enumeration is looked up many times as slowly.
_POSITION, _LOCATION, _NUMBER = map(
    int, (Tag.IMAGE_POSITION_PATIENT, Tag.SLICE_LOCATION, Tag.INSTANCE_NUMBER)
)
_DIFFERENT = frozenset({_POSITION, _LOCATION, _NUMBER, *_TIMES})
# In these, what differs may stand too, or say something else.
_SEQUENCES = (
    Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
    Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE,
    Tag.DETECTOR_INFORMATION_SEQUENCE,
)
_MOST_KEPT = 4
# Noting what is read takes as long again as reading it; see `AlikeModules`.
_MOST_WITHOUT_USE = _TRIED_EACH = 16


class FactsReader:
    """Reads what counts of images, as `read_facts` does; of any thread.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who knows.
    headers : DicomHeaders
        The headers that are there.
    asks_only_headers : callable
        Says whether nobody else is asked of DICOM images; otherwise all go by `metadata`.
    """

    def __init__(
        self,
        metadata: MetadataRegistry,
        headers: DicomHeaders,
        asks_only_headers: Callable[[], bool],
    ) -> None:
        self._metadata = metadata
        self._headers = headers
        self._asks_only_headers = asks_only_headers
        self._known: tuple[_Known, ...] = ()
        self._without_use = 0

    def read(self, image_id: str) -> SliceFacts:
        """Say what counts of an image.

        Raises
        ------
        MetadataError, DecodeError
            As `read_facts`.
        """
        facts = None
        if image_id.startswith(_SCHEMES) and self._asks_only_headers():
            facts = self._of_header(image_id)
        return read_facts(self._metadata, image_id) if facts is None else facts

    def _of_header(self, image_id: str) -> SliceFacts | None:
        """Read the header of an image of one frame; None if the modules are to be asked."""
        try:
            base, frame = split_frame(image_id)
        except ImageIdError:
            return None
        attributes = self._headers.read(base)
        if frame != 1 or type(attributes) is not Part10Attributes:
            return None
        if image_id in self._metadata.calibrations:
            return None
        encoding, element = attributes.encoding, attributes.elements.get
        for known in self._known:
            if known.encoding is encoding and tuple(map(element, known.tags)) == known.elements:
                self._without_use = 0
                return known.facts_of(image_id, base, attributes)
        tried = self._without_use = self._without_use + 1
        if tried > _MOST_WITHOUT_USE and tried % _TRIED_EACH:
            return None
        return self._note(image_id, attributes)

    def _note(self, image_id: str, attributes: Part10Attributes) -> SliceFacts | None:
        """Read all of a header, and keep what those that agree with it need not be asked for."""
        if any(tag in attributes for tag in _SEQUENCES):
            return None
        noting = NotingAttributes(attributes)
        registry = MetadataRegistry()
        registry.add_provider(lambda type_name, _: read_module(type_name, noting))
        try:
            facts = read_facts(registry, image_id)
        except PyCornerstoneError:
            # Reading it by the session's providers says so.
            return None
        if facts.plane is None or facts.number_of_frames != 1 or facts.mosaic is not None:
            return None
        new = _Known(facts, facts.plane, attributes, noting.tags)
        self._known = (new, *self._known[: _MOST_KEPT - 1])
        return facts


class _Known:
    """The facts of one image, and the elements that others share whose facts are the same."""

    __slots__ = ("_fields", "_plane", "_times", "elements", "encoding", "tags")

    def __init__(
        self,
        facts: SliceFacts,
        plane: ImagePlaneModule,
        attributes: Part10Attributes,
        tags: Iterable[int],
    ) -> None:
        different = _DIFFERENT & attributes.elements.keys()
        self.encoding = attributes.encoding
        self.tags = tuple(int(tag) for tag in tags if tag not in different | _IGNORED)
        self.elements = tuple(map(attributes.elements.get, self.tags))
        self._fields = {each.name: getattr(facts, each.name) for each in fields(SliceFacts)}
        self._plane = {each.name: getattr(plane, each.name) for each in fields(ImagePlaneModule)}
        self._times = [(int(tag), *_TIMES[tag]) for tag in _TIMES if tag in different]

    def facts_of(self, image_id: str, base: str, attributes: Part10Attributes) -> SliceFacts:
        """Give the facts of an image whose header shares these elements."""
        position = if_readable(attributes.numbers, _POSITION, ())
        plane: dict[str, Any] = self._plane | {
            "image_position_lps": position if len(position) == 3 else None,
            "slice_location_mm": if_readable(attributes.number, _LOCATION, None),
        }
        times = self._fields["times"]
        if self._times:
            times = dict(times)
            for tag, keyword, read in self._times:
                times[keyword] = if_readable(partial(read, attributes), tag, None)
                if times[keyword] is None:
                    del times[keyword]
        changes = {
            "image_id": image_id,
            "source": base,
            "plane": ImagePlaneModule(**plane),
            "instance_number": if_readable(attributes.integer, _NUMBER, None),
            "times": times,
        }
        return SliceFacts(**self._fields | changes)
