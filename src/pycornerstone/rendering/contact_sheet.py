"""Several pictures on one sheet, each with its caption."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["contact_sheet"]

_BACKGROUND = (17, 19, 23, 255)
_FRAME = (52, 57, 66, 255)
_INK = (214, 219, 226, 255)
_GAP = 12
_LINE_HEIGHT = 17
_TEXT_SCALE = 0.42


def contact_sheet(
    pictures: Sequence[npt.NDArray[np.uint8]],
    captions: Sequence[str] = (),
    columns: int | None = None,
) -> npt.NDArray[np.uint8]:
    """Lay pictures out in a grid, row by row.

    Parameters
    ----------
    pictures : sequence of numpy.ndarray
        ``(rows, columns, 4)`` RGBA; smaller ones are centred in the cell of the largest.
    captions : sequence of str
        What stands below each, on one line or several. Too long lines are shortened in
        the middle.
    columns : int, optional
        Pictures in a row; by default as many as make the sheet about as wide as high.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns, 4)`` RGBA.

    Raises
    ------
    ValueError
        If there is no picture.
    """
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture")
    across = columns or math.ceil(math.sqrt(len(pictures)))
    across = min(across, len(pictures))
    down = math.ceil(len(pictures) / across)
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    lines = max((caption.count("\n") + 1 for caption in captions), default=0)
    cell_height = height + lines * _LINE_HEIGHT + (6 if lines else 0)
    sheet = np.empty(
        (down * (cell_height + _GAP) + _GAP, across * (width + _GAP) + _GAP, 4), np.uint8
    )
    sheet[:] = _BACKGROUND
    for number, picture in enumerate(pictures):
        top = _GAP + number // across * (cell_height + _GAP)
        left = _GAP + number % across * (width + _GAP)
        sheet[top - 1 : top + height + 1, left - 1 : left + width + 1] = _FRAME
        sheet[top : top + height, left : left + width] = (0, 0, 0, 255)
        y, x = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
        sheet[top + y : top + y + picture.shape[0], left + x : left + x + picture.shape[1]] = (
            picture
        )
        if number < len(captions):
            _write(sheet, captions[number], left, top + height + _LINE_HEIGHT, width)
    return sheet


def _write(
    sheet: npt.NDArray[np.uint8], caption: str, left: int, baseline: int, width: int
) -> None:
    import cv2

    font = cv2.FONT_HERSHEY_SIMPLEX

    def fits(text: str) -> bool:
        return bool(cv2.getTextSize(text, font, _TEXT_SCALE, 1)[0][0] <= width)

    for number, whole in enumerate(caption.split("\n")):
        # OpenCV's own font knows ASCII only.
        text = whole.encode("ascii", "replace").decode()
        kept = len(text)
        while kept > 4 and not fits(text):
            kept -= 1
            half = kept // 2
            text = f"{whole[:half]}...{whole[len(whole) - (kept - half) :]}"
        position = (left, baseline + number * _LINE_HEIGHT)
        cv2.putText(sheet, text, position, font, _TEXT_SCALE, _INK, 1, cv2.LINE_AA)
