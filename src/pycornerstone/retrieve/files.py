"""Files of this machine: from the address of one to its bytes."""

from __future__ import annotations

import mmap
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote

from pycornerstone.errors import RetrieveError

__all__ = ["path_of", "read_file", "version_of"]

# Up to here a file is read, past it mapped. Both cost the same up to about 2 MB (530 kB: 0.05 ms);
# but a page of a mapped file that is not in memory yet is waited for with the GIL held, and one
# that cannot be had any more, because the share is gone, ends the process instead of the load.
_MAPPED_FROM_BYTES = 4 * 1024 * 1024

_FILE_URL = re.compile(r"file:(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)", re.IGNORECASE)
_DRIVE = re.compile(r"/[A-Za-z][:|](?=/|$)")


def path_of(resource: str) -> Path:
    """Give the path that an address means.

    Parameters
    ----------
    resource : str
        A path, absolute or relative, perhaps beginning with ``~``; or a ``file:`` URL (RFC 8089),
        whose percent signs are undone and which may name a Windows drive.

    Raises
    ------
    RetrieveError
        If the URL names another machine, or there is no such home folder.

    Examples
    --------
    >>> path_of("file:///scans/head%20ct/1.dcm").as_posix()
    '/scans/head ct/1.dcm'
    """
    url = _FILE_URL.match(resource)
    if url is None:
        try:
            return Path(resource).expanduser()
        except (RuntimeError, ValueError) as error:
            raise RetrieveError(f"{resource!r} names a home folder that is not there") from error
    # Names that are no UTF-8 are escaped by `Path.as_uri` too.
    host, text = url["host"] or "", unquote(url["path"], errors="surrogateescape")
    if host.lower() not in {"", "localhost"}:
        if os.name != "nt":
            raise RetrieveError(
                f"{resource!r} names a file of the machine {host!r}; mount it and give its path"
            )
        return Path(f"//{host}{text}")
    if _DRIVE.match(text):
        text = f"{text[1]}:{text[3:]}"
    return Path(text)


def read_file(path: str | os.PathLike[str]) -> memoryview:
    """Give the bytes of a file, read-only; a large file is mapped, and read as it is looked at.

    Parameters
    ----------
    path : path-like
        Of a regular file. One that is mapped must not be shortened while the bytes are in use.

    Raises
    ------
    RetrieveError
        If there is no such file, it is empty, no regular file, or may not be read.
    """
    path = Path(path)
    try:
        status = path.stat()
        # Only regular files are opened: opening a pipe would wait for its other end.
        data = _bytes_of(path, status.st_size) if stat.S_ISREG(status.st_mode) else None
    except FileNotFoundError as error:
        raise RetrieveError(f"there is no file {_shown(path)}; check the path") from error
    except PermissionError as error:
        raise RetrieveError(
            f"{_shown(path)} may not be read; ask for permission to read it"
        ) from error
    except (OSError, OverflowError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RetrieveError(f"{_shown(path)} could not be read: {reason}") from error
    if data is None:
        if stat.S_ISDIR(status.st_mode):
            raise RetrieveError(f"{_shown(path)} is a folder, not a file; name a file in it")
        raise RetrieveError(f"{_shown(path)} is a device or a pipe, not a file")
    if not data.nbytes:
        raise RetrieveError(f"{_shown(path)} is empty; copy the file again")
    return data


def version_of(path: Path) -> tuple[int, ...]:
    """Give what changes when a file is written anew, as far as can be told; ``()`` if it is not.

    A file that takes the place of another can have its time and its size, but not its number.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        # Opening it says what is wrong.
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _bytes_of(path: Path, size: int) -> memoryview:
    if not size:
        # Those of the kernel (/proc) say so too, and reading some of them waits for ever.
        return memoryview(b"")
    with path.open("rb", buffering=0) as file:
        if size < _MAPPED_FROM_BYTES:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _shown(path: Path) -> str:
    text = str(path)
    if path.is_absolute():
        return repr(text)
    try:
        return f"{text!r} in {str(Path.cwd())!r}"
    except OSError:
        return f"{text!r} in a folder that is gone"
