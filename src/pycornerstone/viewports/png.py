"""Pictures as PNG files."""

from __future__ import annotations

import errno
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import os

    import numpy.typing as npt

__all__ = ["check_png_target", "encode_png", "write_png"]


def encode_png(rgba: npt.NDArray[np.uint8]) -> bytes:
    """Give a picture as the bytes of a PNG file, lossless.

    Parameters
    ----------
    rgba : numpy.ndarray
        ``(rows, columns, 4)``, opaque. Greys are written as such, which takes a third.
    """
    import cv2

    red, green, blue = rgba[..., 0], rgba[..., 1], rgba[..., 2]
    if np.array_equal(red, green) and np.array_equal(green, blue):
        picture = np.ascontiguousarray(red)
    else:
        picture = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR)
    # The default flags are the fastest: 1 ms for 512 x 512 greys, half of what "level 1" takes.
    _, encoded = cv2.imencode(".png", picture)
    return bytes(encoded)


def write_png(path: str | os.PathLike[str], rgba: npt.NDArray[np.uint8]) -> None:
    """Write a picture to a PNG file, whole or not at all.

    Raises
    ------
    ValueError
        If the name does not end in ``.png``.
    OSError
        If it cannot be written there, or its folder is not there.
    """
    target = Path(path)
    check_png_target(target)
    encoded = encode_png(rgba)
    # Beside the target, so that renaming it is one step that cannot stop half way.
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            file.write(encoded)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def check_png_target(path: Path) -> None:
    """Refuse a name that promises another kind of file, or a folder that is not there.

    Raises
    ------
    ValueError
        If the name does not end in ``.png``.
    FileNotFoundError
        If there is no such folder.
    """
    if path.suffix.lower() != ".png":
        better = path.with_suffix(".png").name if path.name else "image.png"
        raise ValueError(
            f"pictures are written as PNG, got the name {path.name!r}; name it {better!r}, or "
            "encode what render() gives in another way"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder, make it first", str(path.parent)
        )
