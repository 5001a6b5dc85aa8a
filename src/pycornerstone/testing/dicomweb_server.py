"""A small image archive for tests, demonstrations and benchmarks: DICOMweb and files from memory.

aiohttp and pydicom are imported at the top: import this module when it is needed.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import gzip
import io
from typing import TYPE_CHECKING

from aiohttp import web

from pycornerstone.testing.dicomweb_service import BASE_PATH, DicomwebService
from pycornerstone.testing.loopback import LoopbackServer
from pycornerstone.testing.served_instances import ServedInstance

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from pycornerstone.testing.searches import DicomwebLimits

__all__ = ["SampleServer"]

_PICTURES = (".png", ".jpg", ".jpeg")
_NIFTI = (".nii", ".nii.gz")


class SampleServer(LoopbackServer):
    """Serves DICOM instances and plain files from memory, on a free port of 127.0.0.1.

    Use it by ``with``; what is added while it runs is served at once. Frames are sent as they are
    stored, nothing is transcoded: who wants another transfer syntax gets 406.

    Parameters
    ----------
    instances : iterable of bytes or Path
        DICOM Part 10 files.
    files : mapping of str to bytes or Path, optional
        Plain files by name, served as ``/files/NAME``.
    latency_s : float
        Waited before each answer: a network in between.
    bulk_data : bool
        Metadata name larger binary values, such as palettes, by BulkDataURI (PS3.18 F.2.6),
        instead of holding them.
    limits : DicomwebLimits, optional
        What of searches and metadata it does not do; by default it does all.
    credentials : tuple of str, optional
        User name and password without which everything is answered with 401 (RFC 7617).
    token : str, optional
        The same for a bearer token (RFC 6750); `change_token` lets it run out.

    Examples
    --------
    >>> with SampleServer(files={"a.txt": b"hello"}) as server:
    ...     server.url("/files/a.txt").startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        instances: Iterable[bytes | Path] = (),
        files: Mapping[str, bytes | Path] | None = None,
        *,
        latency_s: float = 0.0,
        bulk_data: bool = False,
        limits: DicomwebLimits | None = None,
        credentials: tuple[str, str] | None = None,
        token: str | None = None,
    ) -> None:
        super().__init__()
        self._credentials = credentials
        self._token = token
        self._instances: dict[str, ServedInstance] = {}
        self._files: dict[str, bytes] = {}
        self._service = DicomwebService(
            self._instances, self._files, bulk_data=bulk_data, limits=limits
        )
        self._requests: collections.Counter[str] = collections.Counter()
        self._latency_s = latency_s
        for data in instances:
            self.add_instance(data)
        for name, content in (files or {}).items():
            self.add_file(name, content)

    @property
    def dicomweb_url(self) -> str:
        """Base of WADO-RS and QIDO-RS; ``/studies`` comes after it."""
        return self.address + BASE_PATH

    @property
    def wado_uri_url(self) -> str:
        """Address of WADO-URI; ``?requestType=WADO&...`` comes after it."""
        return self.address + "/wado"

    def requests(self, path: str | None = None) -> int:
        """Count the requests so far for a path without its query, or all of them."""
        return self._requests.total() if path is None else self._requests[path]

    def change_token(self, token: str) -> None:
        """Let in whoever bears this token, and no longer who bears the one before."""
        self._token = token

    def add_instance(self, data: bytes | Path) -> str:
        """Serve a DICOM Part 10 file, and give its SOP Instance UID.

        Raises
        ------
        ValueError
            If it is not one.
        """
        instance = ServedInstance.from_part10(_bytes(data))
        self._instances[instance.uid] = instance
        return instance.uid

    def add_file(self, name: str, data: bytes | Path) -> None:
        """Serve a plain file as ``/files/NAME``."""
        self._files[name] = _bytes(data)

    def image_ids(self, scheme: str, of: Collection[str] | None = None) -> list[str]:
        """List the imageIds of what is served, in the order it was added.

        Parameters
        ----------
        scheme : str
            ``wadors``, ``wadouri`` or ``dicomweb`` for every frame of the instances; ``web`` or
            ``http`` for PNG and JPEG files; ``nifti`` for every slice of NIfTI files.
        of : collection of str, optional
            Only of these: SOP, Series or Study Instance UIDs, or names of files.

        Raises
        ------
        ValueError
            If nothing can be had by that scheme.
        """
        match scheme:
            case "wadors" | "wadouri" | "dicomweb":
                wanted = None if of is None else frozenset(of)
                return [
                    self._image_id_of_frame(scheme, instance, number)
                    for instance in self._instances.values()
                    if wanted is None
                    or wanted & {instance.uid, instance.series_uid, instance.study_uid}
                    for number in range(1, len(instance.frames) + 1)
                ]
            case "web" | "http":
                prefix = "web:" if scheme == "web" else ""
                return [prefix + self.url("/files/" + name) for name in self._named(_PICTURES, of)]
            case "nifti":
                return [
                    f"nifti:{self.url('/files/' + name)}?frame={number}"
                    for name in self._named(_NIFTI, of)
                    for number in range(_slices(self._files[name]))
                ]
            case _:
                raise ValueError(
                    f"nothing is served by scheme {scheme!r}; there are wadors, wadouri, "
                    "dicomweb, web, http and nifti"
                )

    @contextlib.asynccontextmanager
    async def serving(self, listening: socket.socket) -> AsyncIterator[None]:
        """Answer on a bound socket for as long as the context is entered."""
        application = web.Application(middlewares=[self._receive])
        application.add_routes(list(self._service.routes()))
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            yield
        finally:
            await runner.cleanup()

    # aiohttp's decorator is for functions; a method of one request and one handler is one as well.
    @web.middleware
    async def _receive(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        self._requests[request.path] += 1
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        if (challenge := self._challenge(request.headers.get("Authorization"))) is not None:
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": challenge})
        return await handler(request)

    def _challenge(self, authorization: str | None) -> str | None:
        """Give the WWW-Authenticate for a request that is not let in; None for one that is."""
        kind, _, given = (authorization or "").partition(" ")
        wanted = []
        if self._credentials is not None:
            pair = base64.b64encode(":".join(self._credentials).encode()).decode("ascii")
            if kind.lower() == "basic" and given == pair:
                return None
            wanted.append('Basic realm="SampleServer", charset="UTF-8"')
        if self._token is not None:
            if kind.lower() == "bearer" and given == self._token:
                return None
            was_bearer = kind.lower() == "bearer"
            wanted.append('Bearer realm="SampleServer"' + ', error="invalid_token"' * was_bearer)
        return ", ".join(wanted) if wanted else None

    def _named(self, suffixes: tuple[str, ...], of: Collection[str] | None) -> list[str]:
        names = [name for name in self._files if name.lower().endswith(suffixes)]
        return [name for name in names if of is None or name in of]

    def _image_id_of_frame(self, scheme: str, instance: ServedInstance, number: int) -> str:
        if scheme == "wadors":
            return f"wadors:{self.dicomweb_url}{instance.path}/frames/{number}"
        image_id = (
            f"{scheme}:{self.wado_uri_url}?requestType=WADO&studyUID={instance.study_uid}"
            f"&seriesUID={instance.series_uid}&objectUID={instance.uid}"
            "&contentType=application/dicom"
        )
        return image_id if len(instance.frames) == 1 else f"{image_id}&frame={number}"


def _bytes(data: bytes | Path) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()


def _slices(data: bytes) -> int:
    """Count the slices along the third axis of a NIfTI volume."""
    import nibabel

    with gzip.open(io.BytesIO(data)) if data[:2] == b"\x1f\x8b" else io.BytesIO(data) as opened:
        start = opened.read(nibabel.Nifti2Header.sizeof_hdr)
    kind = (
        nibabel.Nifti1Header
        if nibabel.Nifti1Header.may_contain_header(start)
        else nibabel.Nifti2Header
    )
    shape = kind.from_fileobj(io.BytesIO(start)).get_data_shape()
    return int(shape[2]) if len(shape) > 2 else 1
