"""A PNG decoder of its own, as the specification says it: zlib and arithmetic, slow and simple.

It is the second opinion on what libpng reads: W3C PNG, sections 7 to 13. It checks nothing.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Section 8.2, "Adam7": first row, first column, and steps of the seven passes.
ADAM7 = (
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
    (1, 0, 2, 1),
)  # fmt: skip


@dataclass
class Png:
    """A still picture.

    `samples` are ``(rows, columns, channels)``: grey, RGB, each with alpha if there is any; greys
    of fewer than 8 bits are spread over 0 to 255, a palette is RGB.
    """

    samples: np.ndarray
    depth: int
    color_type: int
    chunks: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def is_grey(self):
        return self.color_type in {0, 4}

    @property
    def has_alpha(self):
        return self.color_type in {4, 6} or b"tRNS" in self.chunks


def chunks_of(data):
    """Give the chunks, up to what is cut off; of IDAT all together."""
    found, at = {}, len(SIGNATURE)
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        if name == b"IDAT":
            content = found.get(name, b"") + content
        found.setdefault(name, content)
        found[name] = content if name == b"IDAT" else found[name]
        at += 12 + length
    return found


def read_png(data):
    """Decode one."""
    assert data.startswith(SIGNATURE)
    chunks = chunks_of(data)
    columns, rows, depth, color_type, _, _, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    raw = np.frombuffer(zlib.decompressobj().decompress(chunks[b"IDAT"]), np.uint8)
    channels = CHANNELS[color_type]
    samples = np.zeros((rows, columns, channels), np.uint16)
    for row, column, row_step, column_step in ADAM7 if interlace else ((0, 0, 1, 1),):
        part = samples[row::row_step, column::column_step]
        if part.size:
            part[:], raw = pass_of(raw, *part.shape, depth)
    return Png(colored(samples, depth, color_type, chunks), depth, color_type, chunks)


def pass_of(raw, rows, columns, channels, depth):
    """Take one pass off the data."""
    stride = (columns * channels * depth + 7) // 8
    lines = raw[: rows * (stride + 1)].reshape(rows, stride + 1)
    plain = unfiltered(lines, max(1, channels * depth // 8))
    if depth == 16:
        samples = plain.reshape(rows, -1, 2).astype(np.uint16) @ np.array([256, 1], np.uint16)
    elif depth == 8:
        samples = plain
    else:
        bits = np.unpackbits(plain, axis=1).reshape(rows, -1, depth)
        samples = bits @ (1 << np.arange(depth)[::-1]).astype(np.uint8)
    samples = samples[:, : columns * channels].reshape(rows, columns, channels)
    return samples, raw[rows * (stride + 1) :]


def unfiltered(lines, step):
    """Undo the filters of section 9.2, a pixel after the other where there is no other way."""
    kinds, stride = lines[:, 0], lines.shape[1] - 1
    padded = -stride % step
    above = np.zeros(stride + padded, np.int32)
    done = np.zeros((len(lines), stride + padded), np.int32)
    done[:, :stride] = lines[:, 1:]
    for kind, row in zip(kinds, done, strict=True):
        if kind == 1:
            row[:] = np.cumsum(row.reshape(-1, step), axis=0).ravel() & 255
        elif kind == 2:
            row[:] = (row + above) & 255
        elif kind > 2:
            row[:] = one_by_one(kind, row.tolist(), above.tolist(), step)
        above = row
    return done[:, :stride].astype(np.uint8)


def one_by_one(kind, row, above, step):
    """Undo Average (3) and Paeth (4)."""
    before, corner = [0] * step, [0] * step
    for n, value in enumerate(row):
        channel = n % step
        a, b, c = before[channel], above[n], corner[channel]
        if kind == 3:
            guess = (a + b) >> 1
        else:
            by_a, by_b, by_c = abs(b - c), abs(a - c), abs(a + b - c - c)
            guess = a if by_a <= by_b and by_a <= by_c else b if by_b <= by_c else c
        row[n] = before[channel] = (value + guess) & 255
        corner[channel] = b
    return row


def colored(samples, depth, color_type, chunks):
    """Apply palette and transparency, and spread few bits over 0 to 255."""
    most = (1 << depth) - 1
    told = chunks.get(b"tRNS")
    if color_type == 3:
        palette = np.zeros((256, 4), np.uint8)
        palette[:, 3] = 255
        given = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
        palette[: len(given), :3] = given
        if told is not None:
            palette[: len(told), 3] = np.frombuffer(told, np.uint8)
        return palette[samples[..., 0]][..., : 3 if told is None else 4]
    alpha = None
    if told is not None:
        key = np.frombuffer(told, ">u2") & most
        alpha = np.where((samples == key).all(axis=-1), 0, max(most, 255))
    if depth < 8:
        samples = samples * (255 // most)
    if alpha is not None:
        samples = np.dstack([samples, alpha])
    return samples.astype(np.uint16 if depth == 16 else np.uint8)
