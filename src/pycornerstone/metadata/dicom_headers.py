"""The headers of the DICOM instances that a session has met, and the modules read from them."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.alike_modules import AlikeModules
from pycornerstone.metadata.dicom_modules import FRAME_MODULES, read_module
from pycornerstone.metadata.header_forms import UnreadHeader
from pycornerstone.metadata.part10_shared import SharedElements
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.modules import MODULES, InstanceModule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.modules import Module

__all__ = ["DicomHeaders", "SamplePlace"]

MODULES_PER_HEADER = 256
"""How many modules that were read are kept with a header, the last asked for of many frames."""

# Every query splits its imageId, and a viewport asks six times of the same one.
_split_frame = lru_cache(maxsize=4096)(split_frame)


class SamplePlace(NamedTuple):
    """Where the uncompressed samples lie in the file that a header was read from.

    Attributes
    ----------
    start : int
        First byte.
    length : int
        How many bytes the header says they are.
    version : tuple of int
        Of the file: time of its last change in ns, size in bytes, number. Of another one, nothing
        is known.
    """

    start: int
    length: int
    version: tuple[int, int, int]


class _Header:
    """One instance: its attributes, and the modules that were read from them."""

    __slots__ = ("attributes", "modules", "samples")

    def __init__(self, attributes: DicomAttributes, samples: SamplePlace | None) -> None:
        self.attributes = attributes
        self.samples = samples
        self.modules: dict[tuple[str, int], Module | None] = {}

    def read(self, shared: SharedElements) -> DicomAttributes:
        """Give the attributes, read now if they were not yet."""
        attributes = self.attributes
        if type(attributes) is UnreadHeader:
            attributes = self.attributes = attributes.read(shared)
        return attributes


class DicomHeaders:
    """Headers by the imageId of their instance; `provide` is a metadata provider over them.

    The DICOM loaders put in what they read, and whoever has metadata before the images, from a
    query or a database, does the same by `add_json` or `add_part10`. Any thread may do so.

    Parameters
    ----------
    max_headers : int
        How many instances are kept, at least 1; beyond that the least recently used are dropped,
        and come back with the next load.

    Attributes
    ----------
    shared : SharedElements
        What headers share that were read from files, for whoever reads more of them.

    Raises
    ------
    ValueError
        If `max_headers` is less than 1.

    Examples
    --------
    >>> headers = DicomHeaders()
    >>> headers.add_json(
    ...     "wadors:https://pacs/instances/1", {"00080060": {"vr": "CS", "Value": ["CT"]}}
    ... )
    >>> headers.provide("generalSeriesModule", "wadors:https://pacs/instances/1/frames/2").modality
    'CT'
    """

    def __init__(self, max_headers: int = 20_000) -> None:
        if max_headers < 1:
            raise ValueError(f"at least 1 header is kept, got max_headers={max_headers}")
        self.shared = SharedElements()
        self._max_headers = max_headers
        self._headers: OrderedDict[str, _Header] = OrderedDict()
        self._lock = Lock()
        self._alike = AlikeModules()

    def add(
        self, base_image_id: str, attributes: DicomAttributes, samples: SamplePlace | None = None
    ) -> None:
        """Keep the header of an instance; it takes the place of an older one.

        Parameters
        ----------
        base_image_id : str
            The imageId without its frame, as `pycornerstone.model.image_id.split_frame` gives it.
        attributes : DicomAttributes
            What its header says.
        samples : SamplePlace, optional
            Where the samples lie in the file that it is of.
        """
        with self._lock:
            self._headers[base_image_id] = _Header(attributes, samples)
            self._headers.move_to_end(base_image_id)
            while len(self._headers) > self._max_headers:
                self._headers.popitem(last=False)

    def add_json(self, image_id: str, json_object: Mapping[str, Any]) -> None:
        """Keep a header in the DICOM JSON model, as WADO-RS metadata give it.

        Parameters
        ----------
        image_id : str
            Of the instance, or of any of its frames.
        json_object : Mapping
            One data set (PS3.18 annex F); see `JsonAttributes`.

        Raises
        ------
        ImageIdError
            If the frame that `image_id` names is none.
        """
        from pycornerstone.metadata.dicom_json import JsonAttributes

        self.add(split_frame(image_id)[0], JsonAttributes(json_object))

    def add_part10(self, image_id: str, data: bytes | bytearray | memoryview) -> None:
        """Keep the header of a DICOM file, or of the beginning of one up to its pixel data.

        Parameters
        ----------
        image_id : str
            Of the instance, or of any of its frames.
        data : bytes
            The file; nothing of it is kept but copies of what images are made of.

        Raises
        ------
        DecodeError
            If it is not DICOM, or ends before the pixel data.
        ImageIdError
            If the frame that `image_id` names is none.
        """
        from pycornerstone.metadata.part10 import read_part10

        self.add(split_frame(image_id)[0], read_part10(data).attributes)

    def get(self, base_image_id: str) -> DicomAttributes | None:
        """Give the header of an instance, by the imageId without a frame; None if there is none."""
        with self._lock:
            header = self._headers.get(base_image_id)
            return None if header is None else header.attributes

    def read(self, base_image_id: str) -> DicomAttributes | None:
        """Give the header of an instance as `get` does, read now if it was not yet."""
        with self._lock:
            header = self._headers.get(base_image_id)
        return None if header is None else header.read(self.shared)

    def samples_of(self, base_image_id: str) -> SamplePlace | None:
        """Give where the samples of an instance lie, if its header is here and that is known."""
        with self._lock:
            header = self._headers.get(base_image_id)
            return None if header is None else header.samples

    def discard(self, base_image_id: str) -> None:
        """Forget the header of an instance; nothing happens if there is none."""
        with self._lock:
            self._headers.pop(base_image_id, None)

    def __contains__(self, base_image_id: object) -> bool:
        with self._lock:
            return base_image_id in self._headers

    def __len__(self) -> int:
        with self._lock:
            return len(self._headers)

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Give a module of an image, or None if its header is not here.

        Parameters
        ----------
        type_name : str
            Which module, such as ``"imagePlaneModule"``.
        image_id : str
            Of which image; without a frame it is the first.

        Raises
        ------
        MetadataError, DecodeError
            As `read_module`.
        """
        if type_name not in MODULES:
            return None
        try:
            base, frame = _split_frame(image_id)
        except ImageIdError:
            # Another scheme's, which counts its frames otherwise.
            return None
        with self._lock:
            header = self._headers.get(base)
            if header is None:
                return None
            self._headers.move_to_end(base)
        if type_name == InstanceModule.type_name:
            # A data set can be changed by whoever has it: everybody is given his own.
            return read_module(type_name, header.read(self.shared), frame)
        key = (type_name, frame if type_name in FRAME_MODULES else 1)
        modules = header.modules
        try:
            return modules[key]
        except KeyError:
            module = self._alike.read(type_name, header.read(self.shared), frame)
        if len(modules) >= MODULES_PER_HEADER:
            # What is of the whole instance, such as the map of its tiles, may have taken long.
            for known in [known for known in list(modules) if known[0] in FRAME_MODULES]:
                modules.pop(known, None)
        modules[key] = module
        return module
