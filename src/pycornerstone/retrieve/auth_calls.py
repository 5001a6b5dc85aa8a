"""Calling the function that authenticates: where it may wait, and what it gives is looked at."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pycornerstone.retrieve.http_auth import AuthRequest, BearerAuth, HttpAuth, TokenError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ask_for_fields", "wrong_with"]

# RFC 9110 sections 5.1 and 5.5.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_OWN = __name__.partition(".")[0]


async def ask_for_fields(auth: HttpAuth, request: AuthRequest) -> Mapping[str, str] | str:
    """Ask for header fields; the event loop does not wait.

    Returns
    -------
    mapping or str
        The fields, or what went wrong, in words that hold no secret. A text, since several may wait
        for it and each raises an error of its own.
    """
    try:
        answer: Any
        answer = auth(request) if _is_async(auth) else await _in_thread(auth, request)
        if inspect.isawaitable(answer):
            answer = await answer
    except TokenError as error:
        return f"failed: {error}"
    except asyncio.CancelledError as error:
        # What the function waited for was given up, and not this request.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return f"raised {type(error).__name__}{_where(error.__traceback__)}"
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - it is told
        # Its text may hold the address that a token is had from, with all that is in it.
        return f"raised {type(error).__name__}{_where(error.__traceback__)}"
    if (wrong := wrong_with(answer)) is not None:
        return f"gave {wrong}; it is to give header fields, as {{'Authorization': 'Bearer ...'}}"
    return dict(answer)


def wrong_with(fields: object) -> str | None:
    """Say what is wrong with header fields, without their values; None if they can be sent."""
    if not isinstance(fields, Mapping):
        return f"a {type(fields).__name__}"
    for name, value in fields.items():
        if not isinstance(name, str) or not isinstance(value, str):
            return "a header field that is not text"
        if not _NAME.fullmatch(name):
            return "a header field whose name cannot be sent (RFC 9110 section 5.1)"
        if not _VALUE.fullmatch(value):
            return f"a value of {name} with characters that cannot be sent (RFC 9110 section 5.5)"
    return None


async def _in_thread(auth: HttpAuth, request: AuthRequest) -> object:
    """Call it in a thread of its own, which nobody waits for if it never ends."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[object] = loop.create_future()
    context = contextvars.copy_context()

    def settle(answer: object, error: BaseException | None) -> None:
        if outcome.done():
            _give_up(answer)
        elif error is None:
            outcome.set_result(answer)
        else:
            outcome.set_exception(error)

    def work() -> None:
        answer: object = None
        failure: BaseException | None = None
        try:
            answer = context.run(auth, request)
        except StopIteration as error:
            # No future can hold it.
            failure = RuntimeError().with_traceback(error.__traceback__)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            failure = error
        try:
            loop.call_soon_threadsafe(settle, answer, failure)
        except RuntimeError:
            # The loop has ended.
            _give_up(answer)

    threading.Thread(target=work, name="pycornerstone-auth", daemon=True).start()
    return await outcome


def _give_up(answer: object) -> None:
    """Close a coroutine that nobody will await."""
    if inspect.isawaitable(answer) and (close := getattr(answer, "close", None)) is not None:
        close()


def _is_async(auth: object) -> bool:
    if isinstance(auth, BearerAuth):
        return _is_async(auth.function)
    return inspect.iscoroutinefunction(auth) or inspect.iscoroutinefunction(
        getattr(auth, "__call__", None)  # noqa: B004 - not whether it can be called, but how
    )


def _where(traceback: TracebackType | None) -> str:
    """Name the place in the function that was given, where that is known."""
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] not in {_OWN, "contextvars"}:
            code = frame.f_code
            return f" in {code.co_name} ({code.co_filename}, line {traceback.tb_lineno})"
        traceback = traceback.tb_next
    return ""
