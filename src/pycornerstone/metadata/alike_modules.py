"""Modules of headers that agree: what was read of one slice is that of the next.

Hundreds of slices say the same of their series, their samples and their times. Which elements a
module was read from is noted once; a header that has the same bytes in all of these, and lacks what
the first one lacked, would give the same module, as reading it is the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import DicomAttributes
from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ModalityLutModule,
    TimingModule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import Scalar
    from pycornerstone.metadata.part10_elements import Element
    from pycornerstone.metadata.part10_encodings import Encoding
    from pycornerstone.model.modules import Module

__all__ = ["AlikeModules", "NotingAttributes"]

# Of the modules that every list of slices is asked for, those that differ little within one.
_ALIKE = frozenset(
    {
        GeneralSeriesModule.type_name,
        ImagePixelModule.type_name,
        ModalityLutModule.type_name,
        TimingModule.type_name,
    }
)
_MOST_KEPT = 4
# Noting what is read takes as long again as reading it: where it is of no use, it is given up but
# for every so many headers.
_MOST_WITHOUT_USE = _TRIED_EACH = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A module, and the elements that it was read from."""

    module: Module | None
    frame: int
    encoding: Encoding
    elements: tuple[tuple[int, Element | None], ...]


class AlikeModules:
    """Reads modules, or gives those that were read of a header that agrees; of any thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Known, ...]] = {}
        self._without_use: dict[str, int] = {}

    def read(self, type_name: str, attributes: DicomAttributes, frame: int) -> Module | None:
        """Read a module; see `read_module`.

        Raises
        ------
        MetadataError, DecodeError
            As `read_module`.
        """
        if type_name not in _ALIKE or type(attributes) is not Part10Attributes:
            return read_module(type_name, attributes, frame)
        encoding, element = attributes.encoding, attributes.elements.get
        for known in self._known.get(type_name, ()):
            if known.encoding is not encoding or known.frame != frame:
                continue
            for tag, value in known.elements:
                if element(tag) != value:
                    break
            else:
                self._without_use[type_name] = 0
                return known.module
        tried = self._without_use[type_name] = self._without_use.get(type_name, 0) + 1
        if tried > _MOST_WITHOUT_USE and tried % _TRIED_EACH:
            return read_module(type_name, attributes, frame)
        noting = NotingAttributes(attributes)
        module = read_module(type_name, noting, frame)
        elements = tuple((tag, element(tag)) for tag in noting.tags)
        new = _Known(module, frame, encoding, elements)
        self._known[type_name] = (new, *self._known.get(type_name, ())[: _MOST_KEPT - 1])
        return module


class NotingAttributes(DicomAttributes):
    """Attributes that note which elements they were asked for.

    Attributes
    ----------
    tags : dict of int to None
        Which, in the order of the questions.
    """

    __slots__ = ("_attributes", "tags")

    def __init__(self, attributes: Part10Attributes) -> None:
        self._attributes = attributes
        # It says how any text is read.
        self.tags: dict[int, None] = {Tag.SPECIFIC_CHARACTER_SET: None}

    def values(self, tag: int) -> tuple[Scalar, ...]:
        """Read the values of an element; see `DicomAttributes.values`."""
        self.tags[tag] = None
        return self._attributes.values(tag)

    def items(self, tag: int) -> Sequence[DicomAttributes]:
        """Find the items of a sequence; see `DicomAttributes.items`."""
        self.tags[tag] = None
        return self._attributes.items(tag)

    def data(self, tag: int) -> bytes | None:
        """Give the value of a binary element; see `DicomAttributes.data`."""
        self.tags[tag] = None
        return self._attributes.data(tag)

    def __contains__(self, tag: object) -> bool:
        if isinstance(tag, int):
            self.tags[tag] = None
        return tag in self._attributes
