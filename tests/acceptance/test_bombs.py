"""Small files that would be large: each is refused with a typed error, before memory is taken."""

from __future__ import annotations

import functools
import gzip
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import imagecodecs
import nibabel
import numpy as np
import PIL.Image
import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.model.limits import LoadLimits
from pycornerstone.session.session import Session

MIB = 2**20
LOADER = Path(__file__).with_name("loading_measured.py")
MOST_MEMORY = 64 * MIB
MOST_SECONDS = 5
REFUSALS = {"DecodeError", "UnsupportedEncodingError"}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux says what memory a process has"
)


def png(columns, rows, depth, color_type, data, *chunks):
    """A PNG with any header."""
    header = struct.pack(">IIBBBBB", columns, rows, depth, color_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content
        + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )  # fmt: skip


@functools.cache
def zeros(number):
    """So many zeros in zlib's form, a thousand times smaller."""
    deflate, mebibyte = zlib.compressobj(9), bytes(MIB)
    parts = [deflate.compress(mebibyte) for _ in range(number // MIB)]
    return b"".join([*parts, deflate.compress(bytes(number % MIB)), deflate.flush()])


def gzip_of(begin, number):
    """Something, and so many zeros behind it; gzip's members may follow one another."""
    member = gzip.compress(bytes(32 * MIB), 9)
    return gzip.compress(begin) + member * (number // (32 * MIB))


def jpeg(rows, columns, marker=0xC0):
    """A JPEG with any size, and no picture to speak of."""
    small = imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint8))
    at = small.index(b"\xff\xc0")
    return (
        small[:at] + bytes([0xFF, marker]) + small[at + 2 : at + 5]
        + struct.pack(">HH", rows, columns) + small[at + 9 :]
    )  # fmt: skip


def tiff(data, order="<", **tags):
    """A TIFF of one strip; tags by number, such as ``t256=100_000``."""
    told = {"t256": 100_000, "t257": 100_000, "t258": 8, "t259": 8, "t262": 1, "t273": 8}
    told |= {"t277": 1, "t278": 100_000, "t279": len(data), **tags}
    entries = b"".join(
        struct.pack(f"{order}HHII", int(name[1:]), 4, 1, value)
        for name, value in sorted(told.items())
    )
    first = 8 + len(data)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    body = mark + struct.pack(f"{order}I", first) + data
    return body + struct.pack(f"{order}H", len(told)) + entries + bytes(4)


def gif(columns, rows, frame_columns, frame_rows):
    """A GIF of one frame."""
    screen = b"GIF89a" + struct.pack("<HHBBB", columns, rows, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, frame_columns, frame_rows, 0)
    return screen + frame + b"\x02\x02\x44\x01\x00;"


def webp(columns, rows):
    """An extended WebP with any canvas."""
    plain = imagecodecs.webp_encode(np.zeros((8, 8, 4), np.uint8), lossless=True)
    canvas = struct.pack("<I", columns - 1)[:3] + struct.pack("<I", rows - 1)[:3]
    chunks = b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + canvas + plain[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def bmp(columns, rows, bits=24, compression=0, data=b""):
    """A BMP with any size."""
    information = struct.pack(
        "<IiiHHIIiiII", 40, columns, rows, 1, bits, compression, 0, 0, 0, 0, 0
    )
    palette = bytes(1024) if bits == 8 else b""
    start = 14 + len(information) + len(palette)
    whole = information + palette + data
    return b"BM" + struct.pack("<IHHI", 14 + len(whole), 0, 0, start) + whole


def changed(data, old, new):
    """Another size in a file of a codec."""
    assert data.count(old) >= 1
    return data.replace(old, new)


def nifti(sizes, dtype=np.int16):
    """The header of a NIfTI file, with the four bytes behind it."""
    header = nibabel.Nifti1Header()
    header.set_data_shape(sizes)
    header.set_data_dtype(dtype)
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    return header.binaryblock + bytes(4)


def bombs():
    """Files by name."""
    small = np.zeros((300, 200), np.uint8)
    ls, j2k = imagecodecs.jpegls_encode(small), imagecodecs.jpeg2k_encode(small, codecformat="j2k")
    size = struct.pack(">II", 200, 300)
    yield "size.png", png(65535, 65535, 8, 6, zeros(1000))
    yield "largest.png", png(2**31 - 1, 2**31 - 1, 16, 6, zeros(1000))
    # All of it is there: 200 MB of one bit a pixel, in 200 kB.
    yield "bits.png", png(40_000, 40_000, 1, 0, zeros(40_000 * 5001))
    yield (
        "frames.png",
        png(8, 8, 8, 0, zlib.compress(bytes(72)), (b"acTL", struct.pack(">II", 2**31 - 1, 0))),
    )
    yield "jpeg.jpg", jpeg(65500, 65500)
    yield "progressive.jpg", jpeg(65500, 65500, 0xC2)
    yield "jpegls.jls", changed(ls, struct.pack(">HH", 300, 200), struct.pack(">HH", 65535, 65535))
    yield "j2k.j2k", changed(j2k, size, struct.pack(">II", 2**31 - 1, 2**31 - 1))
    yield "strip.tif", tiff(zeros(MIB))
    yield "largest.tif", tiff(zeros(MIB), t256=2**32 - 1, t257=2**32 - 1)
    yield "samples.tif", tiff(zeros(MIB), t256=1000, t257=1000, t277=65535)
    yield "tiles.tif", tiff(zeros(MIB), t256=10, t257=10, t322=2**31, t323=2**31)
    yield "count.tif", tiff(zeros(MIB), order=">", t279=2**32 - 1)
    yield "uncompressed.tif", tiff(bytes(100), t259=1)
    yield "screen.gif", gif(65535, 65535, 65535, 65535)
    yield "frame.gif", gif(16, 16, 65535, 65535)
    yield "canvas.webp", webp(2**24 - 1, 2**24 - 1)
    yield "rows.bmp", bmp(2**31 - 1, 2**31 - 1)
    yield "runs.bmp", bmp(60_000, 60_000, 8, 1, b"\xff\0" * 1000 + b"\0\x01")
    yield "bits.bmp", bmp(200_000, 200_000, 1)
    yield "greys.pgm", b"P5 99999999 99999999 65535\n" + bytes(100)
    yield "text.pgm", b"P2 99999999 99999999 65535\n1 2 3"
    # What a header says is looked at first: 34 GB, in a file of some kilobytes.
    yield "header.nii.gz", gzip.compress(nifti((4096, 4096, 1024)) + bytes(MIB))
    yield "header.nii", nifti((32767, 32767, 32767)) + bytes(1000)
    yield "dimensions.nii", nifti((32767,) * 7) + bytes(1000)
    yield "slices.nii", nifti((8, 8, 32767, 32767)) + bytes(1000)


def within(bounds, folder, image_ids):
    """Load in a process of its own; check time and memory of each, give kind and text."""
    names = folder / "image_ids"
    names.write_text("\n".join(image_ids), encoding="utf-8")
    command = [sys.executable, str(LOADER), json.dumps(bounds), str(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    ended = f"ended with {done.returncode} at {image_ids[len(told) : len(told) + 1]}"
    assert done.returncode == 0, ended + done.stderr
    return told


def warm(folder):
    """Sound files of each kind first, so that libraries are there when it is measured."""
    samples = np.arange(64 * 64 * 3, dtype=np.uint8).reshape(64, 64, 3)
    files = {
        "a.jls": imagecodecs.jpegls_encode(samples),
        "a.j2k": imagecodecs.jpeg2k_encode(samples),
    }
    for name in ("png", "jpg", "gif", "bmp", "webp", "tif", "ppm"):
        made = io.BytesIO()
        PIL.Image.fromarray(samples).save(made, {"jpg": "jpeg", "tif": "tiff"}.get(name, name))
        files[f"a.{name}"] = made.getvalue()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "a.nii.gz").write_bytes(gzip.compress(nifti((64, 64, 64)) + bytes(2 * 64**3)))
    return [*(f"web:{folder / name}" for name in files), f"nifti:{folder}/a.nii.gz?frame=0"]


def image_id_of(path):
    return f"nifti:{path}?frame=0" if ".nii" in path.name else f"web:{path}"


def test_what_would_be_large_is_refused_before_memory_is_taken(tmp_path, testdata):
    pillow = testdata / "pypi-pillow/pillow-13.0.0/Tests/images"
    paths = [pillow / name for name in ("decompression_bomb.gif", "decompression_bomb_extents.gif")]
    paths += [pillow / f"bmp/b/{name}.bmp" for name in ("reallybig", "badwidth")]
    for name, data in bombs():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
        assert len(data) < 2 * MIB
    first = warm(tmp_path)

    told = within({}, tmp_path, [*first, *map(image_id_of, paths)])

    assert [kind for kind, *_ in told[: len(first)]] == ["Image"] * len(first), told
    failed = []
    for path, (kind, text, seconds, grown) in zip(paths, told[len(first) :], strict=True):
        is_well = kind in REFUSALS and seconds < MOST_SECONDS and grown < MOST_MEMORY
        # The still picture of an animation that lies of its frames may well be shown.
        if not is_well and not (path.name == "frames.png" and kind == "Image"):
            failed.append((path.name, kind, text[:200], round(seconds, 2), grown // MIB))
    assert not failed, "\n".join(map(str, failed))


def test_what_is_large_beside_the_picture_is_not_inflated(tmp_path, testdata):
    """Profiles, texts, and what follows the voxels: an image, or a typed error, but no memory."""
    profile = b"icc\0\0" + zeros(128 * MIB)
    text = b"Comment\0\0" + zeros(128 * MIB)
    grey = zlib.compress(bytes(72))
    files = {
        "profile.png": png(8, 8, 8, 0, grey, (b"iCCP", profile)),
        "text.png": png(8, 8, 8, 0, grey, (b"zTXt", text)),
        "rest.png": png(8, 8, 8, 0, zeros(128 * MIB)),
        "strip.tif": tiff(zeros(128 * MIB), t256=8, t257=8, t278=8),
        # More voxels than the header says, by a gibibyte.
        "behind.nii.gz": gzip_of(nifti((8, 8, 8)) + bytes(1024), 1024 * MIB),
    }
    paths = [testdata / "pypi-pillow/pillow-13.0.0/Tests/images/png_decompression_dos.png"]
    for name, data in files.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    first = warm(tmp_path)

    told = within({}, tmp_path, [*first, *map(image_id_of, paths)])

    failed = []
    for path, (kind, text, seconds, grown) in zip(paths, told[len(first) :], strict=True):
        if not (kind in {*REFUSALS, "Image"} and seconds < MOST_SECONDS and grown < MOST_MEMORY):
            failed.append((path.name, kind, text[:200], round(seconds, 2), grown // MIB))
    assert not failed, "\n".join(map(str, failed))


def test_a_user_says_how_much_may_be_taken(tmp_path):
    """All of it is there, and sound: too much for one user, and not for another."""
    side, slices = 6000, 512
    picture = tmp_path / "large.png"
    picture.write_bytes(png(side, side, 8, 0, zeros(side * (side + 1))))
    volume = tmp_path / "large.nii.gz"
    volume.write_bytes(gzip_of(nifti((512, 512, slices)), 512 * 512 * slices * 2))
    first, asked = warm(tmp_path), [image_id_of(picture), image_id_of(volume)]
    assert picture.stat().st_size < MIB > volume.stat().st_size

    little = within({"picture_bytes": MIB, "volume_bytes": 16 * MIB}, tmp_path, [*first, *asked])
    enough = within({"picture_bytes": 200 * MIB, "volume_bytes": 300 * MIB}, tmp_path, asked)

    assert [kind for kind, *_ in little] == ["Image"] * len(first) + ["DecodeError"] * 2
    for (_, text, seconds, grown), named in zip(little[-2:], LoadLimits.__slots__, strict=True):
        # What to do stands in it.
        assert named in text
        assert seconds < MOST_SECONDS
        assert grown < MOST_MEMORY
    assert [kind for kind, *_ in enough] == ["Image"] * 2


@pytest.mark.parametrize("most", [64 * 48, 64 * 48 - 1])
def test_a_picture_of_just_as_many_bytes_is_loaded(most):
    made = io.BytesIO()
    PIL.Image.fromarray(np.zeros((48, 64), np.uint8)).save(made, "png")
    with Session(limits=LoadLimits(picture_bytes=most)) as session:
        load = session.load_image(f"web:{session.hold_bytes(made.getvalue())}")
        if most == 64 * 48:
            assert load.result(timeout=10).pixels.shape == (48, 64)
        else:
            with pytest.raises(DecodeError, match="picture_bytes"):
                load.result(timeout=10)
