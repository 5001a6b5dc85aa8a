"""What was retrieved, kept on the disk: for the next session, and for when there is no network."""

from __future__ import annotations

import logging
import os
import time
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pycornerstone.errors import HttpStatusError, TransferError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve import freshness
from pycornerstone.retrieve.disk_index import KeptAnswer
from pycornerstone.retrieve.disk_store import DiskStore, Unwritten
from pycornerstone.retrieve.disk_workers import DiskWorkers
from pycornerstone.retrieve.errand import current_errand
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http_response import HttpResponse
from pycornerstone.retrieve.kept_request import KeptRequest, resource_key
from pycornerstone.retrieve.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["DiskCache"]

SWITCH: Final = "PYCORNERSTONE_DISK_CACHE"
"""The environment variable that turns every disk cache off, whatever the code says."""

_log = logging.getLogger("pycornerstone.retrieve")

_DEFAULT_SIZE = 10 * 2**30
_ON = {"", "1", "on", "true", "yes"}
# It was there, and now may not be seen any more: what is kept of it goes too.
_WITHDRAWN = {401, 403, 404, 410}
_NOT_NOW = {429, 500, 502, 503, 504}
_NOT_MODIFIED = 304


class DiskCache:
    """Answers of servers, as they came, in a folder of this machine.

    Several processes may use one folder at the same time, and one that crashes leaves nothing that
    is wrong. One folder is for one person: who asks is not looked at. It is safe to use from any
    thread. Failures of the disk are logged, and loading goes on without it.

    The environment variable ``PYCORNERSTONE_DISK_CACHE=off`` turns every disk cache off, whatever
    the code says: nothing is written then, and nothing is given.

    Parameters
    ----------
    folder : path-like
        Made, for this user alone, when it is first used. Not one of a network share.
    max_size_in_bytes : int
        What is in it at the most; what was used least recently is thrown out first. An answer of
        more than half of it is not kept.
    offline : bool
        Ask no server, ever: what is not in the folder is a TransferError.

    Examples
    --------
    >>> session = Session(disk_cache=DiskCache("/data/cache"))  # doctest: +SKIP
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        max_size_in_bytes: int = _DEFAULT_SIZE,
        offline: bool = False,
    ) -> None:
        if max_size_in_bytes <= 0:
            raise ValueError(f"max_size_in_bytes must be positive, got {max_size_in_bytes}")
        self.folder = Path(folder).expanduser().absolute()
        self.offline = offline
        self._store = DiskStore(self.folder, max_size_in_bytes)
        self._workers = DiskWorkers(self._store)
        self._unreachable = Unreachable()
        self._purges = 0
        self._is_swept = False
        self._is_slow = False
        _caches.add(self)

    def __repr__(self) -> str:
        text = f"{type(self).__name__}({str(self.folder)!r}"
        text += f", max_size_in_bytes={self.max_size_in_bytes}"
        text += ", offline=True)" if self.offline else ")"
        return text if self.is_enabled else f"<{text}, off by {SWITCH}>"

    def __len__(self) -> int:
        """Count the answers that are kept."""
        return self._store.totals()[0]

    @property
    def is_enabled(self) -> bool:
        """False where the environment turned disk caches off."""
        # A word that nobody thought of means off: that is the safe side.
        return os.environ.get(SWITCH, "").strip().lower() in _ON

    @property
    def size_in_bytes(self) -> int:
        """Bytes that it takes on the disk, in whole blocks and with its table."""
        return self._store.totals()[1]

    @property
    def max_size_in_bytes(self) -> int:
        """What it takes on the disk at the most."""
        return self._store.max_size_in_bytes

    async def through(
        self,
        url: str,
        headers: Mapping[str, str],
        fetch: Callable[[Mapping[str, str]], Awaitable[HttpResponse]],
    ) -> HttpResponse:
        """Give an answer that is kept, or fetch it and keep it; for the transport.

        Parameters
        ----------
        url : str
            Of a GET.
        headers : mapping of str to str
            Request fields that choose the representation.
        fetch : callable
            Asks the server, with further fields, which may be a condition; it may give a 304 then.

        Raises
        ------
        TransferError
            If it is not there and only the disk is to be asked.
        Exception
            What `fetch` raises. For a TransferError, and where the server is out of order, what is
            kept is given instead.
        """
        if not self.is_enabled or not freshness.asks_for_a_representation(url, headers):
            if self.offline:
                raise self._not_kept(url)
            return await fetch({})
        if not self._is_swept:
            self._is_swept = True
            self._workers.soon(self._store.sweep)
        asked = KeptRequest.of(url, headers)
        purges = self._purges
        kept, response = await self._workers.read(self._look, asked)
        is_new = False
        if response is None:
            if self.offline:
                raise self._not_kept(url)
            response, is_new = await self._ask(asked, kept, fetch)
        if not is_new:
            size = len(response.body)
            current_errand().note_bytes(size, expected=size, is_end=True)
        elif purges == self._purges:
            # What was purged while it was on its way is not to be there afterwards.
            await self._keep(asked, response)
        return response

    def check_may_ask(self, url: str) -> None:
        """See to it that a server may be asked for what is not kept here, such as a stream.

        Raises
        ------
        TransferError
            If only the disk is to be asked.
        """
        if self.offline:
            raise self._not_kept(url)

    def remove(self, url: str) -> bool:
        """Remove what is kept of an address; False if there is nothing."""
        return self._workers.soon(self._store.remove_resource, resource_key(url)).result() > 0

    def purge(self, url_prefix: str | None = None) -> int:
        """Remove everything, or what is kept of an address and all below it, and count it.

        What is on its way while this is called is not kept either. Works where disk caches are
        turned off, too. It waits for the disk.

        Parameters
        ----------
        url_prefix : str, optional
            Such as ``https://pacs.example/dicom-web/studies/1.2.3``, which is not the beginning of
            ``.../studies/1.2.34``.
        """
        self._purges += 1
        if url_prefix is None:
            self._workers.forget_unwritten()
            return self._workers.soon(self._store.clear).result()
        shown = without_credentials(url_prefix)
        return self._workers.soon(self._store.remove_below, shown).result()

    def close(self) -> None:
        """Write what is to be written, and let go of the folder; using it again opens it again."""
        self._workers.close()
        self._store.close()
        self._is_swept = False

    def after_fork(self) -> None:
        """Begin anew in a child process, which has neither the threads nor the locks."""
        self._workers.after_fork()
        self._store.after_fork()

    def _look(self, asked: KeptRequest) -> tuple[KeptAnswer | None, HttpResponse | None]:
        """Find what is kept, and read it if nobody is to be asked about it. In a thread."""
        kept = self._kept(asked)
        if kept is None:
            return None, None
        age = freshness.age_s(kept.fields, kept.stored_at, time.time())
        is_fresh = age < freshness.lifetime_s(asked.url, kept.fields)
        response = self._response(asked, kept) if is_fresh or self.offline else None
        # One that should be given and cannot is damaged, and not there any more.
        return (None if is_fresh else kept), response

    def _kept(self, asked: KeptRequest, *, in_any_form: bool = False) -> KeptAnswer | None:
        candidates = self._store.with_request(asked.request)
        if not candidates and (in_any_form or self.offline) and freshness.is_frame(asked.url):
            # A frame says itself how it is encoded, so any is better than none.
            candidates = self._store.of_resource(asked.resource)
        matching = (kept for kept in candidates if kept.varied == asked.varied(kept.varied))
        return next(matching, None)

    def _response(self, asked: KeptRequest, kept: KeptAnswer) -> HttpResponse | None:
        body = self._store.body(kept)
        if body is None:
            return None
        url = asked.url if kept.source == kept.url else kept.source
        return HttpResponse(url, 200, Headers(kept.fields.items()), body)

    async def _ask(
        self,
        asked: KeptRequest,
        kept: KeptAnswer | None,
        fetch: Callable[[Mapping[str, str]], Awaitable[HttpResponse]],
    ) -> tuple[HttpResponse, bool]:
        """Ask the server; gives the answer, and whether it is one to be kept."""
        if kept is not None and self._unreachable.is_so(asked.url):
            given = await self._workers.read(self._without_the_server, asked)
            if given is not None:
                return given, False
        try:
            response = await fetch({} if kept is None else freshness.conditions(kept.fields))
        except (HttpStatusError, TransferError) as error:
            given = await self._instead_of(error, asked)
            if given is None:
                raise
            return given, False
        self._unreachable.was_reached(asked.url)
        if response.status != _NOT_MODIFIED:
            return response, True
        given = await self._still_holds(asked, kept, response)
        # What the server says still holds may be damaged here, or thrown out.
        return (await fetch({}), True) if given is None else (given, False)

    async def _instead_of(
        self, error: HttpStatusError | TransferError, asked: KeptRequest
    ) -> HttpResponse | None:
        """Give what is kept where the server cannot be asked now; None if it was, or nothing is."""
        if isinstance(error, HttpStatusError):
            self._unreachable.was_reached(asked.url)
            if error.status in _WITHDRAWN:
                self._workers.soon(self._store.remove_resource, asked.resource)
            if error.status not in _NOT_NOW:
                return None
        given = await self._workers.read(self._without_the_server, asked)
        if given is not None and isinstance(error, TransferError):
            self._unreachable.was_not_reached(asked.url, error)
        return given

    def _without_the_server(self, asked: KeptRequest) -> HttpResponse | None:
        """Give what is kept when nobody can be asked. In a thread."""
        kept = self._kept(asked, in_any_form=True)
        if kept is None or not freshness.may_be_given_unasked(kept.fields):
            return None
        return self._response(asked, kept)

    async def _still_holds(
        self, asked: KeptRequest, kept: KeptAnswer | None, not_modified: HttpResponse
    ) -> HttpResponse | None:
        if kept is None:
            return None
        fields = freshness.updated(kept.fields, not_modified.headers)
        kept = replace(kept, fields=fields, stored_at=time.time())
        response = await self._workers.read(self._response, asked, kept)
        if response is not None:
            self._workers.soon(self._store.refresh, kept)
        return response

    async def _keep(self, asked: KeptRequest, response: HttpResponse) -> None:
        size = len(response.body)
        if size > self.max_size_in_bytes // 2 or not freshness.may_be_kept(response):
            return
        fields = freshness.fields_to_keep(response.headers)
        varied = asked.varied(freshness.varying_names(fields))
        url = without_credentials(asked.url)
        kept = KeptAnswer(
            key=asked.key(varied),
            request=asked.request,
            resource=asked.resource,
            url=url,
            source=url if response.url == asked.url else without_credentials(response.url),
            file="",
            size=size,
            checksum=0,
            fields=fields,
            varied=varied,
            stored_at=time.time(),
        )
        if not await self._workers.write(Unwritten(kept, response.body)) and not self._is_slow:
            self._is_slow = True
            _log.warning("the disk of %s does not keep up; not everything is kept", self.folder)

    def _not_kept(self, url: str) -> TransferError:
        off = "" if self.is_enabled else f", which is off by {SWITCH}"
        return TransferError(
            f"GET {without_credentials(url)} was not sent: it is not in the disk cache "
            f"{str(self.folder)!r}{off}, and no server is asked (offline=True); load it once online"
        )


_caches: weakref.WeakSet[DiskCache] = weakref.WeakSet()


def _after_fork() -> None:
    for cache in list(_caches):
        cache.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
