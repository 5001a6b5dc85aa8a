"""The session that module-level functions act on."""

from __future__ import annotations

import atexit
import functools
import importlib
import os
import threading
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.errors import SessionClosedError
from pycornerstone.metadata import default_registry, forget_default_registry
from pycornerstone.session.cache import DEFAULT_SIZE_IN_BYTES
from pycornerstone.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.model.limits import LoadLimits
    from pycornerstone.retrieve.disk_cache import DiskCache
    from pycornerstone.retrieve.http_settings import HttpSettings

__all__ = ["close_default_session", "configure_default_session", "default_session"]

_lock = threading.Lock()
_session: Session | None = None
_make: Callable[..., Session] = Session
_is_ending = False


def default_session() -> Session:
    """Give the default session, made on first use; it ends with the process.

    Raises
    ------
    SessionClosedError
        If the process is ending: nobody would close another one, and its threads would stay.
    """
    global _session  # noqa: PLW0603 - a process has one
    with _lock:
        if _session is None and _is_ending:
            raise SessionClosedError(
                "the process is ending, and the default session with it; load what is needed before"
            )
        if _session is None:
            _session = _make(metadata=default_registry())
            _close_at_exit()
        return _session


def configure_default_session(
    *,
    http: HttpSettings | None = None,
    cache_size_in_bytes: int = DEFAULT_SIZE_IN_BYTES,
    decode_threads: int | None = None,
    disk_cache: DiskCache | None = None,
    limits: LoadLimits | None = None,
) -> None:
    """Say how the default session is made, before it is first used; see `Session`.

    It holds for those that are made after `close_default_session` too, until said otherwise.

    Parameters
    ----------
    http, cache_size_in_bytes, decode_threads, disk_cache, limits
        As for `Session`.

    Raises
    ------
    RuntimeError
        If there is a default session already.
    """
    global _make  # noqa: PLW0603 - a process has one
    with _lock:
        if _session is not None:
            raise RuntimeError(
                "the default session is in use already; configure it before anything is loaded or "
                "registered, or call close_default_session first"
            )
        _make = partial(
            Session,
            http=http,
            cache_size_in_bytes=cache_size_in_bytes,
            decode_threads=decode_threads,
            disk_cache=disk_cache,
            limits=limits,
        )


def close_default_session() -> None:
    """End the default session and forget its providers; the next use makes a new one."""
    global _session
    with _lock:
        session, _session = _session, None
    if session is not None:
        session.close()
        forget_default_registry()


@functools.cache
def _close_at_exit() -> None:
    """Close the default session when the process ends; to be asked for once in a process."""
    atexit.register(_close_for_good)
    # That comes after the threads of executors were waited for, and one of them may wait for a load
    # that only closing ends. What is registered here is called first, the newest before the older.
    importlib.import_module("concurrent.futures.thread")
    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(_close_for_good)


def _close_for_good() -> None:
    global _is_ending  # noqa: PLW0603 - a process ends once
    with _lock:
        _is_ending = True
    close_default_session()


def _forget_after_fork() -> None:
    # Threads do not survive a fork: a child starts with a new session.
    global _lock, _session  # noqa: PLW0603 - the child's own
    _lock = threading.Lock()
    _session = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
