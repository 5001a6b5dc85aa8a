"""Which of two files is the header of a pair, ``.hdr``, and which its voxels, ``.img``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pycornerstone.errors import HttpStatusError, RetrieveError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.retrieve.sources import Source, SourceKind

__all__ = ["PairNames", "is_not_there", "no_pair", "not_beside", "pair_names"]

# The name ends where the query begins, or the next step of a chain of file systems (fsspec).
_NAME = re.compile(
    r"(?P<stem>.*?)\.(?P<ending>hdr|img)(?P<gz>\.gz)?(?P<rest>(?:[?#]|::).*)?",
    re.IGNORECASE | re.DOTALL,
)

# What servers answer where there is nothing; an object store that does not list says 403.
_NOT_THERE = {403, 404, 410}


@dataclass(frozen=True, slots=True)
class PairNames:
    """What the two files of a pair may be called.

    Attributes
    ----------
    key : str
        The same whichever of the two was named.
    headers, voxels : tuple of str
        Addresses, the likeliest first; of the one that was named, only that.
    """

    key: str
    headers: tuple[str, ...]
    voxels: tuple[str, ...]


def pair_names(source: Source) -> PairNames | None:
    """Give the names of a pair by one of them; None if it is called neither .hdr nor .img.

    Case is kept, as in ``BRAIN.HDR``; either of the two may be in gzip.
    """
    if source.kind in {SourceKind.DATA, SourceKind.HELD}:
        return None
    address = source.key
    # Most files are called neither, which is found ten times sooner than what else it could be.
    lowered = address.lower()
    if ".hdr" not in lowered and ".img" not in lowered:
        return None
    if source.kind is SourceKind.FILE:
        # Nothing of a path is a query.
        before, slash, name = _split_path(address)
        found = _NAME.fullmatch(name)
        start = before + slash
    else:
        found, start = _NAME.fullmatch(address), ""
    if found is None or (source.kind is SourceKind.FILE and found["rest"]):
        return None
    ending, gz = found["ending"], found["gz"] or ""
    stem, rest = start + found["stem"], found["rest"] or ""
    other = _like(ending, "img" if ending.lower() == "hdr" else "hdr")
    packed = gz or _like(ending, ".gz")
    plain, zipped = f"{stem}.{other}{rest}", f"{stem}.{other}{packed}{rest}"
    others = (zipped, plain) if gz else (plain, zipped)
    key = f"{stem}.{_like(ending, 'hdr')}{rest}"
    if ending.lower() == "hdr":
        return PairNames(key, (address,), others)
    return PairNames(key, others, (address,))


def no_pair(source: Source) -> RetrieveError:
    """Give the error of a header whose voxels cannot be found, as it has no name."""
    if source.kind in {SourceKind.DATA, SourceKind.HELD}:
        return RetrieveError(
            f"{source.shown} is the header of a pair of files, whose voxels are in another; bytes "
            "have no neighbour: give the path or URL of the pair, or a single .nii file"
        )
    return RetrieveError(
        f"{source.shown} is the header of a pair of files, and is not called .hdr; name it so, "
        "and the file with its voxels .img"
    )


def not_beside(
    source: Source, what: str, looked_for: tuple[str, ...], errors: list[RetrieveError]
) -> RetrieveError:
    """Give the error of a pair whose other file is not there.

    Parameters
    ----------
    source : Source
        The file that was named.
    what : str
        What the other one holds: ``"header"`` or ``"voxels"``.
    looked_for : tuple of str
        Its addresses.
    errors : list of RetrieveError
        What was found at each; the first of them is told.
    """
    shown = " or ".join(without_credentials(address) for address in looked_for)
    reason = f" ({errors[0].message})" if errors else ""
    return RetrieveError(
        f"{source.shown} is one file of a pair, whose {what} would be in {shown}, which is not "
        f"there{reason}; put both files beside each other"
    )


def is_not_there(error: RetrieveError, source: Source) -> bool:
    """Whether a file could not be had because there is none, as far as that can be told."""
    if isinstance(error, HttpStatusError):
        return error.status in _NOT_THERE
    return source.kind is not SourceKind.HTTP


def _split_path(path: str) -> tuple[str, str, str]:
    at = max(path.rfind("/"), path.rfind("\\"))
    return path[: max(at, 0)], path[at : at + 1] if at >= 0 else "", path[at + 1 :]


def _like(model: str, text: str) -> str:
    """Write a text as another one is: in capitals, beginning with one, or without."""
    if model.isupper():
        return text.upper()
    return text.capitalize() if model[0].isupper() and text[0] != "." else text
