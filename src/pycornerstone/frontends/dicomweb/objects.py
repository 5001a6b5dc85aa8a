"""WADO-RS but for pictures: metadata, instances, frames and bulk data (PS3.18 section 10.4)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pycornerstone.errors import MissingExtraError, PyCornerstoneError
from pycornerstone.frontends.dicomweb.accepting import (
    OCTETS,
    accepts,
    frame_form,
    instance_form,
    multipart,
)
from pycornerstone.frontends.dicomweb.answering import bytes_answer, parts_answer, streamed
from pycornerstone.frontends.dicomweb.asking import (
    DICOM,
    DICOM_JSON,
    accept_of,
    asked_instances,
    base_url,
    byte_range,
    check_takes_json,
    frame_numbers,
)
from pycornerstone.frontends.dicomweb.attributes import at_address
from pycornerstone.frontends.dicomweb.decoded_frames import decoded_frame
from pycornerstone.frontends.dicomweb.made_instances import decoded_part10
from pycornerstone.frontends.dicomweb.stored_frames import EXPLICIT_LITTLE

try:
    from starlette.exceptions import HTTPException
    from starlette.responses import Response, StreamingResponse
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from pycornerstone.frontends.dicomweb.answering import Part
    from pycornerstone.frontends.dicomweb.catalogue import Catalogue
    from pycornerstone.frontends.dicomweb.instances import Instance

__all__ = ["Objects"]


class Objects:
    """Answers for them.

    Parameters
    ----------
    catalogue : Catalogue
        What there is.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def metadata(self, request: Request) -> Response:
        """Give metadata; of a series, without those instances that cannot be read."""
        check_takes_json(request)
        base = base_url(request)
        objects, failed = [], 0
        for one in asked_instances(self._catalogue, request):
            try:
                objects.append(at_address(one.json(), base + one.path))
            except PyCornerstoneError:
                failed += 1
        if not objects:
            raise HTTPException(500, "it could not be read")
        said = f'299 {base}: "{failed} instances could not be read"'
        headers = {"Warning": said} if failed else {}
        return Response(f"[{','.join(objects)}]", media_type=DICOM_JSON, headers=headers)

    def instances(self, request: Request) -> Response:
        """Give instances: files as they are, or in Explicit VR Little Endian for who wants that."""
        asked = asked_instances(self._catalogue, request)
        form = instance_form(accept_of(request), {one.transfer_syntax_uid for one in asked})
        if form is None or (not form.is_multipart and len(asked) > 1):
            syntaxes = sorted({one.transfer_syntax_uid for one in asked})
            raise HTTPException(
                406,
                f'there is multipart/related; type="{DICOM}" in transfer syntax '
                f"{', '.join(syntaxes)}, or {EXPLICIT_LITTLE}",
            )
        if form.is_multipart:
            return parts_answer(
                request, DICOM, lambda: self._files(asked, is_explicit=form.is_explicit)
            )
        [one] = asked
        if one.file is None or form.is_explicit:
            _, _, pieces = self._file(one, is_explicit=form.is_explicit)
            return bytes_answer(request, b"".join(pieces), DICOM)
        if request.headers.get("range"):
            return bytes_answer(request, one.part10(), DICOM)
        length, pieces = one.pieces()
        headers = {"content-length": str(length), "accept-ranges": "bytes", "content-type": DICOM}
        if request.method == "HEAD":
            return Response(headers=headers)
        return StreamingResponse(streamed(pieces), headers=headers)

    def frames(self, request: Request) -> Response:
        """Give frames as they are stored where that is accepted, and decoded otherwise."""
        instance = asked_instances(self._catalogue, request)[0]
        numbers = frame_numbers(request.path_params["frames"], len(instance.image_ids))
        stored = instance.frames()
        syntax = EXPLICIT_LITTLE if stored is None else stored.transfer_syntax_uid
        form = frame_form(accept_of(request), syntax)
        if form is None or (not form.is_multipart and len(numbers) > 1):
            raise HTTPException(
                406,
                f"frames are in transfer syntax {syntax}, or {OCTETS} in {EXPLICIT_LITTLE}",
            )
        if stored is not None and form.transfer_syntax_uid == syntax:
            frames = stored.frames
            if max(numbers) > len(frames):
                raise HTTPException(404, f"the instance has {len(frames)} frames")
            chosen = (frames[number - 1] for number in numbers)
        else:
            session = self._catalogue.session
            chosen = (decoded_frame(session, instance, number) for number in numbers)
        if not form.is_multipart:
            return bytes_answer(request, next(chosen), form.content_type)
        # What fails with the first is said by the status; after it, the answer has begun.
        first = next(chosen)
        kind = form.content_type
        every = itertools.chain((first,), chosen)
        return parts_answer(
            request, form.media, lambda: ((kind, len(one), iter((one,))) for one in every)
        )

    def bulk_data(self, request: Request) -> Response:
        """Give a value that metadata name by its address."""
        instance = asked_instances(self._catalogue, request)[0]
        value = self._catalogue.value_of(instance, request.path_params["path"])
        if value is None:
            raise HTTPException(404, "there is no such value")
        chosen = accepts(accept_of(request), OCTETS)
        if chosen is None:
            raise HTTPException(406, f"there is {OCTETS}")
        asked = byte_range(request, len(value))
        if not chosen.is_multipart and (asked or chosen.is_multipart is False):
            return bytes_answer(request, value, OCTETS)
        headers = {}
        if asked is not None:
            first, end = asked
            headers["content-range"] = f"bytes {first}-{end - 1}/{len(value)}"
            value = value[first:end]
        media, pieces = multipart([(OCTETS, value)])
        headers["content-type"] = media
        return Response(b"".join(pieces), 200 if asked is None else 206, headers=headers)

    def _files(self, instances: tuple[Instance, ...], *, is_explicit: bool) -> Iterator[Part]:
        """Give one file after the other: a study is larger than memory."""
        for one in instances:
            yield self._file(one, is_explicit=is_explicit)

    def _file(self, one: Instance, *, is_explicit: bool) -> Part:
        syntax = one.transfer_syntax_uid
        if is_explicit and syntax != EXPLICIT_LITTLE:
            syntax = EXPLICIT_LITTLE
            content = decoded_part10(self._catalogue.session, one)
            length, pieces = len(content), iter((content,))
        else:
            length, pieces = one.pieces()
        return f"{DICOM}; transfer-syntax={syntax}", length, pieces
