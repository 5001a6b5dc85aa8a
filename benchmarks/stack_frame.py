"""One frame of a stack viewport: against the bare OpenCV calls that it is made of."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["run"]

_CENTER, _WIDTH = 40.0, 400.0


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Time frames that each differ from the one before: moved, and windowed."""
    runs, calls = (1, 2) if quick else (9, 50)
    stored = (ct_phantom(slices=1).hounsfield[0] + 1024).astype(np.int16)
    outcomes = []
    for canvas in (512, 1024):
        frame = _Frame(stored, canvas)
        with cs.Session() as session:
            viewport = cs.StackViewport(canvas, canvas, session=session, prefetch=False)
            viewport.show_image(_image(stored))
            viewport.set_rotation(30)
            for what, change in (
                ("moved", _mover(viewport)),
                ("windowed", _windower(viewport)),
            ):
                title = (
                    f"a frame of {canvas}x{canvas} from 512x512 int16, turned 30 degrees, {what}"
                )
                bare = frame.draw if what == "moved" else frame.draw_with_new_table
                candidates = {OURS: change, "bare OpenCV calls": bare}
                outcomes.append(measure(title, candidates, runs=runs, calls=calls))
    return outcomes


def _image(stored: npt.NDArray[np.int16]) -> cs.Image:
    return cs.Image(
        "benchmark:frame",
        stored,
        modality_lut=cs.ModalityLutModule(rescale_intercept=-1024),
        voi_lut=cs.VoiLutModule(windows=(cs.VoiWindow(_CENTER, _WIDTH),)),
    )


def _mover(viewport: cs.StackViewport) -> object:
    pans = itertools.cycle([(0.0, 0.0), (3.0, 5.0)])

    def draw() -> None:
        viewport.set_pan(next(pans))
        viewport.render()

    return draw


def _windower(viewport: cs.StackViewport) -> object:
    widths = itertools.cycle([_WIDTH, _WIDTH + 10])

    def draw() -> None:
        viewport.set_properties(window=(_CENTER, next(widths)))
        viewport.render()

    return draw


class _Frame:
    """What anyone would write with OpenCV who needs no viewport."""

    def __init__(self, stored: npt.NDArray[np.int16], canvas: int) -> None:
        import cv2

        self._cv2 = cv2
        self._values = stored.astype(np.float32) - 1024
        self._canvas = canvas
        center = ((stored.shape[1] - 1) / 2, (stored.shape[0] - 1) / 2)
        self._matrix = cv2.getRotationMatrix2D(center, 30, canvas / stored.shape[1])
        self._lower = _CENTER - 0.5 - (_WIDTH - 1) / 2
        self._table = self._new_table()

    def _new_table(self) -> npt.NDArray[np.int32]:
        greys = np.rint(np.linspace(0, 255, 65536)).astype(np.uint32)
        return (greys * 0x010101 + 0xFF000000).astype(np.uint32).view(np.int32)

    def draw_with_new_table(self) -> npt.NDArray[np.uint8]:
        self._table = self._new_table()
        return self.draw()

    def draw(self) -> npt.NDArray[np.uint8]:
        cv2, size = self._cv2, (self._canvas, self._canvas)
        turned = cv2.warpAffine(
            self._values,
            self._matrix,
            size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        scale = 65535 / (_WIDTH - 1)
        index = cv2.addWeighted(turned, scale, turned, 0, -self._lower * scale, dtype=cv2.CV_16U)
        return cv2.LUT(index, self._table).view(np.uint8).reshape(self._canvas, self._canvas, 4)
