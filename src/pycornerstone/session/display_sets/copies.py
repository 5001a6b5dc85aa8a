"""Files that are there twice: of identical ones, one is shown."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.geometry_report import LeftOut
from pycornerstone.retrieve.sources import Source
from pycornerstone.session.display_sets.listing import PartKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.session.display_sets.listing import Part

__all__ = ["without_copies"]

_logger = logging.getLogger("pycornerstone.session")

# 1 GB a second, and no two files of one UID have one by chance.
_hash = partial(hashlib.blake2b, digest_size=16)


def without_copies(
    images: Sequence[SliceFacts],
    context: LoaderContext,
    part_of: Callable[[str], Part],
    may_go_on: Callable[[], bool],
) -> tuple[list[SliceFacts], list[LeftOut]]:
    """Keep one of DICOM files that are the same, byte for byte.

    Only files of one SOP Instance UID are compared. Those of one UID that differ are both kept: it
    is not known which of them is wanted.

    Parameters
    ----------
    images : sequence of SliceFacts
        Those of all files.
    context : LoaderContext
        Where headers and bytes are.
    part_of : callable
        Given the imageId of a file, says how it is read.
    may_go_on : callable
        Asked now and then; False ends the search.

    Returns
    -------
    list of SliceFacts
        Those of the files that are kept, in their order.
    list of LeftOut
        One for each file that is not.
    """
    by_uid: dict[str, list[str]] = {}
    for source in dict.fromkeys(one.source for one in images):
        uid = _uid_of(source, context)
        if uid is not None:
            by_uid.setdefault(uid, []).append(source)
    left_out: dict[str, LeftOut] = {}
    differing = 0
    for sources in by_uid.values():
        if len(sources) == 1 or not may_go_on():
            continue
        first: dict[Hashable, Part] = {}
        parts = {source: part_of(source) for source in sources}
        for source, what in _contents(parts, context).items():
            same = first.setdefault(what, parts[source])
            if same is not parts[source]:
                reason = f"it is a duplicate of {_name(same)}"
                left_out[source] = LeftOut(_name(parts[source]), reason)
        differing += len(first) > 1
    if differing:
        _logger.warning(
            "%d SOP Instance UIDs (0008,0018) belong to several files that differ; all are kept",
            differing,
        )
    return [one for one in images if one.source not in left_out], list(left_out.values())


def _uid_of(source: str, context: LoaderContext) -> str | None:
    if not source.startswith("dicomfile:"):
        return None
    attributes = context.dicom_headers.get(source)
    if attributes is None:
        return None
    return if_readable(attributes.text, Tag.SOP_INSTANCE_UID, None)


def _name(part: Part) -> str:
    return part.path or part.address


def _contents(parts: Mapping[str, Part], context: LoaderContext) -> dict[str, Hashable]:
    """Give something that is equal of files that are."""
    sizes = {source: _size(part, context) for source, part in parts.items()}
    number = Counter(sizes.values())
    told: dict[str, Hashable] = {}
    for source, part in parts.items():
        digest = _digest(part, context) if number[sizes[source]] > 1 else None
        told[source] = source if digest is None else digest
    return told


def _size(part: Part, context: LoaderContext) -> int:
    try:
        if part.kind is PartKind.FILE:
            return os.stat(part.path).st_size  # noqa: PTH116 - paths are text here
        if part.member is not None:
            return part.size_in_bytes
        return len(context.sources.at_hand(Source.parse(part.address)) or b"")
    except (OSError, PyCornerstoneError):
        return 0


def _digest(part: Part, context: LoaderContext) -> bytes | None:
    """Give that of a file's bytes; None if it is not there any more, which its load says."""
    try:
        if part.kind is PartKind.FILE:
            with open(part.path, "rb") as file:  # noqa: PTH123
                return hashlib.file_digest(file, _hash).digest()
        if part.member is not None:
            return _hash(context.sources.archives.read(part.member)).digest()
        return _hash(context.sources.at_hand(Source.parse(part.address)) or b"").digest()
    except (OSError, PyCornerstoneError):
        return None
