"""TIFF tags that a page can be shown without, and colours that cannot be computed carelessly."""

from __future__ import annotations

import io
import logging
import struct
import tracemalloc

import numpy as np
import pytest
import tifffile

from pycornerstone.codecs.tiff_directory import read_directory, read_layout
from pycornerstone.codecs.tiff_file import open_tiff
from pycornerstone.codecs.tiff_scale import read_description
from pycornerstone.errors import DecodeError, UnsupportedEncodingError

LIMIT = 1 << 28
GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
INSIDE, OUTSIDE = 200, 0x7FFFFFF0


def written(samples, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def with_tag(tag, kind, count, value):
    """GREY at byte 8, and a tag more in its directory behind it; what it tells of is at 200."""
    tags = {
        256: (3, 1, 4), 257: (3, 1, 3), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
        273: (4, 1, 8), 277: (3, 1, 1), 278: (3, 1, 3), 279: (4, 1, 12), tag: (kind, count, value),
    }  # fmt: skip
    entries = b"".join(struct.pack("<HHII", number, *tags[number]) for number in sorted(tags))
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return (b"II*\0" + struct.pack("<I", 20) + GREY.tobytes() + directory).ljust(INSIDE, b"\0")


@pytest.mark.parametrize(
    ("tag", "kind"),
    [(270, 2), (282, 5), (283, 5), (296, 2), (296, 12), (274, 5), (274, 2), (34675, 7)],
)
def test_a_broken_tag_that_is_not_needed_is_left_out_and_logged(caplog, tag, kind):
    caplog.set_level(logging.INFO, "pycornerstone")

    picture = open_tiff(with_tag(tag, kind, 1000, OUTSIDE), LIMIT).decode(1)

    assert (picture.pixels == GREY).all()
    assert picture.about.orientation == 1
    assert picture.about.spacing_source is None
    assert picture.icc_profile is None
    if tag not in {282, 283, 296}:
        assert f"tag {tag}" in caplog.text


@pytest.mark.parametrize("tag", [258, 273, 338])
def test_a_broken_tag_that_is_needed_is_an_error(tag):
    with pytest.raises(DecodeError, match=f"tag {tag}"):
        open_tiff(with_tag(tag, 5, 1, INSIDE - 8), LIMIT).decode(1)


@pytest.mark.parametrize(
    "unit", [b"\\u00B5m", b"\\u00b5m", "\u00b5m".encode(), "\u00b5m".encode("latin-1"), b"micron"]
)
def test_micrometres_of_imagej_however_they_are_written(unit):
    text = b"ImageJ=1.54f\nimages=1\nunit=" + unit + b"\n"
    data = with_tag(270, 2, len(text), INSIDE) + text

    description = read_description(read_directory(data, read_layout(data), 20)[0])

    assert description.imagej_unit_mm == 0.001


def test_the_description_is_read_once_a_file():
    # 4 MB of OME-XML in the first of 40 pages; reading it for each took a second.
    text = '<OME><Pixels PhysicalSizeX="2" PhysicalSizeY="3"/>' + "<a/>" * 1_000_000 + "</OME>"
    pages = np.zeros((40, 3, 4), np.uint8)
    file = open_tiff(
        written(pages, description=text, metadata=None, photometric="minisblack"), LIMIT
    )

    first = file.decode(1).about
    tracemalloc.start()
    later = [file.decode(page).about for page in range(2, 41)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert {page.row_pixel_spacing_mm for page in (first, *later)} == {0.003}
    assert peak < 1_000_000


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_signed_grey_with_alpha_is_refused(photometric):
    samples = np.zeros((3, 4, 2), np.int16)
    data = written(samples, photometric=photometric, extrasamples=["unassalpha"])

    with pytest.raises(UnsupportedEncodingError, match="signed"):
        open_tiff(data, LIMIT).decode(1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_floats_that_become_too_large_are_infinite(dtype):
    samples = np.full((1, 3, 4), np.finfo(dtype).max / 4, dtype)
    samples[..., 3] = [1, 0.5, np.finfo(dtype).tiny]
    data = written(samples, photometric="rgb", extrasamples=["assocalpha"])

    pixels = open_tiff(data, LIMIT).decode(1).pixels

    assert pixels[0, 0, 0] == samples[0, 0, 0]
    assert pixels[0, 1, 0] == samples[0, 0, 0] * 2
    assert np.isinf(pixels[0, 2, 0])


def test_colours_are_computed_in_parts():
    samples = np.full((1500, 1000, 4), 100, np.uint8)
    samples[..., 3] = 200
    data = written(samples, photometric="rgb", extrasamples=["assocalpha"])
    file = open_tiff(data, LIMIT)

    tracemalloc.start()
    pixels = file.decode(1).pixels
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # 100 * 255 / 200 is 127.5, and goes to the even number.
    assert (pixels == [128, 128, 128, 200]).all()
    # In one part it was 20 times the samples.
    assert peak < 8 * samples.nbytes


def test_grey_with_alpha_is_measured_as_what_it_becomes():
    data = written(np.zeros((10, 10, 2), np.uint8), photometric="minisblack", extrasamples=[2])

    assert open_tiff(data, 400).decode(1).pixels.nbytes == 400
    with pytest.raises(DecodeError, match="400 bytes; the limit is 399"):
        open_tiff(data, 399).decode(1)


def test_few_samples_of_colour_without_jpeg_are_refused_by_name():
    data = written(np.zeros((4, 4, 3), np.uint8), photometric="rgb")
    # Photometric interpretation 2 becomes 6, YCbCr; without tag 530 two pixels share their colours.
    place = data.index(struct.pack("<HHIH", 262, 3, 1, 2)) + 8
    data = data[:place] + b"\6" + data[place + 1 :]

    with pytest.raises(UnsupportedEncodingError, match=r"tag 530: \[2, 2\]"):
        open_tiff(data, LIMIT).decode(1)
