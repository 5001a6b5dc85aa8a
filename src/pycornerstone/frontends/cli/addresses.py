"""What a person types: an imageId, or a path that is looked into."""

from __future__ import annotations

import re
from pathlib import Path

from pycornerstone.codecs.media_kinds import PICTURES, kind_of

__all__ = ["image_id_of"]

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def image_id_of(text: str) -> str:
    """Give the imageId of a path to a file; any other text is taken for an imageId itself."""
    path = Path(text).expanduser()
    try:
        with path.open("rb") as file:
            kind = kind_of(file.read(512))
    except (OSError, ValueError):
        is_path = ":" not in text or _DRIVE.match(text)
        # The loader says what is wrong with a path.
        return f"dicomfile:{text}" if is_path and text else text
    if kind in PICTURES:
        return f"web:{path}"
    return f"nifti:{path}" if kind in {"NIfTI", "gzip"} else f"dicomfile:{path}"
