"""Animated PNG: frames, and how each is laid over those before it (PNG, sections 4.8, 11.3.6)."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.codecs.png_chunks import checked_chunk
from pycornerstone.codecs.png_stream import decode_frame_data, decode_still

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.codecs.png_chunks import PngChunks, PngHeader

__all__ = ["Animation", "ApngFrame", "read_animation"]

_log = logging.getLogger("pycornerstone.codecs")

_KEEP, _CLEAR, _RESTORE = 0, 1, 2
_SOURCE, _OVER = 0, 1
# As many as may be decoded at once.
_MOST_PASSED = 16
_MOST_PASSED_BYTES = 1 << 26
_FRAME_CONTROL = struct.Struct(">IIIIIHHBB")


@dataclass(frozen=True, slots=True)
class ApngFrame:
    """A frame of an animation, as its chunk fcTL says.

    Attributes
    ----------
    columns, rows, left, top : int
        Where it lies on the canvas.
    duration_ms : float
        How long it is shown.
    disposal : int
        What becomes of its region after it: 0 nothing, 1 it is cleared, 2 it is as before.
    blending : int
        0 it takes the place of what is there, 1 it is laid over it.
    pieces : list of tuple, or None
        Its samples, (start, length) of the data of each fdAT behind its number; None where they are
        the still picture's.
    """

    columns: int
    rows: int
    left: int
    top: int
    duration_ms: float
    disposal: int
    blending: int
    pieces: list[tuple[int, int]] | None

    @property
    def is_still(self) -> bool:
        """It is the still picture."""
        return self.pieces is None


class _WrongAnimationError(Exception):
    """A chunk of an animation is not as it should be."""


def read_animation(chunks: PngChunks) -> Animation | None:
    """Read the frames of an animation; None where there is none, or a wrong one, which is logged.

    An error that is found before the animation starts leaves the still picture to show.
    """
    try:
        return _read(chunks)
    except _WrongAnimationError as error:
        _log.warning("the animation of a PNG is left out, its still picture is shown: %s", error)
        return None


def _read(chunks: PngChunks) -> Animation:
    controls = [kind for kind, _, _ in chunks.others[: chunks.idat_after]].count(b"acTL")
    if controls != 1 or [kind for kind, _, _ in chunks.others].count(b"acTL") != 1:
        raise _WrongAnimationError("there is not one acTL, before the still picture")
    numbers = chunks.numbers(b"acTL", ">II")
    if numbers is None:
        raise _WrongAnimationError("its acTL is broken")
    number_of_frames, loop_count = numbers
    frames = _frames(chunks)
    if number_of_frames != len(frames) or not frames:
        raise _WrongAnimationError(f"{number_of_frames} frames are said, {len(frames)} are there")
    return Animation(chunks, tuple(frames), loop_count)


def _frames(chunks: PngChunks) -> list[ApngFrame]:
    frames: list[ApngFrame] = []
    sequence = 0
    pieces: list[tuple[int, int]] = []
    for place, (kind, start, length) in enumerate(chunks.others):
        if kind not in {b"fcTL", b"fdAT"}:
            continue
        if length < 4 or int.from_bytes(chunks.data[start : start + 4], "big") != sequence:
            raise _WrongAnimationError(f"chunk {sequence} of it is not where it should be")
        sequence += 1
        of_still = place < chunks.idat_after
        if kind == b"fcTL":
            if frames and of_still:
                raise _WrongAnimationError("two frames (fcTL) are the still picture")
            if frames and not (pieces or frames[-1].is_still):
                raise _WrongAnimationError(f"frame {len(frames)} has no samples")
            pieces = []
            frames.append(_frame(chunks, start, length, pieces, is_still=of_still))
        elif of_still or not frames or frames[-1].is_still:
            raise _WrongAnimationError("samples (fdAT) come before their frame (fcTL)")
        else:
            pieces.append((start + 4, length - 4))
    if frames and not (pieces or frames[-1].is_still):
        frames.pop()
    return frames


def _frame(
    chunks: PngChunks, start: int, length: int, pieces: list[tuple[int, int]], *, is_still: bool
) -> ApngFrame:
    content = checked_chunk(chunks.data, b"fcTL", start, length)
    if content is None or length != _FRAME_CONTROL.size:
        raise _WrongAnimationError("a frame (fcTL) is broken")
    _, columns, rows, left, top, delay, divisor, disposal, blending = _FRAME_CONTROL.unpack(content)
    header = chunks.header
    fits = left + columns <= header.columns and top + rows <= header.rows
    if not (rows and columns and fits and disposal <= _RESTORE and blending <= _OVER):
        raise _WrongAnimationError(
            f"a frame of {rows} rows, {columns} columns at ({top}, {left}), disposal {disposal}, "
            f"blending {blending}"
        )
    if is_still and (rows, columns) != (header.rows, header.columns):
        raise _WrongAnimationError("the still picture is smaller than the canvas")
    # Hundredths of a second where it does not say (section 11.3.6.2).
    duration_ms = 1000 * delay / (divisor or 100)
    return ApngFrame(
        columns, rows, left, top, duration_ms, disposal, blending, None if is_still else pieces
    )


class Animation:
    """The frames of an animation, composed in their order.

    Parameters
    ----------
    chunks : PngChunks
        Of the file.
    frames : tuple of ApngFrame
        One or more.
    loop_count : int
        How often it is shown; 0 is for ever.
    """

    def __init__(self, chunks: PngChunks, frames: tuple[ApngFrame, ...], loop_count: int) -> None:
        self.frames = frames
        self.loop_count = loop_count
        self._chunks = chunks
        header = chunks.header
        self._has_alpha = header.has_alpha or _shows_background(frames, header.rows, header.columns)
        self._starts = _starts(frames, header)
        self._canvas: npt.NDArray[Any] | None = None
        # The frame that is next to be laid over the canvas.
        self._next = 0
        self._passed: dict[int, npt.NDArray[Any]] = {}

    @property
    def bytes_per_pixel(self) -> int:
        """Of the canvas."""
        header = self._chunks.header
        channels = 4 if self._has_alpha else 1 if header.is_grey else 3
        return channels * (2 if header.depth == 16 else 1)

    def compose(self, index: int) -> npt.NDArray[Any]:
        """Give the canvas with a frame, counted from 0, on it; not from two threads at once.

        Raises
        ------
        DecodeError
            If a frame that is needed for it is broken.
        """
        passed = self._passed.pop(index, None)
        if passed is not None:
            return passed
        start, canvas = self._starts[index], self._canvas
        is_jump = canvas is None or not start <= self._next <= index
        if canvas is None or is_jump:
            canvas, self._next = self._empty_canvas(), start
        while self._next < index:
            number = self._next
            self._keep_passed(number, self._lay_next(canvas))
        composed = self._lay_next(canvas)
        # What comes back after it was never composed, if this frame was gone to directly.
        is_lost = is_jump and start == index and self.frames[index].disposal == _RESTORE
        self._canvas = None if is_lost else canvas
        return composed

    def _lay_next(self, canvas: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Lay the next frame over the canvas, give a copy, and take away what does not stay."""
        frame = self.frames[self._next]
        samples = self._samples(frame)
        region = canvas[frame.top : frame.top + frame.rows, frame.left :][:, : frame.columns]
        before = region.copy() if frame.disposal == _RESTORE else None
        _lay(samples, region, is_over=frame.blending == _OVER)
        composed = canvas.copy()
        if frame.disposal == _CLEAR or (frame.disposal == _RESTORE and self._next == 0):
            # Before the first frame there is nothing (section 11.3.6.2).
            region[...] = 0
        elif before is not None:
            region[...] = before
        self._next += 1
        return composed

    def _keep_passed(self, number: int, composed: npt.NDArray[Any]) -> None:
        """Keep a frame on the way to another: threads ask for them a little out of order."""
        if composed.nbytes * _MOST_PASSED > _MOST_PASSED_BYTES:
            return
        self._passed[number] = composed
        while len(self._passed) > _MOST_PASSED:
            # The one that has lain there longest.
            del self._passed[next(iter(self._passed))]

    def _empty_canvas(self) -> npt.NDArray[Any]:
        header = self._chunks.header
        shape: tuple[int, ...] = (header.rows, header.columns)
        if self._has_alpha or not header.is_grey:
            shape = (*shape, 4 if self._has_alpha else 3)
        return np.zeros(shape, np.uint16 if header.depth == 16 else np.uint8)

    def _samples(self, frame: ApngFrame) -> npt.NDArray[Any]:
        if frame.pieces is None:
            return decode_still(self._chunks)
        return decode_frame_data(self._chunks, frame.rows, frame.columns, frame.pieces)


def _starts(frames: tuple[ApngFrame, ...], header: PngHeader) -> list[int]:
    """Say for each frame from which on it can be composed: the last with nothing before it left."""
    starts = []
    last, is_empty = 0, True
    for place, frame in enumerate(frames):
        is_whole = (frame.rows, frame.columns) == (header.rows, header.columns)
        covers = is_whole and (frame.blending == _SOURCE or not header.has_alpha)
        if is_empty:
            last = place
        starts.append(place if covers else last)
        # What it covers comes back after it, if it is so disposed of.
        if covers and frame.disposal != _RESTORE:
            last = place
        is_empty = (is_whole and frame.disposal == _CLEAR) or (
            is_empty and frame.disposal == _RESTORE
        )
    return starts


def _shows_background(frames: tuple[ApngFrame, ...], rows: int, columns: int) -> bool:
    """Whether some of the canvas is empty, and so transparent, while a frame is shown."""
    has_empty = True
    for frame in frames:
        if has_empty and (frame.rows, frame.columns) != (rows, columns):
            return True
        # After the third disposal, what was empty before is so again.
        has_empty = frame.disposal == _CLEAR or (has_empty and frame.disposal == _RESTORE)
    return False


def _lay(samples: npt.NDArray[Any], region: npt.NDArray[Any], *, is_over: bool) -> None:
    """Put samples in the place of what is on the canvas, or over it."""
    full = np.iinfo(region.dtype).max
    if samples.ndim < region.ndim:
        samples = samples[..., None]
    has_alpha = samples.ndim == 3 and samples.shape[2] == 4
    if region.ndim == 3 and region.shape[2] == 4 and not has_alpha:
        region[..., :3] = samples
        region[..., 3] = full
        return
    if not (is_over and has_alpha):
        region[...] = samples
        return
    alpha = samples[..., 3]
    opaque = alpha == full
    np.copyto(region, samples, where=opaque[..., None])
    # The formula of section 13.16, for those that are neither: transparent ones change nothing.
    partly = (alpha > 0) & ~opaque
    if not partly.any():
        return
    above, below = samples[partly].astype(np.float64), region[partly].astype(np.float64)
    above_alpha = above[:, 3:] / full
    below_alpha = below[:, 3:] / full * (1 - above_alpha)
    both = above_alpha + below_alpha
    above[:, :3] = (above[:, :3] * above_alpha + below[:, :3] * below_alpha) / both
    above[:, 3:] = both * full
    region[partly] = np.rint(above).astype(region.dtype)
