"""Every picture of the test data through the public way, held against a second decoder.

The second decoder of PNG is `png_by_hand.py` here, of GIF OpenCV, of the others Pillow, OpenCV or
what their makers say is to be seen: never the one that is in use. No file is left out in silence:
those that are no pictures are named with the reason, and all are counted.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.model.modules import ImagePixelModule, PictureModule, VoiLutModule
from pycornerstone.session.session import Session

FOLDERS = (
    "dicomweb-client", "highdicom", "libpng", "monai", "pypi-pillow", "pypi-wsidicom-data",
    "tiff-visualizer",
)  # fmt: skip
KINDS = {
    b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"BM": "BMP", b"RIFF": "WebP",
    b"II*\0": "TIFF", b"MM\0*": "TIFF", b"\0\0\0\x0cjP": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
}  # fmt: skip
NAMES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".mpo", ".jp2", ".jls"}
NO_PICTURES = {
    # Cut off or damaged on purpose.
    "broken.png": "broken PNG",
    "broken_data_stream.png": "broken PNG",
    "truncated_jpeg.jpg": "JPEG",
    # It ends where its scan would begin, behind a thumbnail.
    "ultrahdr.jpg": "JPEG",
    "shortfile.bmp": "BMP",
    "l2rgb_read.bmp": "BMP",
    # An animation of no frames, and no picture beside it.
    "syntax_num_frames_zero.png": "broken PNG",
    # Larger than anybody has memory for, or than may be taken.
    "decompression_bomb.gif": "GIF",
    "decompression_bomb_extents.gif": "limit",
    "badwidth.bmp": "BMP|limit",
    "reallybig.bmp": "BMP|limit",
    # Its palette would lie over its pixels.
    "mmap_error.bmp": "BMP",
    # No picture has no width.
    "zero_width.gif": "GIF",
    # What BMP does not have: 30,000 bits, and 305 million colours.
    "badbitcount.bmp": "BMP",
    "badpalettesize.bmp": "BMP",
}
# JPEG and PNG within a BMP, which is for printers.
NOT_SUPPORTED = {"rgb24jpeg.bmp", "rgb24png.bmp"}
# The inverse cosine transform, and colours that pixels share, are every decoder's own.
JPEG_STEPS, JPEG_COLOR_STEPS = 1, 4


@pytest.fixture(scope="module")
def read_png():
    path = Path(__file__).with_name("png_by_hand.py")
    specification = importlib.util.spec_from_file_location("png_by_hand", path)
    module = importlib.util.module_from_spec(specification)
    # Its data class looks for the module that it is in.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "png_by_hand", module)
        specification.loader.exec_module(module)
        yield module.read_png


@pytest.fixture(scope="module")
def files(testdata):
    """Every file that is a picture by its content or its name."""
    found = {}
    for folder in FOLDERS:
        for path in sorted((testdata / folder).rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    kind = kind_of(path, file.read(12))
                if kind or path.suffix.lower() in NAMES:
                    found.setdefault(kind, []).append(path)
    assert {kind: len(paths) for kind, paths in found.items()} == {
        "BMP": 71, "GIF": 37, "JPEG": 62, "JPEG 2000": 9, "JPEG-LS": 7, "PNG": 581, "WebP": 13,
    }  # fmt: skip
    return found


def kind_of(path, head):
    """Name the kind of a picture by how it begins."""
    for begin, kind in KINDS.items():
        if head.startswith(begin):
            return "JPEG-LS" if path.suffix == ".jls" else kind
    return None


@pytest.fixture(scope="module")
def session():
    with Session() as session:
        yield session


@pytest.fixture(scope="module")
def load(session):
    """Give every frame of a file."""

    def images(path):
        names = session.image_ids_from_web(path).result(timeout=60)
        return [session.load_image(name).result(timeout=60) for name in names]

    return images


def is_refused(path):
    return path.name in NO_PICTURES or path.name in NOT_SUPPORTED


def rgba(pixels):
    """Give any picture four channels, to compare it with one that has others."""
    full = np.iinfo(pixels.dtype).max
    if pixels.ndim == 2:
        pixels = np.dstack([pixels] * 3)
    if pixels.shape[2] == 3:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], full, pixels.dtype)])
    return pixels


def as_bytes(pixels):
    """Give what decoders of 8 bits make of 16."""
    return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels


def difference(pixels, wanted):
    """The largest difference where something is to be seen."""
    ours, theirs = rgba(pixels).astype(int), rgba(wanted).astype(int)
    assert ours.shape == theirs.shape
    is_seen = (ours[..., 3] > 0) | (theirs[..., 3] > 0)
    return np.abs(ours - theirs)[is_seen].max(initial=0)


@pytest.fixture(autouse=True)
def no_warnings():
    """Pillow warns of what is odd, and these files are odd on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pillow(path):
    """Frames as Pillow reads them, upright: grey, RGB or RGBA."""
    with PIL.Image.open(path) as file:
        frames = getattr(file, "n_frames", 1)
    for number in range(frames):
        # One after the other, it restores what it should not (dispose_op_previous.png).
        with PIL.Image.open(path) as file:
            file.seek(number)
            upright = PIL.ImageOps.exif_transpose(file)
        has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
        mode = upright.mode if upright.mode in {"L", "I;16"} else "RGBA" if has_alpha else "RGB"
        yield np.asarray(upright.convert(mode))


def opencv(path):
    """Frames as OpenCV reads them, each grey, RGB or RGBA; None if it does not."""
    is_read, animation = cv2.imreadanimation(str(path))
    if is_read and len(animation.frames) > 1:
        frames = animation.frames
    else:
        frames = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)]
    if frames[0] is None:
        return None
    return [f if f.ndim == 2 else f[..., [2, 1, 0, 3][: f.shape[2]]] for f in frames]


def test_every_png_has_the_samples_that_its_specification_gives(
    files, load, session, read_png, report
):
    equal = Counter()
    for path in files["PNG"]:
        if is_refused(path):
            continue
        data = path.read_bytes()
        if b"acTL" in data:
            continue
        expected = read_png(data)
        (image,) = load(path)
        pixels, wanted = image.pixels, expected.samples
        assert pixels.dtype == wanted.dtype, path
        if expected.is_grey and expected.has_alpha:
            wanted = wanted[..., [0, 0, 0, 1]]
        elif expected.is_grey:
            wanted = wanted[..., 0]
        np.testing.assert_array_equal(pixels, wanted, err_msg=str(path))
        assert image.photometric_interpretation == ("MONOCHROME2" if wanted.ndim == 2 else "RGB")
        about = session.metadata.require(PictureModule, image.image_id)
        assert about.format == "PNG"
        assert about.bits_per_sample == expected.depth, path
        assert about.has_alpha == expected.has_alpha, path
        gamma = expected.chunks.get(b"gAMA")
        if gamma is not None:
            assert about.gamma == pytest.approx(int.from_bytes(gamma) / 100_000), path
        equal[f"type {expected.color_type} of {expected.depth} bits"] += 1

    report("PNG files with the samples of a second decoder", equal)
    assert equal.total() == 525
    # Every combination that there is (PNG, section 11.2.2).
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    assert set(equal) == {
        f"type {color} of {depth} bits" for color in depths for depth in depths[color]
    }


# What the makers of these files say that is to be seen in the last frame, all of it one colour:
# philip.html5.org/tests/apng/tests.html and Tests/test_file_apng.py of Pillow.
GREEN, NOTHING = (0, 255, 0, 255), (0, 0, 0, 0)
LAST_FRAMES = {
    "single_frame.png": GREEN,
    "single_frame_default.png": GREEN,
    "split_fdat.png": GREEN,
    "split_fdat_zero_chunk.png": GREEN,
    "dispose_op_none.png": GREEN,
    "dispose_op_background.png": NOTHING,
    "dispose_op_background_final.png": GREEN,
    "dispose_op_previous.png": GREEN,
    "dispose_op_previous_final.png": GREEN,
    "dispose_op_previous_first.png": NOTHING,
    "dispose_op_none_region.png": GREEN,
    "dispose_op_background_before_region.png": NOTHING,
    "dispose_op_previous_region.png": GREEN,
    "blend_op_source_solid.png": GREEN,
    "blend_op_source_transparent.png": NOTHING,
    "blend_op_source_near_transparent.png": (0, 255, 0, 2),
    "blend_op_over.png": GREEN,
    "blend_op_over_near_transparent.png": GREEN,
    "mode_palette.png": GREEN,
    # Half of blue over black, and half of white.
    "mode_16bit.png": (0, 0, 128, 255),
    "mode_palette_1bit_alpha.png": (0, 0, 128, 255),
    "mode_grayscale_alpha.png": (128, 128, 128, 255),
    "fctl_actl.png": GREEN,
}
# It says that it has one frame, and has two: nobody says which is meant.
ONE_OF_SEVERAL = {"syntax_num_frames_low.png"}
# Sequence numbers that are wrong, and chunks that are missing, doubled, or where they must not be.
BROKEN_ANIMATIONS = {
    "chunk_no_fctl.png", "chunk_no_fdat.png", "chunk_repeat_fctl.png", "sequence_fdat_fctl.png",
    "sequence_gap.png", "sequence_reorder.png", "sequence_reorder_chunk.png", "sequence_repeat.png",
    "sequence_repeat_chunk.png", "sequence_start.png", "syntax_num_frames_high.png",
}  # fmt: skip


def test_every_animated_png_shows_what_its_makers_say(files, load, report):
    shown = Counter()
    for path in files["PNG"]:
        if is_refused(path) or path.name in BROKEN_ANIMATIONS:
            continue
        if b"acTL" not in path.read_bytes():
            continue
        images = load(path)
        frames = [as_bytes(image.pixels) for image in images]
        # OpenCV shows no animation of one frame, Pillow rounds alpha down (mode_16bit.png).
        wanted = opencv(path) if len(images) > 1 else list(pillow(path))[-1:]
        assert len(frames) == len(wanted), path
        is_known = path.name not in ONE_OF_SEVERAL
        for pixels, samples in zip(frames, wanted, strict=True):
            assert not is_known or difference(pixels, as_bytes(samples)) <= 1, path
        last = LAST_FRAMES.get(path.name)
        if last is not None:
            assert (rgba(frames[-1]) == last).all(), path
        shown["one frame" if len(images) == 1 else "several frames"] += 1

    report("animated PNG files", shown)
    assert shown == {"one frame": 10, "several frames": 32}


def test_broken_animations_are_typed_errors_or_the_picture_beside_them(files, session, read_png):
    ended = Counter()
    for path in files["PNG"]:
        if path.name not in BROKEN_ANIMATIONS:
            continue
        still = rgba(read_png(path.read_bytes()).samples)
        listed = session.image_ids_from_web(path)
        if listed.exception(timeout=60) is not None:
            assert isinstance(listed.exception(), DecodeError), path
            ended["not listed"] += 1
            continue
        errors = [session.load_image(name).exception(timeout=60) for name in listed.result()]
        if any(errors):
            assert all(isinstance(error, DecodeError) for error in errors if error), path
            ended["frame refused"] += 1
        else:
            assert len(errors) == 1, path
            (image,) = [session.load_image(name).result() for name in listed.result()]
            np.testing.assert_array_equal(rgba(image.pixels), still, err_msg=str(path))
            ended["still"] += 1
    assert ended.total() == len(BROKEN_ANIMATIONS)


def test_every_jpeg_is_near_what_a_second_decoder_reads(files, load, report):
    near = Counter()
    for path in files["JPEG"]:
        if is_refused(path) or "wsidicom" in str(path):
            continue
        images = load(path)
        wanted = list(pillow(path))
        wanted = wanted[:1] if path.name in WITH_A_PREVIEW else wanted
        assert len(images) == len(wanted), path
        for image, samples in zip(images, wanted, strict=True):
            assert image.pixels.shape == samples.shape, path
            most = JPEG_COLOR_STEPS if image.is_color else JPEG_STEPS
            assert difference(image.pixels, samples) <= most, path
        near["color" if images[0].is_color else "grey"] += 1

    report("JPEG files near a second decoder's", near)
    # Two are refused, and eight are held against their raw samples.
    assert near.total() == 62 - 2 - 8


# What else is in it is no view: CIPA DC-007, MP type 0x010001 and the like.
WITH_A_PREVIEW = {"frame_size.mpo"}
# Pillow gives up at text that is long, a profile of no known kind, and broken animations.
UNREAD = BROKEN_ANIMATIONS | {
    "png_decompression_dos.png", "truncated_end_chunk.png", "unknown_compression_method.png",
}  # fmt: skip


def test_exif_orientation_is_applied(files, load, session):
    turned = set()
    for path in files["JPEG"] + files["PNG"] + files["WebP"]:
        if is_refused(path) or path.name in UNREAD or "wsidicom" in str(path):
            continue
        with PIL.Image.open(path) as file:
            # Pillow takes it from XMP, too, where browsers do not look.
            orientation = file.getexif().get(0x112, 1) if "exif" in file.info else 1
        if orientation not in range(2, 9):
            continue
        image = load(path)[0]
        about = session.metadata.require(PictureModule, image.image_id)
        assert about.orientation == orientation, path
        first = next(iter(pillow(path)))
        assert image.pixels.shape[:2] == first.shape[:2], path
        assert difference(image.pixels, first) <= JPEG_COLOR_STEPS, path
        turned.add((path.suffix, orientation))
    assert {orientation for _, orientation in turned} >= set(range(2, 9))


# README.md of the test data; JPEG-LS that is near lossless says itself how near.
STEPS = {"JPEG_Baseline": 16, "GRAYSCALE-12": 16, "(Near": 1, "JPEG_2000_Image_Compression-": 28}


def test_pictures_of_medical_codecs_are_their_raw_samples(files, load, report):
    near = Counter()
    for kind in ("JPEG", "JPEG-LS", "JPEG 2000"):
        for path in files[kind]:
            if "wsidicom" not in str(path):
                continue
            (image,) = load(path)
            form, bits = re.search(r"(GRAYSCALE|RGB|YBR)-(8|12|16)", path.name).groups()
            form = f"{form.replace('YBR', 'RGB')}-{bits.replace('12', '16')}"
            raw = path.with_name(f"Explicit_VR_Little_Endian-{form}.raw").read_bytes()
            wanted = np.frombuffer(raw, np.uint8 if bits == "8" else np.uint16)
            wanted = wanted >> 4 if bits == "12" else wanted
            assert image.pixels.dtype == wanted.dtype, path
            most = next((steps for name, steps in STEPS.items() if name in path.name), 0)
            distance = np.abs(image.pixels.reshape(-1).astype(int) - wanted)
            assert distance.max() <= most, path
            near[kind] += 1

    report("pictures of medical codecs near their raw samples", near)
    assert near == {"JPEG": 8, "JPEG-LS": 6, "JPEG 2000": 8}


def test_one_frame_in_several_forms_is_one_picture(testdata, load):
    folder = testdata / "dicomweb-client/data"
    (png,) = load(folder / "retrieve_instance_pixeldata.png")
    for form in ("jls", "jp2", "jpg"):
        (image,) = load(folder / f"retrieve_instance_pixeldata.{form}")
        np.testing.assert_array_equal(image.pixels, png.pixels, err_msg=form)


# Their frames lie outside of the screen, which grows; all frames have the size that it has then.
LARGER_THAN_THE_SCREEN = {"test_extents.gif", "test_extents_transparency.gif"}
# OpenCV refuses frames outside of the screen, and a background that is not in the table of colours.
NOT_READ_BY_OPENCV = LARGER_THAN_THE_SCREEN | {
    "background_outside_palette.gif", "no_palette_with_background.gif",
}  # fmt: skip
# What is disposed of becomes the background's colour in OpenCV, transparent in browsers.
BACKGROUND_OF_THEIR_OWN = {"dispose_bgnd.gif", "dispose_bgnd_rgba.gif", "missing_background.gif"}


def test_every_gif_is_what_a_second_decoder_reads(files, load, report):
    """OpenCV has a decoder of its own; Pillow, which is the one in use, counts their frames."""
    equal = Counter()
    for path in files["GIF"]:
        if is_refused(path):
            continue
        images = load(path)
        wanted = list(pillow(path))
        assert len(images) == len(wanted), path
        if path.name not in NOT_READ_BY_OPENCV | BACKGROUND_OF_THEIR_OWN:
            # Without any table, the greys of a frame of one pixel are one apart.
            most = int(path.name == "no_palette_after_rgb.gif")
            for image, samples in zip(images, opencv(path), strict=True):
                assert difference(image.pixels, samples) <= most, path
            equal["by OpenCV too"] += 1
        for image, samples in zip(images, wanted, strict=True):
            pixels = image.pixels
            assert pixels.shape[:2] == images[0].pixels.shape[:2]
            if path.name in LARGER_THAN_THE_SCREEN:
                pixels = pixels[: samples.shape[0], : samples.shape[1]]
            assert difference(pixels, samples) == 0, path
        equal["one frame" if len(images) == 1 else "several frames"] += 1

    report("GIF files with the samples of a second decoder", equal)
    assert equal == {"one frame": 9, "several frames": 25, "by OpenCV too": 27}


def test_frames_are_the_same_in_whatever_order_they_are_asked_for(files, load):
    """Those of an animation are built on each other; whoever scrolls goes back, and leaps."""
    animations = 0
    for path in [*files["PNG"], *files["GIF"]]:
        if is_refused(path) or path.name in BROKEN_ANIMATIONS:
            continue
        if path.suffix == ".png" and b"acTL" not in path.read_bytes():
            continue
        in_order = load(path)
        if len(in_order) == 1:
            continue
        names = [image.image_id for image in in_order]
        for order in (names[::-1], names[1::2] + names[::2]):
            # Of its own, as one that has the file open has its frames.
            with Session() as session:
                images = {name: session.load_image(name).result(timeout=60) for name in order}
            for image in in_order:
                pixels = images[image.image_id].pixels
                np.testing.assert_array_equal(pixels, image.pixels, err_msg=image.image_id)
        animations += 1
    assert animations == 32 + 25


# The suite's own answers, for those that come without one of the same name.
BMP_ANSWERS = {
    "pal1wb": "pal1", "pal4rle": "pal4", "pal8-0": "pal8", "pal8os2": "pal8", "pal8rle": "pal8",
    "pal8topdown": "pal8", "pal8v4": "pal8", "pal8v5": "pal8", "rgb16-565pal": "rgb16-565",
    "rgb24pal": "rgb24", "rgb32": "rgb24", "rgb32bf": "rgb24", "pal8os2sp": "pal8",
    "pal8offs": "pal8", "pal8os2v2": "pal8", "pal8os2v2-16": "pal8", "pal8oversizepal": "pal8",
    "rgb24largepal": "rgb24", "rgb24lprof": "rgb24", "rgb24prof": "rgb24", "rgb32-111110": "rgb24",
    "rgb32bf-xbgr": "rgb24", "rgb32fakealpha": "rgb24", "rgb32h52": "rgb24",
}  # fmt: skip
# 10 bits are cut to 8, not rounded.
ROUNDED = {"rgb32-111110"}
# No decoder reads them as another does, and nothing says what is meant.
BMP_OF_THEIR_OWN = {
    "badrle.bmp", "badheadersize.bmp", "pal2.bmp", "rgba32abf.bmp", "hopper_rle8_row_overflow.bmp",
    "rgb16-231.bmp", "rgba16-4444.bmp",
}  # fmt: skip


def test_every_bmp_is_what_its_suite_or_a_second_decoder_says(files, load, read_png, report):
    equal = Counter()
    for path in files["BMP"]:
        if is_refused(path):
            continue
        (image,) = load(path)
        stem = BMP_ANSWERS.get(path.stem, path.stem)
        answer = path.parents[1] / "html" / f"{stem}.png"
        if path.parent.name in {"g", "q"} and answer.exists():
            # The suite's answer to 256 colours rounds some of them in another way than the files.
            said, most = "suite", int(stem.startswith("pal8") or path.stem in ROUNDED)
            wanted = read_png(answer.read_bytes()).samples
            wanted = wanted[..., 0] if wanted.shape[2] == 1 else wanted
        elif path.name in BMP_OF_THEIR_OWN:
            equal["nobody"] += 1
            continue
        else:
            said, most, (wanted,) = "Pillow", 0, pillow(path)
        assert difference(rgba(image.pixels)[..., :3], rgba(wanted)[..., :3]) <= most, path
        equal[said] += 1

    report("BMP files with the samples of another", equal)
    assert equal == {"suite": 34, "Pillow": 21, "nobody": 7}


def test_every_webp_is_what_a_second_decoder_reads(files, load, report):
    equal = Counter()
    for path in files["WebP"]:
        images = load(path)
        wanted = list(pillow(path))
        assert len(images) == len(wanted), path
        for image, samples in zip(images, wanted, strict=True):
            assert difference(image.pixels, samples) == 0, path
        equal[f"{len(images)} frames"] += 1

    report("WebP files with the samples of a second decoder", equal)
    assert equal.total() == 13


def test_files_that_are_no_pictures_say_why(files, session, report):
    refused = Counter()
    for path in [path for paths in files.values() for path in paths if is_refused(path)]:
        errors = [session.load_image(f"web:{path}").exception(timeout=60)]
        errors.append(session.image_ids_from_web(path).exception(timeout=60))
        # A list needs no more than the header.
        assert isinstance(errors[0], DecodeError), (path, errors)
        assert errors[1] is None or isinstance(errors[1], DecodeError), (path, errors)
        assert re.search(NO_PICTURES.get(path.name, "BMP"), str(errors[0])), (path, errors[0])
        refused["damaged" if path.name in NO_PICTURES else "of a kind that nobody shows"] += 1

    report("pictures with a typed error", refused)
    assert refused.total() == len(NO_PICTURES) + len(NOT_SUPPORTED)


def test_every_picture_has_all_modules_without_any_provider(files, load, session):
    asked = 0
    for path in [path for paths in files.values() for path in paths]:
        if is_refused(path) or path.name in BROKEN_ANIMATIONS:
            continue
        image = load(path)[0]
        pixel = session.metadata.require(ImagePixelModule, image.image_id)
        assert (pixel.rows, pixel.columns) == image.pixels.shape[:2]
        assert pixel.photometric_interpretation == image.photometric_interpretation
        session.metadata.require(PictureModule, image.image_id)
        session.metadata.require(VoiLutModule, image.image_id)
        asked += 1
    assert asked > 650
