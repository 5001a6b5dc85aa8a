"""What a person types: an imageId, or a path that is looked into."""

from __future__ import annotations

from pathlib import Path

__all__ = ["image_id_of"]

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
_NIFTI_MAGIC = {b"n+1\0", b"ni1\0"}
_GZIP = b"\x1f\x8b"


def image_id_of(text: str) -> str:
    """Give the imageId of a path to a file; any other text is taken for an imageId itself."""
    path = Path(text).expanduser()
    try:
        if not path.is_file():
            return text
        with path.open("rb") as file:
            start = file.read(352)
    except OSError:
        return text
    if start.startswith(_PICTURES):
        return f"web:{path}"
    if (
        start.startswith(_GZIP)
        or start[344:348] in _NIFTI_MAGIC
        or start[4:8] in {b"n+2\0", b"ni2\0"}
    ):
        return f"nifti:{path}"
    return f"dicomfile:{path}"
