"""One picture of 2000x2000 from a file: against the bare codec on the file's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    Codec = Callable[[bytes], npt.NDArray[Any]]

__all__ = ["run"]

_BARE = "reading the file, and imagecodecs"
# At most 1.1 of the bare codec's time.
_WANTED = {_BARE: 1 / 1.1}


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Time each kind in a session that is open, after having seen that both give the same."""
    size, runs = (64, 1) if quick else (2000, 41)
    outcomes = []
    with cs.Session() as session:
        for title, name, data, codec in _pictures(size):
            path = folder / name
            path.write_bytes(data)
            image_id = f"web:{path}"
            if not np.array_equal(session.load_image(image_id).result().pixels, _bare(path, codec)):
                raise SystemExit(f"{title}: the samples differ")
            candidates = {
                OURS: lambda image_id=image_id: session.load_image(image_id).result(),
                _BARE: lambda path=path, codec=codec: _bare(path, codec),
            }
            outcomes.append(measure(title, candidates, runs=runs, wanted=_WANTED))
    return outcomes


def _bare(path: Path, codec: Codec) -> npt.NDArray[Any]:
    return codec(path.read_bytes())


def _pictures(size: int) -> Iterator[tuple[str, str, bytes, Codec]]:
    phantom = ct_phantom(slices=1, rows=size, columns=size)
    # So much noise makes a grey JPEG of 1.3 bits a pixel, as radiographs and photographs have;
    # nearly without, most of its blocks are blank, and the codec has hardly anything to do.
    noise = np.random.default_rng(7).normal(0, 60, (size, size))
    stored = np.clip(phantom.hounsfield[0] + 1024 + noise, 0, 4095).astype(np.uint16)
    grey = (stored >> 4).astype(np.uint8)
    color = np.stack([grey, grey // 2 + 40, 255 - grey], axis=-1)
    png, jpeg = imagecodecs.png_decode, imagecodecs.jpeg8_decode
    form = f"{size}x{size}"
    # The smallest first: once there was an image of 4 MiB, memory that is freed is given back, and
    # costs its pages anew (decision 0016).
    yield f"JPEG, {form} uint8", "grey.jpg", bytes(imagecodecs.jpeg8_encode(grey, level=90)), jpeg
    data = bytes(imagecodecs.jpeg8_encode(color, level=90))
    yield f"JPEG, {form} uint8 x 3", "color.jpg", data, jpeg
    yield f"PNG, {form} uint16", "grey16.png", bytes(imagecodecs.png_encode(stored)), png
