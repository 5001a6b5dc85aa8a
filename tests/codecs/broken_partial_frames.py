"""Decode broken first bytes of frames in a process of its own: a crash takes no tests with it.

``python broken_partial_frames.py SEED`` prints as JSON how many became what.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import imagecodecs
import numpy as np

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

TIMES = 250
UID = "1.2.840.10008.1.2.4.203"


def main(seed: int) -> None:
    """Break streams of several kinds, most often near the beginning."""
    random_ = random.Random(seed)
    sys.unraisablehook = lambda _: None  # OpenJPH's errors, which imagecodecs reports there
    values = np.add.outer(np.arange(72) * 50, np.arange(80) * 31).astype(np.int16)
    values += np.random.default_rng(seed).integers(-300, 300, values.shape).astype(np.int16)
    colour = np.stack([values >> 6] * 3, axis=-1).astype(np.uint8)
    streams = [
        (values, imagecodecs.htj2k_encode(values, reversible=True)),
        (values, imagecodecs.htj2k_encode(values, reversible=True, tlm=True, tilepart=1)),
        (values, imagecodecs.htj2k_encode(values, reversible=True, tile=(32, 32))),
        (values, imagecodecs.htj2k_encode(values, reversible=False, level=0.001)),
        (colour, imagecodecs.htj2k_encode(colour, reversible=True)),
        (values, imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True)),
        (colour, imagecodecs.jpeg2k_encode(colour, level=0, codecformat="j2k", reversible=True)),
    ]
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for array, stream in streams:
        bits = 8 * array.dtype.itemsize
        pixel = ImagePixelModule(
            rows=72,
            columns=80,
            samples_per_pixel=1 if array.ndim == 2 else 3,
            photometric_interpretation="MONOCHROME2" if array.ndim == 2 else "RGB",
            bits_allocated=bits,
            bits_stored=bits,
            high_bit=bits - 1,
            pixel_representation=int(array.dtype.kind == "i"),
        )
        for _ in range(TIMES):
            broken = damage(bytes(stream), random_)
            start = time.perf_counter()
            try:
                image = decode_frame(EncodedFrame("t:a", broken, UID, pixel, is_partial=True))
                outcomes[type(image).__name__] += 1
            except DecodeError as error:
                outcomes[type(error).__name__] += 1
            slowest = max(slowest, time.perf_counter() - start)
    print(json.dumps({"slowest": slowest, **outcomes}))  # noqa: T201 - the test reads it


def damage(data: bytes, random_: random.Random) -> bytes:
    """Cut the end off, and turn bits over."""
    broken = bytearray(data[: random_.randrange(len(data) // 4, len(data))])
    for _ in range(random_.choice((0, 1, 1, 3))):
        reach = random_.choice((120, len(broken)))
        broken[random_.randrange(min(reach, len(broken)))] ^= 1 << random_.randrange(8)
    return bytes(broken)


if __name__ == "__main__":
    main(int(sys.argv[1]))
