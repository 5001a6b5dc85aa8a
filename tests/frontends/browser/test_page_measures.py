"""What is measured on the page is what the phantom is made of."""

from __future__ import annotations

import re

import numpy as np
import pytest


@pytest.fixture
def page(page_of, ct_files):
    opened = page_of(ct_files[0].parent)
    opened.at_rest()
    # Air black and bone white, so that each of the rods is a grey of its own.
    opened.say("SetWindow", cell=0, lower=-1000.0, upper=1000.0)
    opened.at_rest()
    return opened


def place_of(page, thorax, name):
    """Find a rod of the phantom by its grey, as an eye does: a point of the cell."""
    region = next(one for one in thorax.known if one.name == name)
    rows, columns = page.size()
    # The picture fills the cell, in the middle.
    pixel = min(rows, columns) / len(thorax.hounsfield[0])
    _, row, column = thorax.voxel_at(region.position_lps)
    x = columns / 2 + (column + 0.5 - 128) * pixel
    y = rows / 2 + (row + 0.5 - 128) * pixel
    far = round(8 / thorax.pixel_spacing_mm[0] * pixel)
    left, top = round(x) - far, round(y) - far
    part = page.canvas()[top : top + 2 * far, left : left + 2 * far, 0].astype(float)
    weight = abs(part - part[0, 0])
    total = weight.sum()
    assert total > 0, "the rod is as what is round it"
    down, across = np.mgrid[: 2 * far, : 2 * far] + 0.5
    at = left + (weight * across).sum() / total, top + (weight * down).sum() / total
    return at[0] / columns, at[1] / rows


def texts(page):
    return page.run(
        "() => [...document.querySelectorAll('#cells svg .annotation text')]"
        ".map(text => text.textContent)"
    )


def test_a_length_is_the_distance_in_the_phantom(page, thorax):
    lung, bone = (place_of(page, thorax, f"{name} rod") for name in ("lung", "bone"))
    page.press("l")
    page.drag(lung, bone)

    # Rods are 24 mm apart, and there are three steps from lung to bone.
    [text] = texts(page)
    millimetres = re.search(r"([\d.]+) mm", text)
    assert millimetres is not None
    # A pixel of the screen is 0.6 mm, and the mouse stands on whole ones.
    assert float(millimetres[1]) == pytest.approx(72.0, abs=0.7)


def test_a_length_stays_where_it_is_in_the_patient(page, thorax):
    page.press("l")
    page.drag((0.4, 0.4), (0.6, 0.6))
    [text] = texts(page)
    page.wheel(-3, at=(0.5, 0.5), keys=["Control"])
    page.at_rest()
    assert texts(page) == [text]
    page.wheel(1)
    page.at_rest()
    assert texts(page) == []
    page.wheel(-1)
    page.at_rest()
    assert texts(page) == [text]


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
def test_statistics_are_of_the_values_that_the_phantom_has(page, thorax, kind):
    rod = next(one for one in thorax.known if one.name == "bone rod")
    x, y, _ = rod.position_lps
    z = page.state()["toWorld"]["origin"][2]
    half = rod.radius_mm / 2
    corners = [
        (x - half, y - half, z),
        (x + half, y - half, z),
        (x + half, y + half, z),
        (x - half, y + half, z),
    ]
    said = page.ask("AskStatistics", cell=0, kind=kind, points=corners)["statistics"]

    assert said["unit"] == "HU"
    assert said["count"] > 0
    assert (said["mean"], said["standardDeviation"]) == (1000, 0)
    assert (said["minimum"], said["maximum"]) == (1000, 1000)
