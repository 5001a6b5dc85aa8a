"""What a person types: an imageId, or a file or a URL that is looked into."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from cyclopts import Group, Parameter

from pycornerstone.codecs.media_kinds import PICTURES, kind_of
from pycornerstone.errors import DecodeError, ImageIdError, PyCornerstoneError, RetrieveError
from pycornerstone.retrieve.files import path_of
from pycornerstone.retrieve.sources import Source, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.loaders.list_request import ImageIdsRequest
    from pycornerstone.session.session import Session

__all__ = ["VolumeOptions", "image_id_of"]

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_URL = re.compile(r"data:|[A-Za-z][A-Za-z0-9+.-]*://")
# Pictures by these need no scheme before them.
_IS_SCHEME = re.compile(r"https?:|data:")
# Analyze has no magic number, nor has the file of a pair that holds the voxels.
_NIFTI_NAME = re.compile(r"\.(nii|hdr|img)(\.gz)?$", re.IGNORECASE)
# One image of a file, as imageIds have it.
_PICTURE_FRAME = re.compile(r"#frame=[^#]*\Z")
_SLICE = re.compile(r"[?&](?:frame|axis)=")
_FRAME = re.compile(r"(?P<address>.+)(?P<frame>[#?]frame=[^#?]*)", re.DOTALL)
_GROUP = Group("Of a volume (NIfTI)")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class VolumeOptions:
    """Which slices of a volume are meant, where a file is named and not a slice of it.

    Attributes
    ----------
    axis
        Across which axis of its voxels it is cut: k, as they are stored, or j or i.
    time_point
        Which volume of several, counted from 0.
    """

    axis: Literal["k", "j", "i"] = "k"
    time_point: int = 0

    def images_of(self, session: Session, texts: Iterable[str]) -> list[list[str]]:
        """List the imageIds of each thing that was typed: of a file its slices, pages or frames.

        Of what cannot be looked into, it is the one imageId whose load says what is wrong.

        Raises
        ------
        ImageIdError
            If a volume has no such time point.
        """
        schemes = session.loaders.schemes()
        # All are begun before one is waited for.
        begun = [self._begin(session, text, schemes) for text in texts]
        return [self._end(session, typed) for typed in begun]

    def _begin(self, session: Session, text: str, schemes: list[str]) -> _Typed:
        if _is_url(text, schemes):
            if _NIFTI_NAME.search(text.partition("?")[0].partition("#")[0]):
                request = None if _SLICE.search(text) else self._slices(session, text)
                return _Typed(f"nifti:{text}", request)
            image_id = text if _IS_SCHEME.match(text) else f"web:{text}"
            if _PICTURE_FRAME.search(text):
                return _Typed(image_id)
            return _Typed(image_id, session.image_ids_from_web(text), text)
        image_id = image_id_of(text)
        scheme, _, address = image_id.partition(":")
        if image_id == text or scheme == "dicomfile" or _FRAME.fullmatch(address):
            return _Typed(image_id)
        request = (
            self._slices(session, address)
            if scheme == "nifti"
            else session.image_ids_from_web(address)
        )
        return _Typed(image_id, request)

    def _end(self, session: Session, typed: _Typed) -> list[str]:
        if typed.request is None:
            return [typed.image_id]
        try:
            return typed.request.result()
        except ImageIdError:
            raise
        except PyCornerstoneError as error:
            if typed.may_be_volume and isinstance(error, DecodeError):
                try:
                    return self._slices(session, typed.may_be_volume).result()
                except PyCornerstoneError:
                    # It is neither, and what it is instead stands in the first.
                    pass
            return [typed.image_id]

    def _slices(self, session: Session, address: str) -> ImageIdsRequest:
        return session.image_ids_from_nifti(address, axis=self.axis, time_points=self.time_point)


class _Typed(NamedTuple):
    """What was typed: the imageId that it is at least, and the list of all that it has."""

    image_id: str
    request: ImageIdsRequest | None = None
    may_be_volume: str = ""


def image_id_of(text: str) -> str:
    """Give the imageId of a file, or of one of its frames, by its path or ``file:`` URL.

    Any other text is taken for an imageId itself.
    """
    named = _FRAME.fullmatch(text)
    # Of a path, a frame may be part of the name; of a URL it is not.
    found = None if named and text[:5].lower() == "file:" else _image_id(text)
    if found is None and named:
        found = _image_id(named["address"], named["frame"])
    if found is not None:
        return found
    is_path = ":" not in text or _DRIVE.match(text)
    # The loader says what is wrong with a path.
    return f"dicomfile:{text}" if is_path and text else text


def _image_id(address: str, frame: str = "") -> str | None:
    try:
        path = path_of(address)
        with path.open("rb") as file:
            kind = kind_of(file.read(512))
    except (OSError, ValueError, RetrieveError):
        return None
    # What stands at the end of its name is no frame.
    where = path.absolute().as_uri() if _FRAME.fullmatch(str(path)) else str(path)
    if kind in PICTURES:
        return f"web:{where}{frame}"
    is_volume = kind in {"NIfTI", "gzip"} or (kind != "DICOM" and _NIFTI_NAME.search(path.name))
    return f"nifti:{where}{frame}" if is_volume else f"dicomfile:{where}{frame}"


def _is_url(text: str, schemes: list[str]) -> bool:
    """Say whether it is the address of a file, and no imageId of a loader that knows better."""
    if not _URL.match(text):
        return False
    if _IS_SCHEME.match(text):
        return True
    has_loader = text.partition(":")[0] in schemes
    return not has_loader and Source.parse(text).kind is SourceKind.FSSPEC
