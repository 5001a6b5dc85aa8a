"""What went wrong, as the user of the page reads it: without names of files and servers."""

from __future__ import annotations

import re

from pycornerstone.errors import PyCornerstoneError

__all__ = ["CannotShowError", "said_of", "without_names"]

_LONGEST_TEXT = 400
_LEFT_OUT = "…"
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_IS_NAME = re.compile(r"[/\\]|^[\w.-]+:|\.[A-Za-z][A-Za-z0-9]{1,4}$")
_PATHS = re.compile(
    r"""
    \b[a-z][a-z0-9+.-]+:/*[^\s;,)\]'"]+          # dicomfile:/a/b.dcm, https://host/a
    | (?<![\w.…])(?:[a-z]:)?[\\/~][^\s;,)\]'"]*  # /a/b.dcm, C:\a\b.dcm, \\host\a
    | \b[\w-]+(?:[\\/][\w.-]+)*\.[a-z][a-z0-9]{1,4}\b(?![\w(])  # a/b.dcm
    """,
    re.IGNORECASE | re.VERBOSE,
)


class CannotShowError(Exception):
    """What is asked for cannot be; the text is for the user."""


def said_of(error: BaseException) -> str:
    """Give the text of an error for the user; of those that are not ours, the kind alone.

    Names of files and folders are often those of patients, and whoever looks on reads them.
    """
    if isinstance(error, CannotShowError):
        text = str(error)
    elif isinstance(error, PyCornerstoneError):
        text = without_names(error.message, error.image_id)
    else:
        return f"that went wrong ({type(error).__name__})"
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + _LEFT_OUT


def without_names(text: str, image_id: str | None = None) -> str:
    """Leave out of a text what names a file, a folder or an address, and of all an imageId."""
    for name in _names_in(image_id):
        text = text.replace(name, _LEFT_OUT)
    text = _PATHS.sub(_LEFT_OUT, _QUOTED.sub(_quoted_without, text))
    return re.sub(rf"{_LEFT_OUT}[/\\{_LEFT_OUT}]*", _LEFT_OUT, text)


def _quoted_without(found: re.Match[str]) -> str:
    inside = found[1] if found[1] is not None else found[2]
    return _LEFT_OUT if _IS_NAME.search(inside) else found[0]


def _names_in(image_id: str | None) -> list[str]:
    """Give what an imageId has of names, the longest first: a path may have spaces in it."""
    if image_id is None:
        return []
    path = image_id.partition(":")[2].partition("?")[0].partition("#")[0]
    last = re.split(r"[\\/]", path)[-1]
    return [name for name in (image_id, path, last) if len(name) > 2]
