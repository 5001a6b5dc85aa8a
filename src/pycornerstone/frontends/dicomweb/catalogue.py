"""The studies, series and instances that are served, and where what is asked of them comes from."""

from __future__ import annotations

import io
import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoaderError, PyCornerstoneError
from pycornerstone.frontends.dicomweb.attributes import (
    address_of_value,
    bulk_data_of,
    json_attributes,
    json_of_header,
    json_text,
)
from pycornerstone.frontends.dicomweb.instances import Instance, Origin
from pycornerstone.frontends.dicomweb.made_headers import MadeUp
from pycornerstone.frontends.dicomweb.made_instances import known_header, made_part10
from pycornerstone.frontends.dicomweb.other_objects import other_object
from pycornerstone.frontends.dicomweb.quick_elements import quick_element
from pycornerstone.frontends.dicomweb.recent import Recent
from pycornerstone.frontends.dicomweb.stored_files import stored_file
from pycornerstone.frontends.dicomweb.stored_frames import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    StoredFrames,
)
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10_attributes import Part10Attributes
from pycornerstone.model.image_id import split_frame
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    GeneralStudyModule,
    SopCommonModule,
    UriModule,
)
from pycornerstone.retrieve.archives import Archives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from pycornerstone.frontends.sharing.source import Exhibit
    from pycornerstone.model.geometry_report import LeftOut
    from pycornerstone.session.session import Session

__all__ = ["Catalogue"]

# One instance may have many frames; all others of a file or a server are one each.
_DICOM_SCHEMES = frozenset({"dicomfile", "dicomweb", "file", "wadors", "wadouri"})
# Whole files, or their frames, that are kept for the next request; most ask for one after another.
_MOST_OPEN = 8
_MOST_OPEN_BYTES = 1 << 28
# Metadata take 3 ms and 10 kB an instance.
_MOST_TEXTS = 100_000
_MOST_TEXT_BYTES = 1 << 26
_LARGEST_ARCHIVE_MEMBER = 1 << 32
_COPY = "it is the same as another file, which is served"
_TWICE = "another file has the same SOP Instance UID (0008,0018)"


class Catalogue:
    """What an exhibit has, as instances; no file is read whole before it is asked for.

    Parameters
    ----------
    exhibit : Exhibit
        What is served.

    Attributes
    ----------
    not_served : tuple of str
        What of it is not served, and why, a line each reason.

    Raises
    ------
    LoaderError
        If nothing of it can be served.
    """

    def __init__(self, exhibit: Exhibit) -> None:
        self.session: Session = exhibit.session
        self._archives = Archives(_LARGEST_ARCHIVE_MEMBER)
        self._by_uid: dict[str, Instance] = {}
        reasons: Counter[str] = Counter()
        for instance in self._images(exhibit):
            if self._by_uid.setdefault(instance.uid, instance) is not instance:
                reasons[_TWICE] += 1
        for left_out in exhibit.others:
            found = self._other(left_out)
            if isinstance(found, str):
                reasons[found] += 1
            elif self._by_uid.setdefault(found.uid, found) is not found:
                is_copy = left_out.reason.startswith("it is a duplicate of")
                reasons[_COPY if is_copy else _TWICE] += 1
        self.not_served = tuple(f"{n} not served: {reason}" for reason, n in reasons.most_common())
        if not self._by_uid:
            why = "".join(f"\n  {line}" for line in self.not_served[:10])
            raise LoaderError(f"there is nothing to serve in what was given{why}")
        self._parts10: Recent[bytes] = Recent(_MOST_OPEN, _MOST_OPEN_BYTES, len)
        self._frames: Recent[StoredFrames] = Recent(
            _MOST_OPEN, _MOST_OPEN_BYTES, lambda frames: frames.size_in_bytes
        )
        self._texts: Recent[str] = Recent(_MOST_TEXTS, _MOST_TEXT_BYTES, len)
        self._syntaxes: dict[str, str] = {}

    @property
    def instances(self) -> tuple[Instance, ...]:
        """All of them, in the order in which they are shown."""
        return tuple(self._by_uid.values())

    def find(
        self, study_uid: str, series_uid: str | None = None, uid: str | None = None
    ) -> tuple[Instance, ...]:
        """Give the instances of a study, of a series, or the one; empty if there are none."""
        if uid is not None:
            one = self._by_uid.get(uid)
            candidates: tuple[Instance, ...] = () if one is None else (one,)
        else:
            candidates = self.instances
        return tuple(
            one
            for one in candidates
            if one.study_uid == study_uid and series_uid in {None, one.series_uid}
        )

    def part10_of(self, instance: Instance) -> bytes:
        """See `Instance.part10`."""
        if instance.file is not None:
            return instance.file.read(self._archives)
        return self._parts10.get(instance.uid, lambda: made_part10(self.session, instance))

    def pieces_of(self, instance: Instance) -> tuple[int, Iterator[bytes]]:
        """See `Instance.pieces`."""
        if instance.file is not None:
            return instance.file.pieces(self._archives)
        data = self.part10_of(instance)
        return len(data), iter((data,))

    def frames_of(self, instance: Instance) -> StoredFrames | None:
        """See `Instance.frames`."""
        if instance.file is None:
            return None
        return self._frames.get(instance.uid, lambda: StoredFrames(self.part10_of(instance)))

    def transfer_syntax_of(self, instance: Instance) -> str:
        """See `Instance.transfer_syntax_uid`."""
        header = self.session.dicom_headers.get(instance.base)
        if not isinstance(header, Part10Attributes) and instance.file is None:
            return EXPLICIT_LITTLE
        known = self._syntaxes.get(instance.uid)
        if known is None and isinstance(header, Part10Attributes) and instance.file is not None:
            known = if_readable(header.text, Tag.TRANSFER_SYNTAX_UID, None)
        if known is None:
            meta = getattr(self.header_of(instance), "file_meta", None) or {}
            known = str(meta.get("TransferSyntaxUID") or IMPLICIT_LITTLE)
        self._syntaxes[instance.uid] = known
        return known

    def header_of(self, instance: Instance) -> Dataset:
        """See `Instance.header`."""
        import pydicom

        if instance.file is not None:
            return instance.file.dataset(self._archives)
        known = known_header(self.session, instance)
        if known is not None:
            return known
        data = self.part10_of(instance)
        return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)

    def json_of(self, instance: Instance) -> str:
        """See `Instance.json`."""
        return self._texts.get(instance.uid, lambda: json_text(self._object_of(instance)))

    def attributes_of(self, instance: Instance) -> dict[str, Any]:
        """See `Instance.attributes`."""
        found: dict[str, Any] = json.loads(self.json_of(instance))
        return found

    def element_of(self, instance: Instance, tag: str) -> dict[str, Any] | None:
        """See `Instance.element`."""
        header = self.session.dicom_headers.get(instance.base)
        try:
            if isinstance(header, Part10Attributes):
                return quick_element(header, int(tag, 16))
        except (LookupError, PyCornerstoneError):
            # It takes all of the header.
            pass
        return instance.attributes().get(tag)

    def value_of(self, instance: Instance, path: str) -> bytes | None:
        """Give a value that metadata name by an address, of which `path` is the end, or None.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read, or its server does not give it.
        """
        header = self.session.dicom_headers.get(instance.base)
        if instance.file is None and isinstance(header, JsonAttributes):
            address = address_of_value(header.json_object, path)
            if address is None:
                return None
            return self.session.load_bulk_data(instance.base, address).result()
        return bulk_data_of(self.header_of(instance), path)

    def close(self) -> None:
        """Let go of files."""
        self._archives.close()

    def _object_of(self, instance: Instance) -> dict[str, Any]:
        header = self.session.dicom_headers.get(instance.base)
        if instance.file is None and isinstance(header, JsonAttributes):
            return json_of_header(header.json_object)
        return json_attributes(self.header_of(instance))

    def _images(self, exhibit: Exhibit) -> Iterator[Instance]:
        for found in exhibit.display_sets:
            groups: dict[str, list[str]] = {}
            for image_id in found.image_ids:
                groups.setdefault(self._base(image_id), []).append(image_id)
            for number, (base, image_ids) in enumerate(groups.items(), start=1):
                if _scheme(base) in _DICOM_SCHEMES:
                    image_ids.sort(key=lambda one: split_frame(one)[1])
                made_up = MadeUp(
                    # What is no DICOM is a study for each thing that was given.
                    found.study_instance_uid or _uid_of("study", found.display_set_id),
                    found.series_instance_uid or _uid_of("series", found.display_set_id),
                    _uid_of("instance", base),
                    number,
                    found.series_number or 1,
                    found.series_description,
                )
                yield self._instance(base, image_ids, made_up)

    def _instance(self, base: str, image_ids: list[str], made_up: MadeUp) -> Instance:
        first = image_ids[0]
        study = self._ask(GeneralStudyModule, first, "study_instance_uid")
        series = self._ask(GeneralSeriesModule, first, "series_instance_uid")
        uid = self._ask(SopCommonModule, first, "sop_instance_uid")
        made_up = MadeUp(
            study or made_up.study_uid,
            series or made_up.series_uid,
            uid or made_up.uid,
            made_up.number,
            made_up.series_number,
            made_up.series_description,
        )
        # A file without its UIDs cannot be addressed as it is.
        is_dicom = bool(study and series and uid) and _scheme(first) in _DICOM_SCHEMES
        file = stored_file(base) if is_dicom else None
        origin = Origin.MADE
        if is_dicom:
            origin = Origin.HEADER if file is None else Origin.FILE
        return Instance(
            made_up.study_uid,
            made_up.series_uid,
            made_up.uid,
            base,
            tuple(image_ids),
            origin,
            file,
            made_up,
            self,
        )

    def _other(self, left_out: LeftOut) -> Instance | str:
        """Give what was left out, but is DICOM; or say why it is not served."""
        found = other_object(left_out, self.session, self._archives)
        if isinstance(found, str):
            return found
        made_up = MadeUp(found.study_uid, found.series_uid, found.uid, 1, 1, "")
        return Instance(
            found.study_uid,
            found.series_uid,
            found.uid,
            found.base,
            found.image_ids,
            Origin.HEADER if found.file is None else Origin.FILE,
            found.file,
            made_up,
            self,
        )

    def _base(self, image_id: str) -> str:
        if _scheme(image_id) not in _DICOM_SCHEMES:
            return image_id
        uri = self.session.metadata.get(UriModule, image_id)
        return image_id if uri is None else uri.base_image_id

    def _ask(self, module: Any, image_id: str, name: str) -> str | None:
        try:
            found = self.session.metadata.get(module, image_id)
        except PyCornerstoneError:
            return None
        value = getattr(found, name, None)
        return str(value) if value else None


def _scheme(image_id: str) -> str:
    return image_id[:16].partition(":")[0].lower()


def _uid_of(kind: str, name: str) -> str:
    """Make a UID of a name, always the same (PS3.5 annex B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'pycornerstone:{kind}:{name}').int}"
