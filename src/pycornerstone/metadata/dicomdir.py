"""DICOMDIR: the files that the directory of a medium names (PS3.3 annex F)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_tags import Tag

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["find_files", "is_directory", "referenced_files"]

# PS3.10 8.2: a File ID has up to 8 components.
_MOST_COMPONENTS = 8


def is_directory(attributes: DicomAttributes) -> bool:
    """Say whether a header is that of a DICOMDIR."""
    return Tag.DIRECTORY_RECORD_SEQUENCE in attributes


def referenced_files(attributes: DicomAttributes) -> list[tuple[str, ...]]:
    """Give the File IDs of a DICOMDIR (0004,1500), each once, in their order.

    Parameters
    ----------
    attributes : DicomAttributes
        Its header.

    Returns
    -------
    list of tuple of str
        The components of each: folders and a name, below the folder of the DICOMDIR.

    Raises
    ------
    DecodeError
        If the records are damaged.
    """
    found: dict[tuple[str, ...], None] = {}
    for record in attributes.items(Tag.DIRECTORY_RECORD_SEQUENCE):
        # Records of patients, studies and series name no file.
        components = record.texts(Tag.REFERENCED_FILE_ID)
        if components:
            found[components] = None
    return list(found)


def find_files(
    folder: str, file_ids: list[tuple[str, ...]]
) -> list[tuple[tuple[str, ...], str | None]]:
    """Find the files of a DICOMDIR on this machine.

    File IDs are in capitals; copies of a medium often are not, and may have the ``;1`` of ISO 9660
    behind their names.

    Parameters
    ----------
    folder : str
        Where the DICOMDIR lies.
    file_ids : list of tuple of str
        As `referenced_files` gives them.

    Returns
    -------
    list of tuple of (tuple of str, str or None)
        Each File ID and its path; None if there is no such file, or if it would not be below the
        folder.
    """
    names: dict[str, dict[str, str]] = {}
    return [(file_id, _find(folder, file_id, names)) for file_id in file_ids]


def _find(folder: str, file_id: tuple[str, ...], names: dict[str, dict[str, str]]) -> str | None:
    if len(file_id) > _MOST_COMPONENTS or not all(map(_is_name, file_id)):
        return None
    here = folder
    for component in file_id:
        if here not in names:
            names[here] = _names_in(here)
        known = names[here]
        name = known.get(component) or known.get(_folded(component))
        if name is None:
            return None
        here = f"{here}{os.sep}{name}"
    return here if os.path.isfile(here) else None  # noqa: PTH113 - paths are text here


def _is_name(component: str) -> bool:
    return component not in {"", ".", ".."} and not any(mark in component for mark in "/\\:\0")


def _names_in(folder: str) -> dict[str, str]:
    try:
        with os.scandir(folder) as scan:
            found = sorted(entry.name for entry in scan)
    except OSError:
        return {}
    # What is spelled just so goes before what is alike.
    return {_folded(name): name for name in reversed(found)} | {name: name for name in found}


def _folded(name: str) -> str:
    return name.casefold().removesuffix(";1").removesuffix(".")
