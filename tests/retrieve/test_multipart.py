"""multipart/related as it arrives."""

from __future__ import annotations

import asyncio
import io
import itertools

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycornerstone.errors import ContentTypeError, RetrieveError, TransferError
from pycornerstone.retrieve import multipart
from pycornerstone.retrieve.multipart import (
    MultipartParser,
    parse_multipart,
)
from pycornerstone.retrieve.part_syntax import part_transfer_syntax

TYPE = 'multipart/related; type="application/octet-stream"; boundary=b'


def split(body: bytes, content_type: str = TYPE) -> list[tuple[dict[str, str], bytes]]:
    return [(dict(p.headers), bytes(p.body)) for p in parse_multipart(body, content_type)]


def test_parts_have_their_headers_and_bytes():
    body = (
        b"--b\r\nContent-Type: image/jls\r\nContent-Location: /frames/1\r\n\r\nabc\r\n"
        b"--b\r\nContent-Type: image/jp2\r\n\r\n\r\n\0\r\n--c\r\n\r\n--b--\r\n"
    )
    assert split(body) == [
        ({"content-type": "image/jls", "content-location": "/frames/1"}, b"abc"),
        ({"content-type": "image/jp2"}, b"\r\n\0\r\n--c\r\n"),
    ]
    assert parse_multipart(body, TYPE)[1].content_type == "image/jp2"


def test_a_part_without_content_type_has_an_empty_one():
    (part,) = parse_multipart(b"--b\r\n\r\nabc\r\n--b--", TYPE)
    assert part.content_type == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # RFC 2046, section 5.1.1: before the first and behind the last boundary anything may stand.
        (b"any text\r\n--b\r\n\r\nabc\r\n--b--\r\nmore\r\n--b\r\n\r\nno\r\n--b--", [b"abc"]),
        (b"\r\n--b\r\n\r\nabc\r\n--b--", [b"abc"]),
        # Not at the start of a line, so no boundary yet.
        (b"text --b\r\n\r\nno\r\n--b\r\n\r\nabc\r\n--b--", [b"abc"]),
        # Padding by blanks.
        (b"--b \t\r\n\r\nabc\r\n--b  \r\n\r\nd\r\n--b--", [b"abc", b"d"]),
        # What begins like the boundary is not it.
        (b"--b\r\n\r\nab\r\n--bc\r\n--b x\r\n--\r\n--b--", [b"ab\r\n--bc\r\n--b x\r\n--"]),
        (b"--bb\r\n--b\r\n\r\nabc\r\n--b--", [b"abc"]),
        # A body of nothing, with and without its own line break.
        (b"--b\r\nA: b\r\n\r\n\r\n--b--", [b""]),
        (b"--b\r\nA: b\r\n\r\n--b--", [b""]),
        (b"--b\r\n\r\n--b--", [b""]),
        (b"--b\r\n\r\n\r\n--b\r\n\r\n\r\n--b--", [b"", b""]),
        # No part at all.
        (b"--b--", []),
        (b"--b--\r\n", []),
        # Line breaks at the end belong to the body, all but the last.
        (b"--b\r\n\r\nabc\r\n\r\n\r\n--b--", [b"abc\r\n\r\n"]),
        (b"--b\r\n\r\n\r\r\n\r\n--b--", [b"\r\r\n"]),
    ],
)
def test_boundaries(body, expected):
    assert [part for _, part in split(body)] == expected
    # One byte after the other the same.
    parser = MultipartParser(TYPE)
    parts = [part for byte in body for part in parser.feed(bytes([byte]))]
    assert [bytes(part.body) for part in parts + parser.close()] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b\nContent-Type: image/jls\n\nabc\n--b\n\nd\n--b--\n", [b"abc", b"d"]),
        (b"text\n--b\nContent-Length: 3\n\nabc\n--b--", [b"abc"]),
        # A line break of the other kind is of the body.
        (b"--b\n\nabc\r\n--b--\n", [b"abc\r"]),
        (b"--b\r\n\r\nabc\n--b\n\r\n--b--", [b"abc\n--b\n"]),
        (b"--b\n\n\n--b--", [b""]),
        (b"--b\n\n--b--", [b""]),
    ],
)
def test_lines_may_end_by_a_line_feed_alone(body, expected):
    assert [part for _, part in split(body)] == expected
    parser = MultipartParser(TYPE)
    parts = [part for byte in body for part in parser.feed(bytes([byte]))]
    assert [bytes(part.body) for part in parts + parser.close()] == expected


def test_folded_header_lines_are_joined_and_lines_without_colon_are_passed_over():
    body = b"--b\r\nContent-Type: image/jls;\r\n\ttransfer-syntax=1.2\r\nodd\r\n\r\nabc\r\n--b--"
    assert split(body) == [({"content-type": "image/jls; transfer-syntax=1.2"}, b"abc")]


def test_a_length_that_is_right_lets_the_body_hold_the_boundary():
    data = b"a\r\n--b\r\nx\r\n--b--\r\n"
    body = b"--b\r\nContent-Length: %d\r\n\r\n%s\r\n--b--" % (len(data), data)
    assert split(body) == [({"content-length": str(len(data))}, data)]


@pytest.mark.parametrize(
    "length", [b"0", b"2", b"4", b"99999", b"-1", b"3.0", b"x", b"", b"9" * 30, b"\xb2"]
)
def test_a_length_that_is_wrong_is_not_believed(length):
    body = b"--b\r\nContent-Length: " + length + b"\r\n\r\nabc\r\n--b\r\n\r\nd\r\n--b--"
    assert [part for _, part in split(body)] == [b"abc", b"d"]
    parser = MultipartParser(TYPE)
    parts = [part for byte in body for part in parser.feed(bytes([byte]))]
    assert [bytes(part.body) for part in parts + parser.close()] == [b"abc", b"d"]


def test_several_lengths_that_are_too_large_are_not_believed():
    part = b"--b\r\nContent-Length: 99999\r\n\r\n%s\r\n"
    body = b"".join(part % data for data in (b"abc", b"d", b"")) + b"--b--"
    assert [data for _, data in split(body)] == [b"abc", b"d", b""]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b"", 0),
        (b"no boundary here", 0),
        (b"--b\r\nContent-Type: image/jls", 0),
        (b"--b\r\n\r\nabc", 0),
        (b"--b\r\n\r\nabc\r\n--b\r\n", 1),
        (b"--b\r\n\r\nabc\r\n--b-", 0),
        (b"--b\r\nContent-Length: 3\r\n\r\nabc", 0),
        (b"--b\r\n\r\nabc\r\n--b\r\n\r\nd\r\n--b\r\n\r\n", 2),
    ],
)
def test_a_missing_final_boundary_is_a_cut_transfer(body, count):
    with pytest.raises(TransferError) as caught:
        parse_multipart(body, TYPE)
    assert str(caught.value) == (
        f"a multipart answer ended without its final boundary, after {count} whole parts; the "
        "transfer was cut, ask again"
    )


def test_header_fields_that_never_end_are_refused():
    with pytest.raises(TransferError) as caught:
        parse_multipart(b"--b\r\n" + b"A: b\r\n" * 20_000, TYPE)
    assert str(caught.value) == (
        "the header fields of part 1 of a multipart answer do not end within 65536 bytes; the "
        "server's answer is damaged"
    )


@pytest.mark.parametrize("content_type", ["application/octet-stream", "", "text/html; boundary=b"])
def test_what_is_not_multipart_is_refused(content_type):
    with pytest.raises(ContentTypeError) as caught:
        MultipartParser(content_type)
    assert str(caught.value) == (
        f"a multipart answer was expected, the server sent {content_type!r}"
    )


@pytest.mark.parametrize("content_type", ["multipart/related", 'multipart/related; boundary=""'])
def test_a_missing_boundary_is_said(content_type):
    with pytest.raises(ContentTypeError) as caught:
        MultipartParser(content_type)
    assert str(caught.value) == (
        f"the server sent a multipart answer that names no boundary: {content_type!r}"
    )


def test_a_whole_body_is_not_copied():
    body = b"--b\r\n\r\n" + bytes(1000) + b"\r\n--b--"
    (part,) = parse_multipart(body, TYPE)
    assert isinstance(part.body, memoryview)
    assert part.body.obj is body


def test_a_part_is_given_once_it_is_whole():
    parser = MultipartParser(TYPE)
    assert parser.feed(b"--b\r\n\r\nabc\r\n--") == []
    (first,) = parser.feed(b"b\r\n\r\nd")
    assert first.body == b"abc"
    (second,) = parser.feed(b"\r\n--b--")
    assert second.body == b"d"
    assert parser.feed(b"epilogue") == []
    assert parser.close() == []


# RFC 2046, section 5.1.1: up to 70 of these, not ending in a blank.
BOUNDARY_CHARACTERS = "abcXYZ0189'()+_,-./:=? "
boundaries = st.text(BOUNDARY_CHARACTERS, min_size=1, max_size=70).filter(lambda b: b[-1] != " ")
# Made of what boundaries and line breaks are made of, so that near misses are usual.
bodies = st.lists(
    st.sampled_from([b"\r\n", b"--", b"\r", b"\n", b"-", b"a", b"\0", b"\r\n--", b"abcXYZ" * 20]),
    max_size=12,
).map(b"".join)


@st.composite
def messages(draw):
    boundary = draw(boundaries)
    delimiter = b"--" + boundary.encode()
    parts, body = [], b""
    for data in draw(st.lists(bodies, max_size=4)):
        with_length = draw(st.booleans())
        if not with_length and b"\r\n" + delimiter in b"\r\n" + data + b"\r\n":
            data = b""  # noqa: PLW2901 - what is drawn cannot be sent
        name = draw(st.sampled_from(["Content-Type", "content-type", "CONTENT-TYPE"]))
        fields = f"{name}:{draw(st.sampled_from(['', ' ', '  ']))}image/jls\r\n"
        if with_length:
            fields += (
                f"{draw(st.sampled_from(['Content-Length', 'content-LENGTH']))}: {len(data)}\r\n"
            )
        body += delimiter + b"\r\n" + fields.encode() + b"\r\n" + data + b"\r\n"
        parts.append(data)
    body += delimiter + b"--" + draw(st.sampled_from([b"", b"\r\n", b"\r\nepilogue"]))
    preamble = draw(st.sampled_from([b"", b"\r\n", b"text\r\n", b"-\r\n"]))
    quoted = f'"{boundary}"' if draw(st.booleans()) or set(boundary) & set("()/:=?, ") else boundary
    parameter = draw(st.sampled_from(["boundary", "Boundary", "BOUNDARY"]))
    content_type = f'Multipart/Related; type="image/jls; transfer-syntax=1.2"; {parameter}={quoted}'
    return parts, preamble + body, content_type


@settings(max_examples=300, deadline=None)
@given(messages(), st.data())
def test_any_message_in_any_chunks_gives_its_parts(message, data):
    parts, body, content_type = message
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=10).map(sorted))
    parser = MultipartParser(content_type)
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        found += parser.feed(body[start:end])
    found += parser.close()
    assert [bytes(part.body) for part in found] == parts
    assert all(part.headers["Content-Type"] == "image/jls" for part in found)
    assert [bytes(part.body) for part in parse_multipart(body, content_type)] == parts


def test_what_another_writer_writes_is_read():
    frames = [bytes(range(256)) * 10, b"\r\n--\r\n", b"x"]
    writer = aiohttp.MultipartWriter("related", boundary="DICOM DATA BOUNDARY")
    for number, frame in enumerate(frames):
        payload = aiohttp.payload.BytesPayload(frame, content_type="application/octet-stream")
        payload.headers["Content-Location"] = f"frames/{number + 1}"
        writer.append(payload)

    class Sink(io.BytesIO):
        async def write(self, chunk):
            super().write(chunk)

    sink = Sink()
    asyncio.run(writer.write(sink))
    parts = parse_multipart(sink.getvalue(), writer.content_type)
    assert [bytes(part.body) for part in parts] == frames
    assert [part.headers["content-location"] for part in parts] == [
        "frames/1",
        "frames/2",
        "frames/3",
    ]


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096, 10**9])
@pytest.mark.parametrize("length_is_said", [False, True])
def test_the_work_grows_with_the_bytes_and_not_with_the_chunks(monkeypatch, chunk, length_is_said):
    looked_at = 0

    def counting(haystack, needle, start):
        nonlocal looked_at
        found = real(haystack, needle, start)
        end = len(haystack) if found < 0 else found + len(needle)
        looked_at += max(0, end - start)
        return found

    real = multipart._find
    monkeypatch.setattr(multipart, "_find", counting)
    frame = (b"\r\n--" + bytes(60)) * 400
    fields = b"Content-Length: %d\r\n" % len(frame) if length_is_said else b""
    body = (b"--b\r\n" + fields + b"\r\n" + frame + b"\r\n") * 3 + b"--b--"
    parser = MultipartParser(TYPE)
    parts = []
    for at in range(0, len(body), chunk):
        parts += parser.feed(body[at : at + chunk])
    parser.close()
    assert [part.body for part in parts] == [frame] * 3
    # Each byte once, and with each chunk again as many as a boundary has.
    chunks = -(-len(body) // chunk)
    assert looked_at <= len(body) + (len(b"\r\n--b") + 4) * chunks


@pytest.mark.parametrize("length_is_said", [False, True])
@pytest.mark.parametrize("chunk", [1, 100, 5000, 70_000, (1, 5000), (5000, 100_000, 3)])
def test_large_parts_in_small_and_large_chunks_are_whole(chunk, length_is_said):
    frames = [bytes(range(256)) * 1200, b"", bytes(300_000), b"x" * 65_536]
    body = b""
    for frame in frames:
        fields = b"Content-Length: %d\r\n" % len(frame) if length_is_said else b""
        body += b"--b\r\n" + fields + b"\r\n" + frame + b"\r\n"
    body += b"--b--"
    sizes = itertools.cycle(chunk if isinstance(chunk, tuple) else (chunk,))
    parser = MultipartParser(TYPE)
    parts, at = [], 0
    while at < len(body):
        size = next(sizes)
        parts += parser.feed(body[at : at + size])
        at += size
    assert [bytes(part.body) for part in parts] == frames
    # It would raise if the final boundary had not come.
    assert parser.close() == []


def test_a_part_that_is_larger_than_allowed_is_refused():
    for body in (
        b"--b\r\nContent-Length: 1001\r\n\r\n",
        b"--b\r\n\r\n" + bytes(1010),
        b"--b\r\n\r\n" + bytes(1001) + b"\r\n--b--",
    ):
        parser = MultipartParser(TYPE, max_part_bytes=1000)
        with pytest.raises(RetrieveError, match=r"part 1 .* the limit is 1000"):
            parser.feed(body)
    body = b"--b\r\n\r\n" + bytes(1000) + b"\r\n--b--"
    assert len(MultipartParser(TYPE, max_part_bytes=1000).feed(body)) == 1


@pytest.mark.parametrize(
    ("content_type", "uid"),
    [
        ("image/jls; transfer-syntax=1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.81"),
        ('image/jls; Transfer-Syntax="1.2.840.10008.1.2.4.81"', "1.2.840.10008.1.2.4.81"),
        (
            'multipart/related; type="image/jls; transfer-syntax=1.2.840.10008.1.2.4.81"',
            "1.2.840.10008.1.2.4.81",
        ),
        (
            'multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.81',
            "1.2.840.10008.1.2.4.81",
        ),
        ('multipart/related; type="image/jls"; boundary=x', "1.2.840.10008.1.2.4.80"),
        ("multipart/related; boundary=x", None),
        # PS3.18, tables 8.7.3-4 and 8.7.3-5.
        ("application/octet-stream", "1.2.840.10008.1.2.1"),
        ("application/octet-stream; transfer-syntax=*", "1.2.840.10008.1.2.1"),
        ("image/dicom-rle", "1.2.840.10008.1.2.5"),
        ("image/x-dicom-rle", "1.2.840.10008.1.2.5"),
        ("image/jpeg", "1.2.840.10008.1.2.4.50"),
        ("image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.70"),
        ("image/jll", "1.2.840.10008.1.2.4.70"),
        ("IMAGE/JLS", "1.2.840.10008.1.2.4.80"),
        ("image/jp2", "1.2.840.10008.1.2.4.90"),
        ("image/jpx", "1.2.840.10008.1.2.4.92"),
        ("image/jphc", "1.2.840.10008.1.2.4.201"),
        ("image/jxl", "1.2.840.10008.1.2.4.110"),
        ("text/html", None),
        ("image/png", None),
        ("", None),
    ],
)
def test_the_transfer_syntax_of_a_part(content_type, uid):
    assert part_transfer_syntax(content_type) == uid


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.rest = bytearray()

    def write(self, piece: memoryview) -> None:
        self.rest += piece


@pytest.mark.parametrize("chunk", [1000, 16_384, 40_001, 10**9])
@pytest.mark.parametrize("refused", [(), (0,), (0, 1, 2)])
def test_what_takes_a_long_part_is_given_all_but_its_beginning(chunk, refused):
    frames = [bytes(range(256)) * 400, b"short", b"\r\n--b" * 12_000]
    body = b"".join(
        b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(frame), frame) for frame in frames
    )
    offered: list[tuple[bytes, int]] = []

    def offer(beginning, length):
        offered.append((bytes(beginning), length))
        return None if len(offered) - 1 in refused else Kept()

    parser = MultipartParser(TYPE, offer=offer)
    parts = []
    for at in range(0, len(body) + 7, chunk):
        parts += parser.feed((body + b"--b--\r\n")[at : at + chunk])
    # It would raise if the final boundary had not come.
    assert parser.close() == []
    assert [
        bytes(part.body) + (bytes(part.sink.rest) if part.sink is not None else b"")
        for part in parts
    ] == frames
    for beginning, length in offered:
        (frame,) = [frame for frame in frames if len(frame) == length]
        assert frame.startswith(beginning)
    # "short" is put together here: nothing is won by giving it away.
    assert [length for _, length in offered] == [len(frames[0]), len(frames[2])]


@pytest.mark.parametrize("missing", [-3, 1, 70_000])
def test_a_part_that_was_taken_and_has_another_length_is_an_error(missing):
    body = b"--b\r\nContent-Length: %d\r\n\r\n%b\r\n--b--" % (90_000 + missing, bytes(90_000))
    parser = MultipartParser(TYPE, offer=lambda *_: Kept())

    def feed_all():
        for at in range(0, len(body), 30_000):
            parser.feed(body[at : at + 30_000])
        parser.close()

    with pytest.raises(TransferError, match=r"not as long|without its final boundary"):
        feed_all()
