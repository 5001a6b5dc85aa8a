"""Pictures of instances: rendered, thumbnails, and WADO-URI (PS3.18 sections 9 and 10.4.1.1.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.dicomweb.accepting import accepts, picture_form
from pycornerstone.frontends.dicomweb.answering import bytes_answer, parts_answer
from pycornerstone.frontends.dicomweb.asking import (
    DICOM,
    accept_of,
    asked_instances,
    base_url,
    frame_numbers,
    parameters,
)
from pycornerstone.frontends.dicomweb.made_instances import decoded_part10
from pycornerstone.frontends.dicomweb.rendered import Rendering, RenderingError
from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE

try:
    from starlette.exceptions import HTTPException
    from starlette.responses import Response
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request

    from pycornerstone.frontends.dicomweb.answering import Part
    from pycornerstone.frontends.dicomweb.catalogue import Catalogue
    from pycornerstone.frontends.dicomweb.instances import Instance

__all__ = ["Pictures"]

_PDF = "application/pdf"
_KINDS = ("image/jpeg", "image/png")
_ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


class Pictures:
    """Answers for them.

    Parameters
    ----------
    catalogue : Catalogue
        What there is.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def rendered(self, request: Request) -> Response:
        """Give all pictures of what is asked for, or the one that a client without parts takes.

        That is the first of an instance, and the middle one of a series or study.
        """
        asked = asked_instances(self._catalogue, request)
        if len(asked) == 1 and not asked[0].image_ids:
            return self._document(request, asked[0])
        named = request.path_params.get("frames")
        pictures = [
            (one, number)
            for one in asked
            for number in (
                frame_numbers(named, len(one.image_ids))
                if named
                else range(1, len(one.image_ids) + 1)
            )
        ]
        if not pictures:
            raise HTTPException(406, "there is no image that could be rendered")
        form = picture_form(accept_of(request), is_many=len(pictures) > 1)
        is_one_of_many = form is not None and not form.is_multipart and len(pictures) > 1
        if form is None or (is_one_of_many and named is not None):
            raise HTTPException(
                406,
                'there are image/jpeg and image/png; of several, multipart/related; type="..." of '
                "these",
            )
        rendering = _parsed(Rendering.of, dict(parameters(request)))
        headers = _warning(request, rendering)
        if is_one_of_many:
            count = len(pictures)
            is_instance = "instance" in request.path_params
            middle = 0 if is_instance else count // 2
            pictures = [pictures[middle]]
            if not is_instance:
                said = f"picture {middle + 1} of {count}; all come in parts of multipart/related"
                headers.setdefault("Warning", f'299 {base_url(request)}: "{said}"')
        first = self._drawn(*pictures[0], rendering, form.media)
        if not form.is_multipart:
            return Response(first, media_type=form.media, headers=headers)

        def parts() -> Iterator[Part]:
            yield form.media, len(first), iter((first,))
            for one, number in pictures[1:]:
                picture = self._drawn(one, number, rendering, form.media)
                yield form.media, len(picture), iter((picture,))

        return parts_answer(request, form.media, parts, headers)

    def thumbnail(self, request: Request) -> Response:
        """Give one small picture: of the middle, where it is of many."""
        asked = [one for one in asked_instances(self._catalogue, request) if one.image_ids]
        if not asked:
            raise HTTPException(404, "there is no image, and so no thumbnail")
        form = picture_form(accept_of(request), is_many=False)
        if form is None:
            raise HTTPException(406, "there are image/jpeg and image/png")
        instance = asked[len(asked) // 2]
        count = len(instance.image_ids)
        named = request.path_params.get("frames")
        number = frame_numbers(named, count)[0] if named else (count + 1) // 2
        rendering = _parsed(Rendering.thumbnail, dict(parameters(request)))
        picture = self._drawn(instance, number, rendering, form.media)
        if not form.is_multipart:
            return Response(picture, media_type=form.media)
        part = (form.media, len(picture), iter((picture,)))
        return parts_answer(request, form.media, lambda: iter((part,)))

    def wado_uri(self, request: Request) -> Response:
        """Answer WADO-URI."""
        asked = dict(parameters(request))
        if asked.get("requestType") != "WADO":
            raise HTTPException(400, "requestType must be WADO")
        names = ("studyUID", "seriesUID", "objectUID")
        if any(not asked.get(name) for name in names):
            raise HTTPException(400, "studyUID, seriesUID and objectUID must be given")
        if asked.get("anonymize"):
            # What is not done must not seem to be.
            raise HTTPException(400, "anonymize is not supported: instances are sent as they are")
        found = self._catalogue.find(*(asked[name] for name in names))
        if not found:
            raise HTTPException(404, "there is no such instance")
        instance = found[0]
        default = "image/jpeg" if instance.image_ids else DICOM
        accept = asked.get("contentType") or default
        if accepts(accept, DICOM) and not _prefers_picture(accept):
            return self._whole(request, instance, asked.get("transferSyntax"))
        form = picture_form(accept, is_many=False)
        if form is None or not instance.image_ids:
            kinds = f"{DICOM}, image/jpeg and image/png" if instance.image_ids else DICOM
            raise HTTPException(406, f"there are {kinds}")
        number = frame_numbers(asked.get("frameNumber") or "1", len(instance.image_ids))
        if len(number) > 1:
            raise HTTPException(400, "frameNumber is one number")
        rendering = _parsed(Rendering.of, _as_rendered(asked))
        picture = self._drawn(instance, number[0], rendering, form.media)
        return Response(picture, media_type=form.media, headers=_warning(request, rendering))

    def _whole(self, request: Request, instance: Instance, wanted: str | None) -> Response:
        if not wanted or wanted in {"*", instance.transfer_syntax_uid}:
            return bytes_answer(request, instance.part10(), DICOM)
        if wanted != EXPLICIT_LITTLE:
            raise HTTPException(
                406,
                f"the instance is in transfer syntax {instance.transfer_syntax_uid}, or in "
                f"{EXPLICIT_LITTLE}",
            )
        return bytes_answer(request, decoded_part10(self._catalogue.session, instance), DICOM)

    def _document(self, request: Request, instance: Instance) -> Response:
        """Give the document of an encapsulated one, which is rendered as it is (table 8.7.4-1)."""
        is_pdf = (instance.element("00080016") or {}).get("Value") == [_ENCAPSULATED_PDF]
        if not is_pdf or accepts(accept_of(request), _PDF) is None:
            kinds = f"{_PDF}" if is_pdf else f"{DICOM}, and no picture: it holds no image"
            raise HTTPException(406, f"there is {kinds}")
        header = instance.header()
        document: bytes = header.EncapsulatedDocument
        length = int(header.get("EncapsulatedDocumentLength") or len(document))
        return bytes_answer(request, document[:length], _PDF)

    def _drawn(self, instance: Instance, number: int, rendering: Rendering, media: str) -> bytes:
        session = self._catalogue.session
        image = session.load_and_cache_image(instance.image_ids[number - 1]).result()
        try:
            return rendering.draw(session, image, media)
        except RenderingError as error:
            raise HTTPException(400, str(error)) from None


def _parsed(read: Callable[[Mapping[str, str]], Rendering], asked: Mapping[str, str]) -> Rendering:
    try:
        return read(asked)
    except RenderingError as error:
        raise HTTPException(400, str(error)) from None


def _warning(request: Request, rendering: Rendering) -> dict[str, str]:
    """Say what is not drawn (PS3.18 8.3.5.1.1)."""
    if not rendering.undone:
        return {}
    words = ",".join(re.sub(r"[^a-zA-Z0-9-]", "", word)[:32] for word in rendering.undone[:8])
    said = f"The following annotation values are not supported: {words}"
    return {"Warning": f'299 {base_url(request)}: "{said}"'}


def _prefers_picture(accept: str) -> bool:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    places = [kinds.index(kind) for kind in (*_KINDS, "image/*") if kind in kinds]
    dicom = [kinds.index(kind) for kind in (DICOM, "application/*") if kind in kinds]
    return bool(places) and (not dicom or min(places) < min(dicom))


def _as_rendered(asked: Mapping[str, str]) -> dict[str, str]:
    """Give parameters of WADO-URI (PS3.18 section 9.1.2) by the names they have in WADO-RS."""
    if asked.get("presentationUID") or asked.get("presentationSeriesUID"):
        raise HTTPException(400, "presentation states are not applied")
    rows, columns = asked.get("rows"), asked.get("columns")
    center, width = asked.get("windowCenter"), asked.get("windowWidth")
    if bool(center) != bool(width):
        raise HTTPException(400, "windowCenter and windowWidth are given together, or neither")
    return {
        "viewport": f"{columns or rows},{rows or columns}" if rows or columns else "",
        "window": f"{center},{width},linear" if center and width else "",
        "quality": asked.get("imageQuality", ""),
        "annotation": asked.get("annotation", ""),
        "region": asked.get("region", ""),
    }
