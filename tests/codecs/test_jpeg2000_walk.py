"""How much of a JPEG 2000 picture is there, packet by packet."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from pycornerstone.codecs.jpeg2000_walk import CodestreamWalk, Progress
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

PROGRESSIONS = ["LRCP", "RLCP", "RPCL", "PCRL", "CPRL"]


def picture(rows=250, columns=240, samples=1):
    y, x = np.mgrid[:rows, :columns]
    waves = [
        128 + 90 * np.sin(x / (7 + 5 * sample)) * np.cos(y / 11) + (x * y % 13)
        for sample in range(samples)
    ]
    array = np.clip(np.stack(waves, axis=-1), 0, 255).astype(np.uint8)
    return array[..., 0] if samples == 1 else array


def openjpeg(array, **options):
    written = io.BytesIO()
    Pillow.fromarray(array).save(written, "JPEG2000", no_jp2=True, **options)
    return written.getvalue()


def htj2k(array, **options):
    return bytes(imagecodecs.htj2k_encode(array, reversible=True, **options))


def end_of_packets(data):
    """Where the last tile-part ends, by the lengths that the tile-parts say (ISO 15444-1 A.4.2)."""
    position = data.index(b"\xff\x90")
    while data[position : position + 2] == b"\xff\x90":
        position += struct.unpack_from(">I", data, position + 6)[0]
    return position


STREAMS = {
    "htj2k": lambda: htj2k(picture()),
    "htj2k in tile-parts": lambda: htj2k(picture(), tlm=True, tilepart=1),
    "htj2k in tiles": lambda: htj2k(picture(), tile=(128, 64)),
    "htj2k in colour": lambda: htj2k(picture(samples=3)),
    "htj2k, lossy": lambda: bytes(imagecodecs.htj2k_encode(picture(), level=0.01)),
    "j2k of 16 bits": lambda: bytes(
        imagecodecs.jpeg2k_encode(
            picture().astype(np.uint16) * 99, codecformat="j2k", level=0, reversible=True
        )
    ),
} | {
    f"{name}, {progression}": lambda options=options, progression=progression, samples=samples: (
        openjpeg(picture(samples=samples), progression=progression, **options)
    )
    for name, samples, options in (
        ("plain", 1, {}),
        ("colour", 3, {}),
        ("layers", 3, {"quality_layers": [80, 20, 5], "irreversible": True}),
        ("tiles", 3, {"tile_size": (100, 90), "codeblock_size": (16, 16), "num_resolutions": 4}),
        ("off the grid", 1, {"tile_size": (100, 90), "offset": (5, 9), "tile_offset": (3, 4)}),
        ("precincts", 3, {"precinct_size": (64, 64), "codeblock_size": (16, 16)}),
        ("marked", 1, {"plt": True}),
        ("one resolution", 1, {"num_resolutions": 1}),
    )
    for progression in PROGRESSIONS
    # Positions go across resolutions there.
    if not (name == "precincts" and progression in {"PCRL", "CPRL"})
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_packets_end_where_the_tile_parts_say(name):
    # Each length in each packet header must have been read right, for the sum to be.
    data = STREAMS[name]()
    walk = CodestreamWalk()

    progress = walk.go_on(data)

    assert progress is not None
    assert progress.is_whole
    assert progress.reduction == 0
    # OpenJPEG's own reading of what has been put together again.
    rebuilt = walk.rebuilt(data)
    assert end_of_packets(rebuilt) == len(rebuilt) - 2
    np.testing.assert_array_equal(decoded(rebuilt), decoded(data))
    for tile_part in (data, rebuilt):
        assert tile_part[end_of_packets(tile_part) :] == b"\xff\xd9"
    packets = sum(body_lengths(data))
    assert sum(body_lengths(rebuilt)) == packets


def body_lengths(data):
    position = data.index(b"\xff\x90")
    while data[position : position + 2] == b"\xff\x90":
        length = struct.unpack_from(">I", data, position + 6)[0]
        # No marker segment's content holds SOD where it would be looked for first.
        body = position + 12
        while data[body : body + 2] != b"\xff\x93":
            body += 2 + struct.unpack_from(">H", data, body + 2)[0]
        yield position + length - body - 2
        position += length


def decoded(data):
    is_high_throughput = b"\xff\x50" in data[:80]
    codec = imagecodecs.htj2k_decode if is_high_throughput else imagecodecs.jpeg2k_decode
    return codec(data)


@pytest.mark.parametrize("name", ["htj2k", "plain, LRCP", "layers, RLCP", "precincts, RPCL"])
def test_bytes_that_come_one_by_one_are_gone_over_as_those_that_come_at_once(name):
    data = STREAMS[name]()
    walk = CodestreamWalk()

    for length in [*range(3000), *range(3000, len(data), 997)]:
        step_by_step = walk.go_on(data[:length])
        if length % 331 == 0:
            assert step_by_step == CodestreamWalk().go_on(data[:length])

    assert walk.go_on(data) == CodestreamWalk().go_on(data)


def test_resolutions_are_counted_where_their_tile_parts_end():
    # Tile-parts of one resolution each, whose lengths OpenJPH has written.
    data = htj2k(picture(), tilepart=1)
    ends = []
    position = data.index(b"\xff\x90")
    while data[position : position + 2] == b"\xff\x90":
        position += struct.unpack_from(">I", data, position + 6)[0]
        ends.append(position)
    assert len(ends) == 6

    for number, end in enumerate(ends):
        before = CodestreamWalk().go_on(data[: end - 1])
        there = CodestreamWalk().go_on(data[:end])
        # Each has a SOT and a SOD of 14 bytes in all, before its packets (A.4.2, A.4.3).
        packets = end - data.index(b"\xff\x90") - 14 * (number + 1)
        is_whole = number == 5
        assert there == Progress(5 - number, int(is_whole), packets * is_whole, is_whole)
        assert (before is None) if not number else (before.reduction == 6 - number)


def test_layers_are_counted_where_they_end():
    # Layer by layer, each with all resolutions: by a factor of 80 and 20, OpenJPEG was told, and
    # with 5 decomposition levels.
    data = STREAMS["layers, LRCP"]()
    walk = CodestreamWalk()
    seen = [(length, walk.go_on(data[:length])) for length in range(len(data) + 1)]
    first = {}
    for length, progress in seen:
        if progress:
            first.setdefault((progress.reduction, progress.layers), length)

    # No resolution has all its layers before the last one comes, of which the lowest come first.
    assert list(first) == [
        (6, 1),
        (6, 2),
        *((reduction, 2) for reduction in (5, 4, 3, 2, 1)),
        (0, 3),
    ]
    samples = 250 * 240 * 3
    assert first[6, 1] == pytest.approx(samples / 80, rel=0.1)
    assert first[6, 2] == pytest.approx(samples / 20, rel=0.1)


def test_a_resolution_is_there_with_its_last_layer():
    data = STREAMS["layers, RLCP"]()
    walk = CodestreamWalk()
    seen = [walk.go_on(data[:length]) for length in range(len(data) + 1)]

    found = list(dict.fromkeys((p.reduction, p.layers) for p in seen if p))
    assert found == [*((r, 0) for r in (5, 4, 3, 2, 1)), (1, 1), (1, 2), (0, 3)]


def stream_of(rows, columns, body, *, levels=5, layers=1, blocks=4, precincts=b"", tile=None):
    """Write the headers of a stream by hand (ISO 15444-1 A.5.1, A.6.1, A.6.4, A.4.2)."""
    tile = tile or (columns, rows)
    size = struct.pack(">HHIIIIIIIIH", 41, 0, columns, rows, 0, 0, *tile, 0, 0, 1) + b"\x0f\1\1"
    coding = struct.pack(">BBHBBBBBB", bool(precincts), 2, layers, 0, levels, blocks, blocks, 0, 1)
    coding += precincts
    steps = b"\x40" + b"\x80" * (3 * levels + 1)
    return b"".join(
        [
            b"\xff\x4f\xff\x51",
            size,
            b"\xff\x52" + struct.pack(">H", len(coding) + 2) + coding,
            b"\xff\x5c" + struct.pack(">H", len(steps) + 2) + steps,
            b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 0, 0, 1) + b"\xff\x93",
            body,
        ]
    )


@pytest.mark.parametrize("body", [b"\xc0" + bytes(400_000), b"\xff\x7f" * 200_000])
def test_a_packet_header_that_says_what_cannot_be_is_not_gone_over_to_its_end(body):
    # A block with millions of bit-planes, or lengths of millions of bits.
    walk = CodestreamWalk()

    with pytest.raises(DecodeError, match="says what cannot be"):
        walk.go_on(stream_of(512, 512, body))


@pytest.mark.parametrize(
    ("words", "stream"),
    [
        ("very many packets", {"precincts": b"\x55" * 6}),
        ("very many code blocks", {"blocks": 0}),
        ("very many code blocks", {"blocks": 2, "layers": 3}),
        ("very many packets", {"tile": (64, 64), "levels": 2}),
    ],
)
def test_what_is_divided_very_much_is_not_followed(words, stream):
    with pytest.raises(UnsupportedEncodingError, match=words):
        CodestreamWalk().go_on(stream_of(8192, 8192, bytes(100), **stream))


def test_very_long_headers_are_not_read_for_ever():
    comment = b"\xff\x64\x00\x02"
    stream = stream_of(512, 512, b"")
    tile_part = stream.index(b"\xff\x90")

    for at in (tile_part, tile_part + 12):
        broken = stream[:at] + comment * 20_000
        with pytest.raises(UnsupportedEncodingError, match="headers are longer than 65536 bytes"):
            CodestreamWalk().go_on(broken)


def test_a_packet_does_not_go_on_in_another_tile_part():
    data = bytearray(STREAMS["htj2k"]())
    length = data.index(b"\xff\x90") + 6
    # The only tile-part is said to end earlier than its last packet.
    whole = struct.unpack_from(">I", data, length)[0]
    struct.pack_into(">I", data, length, whole - 100)

    with pytest.raises(DecodeError, match="goes on after the end of its tile-part"):
        CodestreamWalk().go_on(bytes(data))


def test_a_tile_part_may_be_empty():
    # A tile may have more tile-parts than it has packets for (A.4.2).
    data = bytearray(STREAMS["htj2k in tile-parts"]())
    first = data.index(b"\xff\x90")
    data[first:first] = b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 14, 0, 0) + b"\xff\x93"

    assert CodestreamWalk().go_on(bytes(data)).is_whole


def test_positions_across_resolutions_are_said_not_to_be_followed():
    data = openjpeg(picture(samples=3), progression="PCRL", precinct_size=(64, 64))

    with pytest.raises(UnsupportedEncodingError, match="ordered by position"):
        CodestreamWalk().go_on(data)


def test_something_else_is_no_codestream():
    with pytest.raises(DecodeError, match="no JPEG 2000 codestream"):
        CodestreamWalk().go_on(b"\xff\xd8\xff\xe0 a JPEG of another kind")


@pytest.mark.parametrize("name", ["htj2k", "plain, LRCP", "layers, RLCP", "tiles, RPCL"])
def test_broken_streams_end_in_an_error_or_in_nothing(name):
    data = STREAMS[name]()
    random = np.random.default_rng(5)
    for _ in range(300):
        broken = bytearray(data[: random.integers(1, len(data))])
        for place in random.integers(0, min(len(broken), 400), 3):
            broken[place] = random.integers(256)
        walk = CodestreamWalk()
        try:
            progress = walk.go_on(bytes(broken))
            if progress is not None:
                walk.rebuilt(bytes(broken))
        except DecodeError:
            continue
