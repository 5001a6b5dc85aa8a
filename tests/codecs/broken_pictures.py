"""Decode broken pictures in a process of its own: a codec that crashes takes no tests with it.

``python broken_pictures.py SEED`` prints as JSON how many became what, and how much memory it took.
"""

from __future__ import annotations

import io
import json
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image as Pillow

from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError

TIMES = 60
MOST_BYTES = 1 << 26
ADDRESSES = 4 << 30


def main(seed: int) -> None:
    """Break every file a few times."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    random_ = random.Random(seed)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    sources = files()
    for data in sources:
        decode(data)
        for _ in range(TIMES):
            broken = damage(data, random_)
            start = time.process_time()
            try:
                decode(broken)
                outcomes["Picture"] += 1
            except DecodeError as error:
                outcomes["DecodeError"] += 1
                if not str(error).isprintable():
                    raise SystemExit(f"unprintable text {str(error)!r}") from error
            slowest = max(slowest, time.process_time() - start)
    found = {"files": len(sources), "slowest": slowest, "peak": peak_in_bytes(), **outcomes}
    print(json.dumps(found))  # noqa: T201 - the test reads it


def peak_in_bytes() -> int:
    """Give the most memory that was in use; ru_maxrss would count that of the parent, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def decode(data: bytes) -> None:
    """Decode the first frames of a picture."""
    file = open_picture(data, MOST_BYTES)
    for frame in range(1, min(file.number_of_frames, 10) + 1):
        pixels = file.decode(frame).pixels
        if pixels.nbytes > MOST_BYTES:
            raise SystemExit(f"more than is allowed: an array of shape {pixels.shape}")


def damage(data: bytes, random_: random.Random) -> bytes:
    """Cut the end off, put wrong bytes in, most of them in the header, or take some away."""
    kind = random_.random()
    if kind < 0.25:
        return data[: random_.randrange(len(data))]
    broken = bytearray(data)
    if kind < 0.5:
        start = random_.randrange(len(broken))
        broken[start : start + random_.randrange(1, 30)] = b""
        return bytes(broken)
    last = len(broken) if kind < 0.75 else min(len(broken), 300)
    for _ in range(random_.randrange(1, 6)):
        broken[random_.randrange(last)] = random_.choice((0, 1, 127, 128, 255, 77))
    return bytes(broken)


def files() -> list[bytes]:
    """Write a picture in every format and compression."""
    grey = (np.add.outer(np.arange(40), np.arange(50)) * 2).astype(np.uint8)
    colors = np.dstack([grey, grey[::-1], grey[:, ::-1]])
    shown = Pillow.fromarray(colors)
    turned = [shown.rotate(90), shown.rotate(180)]
    return [
        *(pillow(image, "PNG") for image in (shown, shown.quantize(9), shown.convert("LA"))),
        pillow(shown, "PNG", save_all=True, append_images=turned, disposal=2),
        imagecodecs.png_encode(grey.astype(np.uint16)),
        *(pillow(shown.convert(mode), "JPEG") for mode in ("L", "RGB", "CMYK")),
        pillow(shown, "JPEG", progressive=True),
        imagecodecs.jpeg8_encode(grey.astype(np.uint16), bitspersample=12),
        imagecodecs.jpeg8_encode(colors, lossless=True),
        *(tiff(grey, photometric="minisblack", compression=name, rowsperstrip=9)
          for name in (None, "lzw", "zlib", "zstd", "lzma", "packbits")),
        *(tiff(colors, photometric="rgb", compression=name, tile=(16, 32))
          for name in ("jpeg", "jpeg2000", "jpegxl", "webp", "zlib")),
        tiff(np.stack([grey] * 4), bigtiff=True, photometric="minisblack"),
        tiff(np.stack([grey] * 4).astype(np.uint16), imagej=True),
        tiff(np.stack([grey] * 4), ome=True, metadata={"axes": "ZYX", "PhysicalSizeX": 1}),
        *(pillow(shown.convert("1"), "TIFF", compression=name) for name in ("group3", "group4")),
        pillow(shown.quantize(20), "TIFF"),
        pillow(shown.convert("CMYK"), "TIFF"),
        pillow(shown, "GIF", save_all=True, append_images=turned, duration=40, loop=3),
        pillow(shown.quantize(8), "GIF", transparency=2),
        pillow(shown, "BMP"),
        pillow(shown.quantize(200), "BMP"),
        pillow(shown, "WEBP"),
        pillow(shown.convert("RGBA"), "WEBP", lossless=True),
        pillow(shown, "WEBP", save_all=True, append_images=turned, duration=40),
        pillow(shown, "AVIF"),
        pillow(shown, "AVIF", save_all=True, append_images=turned),
        imagecodecs.jpeg2k_encode(colors, level=0, codecformat="jp2"),
        imagecodecs.jpeg2k_encode(grey, level=0, codecformat="j2k"),
        imagecodecs.jpegxl_encode(colors),
        imagecodecs.jpegxl_encode(grey.astype(np.uint16), lossless=True),
        imagecodecs.jpegls_encode(colors),
        pillow(shown, "PPM"),
        b"P2 # few\n3 2\n255\n1 2 3\n4 5 6\n",
    ]  # fmt: skip


def tiff(samples: np.ndarray, **options: object) -> bytes:
    """Write a TIFF."""
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def pillow(image: Pillow.Image, kind: str, **options: object) -> bytes:
    """Write a picture with Pillow."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]))
