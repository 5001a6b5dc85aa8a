"""Decode broken frames in a process of its own: a codec that crashes takes no tests with it.

``python broken_input.py FOLDER SEED`` prints as JSON how many became what.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

import imagecodecs
import numpy as np

from conftest import Instance
from pycornerstone.codecs.decode import decode_frame
from pycornerstone.codecs.frames import FrameIndex
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_BYTES = 600_000
TIMES = 6


def main(folder: Path, seed: int) -> None:
    """Break every file a few times."""
    random_ = random.Random(seed)
    sys.unraisablehook = lambda _: None  # OpenJPH's errors, which imagecodecs reports there
    outcomes: Counter[str] = Counter()
    files, slowest = 0, 0.0
    for name, data, decode in sources(folder):
        files += 1
        for _ in range(TIMES):
            broken = damage(data, random_)
            start = time.perf_counter()
            try:
                outcomes[type(decode(broken, random_)).__name__] += 1
            except DecodeError as error:
                outcomes[type(error).__name__] += 1
                if not str(error).isprintable():
                    raise SystemExit(f"{name}: unprintable text {str(error)!r}") from error
            slowest = max(slowest, time.perf_counter() - start)
    print(json.dumps({"files": files, "slowest": slowest, **outcomes}))  # noqa: T201 - the test reads it


def damage(data: bytes, random_: random.Random) -> bytes:
    """Cut the end off, or turn bits over, most of them near the beginning."""
    if random_.random() < 0.3:
        return data[: random_.randrange(len(data))]
    broken = bytearray(data)
    for _ in range(random_.choice((1, 3, 20, 200))):
        reach = min(len(broken), random_.choice((100, 600, len(broken))))
        broken[random_.randrange(reach)] ^= 1 << random_.randrange(8)
    return bytes(broken)


def sources(folder: Path) -> Iterator[tuple[str, bytes, Callable[[bytes, random.Random], object]]]:
    """Give frames of every kind: real DICOM files and pictures, and some that are encoded here."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["bytes"]) < MOST_BYTES]
    native = 0
    for row in rows:
        path = folder / row["source"] / row["path"]
        if row["kind"] == "dicom" and row["px_sha256"]:
            native += row["px_by"] == "native"
            if row["px_by"] == "native" and native > 60:
                continue
            instance = Instance.read(path)
            yield (
                row["path"],
                instance.pixel_data,
                lambda data, r, i=instance: one_frame(i, data, r),
            )
        elif row["kind"] in {"png", "jpeg"} and len(row["path"]) % 3 == 0:
            yield (
                row["path"],
                path.read_bytes(),
                lambda data, _: decode_frame(EncodedFrame("test:a", data, "image/*")),
            )
    noise = np.random.default_rng(1).integers(0, 4096, (64, 80)).astype(np.uint16)
    pixel = ImagePixelModule(rows=64, columns=80)
    for uid, encoded in (
        ("1.2.840.10008.1.2.4.57", imagecodecs.jpeg8_encode(noise, lossless=True)),
        ("1.2.840.10008.1.2.4.51", imagecodecs.jpeg8_encode(noise, bitspersample=12)),
        ("1.2.840.10008.1.2.4.110", imagecodecs.jpegxl_encode(noise, lossless=True)),
        ("1.2.840.10008.1.2.4.92", imagecodecs.jpeg2k_encode(noise, codecformat="j2k", level=0)),
        ("1.2.840.10008.1.2.4.112", imagecodecs.jpegxl_encode(noise, usecontainer=True)),
        ("1.2.840.10008.1.2.4.201", imagecodecs.htj2k_encode(noise, reversible=True)),
        ("1.2.840.10008.1.2.4.203", imagecodecs.htj2k_encode(noise)),
    ):
        for _ in range(5):
            yield (
                uid,
                bytes(encoded),
                lambda data, _, uid=uid: decode_frame(EncodedFrame("test:a", data, uid, pixel)),
            )


def one_frame(instance: Instance, data: bytes, random_: random.Random) -> object:
    """Find a frame in broken pixel data and decode it."""
    index = FrameIndex.build(data, instance.pixel, instance.uid, vr=instance.vr)
    frame, bit_offset = index.frame(random_.randint(1, index.number_of_frames))
    return decode_frame(EncodedFrame("test:a", frame, instance.uid, instance.pixel, bit_offset))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
