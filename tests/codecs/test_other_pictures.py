"""JPEG 2000, JPEG XL, JPEG-LS and AVIF as pictures: what encoders wrote, and what Pillow reads."""

from __future__ import annotations

import io
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from pycornerstone.codecs.avif_file import open_avif
from pycornerstone.codecs.avif_header import read_avif_header
from pycornerstone.codecs.other_pictures import open_jpeg2000, open_jpeg_ls, open_jpeg_xl
from pycornerstone.codecs.pictures import open_picture
from pycornerstone.errors import DecodeError, ImageIdError, UnsupportedEncodingError

LIMIT = 1 << 28
RNG = np.random.default_rng(5)
GREY_12 = RNG.integers(0, 4096, (21, 34)).astype(np.uint16)
RGBA = RNG.integers(0, 256, (21, 34, 4)).astype(np.uint8)
RGB, GREY_ALPHA, GREY = RGBA[..., :3].copy(), RGBA[..., :2].copy(), RGBA[..., 0].copy()


def written(samples, kind, **options):
    file = io.BytesIO()
    Pillow.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def as_shown(samples):
    """Grey with alpha becomes RGBA, as there is no grey image with it."""
    is_with_alpha = samples.ndim == 3 and samples.shape[2] == 2
    return samples[..., [0, 0, 0, 1]] if is_with_alpha else samples


@pytest.mark.parametrize("samples", [GREY, GREY_12, GREY_ALPHA, RGB, RGBA])
@pytest.mark.parametrize("codec", ["jp2", "j2k", "jxl"])
def test_samples_come_back_without_loss(codec, samples):
    if codec == "jxl":
        data = imagecodecs.jpegxl_encode(samples, lossless=True)
    else:
        data = imagecodecs.jpeg2k_encode(samples, level=0, codecformat=codec)

    picture = open_picture(data).decode(1)

    assert picture.pixels.dtype == samples.dtype
    assert picture.pixels.tolist() == as_shown(samples).tolist()
    is_grey = samples.ndim == 2
    assert picture.photometric_interpretation == ("MONOCHROME2" if is_grey else "RGB")
    assert picture.about.has_alpha == (samples.ndim == 3 and samples.shape[2] in {2, 4})


def test_a_palette_of_jpeg_2000_becomes_rgb():
    # By hand (ISO 15444-1, I.5.3.4 and I.5.3.5): four bits name one of 16 colours of three bytes.
    indices = (GREY & 15).copy()
    data = imagecodecs.jpeg2k_encode(indices, level=0, codecformat="jp2", bitspersample=4)
    colors = np.array([[17 * n, 255 - n, n] for n in range(16)], np.uint8)
    content = struct.pack(">HB", 16, 3) + b"\x07" * 3 + colors.tobytes()
    palette = struct.pack(">I", 8 + len(content)) + b"pclr" + content
    columns = struct.pack(">I4sHBBHBBHBB", 20, b"cmap", 0, 1, 0, 0, 1, 1, 0, 1, 2)
    start = data.index(b"jp2h") - 4
    end = start + int.from_bytes(data[start : start + 4], "big")
    header = data[start + 4 : end].replace(struct.pack(">I", 17), struct.pack(">I", 16))
    length = struct.pack(">I", end - start + len(palette) + len(columns))
    data = data[:start] + length + header + palette + columns + data[end:]
    picture = open_picture(data).decode(1)

    assert picture.pixels.tolist() == colors[indices].tolist()
    assert picture.about.bits_per_sample == 8
    # The limit is of the colours, not of their indices.
    with pytest.raises(DecodeError, match=f"{3 * GREY.size} bytes once it is decoded"):
        open_picture(data, 2 * GREY.size)


@pytest.mark.parametrize("samples", [GREY, GREY_12, RGB])
def test_jpeg_ls_without_loss(samples):
    picture = open_picture(imagecodecs.jpegls_encode(samples)).decode(1)

    assert picture.pixels.tolist() == samples.tolist()
    assert picture.about.format == "JPEG-LS"


def test_real_jpeg_2000_files_as_pillow_reads_them(testdata):
    files = sorted(testdata.rglob("*.jp2"))
    assert len(files) > 5
    for file in files:
        picture = open_picture(file.read_bytes()).decode(1)
        with Pillow.open(file) as image:
            assert picture.pixels.tolist() == np.asarray(image).tolist(), file.name


def test_real_jpeg_ls_files_show_what_others_of_their_series_do(testdata):
    folder = testdata / "pypi-wsidicom-data/wsidicom_data/data/encoded"
    for kind in ("GRAYSCALE-8", "GRAYSCALE-16", "RGB-8"):
        without_loss = folder / f"JPEG-LS_Lossless_Image_Compression-{kind}.jls"
        other = folder / f"JPEG_2000_Image_Compression_(Lossless_Only)-{kind}.jp2"

        pixels = open_picture(without_loss.read_bytes()).decode(1).pixels

        assert pixels.tolist() == open_picture(other.read_bytes()).decode(1).pixels.tolist()


def test_floats_of_jpeg_xl_stay_so():
    samples = RNG.normal(size=(21, 34)).astype(np.float32)

    picture = open_jpeg_xl(imagecodecs.jpegxl_encode(samples, lossless=True), LIMIT).decode(1)

    assert picture.pixels.tolist() == samples.tolist()
    assert picture.about.bits_per_sample == 32


def test_of_an_animated_jpeg_xl_it_is_the_first_frame():
    data = imagecodecs.jpegxl_encode(np.stack([RGB, 255 - RGB]), lossless=True)
    file = open_jpeg_xl(data, LIMIT)

    assert file.number_of_frames == 1
    assert file.decode(1).pixels.tolist() == RGB.tolist()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_as_pillow_turns_it(orientation):
    exif = Pillow.Exif()
    exif[274] = orientation
    data = written(RGB, "AVIF", quality=100, subsampling="4:4:4", exif=exif)

    picture = open_avif(data, LIMIT).decode(1)

    with Pillow.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert picture.pixels.tolist() == expected.tolist()
    assert picture.about.orientation == orientation


def test_avif_of_12_bits():
    picture = open_avif(
        imagecodecs.avif_encode(GREY_12, level=100, bitspersample=12), LIMIT
    ).decode(1)  # fmt: skip

    assert np.abs(picture.pixels.astype(int) - GREY_12).max() <= 1
    assert picture.about.bits_per_sample == 12


def test_a_sequence_of_avif_as_pillow_reads_it():
    file = io.BytesIO()
    images = [
        Pillow.fromarray(RGB),
        Pillow.fromarray(RGB[::-1].copy()),
        Pillow.fromarray(255 - RGB),
    ]
    images[0].save(file, "AVIF", save_all=True, append_images=images[1:], quality=100)
    sequence = open_avif(file.getvalue(), LIMIT)

    assert sequence.number_of_frames == 3
    with Pillow.open(file) as image:
        for frame in (2, 3, 1):
            image.seek(frame - 1)
            assert sequence.decode(frame).pixels.tolist() == np.asarray(image).tolist()
    with pytest.raises(ImageIdError, match="frame 4"):
        sequence.decode(4)


def test_heic_says_what_to_do():
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"".join(
        [b"\0\0\0\x38meta\0\0\0\0", b"\0\0\0\x2ciprp", b"\0\0\0\x24ipco",
         b"\0\0\0\x14ispe\0\0\0\0\0\0\0\x08\0\0\0\x08", b"\0\0\0\x08free"]
    )  # fmt: skip

    with pytest.raises(UnsupportedEncodingError, match="HEIC"):
        open_avif(data, LIMIT)


@pytest.mark.parametrize(
    ("opener", "data"),
    [
        (open_jpeg2000, imagecodecs.jpeg2k_encode(RGB, level=0)),
        (open_jpeg_xl, imagecodecs.jpegxl_encode(RGB, lossless=True)),
        (open_jpeg_ls, imagecodecs.jpegls_encode(RGB)),
        (open_avif, written(RGB, "AVIF")),
    ],
    ids=["JPEG 2000", "JPEG XL", "JPEG-LS", "AVIF"],
)
class TestBroken:
    def test_larger_than_allowed(self, opener, data):
        with pytest.raises(DecodeError, match="21 rows of 34 columns"):
            opener(data, 21 * 34 * 3 - 1)

    @pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9])
    def test_cut_short(self, opener, data, part):
        with pytest.raises(DecodeError):
            opener(data[: int(part * len(data))], LIMIT).decode(1)

    def test_only_one_frame(self, opener, data):
        with pytest.raises(ImageIdError, match="1 frame"):
            opener(data, LIMIT).decode(2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_xl_of_a_camera_is_turned_as_its_jpeg_says(orientation):
    # Corners differ, and stay what they are with loss.
    samples = np.full((16, 24, 3), 30, np.uint8)
    samples[:8, :12], samples[8:, :12] = 220, 120
    exif = Pillow.Exif()
    exif[274] = orientation
    jpeg = written(samples, "JPEG", exif=exif, quality=95)
    with Pillow.open(io.BytesIO(jpeg)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))

    picture = open_jpeg_xl(imagecodecs.jpegxl_encode_jpeg(jpeg), LIMIT).decode(1)

    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).max() < 8
    assert picture.about.orientation == orientation
    assert picture.about.bits_per_sample == 8


def test_the_largest_size_of_an_avif_counts():
    # Two sizes (ispe): what has most rows is a thumbnail of one column.
    sizes = [
        struct.pack(">I4sIII", 20, b"ispe", 0, 1, 9),
        struct.pack(">I4sIII", 20, b"ispe", 0, 8, 8),
    ]
    inside = b"".join(sizes)
    for kind, version in ((b"ipco", b""), (b"iprp", b""), (b"meta", bytes(4))):
        inside = struct.pack(">I4s", 8 + len(version) + len(inside), kind) + version + inside
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", b"avif", 0, b"avif") + inside

    header = read_avif_header(data)

    assert (header.rows, header.columns) == (8, 8)


def profile_of(space):
    return bytes(16) + space + bytes(16) + b"acsp" + bytes(range(88))


@pytest.mark.parametrize(("samples", "space"), [(RGB, b"RGB "), (GREY, b"GRAY")])
@pytest.mark.parametrize("other", [False, True])
def test_a_profile_of_jp2_that_fits(samples, space, other):
    if other:
        space = b"GRAY" if samples is RGB else b"RGB "
    # ISO 15444-1, I.5.3.3: method 2, precedence, approximation, and the profile.
    content = b"\2\0\0" + profile_of(space)
    box = struct.pack(">I4s", 8 + len(content), b"colr") + content
    data = imagecodecs.jpeg2k_encode(samples, level=0, codecformat="jp2")
    start, old = data.index(b"jp2h") - 4, data.index(b"colr") - 4
    (length,), (old_length,) = (struct.unpack_from(">I", data, at) for at in (start, old))
    header = struct.pack(">I", length - old_length + len(box)) + data[start + 4 : old] + box
    data = data[:start] + header + data[old + old_length :]

    picture = open_picture(data).decode(1)

    assert picture.pixels.tolist() == samples.tolist()
    assert picture.icc_profile == (None if other else profile_of(space))


@pytest.mark.parametrize(("space", "fits"), [(b"RGB ", True), (b"GRAY", False)])
def test_a_profile_of_avif_that_fits(space, fits):
    data = written(RGB, "AVIF", icc_profile=profile_of(space))

    assert open_picture(data).decode(1).icc_profile == (profile_of(space) if fits else None)
