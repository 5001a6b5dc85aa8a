"""DICOM objects that no viewport shows: reports, structure sets, documents, presentation states."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.stored_files import stored_file
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicomdir import is_directory
from pycornerstone.model.image_id import split_frame
from pycornerstone.session.display_sets.listing import address_of_path

if TYPE_CHECKING:
    from pycornerstone.frontends.dicomweb.stored_files import StoredFile
    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry_report import LeftOut
    from pycornerstone.retrieve.archives import Archives
    from pycornerstone.session.session import Session

__all__ = ["OtherObject", "other_object"]

_REMOTE = ("wadors:",)
_NAMED = ("dicomfile:", *_REMOTE)
_MOST_FRAMES = 100_000


class OtherObject(NamedTuple):
    """One of them.

    Attributes
    ----------
    study_uid, series_uid, uid : str
        Its UIDs.
    base : str
        Its imageId, without a frame.
    image_ids : tuple of str
        Its frames, where it has pixels after all: an image that is damaged, or in no set.
    file : StoredFile or None
        None of one at another server.
    """

    study_uid: str
    series_uid: str
    uid: str
    base: str
    image_ids: tuple[str, ...]
    file: StoredFile | None


def other_object(left_out: LeftOut, session: Session, archives: Archives) -> OtherObject | str:
    """Look whether something that is in no display set can be served; or say why it cannot.

    Parameters
    ----------
    left_out : LeftOut
        What it is.
    session : Session
        Keeps its header.
    archives : Archives
        Reads archives.
    """
    named = left_out.image_id
    base = _base(named)
    file = stored_file(base)
    header: DicomAttributes | None = None
    has_pixels = False
    if file is not None:
        try:
            found = file.header(archives)
        except PyCornerstoneError:
            return left_out.reason
        if found is not None:
            header, has_pixels = found.attributes, found.pixel_data_tag is not None
    elif base.startswith(_REMOTE):
        header = session.dicom_headers.get(base)
    if header is None or is_directory(header):
        return left_out.reason
    uids = [
        if_readable(header.text, tag, None)
        for tag in (Tag.STUDY_INSTANCE_UID, Tag.SERIES_INSTANCE_UID, Tag.SOP_INSTANCE_UID)
    ]
    study, series, uid = uids
    if not (study and series and uid):
        return "it has no UIDs, and holds no image"
    session.dicom_headers.add(base, header)
    image_ids = _image_ids(header, base) if has_pixels else ()
    return OtherObject(study, series, uid, base, image_ids, file)


def _base(named: str) -> str:
    if named.startswith(_NAMED):
        return split_frame(named)[0]
    # An address of a file in an archive, or a path.
    is_address = named.startswith(("zip://", "bytes:", "data:"))
    return f"dicomfile:{named if is_address else address_of_path(named)}"


def _image_ids(header: DicomAttributes, base: str) -> tuple[str, ...]:
    count = if_readable(header.integer, Tag.NUMBER_OF_FRAMES, None) or 1
    if count <= 1:
        return (base,)
    return tuple(f"{base}?frame={number}" for number in range(1, min(count, _MOST_FRAMES) + 1))
