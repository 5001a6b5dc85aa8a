"""Blocks of a GIF file: its frames, how long each is shown, and how large all are (GIF89a)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pycornerstone.codecs.icc_profile import MOST_PROFILE_BYTES
from pycornerstone.codecs.pixel_density import PixelAspect, aspect_from
from pycornerstone.errors import DecodeError

__all__ = ["GifFrame", "GifHeader", "read_gif"]

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_BLOCK = re.compile(rb"[!,;]")
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_ICC = b"ICCRGBG1012"
_TO_BACKGROUND = 2
_MAX_FRAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class GifFrame:
    """One image of the file.

    Attributes
    ----------
    right, bottom : int
        Where it ends on the canvas, in pixels.
    is_whole : bool
        It covers the logical screen.
    duration_ms : float or None
        How long it is shown; None where the file does not say.
    is_clear : bool
        One of its colours is transparent.
    leaves_hole : bool
        It is taken away before the next one.
    bits : int
        Of an index of its palette.
    is_grey : bool
        All colours of its palette are grey.
    """

    right: int
    bottom: int
    is_whole: bool
    duration_ms: float | None
    is_clear: bool
    leaves_hole: bool
    bits: int
    is_grey: bool


@dataclass(frozen=True, slots=True)
class GifHeader:
    """What the blocks of a file say.

    Attributes
    ----------
    rows, columns : int
        Of the logical screen, or of all frames where they go beyond it.
    goes_beyond : bool
        A frame does.
    frames : tuple of GifFrame
        In their order.
    loop_count : int or None
        How often they are shown; 0 is for ever, None for a still picture.
    aspect : PixelAspect or None
        Shape of the pixels.
    icc_profile : bytes or None
        Of the extension of the ICC, as it is.
    """

    rows: int
    columns: int
    goes_beyond: bool
    frames: tuple[GifFrame, ...]
    loop_count: int | None
    aspect: PixelAspect | None = None
    icc_profile: bytes | None = None

    @property
    def has_alpha(self) -> bool:
        """Some of what is behind may be seen: nothing is drawn there, or taken away again."""
        return (
            self.goes_beyond
            or not self.frames[0].is_whole
            or any(frame.is_clear for frame in self.frames)
            or any(frame.leaves_hole for frame in self.frames[:-1])
        )

    @property
    def is_grey(self) -> bool:
        """All of it is grey, and nothing transparent."""
        return not self.has_alpha and all(frame.is_grey for frame in self.frames)


def read_gif(data: bytes | memoryview) -> GifHeader:
    """Go through the blocks of a file, without decoding.

    Raises
    ------
    DecodeError
        If it is no GIF file, has no frame, or ends within one.
    """
    if bytes(data[:6]) not in {b"GIF87a", b"GIF89a"} or len(data) < 13:
        raise DecodeError(f"no GIF: its {len(data)} bytes do not begin with GIF87a or GIF89a")
    columns, rows = _number(data, 6), _number(data, 8)
    position = 13 + _table_size(data[10])
    frames: list[GifFrame] = []
    control = b"\0\0\0\0"
    profile: bytes | None = None
    loops = 1
    # A file may end without its trailer.
    while position < len(data) and data[position] != _TRAILER:
        kind = data[position]
        if kind == _EXTENSION and position + 1 < len(data):
            label = data[position + 1]
            keeps = _most_kept(data, position)
            content, position = _sub_blocks(data, position + 2, len(frames), keeps)
            if label == _GRAPHIC_CONTROL and content and len(content[0]) >= 4:
                control = content[0]
            elif label == _APPLICATION and len(content) > 1 and content[0] in _LOOPS:
                # The number counts repetitions, so that the first showing is not among them.
                number = int.from_bytes(content[1][1:3], "little")
                loops = number + 1 if number else 0
            elif label == _APPLICATION and content and content[0] == _ICC and profile is None:
                profile = b"".join(content[1:])
        elif kind == _IMAGE:
            frame, position = _frame(data, position, (rows, columns), control, len(frames))
            frames.append(frame)
            control = b"\0\0\0\0"
            if len(frames) > _MAX_FRAMES:
                raise DecodeError(f"this GIF has more than {_MAX_FRAMES} frames")
        else:
            # Pillow and browsers pass over bytes between blocks.
            found = _BLOCK.search(data, position + 1)
            position = found.start() if found else len(data)
    if not frames:
        raise DecodeError(f"broken GIF: its {len(data)} bytes hold no frame")
    right = max(frame.right for frame in frames)
    bottom = max(frame.bottom for frame in frames)
    return GifHeader(
        max(rows, bottom),
        max(columns, right),
        right > columns or bottom > rows,
        tuple(frames),
        loops if len(frames) > 1 else None,
        # Section 18: width by height of a pixel, from 1/4 to 4.21; 0 says nothing.
        aspect_from(64, data[12] + 15) if data[12] else None,
        profile,
    )


def _frame(
    data: bytes | memoryview,
    position: int,
    screen: tuple[int, int],
    control: bytes,
    number: int,
) -> tuple[GifFrame, int]:
    start = position + 10
    if start >= len(data):
        raise _cut_short(data, number)
    left, top, width, height = (_number(data, position + 1 + 2 * i) for i in range(4))
    flags = data[position + 9]
    # The table of colours and the first size of a code stand before the blocks.
    start += _table_size(flags)
    _, end = _sub_blocks(data, start + 1, number)
    duration = 10.0 * int.from_bytes(control[1:3], "little")
    has_own = bool(flags & 0x80)
    bits = ((flags if has_own else data[10]) & 7) + 1
    table = data[position + 10 : start] if has_own else data[13 : 13 + _table_size(data[10])]
    frame = GifFrame(
        left + width,
        top + height,
        (left, top) == (0, 0) and height >= screen[0] and width >= screen[1],
        duration or None,
        bool(control[0] & 1),
        (control[0] >> 2 & 7) == _TO_BACKGROUND,
        bits,
        _is_grey(bytes(table)),
    )
    return frame, end


def _is_grey(table: bytes) -> bool:
    # Without a table nobody says what is seen.
    return bool(table) and table[::3] == table[1::3] == table[2::3]


def _most_kept(data: bytes | memoryview, position: int) -> int:
    """Say how many sub-blocks of an extension are wanted: few, or all of a profile."""
    is_profile = bytes(data[position + 1 : position + 14]) == bytes([_APPLICATION, 11]) + _ICC
    return MOST_PROFILE_BYTES // 255 if is_profile else 2


def _sub_blocks(
    data: bytes | memoryview, position: int, number: int, most_kept: int = 0
) -> tuple[list[bytes], int]:
    """Go through sub-blocks up to the empty one; give the first ones, and where they end."""
    found: list[bytes] = []
    while True:
        if position >= len(data):
            raise _cut_short(data, number)
        size = data[position]
        if not size:
            return found, position + 1
        if len(found) < most_kept:
            found.append(bytes(data[position + 1 : position + 1 + size]))
        position += 1 + size


def _cut_short(data: bytes | memoryview, number: int) -> DecodeError:
    return DecodeError(f"broken GIF: its {len(data)} bytes end within frame {number + 1}")


def _table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _number(data: bytes | memoryview, position: int) -> int:
    return data[position] | data[position + 1] << 8
