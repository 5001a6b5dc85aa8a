"""Damaged NIfTI files and pictures give an image or a typed error, whatever codec reads them."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import imagecodecs
import nibabel
import numpy as np
import PIL.Image
import pytest
import tifffile

LOADER = Path(__file__).with_name("loading_mutants.py")
EACH = 300
MOST_SECONDS = 15
GREY = (np.add.outer(np.arange(24) * 9, np.arange(32) * 5) % 256).astype(np.uint8)
RGB = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])


def pictures(folder):
    """Small files of every kind, most of them made by Pillow and tifffile."""
    image, grey = PIL.Image.fromarray(RGB), PIL.Image.fromarray(GREY)
    later = [PIL.Image.fromarray(RGB[::-1]), PIL.Image.fromarray(RGB[:, ::-1])]
    many = {"save_all": True, "append_images": later}
    PIL.Image.fromarray(GREY.astype(np.uint16) * 200).save(folder / "grey16.png")
    image.quantize(16).save(folder / "palette.png", transparency=3)
    image.save(folder / "animated.png", **many, duration=50)
    turned = PIL.Image.Exif()
    turned[0x112] = 6
    image.save(folder / "baseline.jpg", exif=turned, dpi=(300, 300))
    grey.save(folder / "progressive.jpg", progressive=True)
    image.convert("CMYK").save(folder / "cmyk.jpg")
    image.save(folder / "animated.gif", **many)
    image.save(folder / "color.bmp")
    image.save(folder / "animated.webp", **many, lossless=True)
    image.save(folder / "lossy.webp")
    image.save(folder / "color.ppm")
    for name, how in {
        "lzw": {"compression": "lzw", "predictor": True},
        "tiled": {"compression": "deflate", "tile": (16, 16)},
        "jpeg": {"compression": "jpeg"},
        "big": {"bigtiff": True, "byteorder": ">"},
    }.items():
        tifffile.imwrite(folder / f"{name}.tif", np.stack([RGB] * 2), photometric="rgb", **how)
    tifffile.imwrite(folder / "float.tif", GREY.astype(np.float32), resolution=(100, 100))
    (folder / "grey.jls").write_bytes(imagecodecs.jpegls_encode(GREY))
    (folder / "grey.jp2").write_bytes(imagecodecs.jpeg2k_encode(GREY))
    (folder / "color.jxl").write_bytes(imagecodecs.jpegxl_encode(RGB))
    (folder / "color.avif").write_bytes(imagecodecs.avif_encode(RGB))


def volumes(folder):
    """Small volumes of every form."""
    voxels = np.arange(7 * 6 * 5 * 3, dtype=np.int16).reshape(7, 6, 5, 3)
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    one = nibabel.Nifti1Image(voxels, affine)
    one.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"a remark"))
    one.to_filename(folder / "one.nii")
    (folder / "one.nii.gz").write_bytes(gzip.compress((folder / "one.nii").read_bytes()))
    nibabel.Nifti2Image(voxels.astype(np.complex64), affine).to_filename(folder / "two.nii")
    nibabel.Nifti1Pair(voxels[..., 0], affine).to_filename(folder / "pair.img")
    nibabel.AnalyzeImage(voxels[..., 0], affine).to_filename(folder / "analyze.img")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no memory of a process")
@pytest.mark.parametrize("make", [pictures, volumes])
def test_damaged_files_give_an_image_or_a_typed_error(make, tmp_path, capsys):
    make(tmp_path)
    files = len(list(tmp_path.iterdir()))
    outcomes, failures, first = Counter(), [], 0
    while first < EACH * files:
        command = [sys.executable, str(LOADER), str(tmp_path), str(EACH), str(first)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
        for line in done.stdout.splitlines():
            number, name, *told = line.split(maxsplit=3)
            # A process that ended within one never said what came of it.
            seconds, outcome = told or (0, f"FAILED: the process ended with {done.returncode}")
            is_well = not outcome.startswith("FAILED") and float(seconds) < MOST_SECONDS
            failures += [] if is_well else [f"{number} of {name}: {outcome}, {seconds} s"]
            outcomes[outcome.split()[0].strip(",:")] += 1
            first = int(number) + 1
        assert done.stdout, done.stderr
        assert len(failures) < 50, "\n".join(failures)

    with capsys.disabled():
        print(f"\n{outcomes.total()} damaged {make.__name__}: {dict(outcomes)}")  # noqa: T201 - how many of each is to be seen
    assert not failures, "\n".join(failures)
    assert outcomes.total() == EACH * files
    assert outcomes["Image"] > files
    assert outcomes["DecodeError"] > EACH
