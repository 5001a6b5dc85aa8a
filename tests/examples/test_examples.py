"""The examples do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def series(tmp_path):
    phantom = ct_phantom(slices=3, rows=64, columns=64)
    write_ct_series(tmp_path / "series", phantom)
    return tmp_path / "series", phantom


def run(example, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / example), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_thumbnail_is_drawn_of_each_image_and_the_rest_is_named(series, tmp_path):
    folder, _ = series
    (folder / "notes.txt").write_text("not an image")

    printed = run("thumbnails.py", folder, tmp_path / "out")

    assert "left out notes.txt" in printed
    assert "drew 3 of 4 files" in printed
    assert len(list((tmp_path / "out").glob("*.png"))) == 3


def test_a_series_becomes_an_array_of_hounsfield_units(series):
    folder, phantom = series

    printed = run("series_to_array.py", folder)

    lowest, highest = phantom.hounsfield.min(), phantom.hounsfield.max()
    assert printed == f"(3, 64, 64) float32, {lowest:g} to {highest:g}\n"
