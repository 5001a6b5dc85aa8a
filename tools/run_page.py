"""Run the Python of a page of the docs as a reader would: from top to bottom, in an empty folder.

::

    python tools/run_page.py docs/guides/custom-image-loader.md

Blocks fenced as ``python`` run in order, in one namespace and one process; ``await`` at the top
level works, as it does in a notebook. A comment behind a ``print(...)`` is what it must print. What
a reader sees is what runs: nothing is put in its place. The world that a page speaks of is made by
comments, which a reader does not see:

``<!-- with: http_server -->``
    http://example.com, and every host below it, is a server on this machine that gives the files
    of the folder ``www``. Any other host is refused. There is no https: that wants a certificate.
``<!-- given: CODE -->``
    Python that makes the files which the page speaks of (those of the server in ``www``). It runs
    before the first block, in a namespace of its own, so that no block can lean on it.
``<!-- not run: REASON -->``
    Before a block: leave that one out.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import os
import re
import socket
import sys
import tempfile
import textwrap
import threading
import warnings
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "Page", "PageError", "read_page", "run_page"]

_COMMENT = re.compile(r"<!--\s*(?P<word>not run|with|given):(?P<text>.*?)-->", re.DOTALL)
_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^\s`{]*)")
_PRINTS = re.compile(r"^\s*print\(.*\)  # (?P<text>.+)$", re.MULTILINE)
_ALIASES = {"py", "py3", "python3", "pycon", "ipython", "ipython3"}


class PageError(Exception):
    """The page says something that this runner does not understand."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some Python of a page.

    Attributes
    ----------
    line : int
        Lines of the page that stand above it.
    code : str
        The text itself, without its indentation.
    """

    line: int
    code: str


@dataclass(frozen=True, slots=True)
class Page:
    """What of a page is run.

    Attributes
    ----------
    path : Path
        The page.
    blocks : tuple of Block
        What a reader is shown, in order, less what is not run.
    given : tuple of Block
        What makes the files that the page speaks of.
    with_http_server : bool
        example.com answers.
    """

    path: Path
    blocks: tuple[Block, ...]
    given: tuple[Block, ...] = ()
    with_http_server: bool = False


def read_page(path: Path) -> Page:
    """Find the code of a page, and what it needs around it.

    Raises
    ------
    PageError
        If a comment asks for something that there is not, stands before nothing, or a block would
        be passed over because its language is written in another way.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    blocks: list[Block] = []
    given: list[Block] = []
    with_http_server = False
    passed_over = False
    at = 0
    while at < len(lines):
        if fence := _FENCE.match(lines[at]):
            end = _end_of_fence(lines, at, fence["fence"], path)
            language = fence["language"].lower()
            if language in _ALIASES:
                raise PageError(f"{path}:{at + 1}: write ```python, not ```{fence['language']}")
            if language == "python" and not passed_over:
                code = "\n".join(lines[at + 1 : end])
                blocks.append(Block(at + 1, textwrap.dedent(code)))
            passed_over = False
            at = end + 1
            continue
        if passed_over and lines[at].strip():
            raise PageError(f"{path}:{at + 1}: 'not run' must stand right before a block")
        if (comment := _comment_at(lines, at)) is None:
            at += 1
            continue
        match comment["word"]:
            case "not run":
                if not comment["text"].strip():
                    raise PageError(f"{path}:{at + 1}: 'not run' needs a reason")
                passed_over = True
            case "with":
                if comment["text"].strip() != "http_server":
                    raise PageError(f"{path}:{at + 1}: there is no {comment['text'].strip()!r}")
                with_http_server = True
            case "given":
                given.append(Block(at, textwrap.dedent(comment["text"])))
        at += comment.group().count("\n") + 1
    return Page(path, tuple(blocks), tuple(given), with_http_server)


def run_page(page: Page) -> None:
    """Run a page in a new folder, and leave nothing of it behind.

    What a block raises passes through; its traceback names the page and the line.
    """
    # A page that shows what is deprecated has to be written anew.
    warnings.filterwarnings("error", module="__main__")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_new_folder())
        if page.with_http_server:
            Path("www").mkdir()
            stack.enter_context(_example_com(Path("www")))
        runner = stack.enter_context(asyncio.Runner())
        for block in page.given:
            _run_block(page, block, {"__name__": "given"}, runner)
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for block in page.blocks:
            _run_block(page, block, namespace, runner)


def _comment_at(lines: list[str], at: int) -> re.Match[str] | None:
    if not lines[at].lstrip().startswith("<!--"):
        return None
    return _COMMENT.match("\n".join(lines[at:]).lstrip())


def _end_of_fence(lines: list[str], start: int, fence: str, path: Path) -> int:
    for at in range(start + 1, len(lines)):
        if (line := lines[at].strip()).startswith(fence) and not line.strip(fence[0]):
            return at
    raise PageError(f"{path}:{start + 1}: this block has no end")


def _run_block(page: Page, block: Block, namespace: dict[str, Any], runner: asyncio.Runner) -> None:
    # Empty lines above it give the traceback the line numbers of the page.
    code = compile(
        "\n" * block.line + block.code,
        str(page.path),
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        dont_inherit=True,
    )
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            answer = eval(code, namespace)
            if inspect.iscoroutine(answer):
                runner.run(answer)
    finally:
        sys.stdout.write(printed.getvalue())
    lines = iter(printed.getvalue().splitlines())
    for promised in _PRINTS.finditer(block.code):
        # Looking on in one iterator keeps them in order.
        if promised["text"] not in lines:
            raise PageError(
                f"{page.path}:{block.line + 1}: nothing printed is {promised['text']!r}; "
                f"printed was {printed.getvalue()!r}"
            )


@contextlib.contextmanager
def _new_folder() -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


class _FileHandler(SimpleHTTPRequestHandler):
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the status text of RFC 9110 ("Not Found"), as most servers do."""
        super().send_error(code, None, explain or message)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has
        pass


@contextlib.contextmanager
def _example_com(folder: Path) -> Iterator[None]:
    """Serve `folder`, and give its address to whoever looks up example.com (RFC 2606)."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_FileHandler, directory=str(folder.resolve()))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, service: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        if name in {None, "localhost", "127.0.0.1", "::1"}:
            return look_up(host, service, *args, **kwargs)
        if name != "example.com" and not name.endswith(".example.com"):
            raise socket.gaierror(f"{name}: a page of the docs may only ask http://example.com")
        if int(service or 0) != 80:
            raise socket.gaierror(f"port {service} of {name}: only plain http is served")
        # The flags that an address may bring are for text that needs a look-up; this needs none.
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port))]

    try:
        with patch.object(socket, "getaddrinfo", look_up_here):
            yield
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        run_page(read_page(Path(name).resolve()))
