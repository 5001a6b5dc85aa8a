"""Portable greymaps for pycornerstone: ``pgm:/data/scan.pgm``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pycornerstone import DecodeError, Image, ImageId, RetrieveError

__all__ = ["PgmLoader"]

# Width, height and greatest grey, apart by blanks and comments; one blank before the samples.
_BLANK = rb"(?:\s|#[^\n]*\n)+"
_HEADER = re.compile(rb"P5" + 3 * (_BLANK + rb"(\d{1,9})") + rb"\s")


@dataclass(frozen=True)
class Greymap:
    """A greymap file, and whose it is."""

    image_id: str
    data: bytes


class PgmLoader:
    """Loads binary greymaps of 8 and 16 bits."""

    def retrieve(self, image_id: str) -> Greymap:
        """Bring the whole file; this waits, so it has a thread of its own."""
        path = Path(ImageId.parse(image_id).resource)
        try:
            return Greymap(image_id, path.read_bytes())
        except OSError as error:
            raise RetrieveError(f"cannot read {path}: {error.strerror}") from error

    def decode(self, encoded: Greymap) -> Image:
        """Turn it into an image; this computes, several at once."""
        header = _HEADER.match(encoded.data)
        if header is None:
            raise DecodeError("a greymap begins with P5, its size and its greatest grey")
        columns, rows, greatest = map(int, header.groups())
        dtype = np.dtype(np.uint8 if greatest < 256 else ">u2")
        samples = encoded.data[header.end() :]
        if len(samples) < rows * columns * dtype.itemsize:
            raise DecodeError(
                f"the greymap says {columns} x {rows} but holds {len(samples)} bytes of samples"
            )
        pixels = np.frombuffer(samples, dtype, rows * columns).reshape(rows, columns)
        return Image(encoded.image_id, pixels.astype(dtype.newbyteorder("=")))
