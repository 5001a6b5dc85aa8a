"""What to do about a broken picture, at the end of what its reader says of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycornerstone.codecs.picture_file import Picture, PictureFile

__all__ = ["AdvisedPicture", "advice_for_broken"]

_CUT_SHORT = "cut short"
_ADVICE = "copy it again"


class AdvisedPicture:
    """A file of a picture whose errors say what to do; see `PictureFile`.

    Parameters
    ----------
    file : PictureFile
        What its reader made.
    """

    def __init__(self, file: PictureFile) -> None:
        self._file = file
        self.format = file.format

    @property
    def number_of_frames(self) -> int:
        """Pages, or frames of an animation."""
        with advice_for_broken():
            return self._file.number_of_frames

    def decode(self, frame: int) -> Picture:
        """Decode a frame; see `PictureFile.decode`."""
        with advice_for_broken():
            return self._file.decode(frame)

    def outline(self, frame: int) -> Picture | None:
        """Say what a frame is without decoding it; see `PictureFile.outline`."""
        with advice_for_broken():
            return self._file.outline(frame)


@contextmanager
def advice_for_broken() -> Iterator[None]:
    """Add to an error of a broken file that it is damaged or cut short, and to copy it again."""
    try:
        yield
    except DecodeError as error:
        text = error.message
        if text.startswith("broken ") and not text.endswith(_ADVICE):
            cause = "" if text.endswith(_CUT_SHORT) else f"; it is damaged or {_CUT_SHORT}"
            error.message = f"{text}{cause}, {_ADVICE}"
            error.args = (error.message,)
        raise
