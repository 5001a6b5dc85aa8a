"""JPEG of the processes that few encoders write, and the tests that they decode.

Made once: 8 bits by ``cjpeg -quality 90 -sample 1x1`` of libjpeg-turbo 2.1.5 with ``-arithmetic``,
``-progressive`` and ``-scans``; 12 bits by ``jpeg12_write_scanlines`` of libjpeg-turbo 3.1 with
``arith_code`` and a script of scans, quality 98.
"""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from pycornerstone.codecs.decode import decode_frame
from pycornerstone.errors import DecodeError
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.modules import ImagePixelModule

ROW, COLUMN = np.mgrid[:8, :16]
GREY = ((COLUMN * 13 + ROW * 7) % 251).astype(np.uint8)
RGB = np.stack([GREY, 250 - GREY, GREY // 2], -1)
GREY_12 = ((COLUMN * 211 + ROW * 97) % 4001).astype(np.uint16)
STREAMS = {
    "52 8 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/yQALCAAIABABAREA/8wABgAQEAX/2gAIAQEAAD8A/wDaRFEN/LI6CQMC"
        "mM7opmjDbP/Z"
    ),
    "52 8 bits color": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
        "FBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/yQARCAAIABADAREAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIR"
        "AxEAPwDQESds/rHs52EG78rrbkzHy4NpgXdLjNqewh+MvhIhuV1n/9k="
    ),
    "53 8 bits color": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
        "FBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
        "Awf/xAAVAQEBAAAAAAAAAAAAAAAAAAAHCP/aAAwDAQACEAMQAAAAebwyfuV5/wD/xAAZEAACAwEAAAAAAAAAAAAA"
        "AAAABAUhMiL/2gAIAQEAAT8AnH9WTb+uj//EABgRAAIDAAAAAAAAAAAAAAAAAAAEBSEx/9oACAECAQE/AIdLKIdL"
        "KP/EABgRAAIDAAAAAAAAAAAAAAAAAAAFBiEy/9oACAEDAQE/AIWjzRC0eaP/2Q=="
    ),
    "54 8 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/ygALCAAIABABAREA/8wABAAQ/9oACAEBAAAAAP8A2jYOvv/MAAQQBf/a"
        "AAgBAQABBQAWo+/n1q3/zAAEEAX/2gAIAQEABj8AFOqkC/yj9P/Z"
    ),
    "55 8 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wgALCAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABwj/2gAIAQEA"
        "AAABMaL/AP/EABUQAQEAAAAAAAAAAAAAAAAAAAUA/9oACAEBAAEFAgj4I+//xAAWEAADAAAAAAAAAAAAAAAAAAAA"
        "AiH/2gAIAQEABj8CWCw//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPyEiP//aAAgBAQAAABD/AP/EABYQ"
        "AAMAAAAAAAAAAAAAAAAAAABBof/aAAgBAQABPxCQiQj/2Q=="
    ),
    "56 8 bits color": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
        "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
        "FBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/ygARCAAIABADAREAAhEBAxEB/8wABgAQARD/2gAMAwEAAhADEAAA"
        "Acp9k8HnjLxsKf/MAAQQBf/aAAgBAQABBQI49AEQ/8wABBEF/9oACAEDAQE/ARZcoyuk7sPA/8wABBEF/9oACAEC"
        "AQE/ARWd4MNM/8wABBAF/9oACAEBAAY/AsD/zAAEEAX/2gAIAQEAAT8hIqmQ/9oADAMBAAIAAwAAABDI/8wABBEF"
        "/9oACAEDAQE/EExk/8wABBEF/9oACAECAQE/ECMYYP/MAAQQBf/aAAgBAQABPxAfNP/Z"
    ),
    "51 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/wQALDAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADQ7/xAAcEAAA"
        "BgMAAAAAAAAAAAAAAAAACwwoOUZWY3T/2gAIAQEAAD8ABr0H0SLw2tGwOkcGoWmAg+iReG1o2B0jg1D/2Q=="
    ),
    "52 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/yQALDAAIABABAREA/8wABgAQEAX/2gAIAQEAAD8A/wD/ACW/OT/YcFs2"
        "0yRmWaWCLk4h608vgmt3n8MO70UwEq3iwczQMZT6If/Z"
    ),
    "53 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/wgALDAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADQ7/2gAIAQEA"
        "AAAABr7TA//EABYQAAMAAAAAAAAAAAAAAAAAAAALDP/aAAgBAQABBQCD6SLkH0kXP//EABoQAAAHAAAAAAAAAAAA"
        "AAAAAAAJKEZWY3T/2gAIAQEABj8AJtSNA2RgqBNqRoGyMFQ//9k="
    ),
    "54 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/ygALDAAIABABAREA/8wABAAQ/9oACAEBAAAAAP8A/wAlv7fMMv/MAAQQ"
        "Bf/aAAgBAQABBQAWvHYcFs25z5dGF//MAAQQBf/aAAgBAQAGPwAWt0s0sEXJxD1p5fBNbM6qwczQMZT6If/Z"
    ),
    "55 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/wgALDAAIABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAADA3/2gAIAQEA"
        "AAABBr2mD//EABYQAAMAAAAAAAAAAAAAAAAAAAAJCv/aAAgBAQABBQKD5IpB8kU//8QAGhAAAAcAAAAAAAAAAAAA"
        "AAAAAAcmRFRhcv/aAAgBAQAGPwIm0jAZYoE2kYDLFD//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/IQmJ"
        "v//aAAgBAQAAABA//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPxAl5f8A/9k="
    ),
    "56 12 bits grey": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQIBAQEBAQIBAQECAgICAgICAgIDAwQDAwMD"
        "AwICAwQDAwQEBAQEAgMFBQQEBQQEBAT/ygALDAAIABABAREA/8wABAAQ/9oACAEBAAAAAf8A/kuBGWDA/8wABBAF"
        "/9oACAEBAAEFAha56KVXPSmlekD/zAAEEAX/2gAIAQEABj8CFqULppfbessE3OsV/wB5a8zSJjX/zAAEEAX/2gAI"
        "AQEAAT8hUWfmnd3HgP/aAAgBAQAAABCA/8wABBAF/9oACAEBAAE/EKY9KE8Fa//Z"
    ),
}


def decode(name, uid=None):
    syntax, bits, _, kind = name.split()
    bits = int(bits)
    pixel = ImagePixelModule(
        rows=8,
        columns=16,
        samples_per_pixel=3 if kind == "color" else 1,
        photometric_interpretation="YBR_FULL" if kind == "color" else "MONOCHROME2",
        bits_allocated=8 if bits == 8 else 16,
        bits_stored=bits,
        high_bit=bits - 1,
    )
    uid = uid or f"1.2.840.10008.1.2.4.{syntax}"
    return decode_frame(EncodedFrame("test:a", b64decode(STREAMS[name]), uid, pixel)).pixels


@pytest.mark.parametrize("name", STREAMS)
def test_every_process_gives_the_picture_that_was_encoded(name):
    pixels = decode(name)

    expected = GREY_12 if "12 bits" in name else RGB if "color" in name else GREY
    assert pixels.dtype == expected.dtype
    # As near as the decoder of the library that encoded them comes; of colour, by its rounding.
    most = 0 if "12 bits" in name else 4 if "color" in name else 1
    assert np.abs(pixels.astype(int) - expected).max() <= most


def test_a_stream_of_endless_scans_is_refused_at_once():
    data = b64decode(STREAMS["55 8 bits grey"])
    last = data.rindex(b"\xff\xda")
    data = data[:last] + data[last:-2] * 100_000 + data[-2:]
    pixel = ImagePixelModule(rows=8, columns=16, bits_allocated=8, bits_stored=8, high_bit=7)

    with pytest.raises(DecodeError, match=r"the frame has 10\d{4} scans; up to 500 are read"):
        decode_frame(EncodedFrame("test:a", data, "1.2.840.10008.1.2.4.55", pixel))


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.80"])
def test_a_stream_of_another_process_is_named(uid):
    with pytest.raises(DecodeError, match="frame header is FFC9"):
        decode("52 8 bits grey", uid)
