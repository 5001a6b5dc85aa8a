"""Colour maps against pydicom's palettes, OpenCV and published colours."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from pycornerstone.rendering.colormaps import checked_colors, colormap_names, get_colormap


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("hotIron", "hotiron.dcm"),
        ("pet", "pet.dcm"),
        ("hotMetalBlue", "hotmetalblue.dcm"),
        ("pet20Step", "pet20step.dcm"),
    ],
)
def test_the_well_known_palettes_are_those_of_the_standard(name, file):
    header = pydicom.dcmread(Path(pydicom.__file__).parent / "data" / "palettes" / file)
    channels = [
        np.frombuffer(header[f"{color}PaletteColorLookupTableData"].value, np.uint8)
        for color in ("Red", "Green", "Blue")
    ]
    assert (get_colormap(name) == np.stack(channels, axis=1)).all()


@pytest.mark.parametrize("name", ["jet", "hsv", "hot", "viridis", "spring", "bone"])
def test_what_opencv_has_is_as_opencv_has_it(name):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    theirs = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))
    assert (get_colormap(name).reshape(16, 16, 3) == theirs[..., ::-1]).all()


@pytest.mark.parametrize(
    ("name", "colors"),
    [
        ("gray", {0: (0, 0, 0), 100: (100, 100, 100), 255: (255, 255, 255)}),
        # Moreland, 2009: from (59, 76, 192) to (180, 4, 38).
        ("coolwarm", {0: (59, 76, 192), 255: (180, 4, 38)}),
        # ColorBrewer, Blues with 9 classes.
        ("blues", {0: (247, 251, 255), 255: (8, 48, 107)}),
        ("spectral", {0: (0, 0, 0), 153: (0, 255, 0), 255: (204, 204, 204)}),
        # matplotlib's copper at its ends.
        ("copper", {0: (0, 0, 0), 255: (255, 199, 127)}),
    ],
)
def test_published_colors_are_met(name, colors):
    table = get_colormap(name)
    assert {entry: tuple(table[entry].tolist()) for entry in colors} == colors


def test_every_name_has_a_table_that_nobody_can_change():
    for name in colormap_names():
        table = get_colormap(name)
        assert (table.shape, table.dtype) == ((256, 3), np.uint8)
        assert not table.flags.writeable
        assert len(np.unique(table, axis=0)) >= 20


def test_the_maps_of_cornerstone_are_all_there():
    wanted = (
        "hotIron pet hotMetalBlue pet20Step gray jet hsv hot cool spring summer autumn winter bone "
        "copper spectral coolwarm blues"
    )
    assert set(wanted.split()) <= set(colormap_names())


def test_capitals_do_not_matter():
    assert (get_colormap("HOTIRON") == get_colormap("hotIron")).all()


def test_an_unknown_name_is_answered_with_the_nearest_and_the_list():
    with pytest.raises(
        ValueError, match=r"no colour map 'hotIrom'; there are: autumn, .*'hotIron'"
    ):
        get_colormap("hotIrom")
    with pytest.raises(ValueError, match=r"no colour map 'qqq'; there are: autumn, .* winter$"):
        get_colormap("qqq")


def test_own_colors_may_be_bytes_or_floats():
    bytes_ = checked_colors([[0, 0, 0], [255, 128, 0]])
    assert bytes_.dtype == np.uint8
    assert bytes_.tolist() == [[0, 0, 0], [255, 128, 0]]
    assert checked_colors([[0.0, 0.0, 0.0], [1.0, 0.5, 0.0]]).tolist() == [[0, 0, 0], [255, 128, 0]]


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        ([[0, 0, 0]], r"a colour map has the shape \(N, 3\) with N from 2 to 4096, got \(1, 3\)"),
        (np.zeros((256, 4)), r"a colour map has the shape .* got \(256, 4\)"),
        (np.zeros((5000, 3)), r"a colour map has the shape .* got \(5000, 3\)"),
        ([["a", "b", "c"]] * 2, "a colour map has numbers, got <U1"),
        ([[0, 0, 256]] * 2, r"a colour map of int\d+ has values from 0 to 255, got 0 to 256"),
        ([[0, 0, 2.0]] * 2, "a colour map of float64 has values from 0 to 1, got 0.0 to 2.0"),
        ([[0, 0, np.nan]] * 2, "a colour map of float64 has values from 0 to 1, got nan to nan"),
    ],
)
def test_own_colors_that_are_none_are_refused(colors, message):
    with pytest.raises(ValueError, match=message):
        checked_colors(colors)
