"""Files of any file system that fsspec knows: object stores, archives, SFTP, and chains of them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import (
    MissingExtraError,
    PyCornerstoneError,
    RetrieveError,
    TransferError,
)
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.errand import current_errand

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["FsspecFiles", "is_fsspec_address", "local_base"]

# A letter and a colon is a drive of Windows.
_ADDRESS = re.compile(r"[a-z][a-z0-9+._-]+(?:://|::)", re.IGNORECASE)
# `zip://a.nii::memory` and `simplecache::s3://...`: a protocol without its path.
_WORD = re.compile(r"[a-z][a-z0-9]*", re.IGNORECASE)
# They hold an archive open, and know its table as it once was, for as long as fsspec keeps them.
_ARCHIVES = frozenset({"libarchive", "tar", "zip"})
# They would fetch past the session's transport: its credentials, limits, TLS and offline switch.
_TRANSPORTS = frozenset({"http", "https"})
# They open what their content says, which may be anything on this machine or any server.
_ANYWHERE = frozenset({"generic", "reference"})
# A backend that hangs holds its thread; those that come after wait, and can be cancelled.
_MAX_THREADS = 32
_PIECE = 4 * 1024 * 1024
# What another attempt would not change.
_FINAL = (FileNotFoundError, ImportError, PermissionError, ValueError)
_LOCAL = frozenset({"", "file", "local"})
# Libraries that are installed by another name than they are imported by.
_PACKAGES = {"libarchive": "libarchive-c", "smbclient": "smbprotocol"}
_ASSIGNED = re.compile(
    r"\b(?P<name>[\w-]*(?:key|secret|password|passwd|pwd|token|signature|credential)[\w-]*)"
    r"(?P<sign>['\"]?\s*[=:]\s*)\S+",
    re.IGNORECASE,
)
_LONGEST_REASON = 200
# Each library has errors of its own for it, and few of them are Python's.
_CONNECTION = re.compile("Connection|Timeout|gaierror")


def is_fsspec_address(address: str) -> bool:
    """Say whether an address is one for fsspec: ``scheme://...``, or a chain, ``scheme::...``.

    Those of other kinds, ``http://`` and ``file://``, are to be told apart before.
    """
    return _ADDRESS.match(address) is not None


def local_base(address: str) -> str | None:
    """Give the path of the local file that a chain ends at; None if it ends elsewhere."""
    *_, last = address.split("::")
    if _protocol(last) not in _LOCAL or last == address:
        return None
    from fsspec.implementations.local import LocalFileSystem

    return str(LocalFileSystem._strip_protocol(last))  # noqa: SLF001 - as fsspec's own `open` does


class FsspecFiles:
    """Reads them; of one event loop.

    Parameters
    ----------
    settings : HttpSettings
        How long a file may take, and how large it may be: what holds for an answer of a server.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(_MAX_THREADS)

    async def read(self, address: str, nbytes: int | None = None) -> bytes:
        """Bring a file, or the first `nbytes` of it; fewer where there are no more.

        Keys, regions, end points and the like are taken from fsspec's own configuration
        (``~/.config/fsspec``, ``FSSPEC_...``) and from that of the libraries behind it. Their
        connections are their own: nothing of `HttpSettings` but its total time and its largest
        size holds for them.

        Raises
        ------
        RetrieveError
            If there is no such file, it is empty or too large, may not be read, its file system
            is unknown or not to be used, or a library that it needs is missing. What failed for
            another reason was tried twice.
        TransferError
            If there is no connection, it is cut, or it takes longer than allowed.
        MissingExtraError
            If fsspec is not installed.
        """
        limit = self._settings.max_body_bytes
        try:
            async with asyncio.timeout(self._settings.total_timeout_s):
                data = await self._in_thread(lambda: _read(address, nbytes, limit))
        except TimeoutError:
            raise TransferError(
                f"{without_credentials(address)} was not there within "
                f"{self._settings.total_timeout_s:g} s; see whether it can be reached, or raise "
                "HttpSettings.total_timeout_s"
            ) from None
        current_errand().note_bytes(len(data), expected=len(data), is_end=True)
        return data

    async def _in_thread(self, function: Callable[[], bytes]) -> bytes:
        """Call a function in a thread that nobody has to wait for, when it hangs."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[bytes] = loop.create_future()

        def settle(data: bytes | None, error: BaseException | None) -> None:
            self._slots.release()
            if outcome.done():
                return
            if error is not None:
                outcome.set_exception(error)
            else:
                outcome.set_result(data or b"")

        def run() -> None:
            data, failure = None, None
            try:
                data = function()
            except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
                failure = error
            # The loop may have ended meanwhile.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, data, failure)

        await self._slots.acquire()
        try:
            threading.Thread(target=run, name="pycornerstone-fsspec", daemon=True).start()
        except RuntimeError as error:
            self._slots.release()
            raise RetrieveError(f"no thread could be begun to read a file in: {error}") from error
        return await outcome


def _read(address: str, nbytes: int | None, limit: int) -> bytes:
    shown = without_credentials(address)
    _check(address, shown)

    def attempt() -> bytes:
        _check_archives(address, shown)
        system, path = _file_system(address)
        return _bytes_of(system, path, shown, nbytes, limit)

    try:
        try:
            return attempt()
        except (PyCornerstoneError, *_FINAL):
            raise
        except Exception:  # noqa: BLE001 - backends raise whatever they like
            # fsspec keeps connections, and a server may have closed one of them long since.
            _forget_connections(address)
            return attempt()
    except PyCornerstoneError:
        raise
    except BaseException as error:  # noqa: BLE001 - what ends a process ended the event loop
        # The text of the cause may have keys in it, so it is not shown.
        raise _failure(address, shown, error) from None


def _forget_connections(address: str) -> None:
    from fsspec.registry import get_filesystem_class

    for protocol in set(map(_protocol, address.split("::"))) - _LOCAL:
        get_filesystem_class(protocol).clear_instance_cache()


def _check(address: str, shown: str) -> None:
    """Refuse what would go past the rules of the session."""
    for protocol in map(_protocol, address.split("::")):
        if protocol in _TRANSPORTS:
            raise RetrieveError(
                f"{shown} is not opened: fsspec would fetch the {protocol} address in it without "
                "the credentials, limits and TLS of this session; fetch that file and give its path"
            )
        if protocol in _ANYWHERE:
            raise RetrieveError(
                f"{shown} is not opened: {protocol!r} leads to addresses that it does not name; "
                "give the address of the file itself"
            )
    try:
        import fsspec  # noqa: F401 - whether it is there
    except ImportError:
        raise MissingExtraError(f"reading {_protocol(address)}: addresses", "remote") from None
    base = local_base(address)
    if base is not None:
        _check_base(base, shown)


def _check_base(base: str, shown: str) -> None:
    try:
        mode = Path(base).stat().st_mode
    except (OSError, ValueError):
        # Opening it says what is wrong.
        return
    # Opening a pipe would wait for its other end, and a device may have no end.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _in_device(shown)


def _check_archives(address: str, shown: str) -> None:
    """Refuse an archive that is a device of this machine, named in one of its folders."""
    links = address.split("::")
    if _protocol(links[-1]) not in _LOCAL:
        return
    # From the innermost on: asking about what an archive holds opens it.
    for index in range(len(links) - 3, -1, -1):
        if _protocol(links[index]) in _ARCHIVES:
            system, path = _file_system("::".join(links[index + 1 :]))
            if system.info(path).get("type") == "other":
                raise _in_device(shown)


def _in_device(shown: str) -> RetrieveError:
    return RetrieveError(f"{shown} is in a device or a pipe, not in a file")


def _file_system(address: str) -> tuple[Any, str]:
    """Give the file system of an address, and the path in it."""
    from fsspec.core import url_to_fs

    protocols = [_protocol(link) for link in address.split("::")]
    archives = [index for index, name in enumerate(protocols) if name in _ARCHIVES]
    in_archives = protocols[: archives[-1] + 1] if archives else []
    anew = {protocol: {"skip_instance_cache": True} for protocol in in_archives}
    system, path = url_to_fs(address, **anew)
    return system, path


def _bytes_of(system: Any, path: str, shown: str, nbytes: int | None, limit: int) -> bytes:
    found = system.info(path)
    kind, size = found.get("type"), found.get("size")
    if kind == "directory":
        raise RetrieveError(f"{shown} is a folder, not a file; name a file in it")
    if kind == "other":
        raise RetrieveError(f"{shown} is a device or a pipe, not a file")
    if size == 0:
        raise RetrieveError(f"{shown} is empty; copy the file again")
    wanted = limit if nbytes is None else min(nbytes, limit)
    if size is not None and nbytes is None and size > limit:
        raise _too_large(shown, size, limit)
    # One request where the size is known, since a file that is opened is read in blocks. One byte
    # more than allowed tells that there is more.
    if size is not None:
        there = min(wanted, size)
        data = bytes(system.cat_file(path, start=0, end=there))
        if len(data) < there:
            raise ConnectionError(f"it ended after {len(data)} of {there} bytes")
    else:
        with system.open(path, "rb") as file:
            data = _read_up_to(file, wanted if nbytes is not None else limit + 1)
    if not data:
        raise RetrieveError(f"{shown} is empty; copy the file again")
    if len(data) > limit:
        raise _too_large(shown, len(data), limit)
    return data


def _read_up_to(file: Any, nbytes: int) -> bytes:
    pieces = []
    while nbytes > 0 and (piece := file.read(min(_PIECE, nbytes))):
        pieces.append(piece)
        nbytes -= len(piece)
    return b"".join(pieces)


def _too_large(shown: str, size: int, limit: int) -> RetrieveError:
    return RetrieveError(
        f"{shown} has {size} bytes or more, the limit is {limit}; raise "
        "HttpSettings.max_body_bytes if it is to be loaded"
    )


def _failure(address: str, shown: str, error: BaseException) -> RetrieveError:
    match error:
        case FileNotFoundError():
            return RetrieveError(f"there is no file {shown}; check the address")
        case PermissionError():
            return RetrieveError(
                f"{shown} may not be read; see to what fsspec's configuration says of it"
            )
        case ImportError():
            return RetrieveError(f"{shown} needs {_missing_package(error)}")
        case ValueError() if "Protocol not known" in str(error):
            return RetrieveError(
                f"{shown} is in no file system that fsspec knows; check what stands before '://', "
                "or write './' before a path"
            )
    is_of_connection = any(_CONNECTION.search(kind.__name__) for kind in type(error).__mro__)
    kind = TransferError if is_of_connection else RetrieveError
    reason = f"{type(error).__name__}{_reason(address, error)}"
    return kind(f"{shown} could not be read: {reason}")


def _missing_package(error: ImportError) -> str:
    cause = error.__cause__
    module = (cause.name if isinstance(cause, ImportError) else None) or error.name
    if not module:
        return "a library that is not installed; see fsspec's documentation for which"
    package = module.partition(".")[0]
    package = _PACKAGES.get(package, package)
    return f"a library that is not installed: pip install {package}"


def _reason(address: str, error: BaseException) -> str:
    """Say what a library said, unless it may have said what is secret."""
    text = " ".join(str(error).split())
    if not text or without_credentials(address) != address:
        return ""
    text = _ASSIGNED.sub(r"\g<name>\g<sign>...", without_credentials(text))
    return f": {text[:_LONGEST_REASON]}"


def _protocol(link: str) -> str:
    """Give what stands before ``://`` of a link of a chain; empty for a path."""
    name, mark, _ = link.partition("://")
    if mark:
        return name.lower()
    if link[:5].lower() == "data:":
        return "data"
    return link.lower() if _WORD.fullmatch(link) else ""
