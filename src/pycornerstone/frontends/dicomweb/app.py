"""The application: QIDO-RS, WADO-RS and WADO-URI (PS3.18 sections 9 and 10)."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import MissingExtraError, PyCornerstoneError
from pycornerstone.frontends.dicomweb.accepting import (
    OCTETS,
    accepts,
    frame_form,
    multipart,
    part_head,
    picture_type,
)
from pycornerstone.frontends.dicomweb.access import Accessed
from pycornerstone.frontends.dicomweb.attributes import bulk_data_of, json_text
from pycornerstone.frontends.dicomweb.decoded_frames import decoded_frame
from pycornerstone.frontends.dicomweb.rendered import Rendering, RenderingError
from pycornerstone.frontends.dicomweb.searching import SearchError, search
from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE

try:
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Route
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from pycornerstone.frontends.dicomweb.access import Access
    from pycornerstone.frontends.dicomweb.catalogue import Catalogue, Instance

__all__ = ["BASE_PATH", "WADO_URI_PATH", "dicomweb_app"]

BASE_PATH = "/dicom-web"
"""Where studies begin."""
WADO_URI_PATH = "/wado"
"""What WADO-URI asks."""

_LOGGER = logging.getLogger(__name__)
_DICOM, _DICOM_JSON = "application/dicom", "application/dicom+json"
_STUDY = BASE_PATH + "/studies/{study}"
_SERIES = _STUDY + "/series/{series}"
_INSTANCE = _SERIES + "/instances/{instance}"
_FRAMES = _INSTANCE + "/frames/{frames}"
_MOST_FRAMES = 4096


class _Service:
    """What is answered; each by a thread of the server's, since files and servers are waited for.

    What a client sends is compared with what there is, and never becomes a path or an address.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def routes(self) -> Iterator[Route]:
        """Give all routes, those that are asked most often first."""
        yield Route(_FRAMES, self.frames)
        yield Route(_FRAMES + "/rendered", self.rendered)
        yield Route(_FRAMES + "/thumbnail", self.thumbnail)
        yield Route(WADO_URI_PATH, self.wado_uri)
        yield Route(_INSTANCE + "/bulkdata/{tag}", self.bulk_data)
        yield Route(_INSTANCE + "/rendered", self.rendered)
        for resource in (_INSTANCE, _SERIES, _STUDY):
            yield Route(resource + "/metadata", self.metadata)
            yield Route(resource + "/thumbnail", self.thumbnail)
        for above in (BASE_PATH, _STUDY, _SERIES):
            yield Route(above + "/instances", self.search)
        for above in (BASE_PATH, _STUDY):
            yield Route(above + "/series", self.search)
        yield Route(BASE_PATH + "/studies", self.search)
        for resource in (_INSTANCE, _SERIES, _STUDY):
            yield Route(resource, self.instances)

    def search(self, request: Request) -> Response:
        """QIDO-RS."""
        level = request.url.path.rpartition("/")[2]
        is_under = "study" in request.path_params
        instances = self._asked(request) if is_under else self._catalogue.instances
        if accepts(_accept(request), _DICOM_JSON) is None and not _takes_json(request):
            raise HTTPException(406, f"there is {_DICOM_JSON}")
        asked = [
            (name, text) for name, text in request.query_params.multi_items() if name != "token"
        ]
        base = _base_url(request)
        try:
            found, more = search(instances, level, asked, base)
        except SearchError as error:
            raise HTTPException(400, str(error)) from None
        headers = {}
        if more:
            said = f"There are {more} additional results that can be requested"
            headers["Warning"] = f'299 {base}: "{said}"'
        text = "[" + ",".join(json_text(one, "") for one in found) + "]"
        return Response(text, media_type=_DICOM_JSON, headers=headers)

    def metadata(self, request: Request) -> Response:
        """WADO-RS metadata."""
        if accepts(_accept(request), _DICOM_JSON) is None and not _takes_json(request):
            raise HTTPException(406, f"there is {_DICOM_JSON}")
        base = _base_url(request)
        objects, failed = [], 0
        for one in self._asked(request):
            try:
                objects.append(json_text(one.attributes, base + one.path))
            except PyCornerstoneError:
                failed += 1
        if not objects:
            raise HTTPException(500, "it could not be read")
        said = f'299 {base}: "{failed} instances could not be read"'
        headers = {"Warning": said} if failed else {}
        return Response(f"[{','.join(objects)}]", media_type=_DICOM_JSON, headers=headers)

    def instances(self, request: Request) -> Response:
        """WADO-RS instances: files as they are."""
        asked = self._asked(request)
        accept = _accept(request)
        syntaxes = {one.uid: one.frames().file_syntax_uid for one in asked[:1]}
        first_syntax = syntaxes[asked[0].uid]
        chosen = accepts(accept, _DICOM, first_syntax)
        if chosen is None or (chosen.is_multipart is False and len(asked) > 1):
            raise HTTPException(
                406, f'there is multipart/related; type="{_DICOM}"; transfer-syntax={first_syntax}'
            )
        if chosen.is_multipart is False:
            return Response(asked[0].part10(), media_type=_DICOM)
        boundary = uuid.uuid4().hex
        media = f'multipart/related; type="{_DICOM}"; boundary={boundary}'
        return StreamingResponse(_parts(asked, boundary), media_type=media)

    def frames(self, request: Request) -> Response:
        """WADO-RS frames."""
        instance = self._asked(request)[0]
        numbers = _numbers(request.path_params["frames"], len(instance.frames().frames))
        stored = instance.frames()
        form = frame_form(_accept(request), stored.transfer_syntax_uid)
        if form is None or (not form.is_multipart and len(numbers) > 1):
            raise HTTPException(
                406,
                f"frames are in transfer syntax {stored.transfer_syntax_uid}, or {OCTETS} in "
                f"{EXPLICIT_LITTLE}",
            )
        if form.transfer_syntax_uid == stored.transfer_syntax_uid:
            frames = [stored.frames[number - 1] for number in numbers]
        else:
            frames = [decoded_frame(self._catalogue.session, instance, n) for n in numbers]
        if not form.is_multipart:
            return Response(frames[0], headers={"content-type": form.content_type})
        media, pieces = multipart([(form.content_type, frame) for frame in frames])
        return Response(b"".join(pieces), headers={"content-type": media})

    def bulk_data(self, request: Request) -> Response:
        """Give a value that metadata name by its address."""
        instance = self._asked(request)[0]
        value = bulk_data_of(instance.header(), request.path_params["tag"])
        if value is None:
            raise HTTPException(404, "there is no such value")
        chosen = accepts(_accept(request), OCTETS)
        if chosen is None:
            raise HTTPException(406, f"there is {OCTETS}")
        if chosen.is_multipart is False:
            return Response(value, media_type=OCTETS)
        media, pieces = multipart([(OCTETS, value)])
        return Response(b"".join(pieces), headers={"content-type": media})

    def rendered(self, request: Request) -> Response:
        """WADO-RS rendered."""
        return self._picture(request, Rendering.of)

    def thumbnail(self, request: Request) -> Response:
        """WADO-RS thumbnails, of the middle instance."""
        return self._picture(request, Rendering.thumbnail)

    def wado_uri(self, request: Request) -> Response:
        """WADO-URI (PS3.18 section 9)."""
        asked = request.query_params
        if asked.get("requestType") != "WADO":
            raise HTTPException(400, "requestType must be WADO")
        names = ("studyUID", "seriesUID", "objectUID")
        if any(not asked.get(name) for name in names):
            raise HTTPException(400, "studyUID, seriesUID and objectUID must be given")
        found = self._catalogue.find(*(asked[name] for name in names))
        if not found:
            raise HTTPException(404, "there is no such instance")
        instance = found[0]
        media = (asked.get("contentType") or "image/jpeg").split(",")[0].strip().lower()
        if media.partition(";")[0] == _DICOM:
            wanted = asked.get("transferSyntax")
            if wanted and wanted != instance.frames().file_syntax_uid:
                raise HTTPException(406, "instances are sent in the transfer syntax they are in")
            return Response(instance.part10(), media_type=_DICOM)
        if media not in {"image/jpeg", "image/png"}:
            raise HTTPException(406, f"there are {_DICOM}, image/jpeg and image/png")
        rows, columns = asked.get("rows"), asked.get("columns")
        center, width = asked.get("windowCenter"), asked.get("windowWidth")
        given = {
            "viewport": f"{columns or rows},{rows or columns}" if rows or columns else "",
            "window": f"{center},{width},linear" if center and width else "",
            "quality": asked.get("imageQuality", ""),
            **{n: asked.get(n, "") for n in ("annotation", "region", "presentationUID")},
        }
        number = _numbers(asked.get("frameNumber") or "1", len(instance.image_ids))[0]
        return self._drawn(instance, number, _rendering(Rendering.of, given), media)

    def _picture(self, request: Request, read: Any) -> Response:
        asked = self._asked(request)
        instance = asked[len(asked) // 2]
        media = picture_type(_accept(request))
        if media is None:
            raise HTTPException(406, "there are image/jpeg and image/png")
        rendering = _rendering(read, dict(request.query_params))
        count = len(instance.image_ids)
        frames = request.path_params.get("frames")
        number = _numbers(frames, count)[0] if frames else (count + 1) // 2
        if not frames and read == Rendering.of:
            number = 1
        if frames and "," in frames:
            raise HTTPException(406, "one frame is a picture; ask for one after the other")
        return self._drawn(instance, number, rendering, media)

    def _drawn(self, instance: Instance, number: int, rendering: Rendering, media: str) -> Response:
        session = self._catalogue.session
        image = session.load_and_cache_image(instance.image_ids[number - 1]).result()
        return Response(rendering.draw(session, image, media), media_type=media)

    def _asked(self, request: Request) -> tuple[Instance, ...]:
        names = request.path_params
        found = self._catalogue.find(names["study"], names.get("series"), names.get("instance"))
        if not found:
            raise HTTPException(404, "there is no such study, series or instance")
        return found


def dicomweb_app(catalogue: Catalogue, access: Access) -> Starlette:
    """Make the application that serves a catalogue.

    Parameters
    ----------
    catalogue : Catalogue
        What is served; nothing else is, whatever a client asks for.
    access : Access
        Who is answered.
    """
    return Starlette(
        routes=list(_Service(catalogue).routes()),
        middleware=[Middleware(Accessed, access)],
        exception_handlers={
            HTTPException: _say,
            PyCornerstoneError: _say_failed,
        },
    )


def _say(_request: Request, error: Exception) -> Response:
    status, detail = getattr(error, "status_code", 500), getattr(error, "detail", "")
    return PlainTextResponse(f"{detail}\n", status)


def _say_failed(_request: Request, error: Exception) -> Response:
    # Its text may have a path in it.
    _LOGGER.warning("an instance could not be sent: %s", type(error).__name__)
    return PlainTextResponse(
        "It could not be read; its file or server has changed or failed.\n", 500
    )


def _parts(instances: Sequence[Instance], boundary: str) -> Iterator[bytes]:
    """Give one file after the other: a study is larger than memory."""
    for one in instances:
        syntax = one.frames().file_syntax_uid
        content = one.part10()
        kind = f"{_DICOM}; transfer-syntax={syntax}"
        yield part_head(boundary, kind, len(content))
        yield content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _rendering(read: Any, asked: dict[str, str]) -> Rendering:
    try:
        made: Rendering = read(asked)
    except RenderingError as error:
        raise HTTPException(400, str(error)) from None
    return made


def _numbers(text: str, count: int) -> list[int]:
    parts = text.split(",")
    if len(parts) > _MOST_FRAMES or not all(p.isascii() and p.isdigit() for p in parts):
        raise HTTPException(400, "frames are numbers from 1, with commas between them")
    numbers = [int(part[:9]) for part in parts]
    if not all(1 <= number <= count for number in numbers):
        raise HTTPException(404, f"the instance has {count} frames")
    return numbers


def _accept(request: Request) -> str:
    # PS3.18 section 8.3.3.1: what cannot set a header says it in the address.
    named = ",".join(request.query_params.getlist("accept"))
    return named or ",".join(request.headers.getlist("accept"))


def _takes_json(request: Request) -> bool:
    return accepts(_accept(request), "application/json") is not None


def _base_url(request: Request) -> str:
    # The guard has found the name to be one of this machine.
    url, before = request.url, request.scope.get("root_path", "")
    return f"{url.scheme}://{url.netloc}{before}{BASE_PATH}"
