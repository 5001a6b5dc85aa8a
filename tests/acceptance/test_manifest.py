"""Every real DICOM file through the public way: a session, an imageId, an image.

`px_sha256` of the manifest is what two decoders that are not ours read: the samples of all frames,
in little endian. Where it says something else than an image should be, `OTHER_READING` says why.
"""

from __future__ import annotations

import csv
import hashlib
import re
import warnings
from collections import Counter

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.pixels import convert_color_space, pixel_array

from pycornerstone.errors import DecodeError, MetadataError
from pycornerstone.session.session import Session

# The inverse cosine transform is every decoder's own; these are held against another one.
LOSSY_JPEG = frozenset({"JPEGBaseline8", "JPEGExtended12"})
# The manifest has YBR as it is stored; an image has RGB, whatever its colour was stored as.
OTHER_READING = frozenset({"SC_ybr_full_422_uncompressed.dcm", "SC_ybr_full_uncompressed.dcm"})
# The manifest's decoders could not be asked, or gave up; the file whose samples these are.
SAME_AS = {
    # The delimiter at the end is missing, and no sample.
    "emri_small_jpeg_2k_lossless_too_short.dcm": "emri_small.dcm",
    "liver_deflate.dcm": "liver.dcm",
    "liver_rle.dcm": "liver.dcm",
}
REFUSED = {
    # Its fragment ends in the middle of the codestream; no decoder reads it.
    "JPEG2000-embedded-sequence-delimiter.dcm": (DecodeError, "broken JPEG 2000 codestream"),
    # 8130 bytes of 8192: half a row would have to be made up.
    "MR_truncated.dcm": (DecodeError, "Rows is 64 but the frame holds 8130 bytes, enough for 63"),
    # Its Number of Frames is "1A", and its pixel data are those of 15.
    "badVR.dcm": (MetadataError, r"\(0028,0008\) Number of Frames must be a decimal string"),
    # Pixel data without Rows, Columns and Bits Allocated: nobody can know what they are.
    "meta_missing_tsyntax.dcm": (MetadataError, "nobody knows 'imagePixelModule'"),
    "nested_priv_SQ.dcm": (MetadataError, "nobody knows 'imagePixelModule'"),
    # Not DICOM from the beginning, and cut off within the header.
    "no_meta.dcm": (DecodeError, "not DICOM|holds no Pixel Data"),
    "rtplan_truncated.dcm": (DecodeError, "cut off or damaged|holds no Pixel Data"),
}


@pytest.fixture(scope="module")
def rows(testdata):
    """The DICOM files of the manifest, each with its `name` and `file`."""
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        found = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom"]
    for row in found:
        row["file"] = testdata / row["source"] / row["path"]
        row["name"] = row["file"].name
    return found


@pytest.fixture(scope="module")
def load():
    """Give every frame of a file."""
    with Session() as session:

        def pixels(file, frames=1):
            for number in range(1, int(frames or 1) + 1):
                yield session.load_image(f"dicomfile:{file}?frame={number}").result(timeout=60)

        yield pixels


def digest(images):
    """SHA-256 of the samples of all frames, and their type."""
    found = hashlib.sha256()
    for image in images:
        assert image.pixels.dtype.isnative
        found.update(np.ascontiguousarray(image.pixels))
    return found.hexdigest(), image.pixels.dtype


def test_lossless_files_are_what_two_other_decoders_read(rows, load, report):
    equal = Counter()
    for row in rows:
        if not row["px_sha256"] or row["ts_name"] in LOSSY_JPEG or row["name"] in OTHER_READING:
            continue
        found, dtype = digest(load(row["file"], row["frames"]))
        assert dtype == np.dtype(row["px_dtype"]), row["path"]
        assert found == row["px_sha256"], row["path"]
        equal[row["ts_name"]] += 1

    report("files equal to two other decoders", equal)
    # JPEG-LS near-lossless and lossy JPEG 2000 say exactly what comes out.
    assert equal == {
        "(absent)": 1, "Deflated": 1, "ExplicitBE": 20, "ExplicitLE": 174, "ImplicitLE": 30,
        "HTJ2KLossless": 1, "J2K": 7, "J2KLossless": 12, "JPEGLSLossless": 8, "JPEGLSNear": 5,
        "JPEGLosslessSV1": 6, "RLE": 14,
    }  # fmt: skip


def test_stored_ybr_becomes_the_rgb_of_the_standard(rows, load, report):
    compared = Counter()
    for row in rows:
        if row["name"] not in OTHER_READING:
            continue
        dataset = pydicom.dcmread(row["file"])
        stored = pixel_array(row["file"], raw=True)
        assert hashlib.sha256(stored).hexdigest() == row["px_sha256"]

        (image,) = load(row["file"])

        expected = convert_color_space(stored, dataset.PhotometricInterpretation, "RGB")
        # pydicom rounds to a matrix of its own, by at most 1.
        assert np.abs(image.pixels.astype(int) - expected).max() <= 1, row["path"]
        assert image.photometric_interpretation == "RGB"
        compared[row["photometric"]] += 1

    report("files of stored YBR, now RGB", compared)
    assert set(compared) == {"YBR_FULL", "YBR_FULL_422"}


def test_lossy_jpeg_is_within_the_tolerance(rows, load, report):
    near = Counter()
    for row in rows:
        if row["ts_name"] not in LOSSY_JPEG:
            continue
        image = next(load(row["file"], row["frames"]))
        if row["ts_name"] == "JPEGExtended12":
            # SimpleITK has no other conversions of these two.
            (expected,) = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(row["file"]))
        else:
            expected = pixel_array(quietly_read(row["file"]), index=0)
        difference = np.abs(image.pixels.astype(int) - expected)
        # 1 by the transform, 3 more where pydicom goes through rounded YBR; the README of the
        # test data allows 39 where colour is shared, which smooth upsampling does not need.
        most = 4 if image.is_color else 1
        assert difference.max() <= most, row["path"]
        assert difference.mean() < 1, row["path"]
        near[row["ts_name"]] += 1

    report("files of lossy JPEG within the tolerance", near)
    assert near == {"JPEGBaseline8": 13, "JPEGExtended12": 2}


def test_files_that_the_manifest_has_no_answer_for_are_their_twins(rows, load, report):
    by_name = {row["name"]: row for row in rows}
    same = Counter()
    for name, twin in SAME_AS.items():
        row, answer = by_name[name], by_name[twin]
        found, _ = digest(load(row["file"], answer["frames"]))
        assert found == answer["px_sha256"], name
        same[row["ts_name"]] += 1

    report("files equal to another encoding of theirs", same)


def test_every_other_file_says_why_it_is_no_image(rows, load, report):
    refused = Counter()
    for row in rows:
        if row["px_sha256"] or row["name"] in SAME_AS:
            continue
        kind, message = REFUSED.get(
            row["name"],
            (DecodeError, r"the file holds no Pixel Data \(7FE0,0010\), so there is no"),
        )
        with pytest.raises((DecodeError, MetadataError)) as caught:
            next(load(row["file"]))
        assert isinstance(caught.value, kind), row["path"]
        assert re.search(message, str(caught.value)), (row["path"], str(caught.value))
        if row["name"] not in REFUSED:
            assert not has_pixels(row["file"]), row["path"]
        refused["broken" if row["name"] in REFUSED else "without pixel data"] += 1

    report("files with a typed error", refused)
    assert refused["broken"] == len(REFUSED)


def quietly_read(file):
    """Read by pydicom, which warns of what is odd."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(file, force=True)


def has_pixels(file):
    """Whether pydicom finds pixel data."""
    dataset = quietly_read(file)
    return any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))
