"""Ways to damage a DICOM file, or its header as DICOM JSON; each is made again by its number."""

from __future__ import annotations

import io
import random
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# Elements whose values say how much there is, and of what: those that a lie is most telling in.
TELLING = {
    0x00280002: "US",
    0x00280006: "US",
    0x00280010: "US",
    0x00280011: "US",
    0x00280100: "US",
    0x00280101: "US",
    0x00280102: "US",
    0x00280103: "US",
    0x00281101: "US",
    0x00283002: "US",
    0x60000010: "US",
    0x60000011: "US",
}
NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 32, 33, 64, 255, 256, 511, 512, 4096, 0x7FFF, 0x8000, 0xFFFF)
LENGTHS = (0, 1, 2, 7, 8, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
SYNTAX = re.compile(rb"1\.2\.840\.10008\.1\.2[.0-9]*\0?")
SYNTAXES = ["", ".1", ".2", ".1.99", ".1.98", ".5", ".8.1", ".4.50", ".4.51", ".4.57", ".4.70"]
SYNTAXES += [".4.80", ".4.90", ".4.93", ".4.100", ".4.112", ".4.201"]

# What no element, or another one, may hold.
VALUES: tuple[Any, ...] = (
    *(
        None,
        "",
        "x",
        " 1",
        "1\\2",
        "1e400",
        "NaN",
        "\0",
        "\x1b$B",
        "-1",
        True,
        [],
        {},
        [[]],
        [None],
    ),
    *(
        0,
        -1,
        0.5,
        1e300,
        float("nan"),
        2**31,
        2**70,
        {"Alphabetic": 1},
        {"00280010": 1},
        "F" * 5000,
    ),
)
VRS = ("", "SQ", "OB", "OW", "US", "AT", "PN", "DS", "IS", "FD", "UI", "XX", None, 7)


def mutant(files: list[Path], number: int) -> tuple[str, bytes]:
    """Make a mutant by its number; give what it was made of, and its bytes."""
    random_ = random.Random(number)
    path = random_.choice(files)
    data = bytearray(path.read_bytes())
    for _ in range(random_.choice((1, 1, 1, 1, 2, 3))):
        random_.choice(WAYS)(data, random_, files)
    return path.name, bytes(data)


def flip_bits(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Turn bits over, most of them in the header."""
    for _number in range(random_.choice((1, 4, 32))):
        if data:
            reach = min(len(data), random_.choice((1000, 4000, len(data))))
            data[random_.randrange(reach)] ^= 1 << random_.randrange(8)


def cut_off(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Take the end away."""
    if data:
        del data[random_.randrange(len(data)) :]


def cut_out(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Take a piece away."""
    if data:
        start = random_.randrange(len(data))
        del data[start : start + random_.choice((1, 2, 4, 8, 100, 5000))]


def put_in(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Put noise between."""
    start = random_.randrange(len(data) + 1)
    data[start:start] = random_.randbytes(random_.choice((1, 2, 3, 4, 8, 100)))


def splice(data: bytearray, random_: random.Random, files: list[Path]) -> None:
    """Go on with the rest of another file."""
    other = random_.choice(files).read_bytes()
    at = random_.randrange(len(data) + 1)
    data[at:] = other[random_.randrange(len(other)) :]


def lie_about_a_length(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Write a length over four bytes, somewhere."""
    if len(data) > 4:
        at = random_.randrange(min(len(data) - 4, random_.choice((2000, len(data)))) or 1)
        data[at : at + 4] = struct.pack("<I", random_.choice(LENGTHS))


def lie_about_the_image(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Write another value into an element that says what the image is."""
    tag, vr = random_.choice(list(TELLING.items()))
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    at = data.find(start + vr.encode())
    at = at if at >= 0 else data.find(start)
    if at >= 0 and at + 10 <= len(data):
        data[at + 8 : at + 10] = struct.pack("<H", random_.choice(NUMBERS))


def lie_about_frames(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Write another Number of Frames, or put one in before Rows."""
    text = random_.choice((b"0 ", b"-1", b"2 ", b"99", b"1A", b"2147483647 ", b"1e9 ", b"999999"))
    text += b" " * (len(text) % 2)
    element = b"\x28\0\x08\0IS" + struct.pack("<H", len(text)) + text
    at = data.find(b"\x28\0\x08\0IS")
    if at >= 0:
        (length,) = struct.unpack_from("<H", data, at + 6)
        data[at : at + 8 + length] = element
    else:
        at = data.find(b"\x28\0\x10\0US")
        if at >= 0:
            data[at:at] = element


def lie_about_the_syntax(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Write another transfer syntax, of the same length or not."""
    found = SYNTAX.search(data, 132, 1000)
    if found:
        uid = ("1.2.840.10008.1.2" + random_.choice(SYNTAXES)).encode()
        if random_.random() < 0.7:
            uid = uid[: found.end() - found.start()].ljust(found.end() - found.start(), b"\0")
        data[found.start() : found.end()] = uid


def repeat(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Put a piece in twice, or many times."""
    start = random_.randrange(len(data) + 1)
    piece = bytes(data[start : start + random_.choice((8, 16, 100))])
    data[start:start] = piece * random_.choice((1, 2, 200))


def nest(data: bytearray, random_: random.Random, _: list[Path]) -> None:
    """Put sequences in each other before Rows, without an end."""
    at = data.find(b"\x28\0\x10\0US")
    if at >= 0:
        opened = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
        data[at:at] = opened * random_.choice((1, 30, 40, 5000))


WAYS = (
    *[flip_bits] * 6,
    *[lie_about_the_image] * 6,
    *[lie_about_a_length] * 3,
    *[lie_about_frames] * 2,
    *[lie_about_the_syntax] * 2,
    cut_off,
    cut_out,
    put_in,
    splice,
    repeat,
    nest,
)


def json_mutant(files: list[Path], number: int) -> tuple[str, dict[str, Any], bytes]:
    """Make a header in DICOM JSON, damaged; give what it was made of, it, and the pixel data."""
    import pydicom

    random_ = random.Random(number)
    path = random_.choice(files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(path.read_bytes()), force=True)
            header: dict[str, Any] = dataset.to_json_dict(suppress_invalid_tags=True)
        except Exception:  # noqa: BLE001 - some files are broken already, and pydicom says so
            return path.name, {}, b""
    held = header.pop("7FE00010", {}).get("InlineBinary", "")
    for _ in range(random_.choice((1, 1, 2, 5, 20))):
        damage_element(header, random_)
    return path.name, header, held.encode()


def damage_element(header: dict[str, Any], random_: random.Random) -> None:
    """Damage an element of a data set, or one in a sequence of it."""
    if not header:
        return
    key = random_.choice(list(header))
    element = header[key]
    items = element.get("Value") if isinstance(element, dict) else None
    if isinstance(items, list) and items and isinstance(items[0], dict) and random_.random() < 0.7:
        inner = random_.choice(items)
        if isinstance(inner, dict) and element.get("vr") == "SQ":
            damage_element(inner, random_)
            return
    way = random_.randrange(8)
    if way == 0:
        del header[key]
    elif way == 1:
        header[key] = random_.choice(VALUES)
    elif not isinstance(element, dict):
        header[key] = {"vr": random_.choice(VRS), "Value": [random_.choice(VALUES)]}
    elif way == 2:
        element["vr"] = random_.choice(VRS)
    elif way == 3:
        element["Value"] = random_.choice(VALUES)
    elif way == 4:
        element["InlineBinary"] = random_.choice((*VALUES, "AAAA", "A", "AAAAAAAAAAA="))
    elif way == 5:
        element["BulkDataURI"] = random_.choice((*VALUES, "http://127.0.0.1:9/bulk"))
    elif isinstance(items, list) and items:
        items[random_.randrange(len(items))] = random_.choice(VALUES)
    else:
        element["Value"] = [random_.choice(VALUES)] * random_.choice((1, 2, 3, 1000))
