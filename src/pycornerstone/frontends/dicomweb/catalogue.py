"""The studies, series and instances that are served, and the Part 10 file of each."""

from __future__ import annotations

import io
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.attributes import json_attributes
from pycornerstone.frontends.dicomweb.made_instances import MadeUp, made_part10
from pycornerstone.frontends.dicomweb.stored_frames import StoredFrames
from pycornerstone.model.image_id import ImageId, split_frame
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    GeneralStudyModule,
    SopCommonModule,
    UriModule,
)
from pycornerstone.retrieve.archives import ArchiveMember, Archives
from pycornerstone.retrieve.files import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

    from pycornerstone.frontends.sharing.source import Exhibit
    from pycornerstone.session.session import Session

__all__ = ["Catalogue", "Instance"]

_T = TypeVar("_T")

# One instance may have many frames; all others of a file or a server are one each.
_DICOM_SCHEMES = frozenset({"dicomfile", "dicomweb", "file", "wadors", "wadouri"})
# Whole files, or their frames, that are kept for the next request; most ask for one after another.
_MOST_OPEN = 8
_MOST_OPEN_BYTES = 1 << 28
_LARGEST_ARCHIVE_MEMBER = 1 << 32


@dataclass(frozen=True, eq=False)
class Instance:
    """One instance.

    Attributes
    ----------
    study_uid, series_uid, uid : str
        Its UIDs: those of its header, or made up from its imageId, always the same.
    image_ids : tuple of str
        Its frames.
    is_made : bool
        It is no DICOM file of this machine: its Part 10 file is written here.
    """

    study_uid: str
    series_uid: str
    uid: str
    image_ids: tuple[str, ...] = field(repr=False)
    is_made: bool
    _catalogue: Catalogue = field(repr=False)
    _made_up: MadeUp = field(repr=False)

    @property
    def path(self) -> str:
        """``/studies/X/series/Y/instances/Z``."""
        return f"/studies/{self.study_uid}/series/{self.series_uid}/instances/{self.uid}"

    def part10(self) -> bytes:
        """Give the file, byte for byte where it is one.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return self._catalogue.part10_of(self)

    def frames(self) -> StoredFrames:
        """Give its frames as they are stored.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded, or its pixel data are broken.
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

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """The DICOM JSON object, with bulk data named by their tag only.

        Raises
        ------
        PyCornerstoneError
            If it cannot be read or loaded.
        """
        return json_attributes(self.header())

    @property
    def listed(self) -> dict[str, Any]:
        """As `attributes`; of one that cannot be read its UIDs alone, so that others are found."""
        try:
            return self.attributes
        except PyCornerstoneError:
            uids = ("0020000D", self.study_uid), ("0020000E", self.series_uid)
            every = (("00080018", self.uid), *uids)
            return {tag: {"vr": "UI", "Value": [uid]} for tag, uid in every}


class Catalogue:
    """What an exhibit has, as instances; nothing is read before it is asked for.

    Parameters
    ----------
    exhibit : Exhibit
        What is served.
    """

    def __init__(self, exhibit: Exhibit) -> None:
        self.session: Session = exhibit.session
        self._by_uid: dict[str, Instance] = {}
        for instance in self._instances(exhibit):
            self._by_uid.setdefault(instance.uid, instance)
        self._archives = Archives(_LARGEST_ARCHIVE_MEMBER)
        self._files: _Recent[bytes] = _Recent()
        self._frames: _Recent[StoredFrames] = _Recent()

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
        if not instance.is_made:
            return self._read(instance)
        return self._files.get(instance.uid, lambda: self._read(instance), len)

    def frames_of(self, instance: Instance) -> StoredFrames:
        """See `Instance.frames`."""
        return self._frames.get(
            instance.uid,
            lambda: StoredFrames(self.part10_of(instance)),
            lambda frames: frames.size_in_bytes,
        )

    def header_of(self, instance: Instance) -> Dataset:
        """See `Instance.header`."""
        import pydicom

        address = instance.image_ids[0]
        path = None if instance.is_made else _path(split_frame(address)[0])
        source: Any = path if path is not None else io.BytesIO(self.part10_of(instance))
        try:
            return pydicom.dcmread(source, stop_before_pixels=True, force=True)
        except PyCornerstoneError:
            raise
        except Exception as error:
            raise PyCornerstoneError(
                f"the header of an instance cannot be read: {type(error).__name__}"
            ) from error

    def close(self) -> None:
        """Let go of files."""
        self._archives.close()

    def _read(self, instance: Instance) -> bytes:
        if instance.is_made:
            return made_part10(
                self.session,
                instance.image_ids,
                instance._made_up,  # noqa: SLF001 - its own
            )
        base = split_frame(instance.image_ids[0])[0]
        path = _path(base)
        if path is None:
            member = ArchiveMember.parse(ImageId.parse(base).resource)
            if member is None:
                raise PyCornerstoneError("the file of an instance is not there any more")
            return self._archives.read(member)
        try:
            return path.read_bytes()
        except OSError as error:
            raise PyCornerstoneError("the file of an instance cannot be read any more") from error

    def _instances(self, exhibit: Exhibit) -> Iterator[Instance]:
        for found in exhibit.display_sets:
            groups: dict[str, list[str]] = {}
            for image_id in found.image_ids:
                groups.setdefault(self._base(image_id), []).append(image_id)
            for number, (base, image_ids) in enumerate(groups.items(), start=1):
                if _scheme(base) in _DICOM_SCHEMES:
                    image_ids.sort(key=lambda one: split_frame(one)[1])
                first = image_ids[0]
                study = self._ask(GeneralStudyModule, first, "study_instance_uid")
                series = self._ask(GeneralSeriesModule, first, "series_instance_uid")
                uid = self._ask(SopCommonModule, first, "sop_instance_uid")
                is_dicom = _scheme(first) in _DICOM_SCHEMES
                made_up = MadeUp(
                    # What is no DICOM is a study for each thing that was given.
                    study or found.study_instance_uid or _uid_of("study", found.display_set_id),
                    series or found.series_instance_uid or _uid_of("series", found.display_set_id),
                    uid or _uid_of("instance", base),
                    number,
                    found.series_number or 1,
                    found.series_description,
                )
                # A file without its UIDs cannot be addressed as it is.
                is_file = is_dicom and bool(study and series and uid) and _is_file(base)
                yield Instance(
                    made_up.study_uid,
                    made_up.series_uid,
                    made_up.uid,
                    tuple(image_ids),
                    not is_file,
                    self,
                    made_up,
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


class _Recent(Generic[_T]):
    """What was used last, up to some megabytes of it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[_T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], _T], size_of: Callable[[_T], int]) -> _T:
        """Give what is kept, or make it."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found[0]
        made = make()
        with self._lock:
            self._kept[key] = made, size_of(made)
            total = sum(size for _, size in self._kept.values())
            while len(self._kept) > 1 and (
                total > _MOST_OPEN_BYTES or len(self._kept) > _MOST_OPEN
            ):
                total -= self._kept.popitem(last=False)[1][1]
        return made


def _scheme(image_id: str) -> str:
    return image_id[:16].partition(":")[0].lower()


def _is_file(base: str) -> bool:
    if _scheme(base) not in {"dicomfile", "file"}:
        return False
    try:
        resource = ImageId.parse(base).resource
        member = ArchiveMember.parse(resource)
    except PyCornerstoneError:
        return False
    if member is not None:
        # Of what is held in memory, the session has the bytes.
        return not isinstance(member.archive, str)
    return _path(base) is not None


def _path(base: str) -> Path | None:
    """Give the path of an imageId of ours; None if it is none."""
    address = base if _scheme(base) == "file" else ImageId.parse(base).resource
    if address.startswith(("bytes:", "data:", "zip://")):
        return None
    try:
        path = path_of(address)
    except PyCornerstoneError:
        return None
    return path if path.is_file() else None


def _uid_of(kind: str, name: str) -> str:
    """Make a UID of a name, always the same (PS3.5 annex B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'pycornerstone:{kind}:{name}').int}"
