"""Texts over images: none over another, and none of what matters cut short, on any screen."""

from __future__ import annotations

import itertools

import pytest

# Every line that is seen, where its letters are and not only its box.
_TEXTS = """([cell]) => {
    const of = document.querySelector(`#cell-${cell}`);
    const found = [...of.querySelectorAll('.corner > div, .edge > div, .scale-text')];
    return found.filter((one) => one.checkVisibility()).map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const inner = range.getBoundingClientRect();
        const outer = one.getBoundingClientRect();
        return {
            text: one.textContent,
            isCut: one.scrollWidth > one.clientWidth && one instanceof HTMLElement,
            left: Math.max(inner.left, outer.left), right: Math.min(inner.right, outer.right),
            top: inner.top, bottom: inner.bottom,
        };
    });
}"""
_MATTERS = ("Image ", "Slice ", "W ", "CT W", "Zoom", "Phantom, CT")


def overlaps(one, other):
    # Lines of one corner touch, by the height of their letters' box.
    return (
        min(one["right"], other["right"]) - max(one["left"], other["left"]) > 1
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 3
    )


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (820, 1180), (390, 844)])
@pytest.mark.parametrize(("layout", "cells"), [("1x1", 1), ("2x2", 4), ("mpr", 3)])
def test_no_text_lies_over_another_or_is_cut(viewer_of, open_page, pet_ct, size, layout, cells):
    width, height = size
    page = open_page(viewer_of(pet_ct).url, width=width, height=height, has_touch=width < 1000)
    page.at_rest()
    welcome = next(said for said in page.received if said["type"] == "Welcome")
    series = next(one["number"] for one in welcome["series"] if one["modality"] == "CT")
    page.say("Show", cell=0, series=series)
    page.at_rest()
    page.say("SetLayout", name=layout)
    for cell in range(cells):
        if layout == "2x2":
            page.say("Show", cell=cell, series=series)
        page.at_rest(cell)
    for cell in range(cells):
        texts = page.run(_TEXTS, cell)
        assert {"R", "L"} <= {text["text"] for text in texts} or layout == "mpr"
        covered = [
            (one["text"], other["text"])
            for one, other in itertools.combinations(texts, 2)
            if overlaps(one, other)
        ]
        assert covered == []
        matter = [text for text in texts if text["text"].startswith(_MATTERS)]
        assert len(matter) >= 4
        assert [text["text"] for text in matter if text["isCut"]] == []


def test_three_planes_share_a_narrow_page_by_its_height(viewer_of, open_page, ct_files):
    page = open_page(viewer_of(ct_files).url, width=390, height=844)
    page.at_rest()
    page.say("SetLayout", name="mpr")
    boxes = []
    for cell in range(3):
        page.at_rest(cell)
        boxes.append(page.use(lambda on, cell=cell: on.locator(f"#cell-{cell}").bounding_box()))
    first, second, third = boxes
    assert first["width"] > 1.9 * second["width"]
    assert first["y"] + first["height"] <= second["y"]
    assert second["y"] == third["y"]
