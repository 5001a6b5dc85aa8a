"""Folders of this machine: the files in them, whatever links lead round in circles."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FilesOfFolder", "list_files"]


@dataclass(slots=True)
class FilesOfFolder:
    """What is in a folder and in those below it.

    Attributes
    ----------
    paths : list of str
        Of regular files, folder after folder, each in the order of names.
    left_out : list of tuple of (str, str)
        Path and reason of what is no file, may not be read, or is a second name of a file that is
        there already.
    """

    paths: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def list_files(
    folder: str | os.PathLike[str], may_go_on: Callable[[], bool] = lambda: True
) -> FilesOfFolder:
    """Find the files of a folder and of those below it; none of them is opened.

    Links are followed. No folder is gone through twice, and no file is listed twice because a link
    leads to it.

    Parameters
    ----------
    folder : path-like
        Where to begin; paths begin with it.
    may_go_on : callable
        Asked before each folder; False ends the search with what was found.

    Raises
    ------
    OSError
        If the folder itself cannot be read.
    """
    found = FilesOfFolder()
    root = os.fspath(folder)
    seen: set[tuple[int, int]] = set()
    links: list[str] = []
    waiting = [root]
    while waiting and may_go_on():
        here = waiting.pop()
        try:
            status = os.stat(here)  # noqa: PTH116 - paths are text here, as there may be many
            key = (status.st_dev, status.st_ino)
            if key in seen:
                continue
            seen.add(key)
            with os.scandir(here) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            if here == root:
                raise
            found.left_out.append((here, _reason(error)))
            continue
        below = [entry.path for entry in entries if _sort(entry, found, links)]
        waiting += reversed(below)
    if links:
        _add_linked(found, links)
    return found


def _sort(entry: os.DirEntry[str], found: FilesOfFolder, links: list[str]) -> bool:
    """Put an entry where it belongs; True if it is a folder."""
    try:
        if entry.is_dir():
            return True
        if entry.is_symlink():
            links.append(entry.path)
        elif entry.is_file():
            found.paths.append(entry.path)
        else:
            found.left_out.append((entry.path, "it is a device, a pipe or a socket, not a file"))
    except OSError as error:
        found.left_out.append((entry.path, _reason(error)))
    return False


def _add_linked(found: FilesOfFolder, links: list[str]) -> None:
    """Add files that only a link leads to; of those that are there already, say so."""
    there = {os.path.realpath(path) for path in found.paths}
    for link in links:
        target = os.path.realpath(link)
        if target in there:
            found.left_out.append((link, "it is a link to a file that is here already"))
        elif os.path.isfile(target):  # noqa: PTH113 - as above
            there.add(target)
            found.paths.append(link)
        else:
            found.left_out.append((link, "it is a link that leads to no file"))


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "it may not be read; ask for permission to read it"
    return f"it could not be read: {error.strerror or type(error).__name__}"
