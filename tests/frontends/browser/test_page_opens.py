"""What is opened is on the canvas as a viewport of Python draws it, to the last bit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pydicom import examples

import pycornerstone as cs
from pycornerstone.testing import nifti_phantom, pet_phantom, png_phantom, write_pet_series


def rendered(image_ids, rows_and_columns, *, index=0, **properties):
    """Draw an image of a stack by Python alone."""
    rows, columns = rows_and_columns
    with cs.Session() as session:
        viewport = cs.StackViewport(columns, rows, session=session, prefetch=False)
        viewport.set_stack(image_ids, index).result()
        viewport.set_properties(**properties)
        return viewport.render()


def series_of(page, modality):
    [welcome] = [message for message in page.received if message["type"] == "Welcome"]
    return next(one for one in welcome["series"] if one["modality"] == modality)


def wait_until_loaded(page, series):
    """A picture at rest of what is there yet is followed by others."""
    page.wait_for(
        "async ([series]) => { const { app } = await import("
        "new URL('static/state.js', location.href).href); const { ranges, total } ="
        " app.progress.get(series) ?? {}; return ranges?.[0]?.[1] - ranges?.[0]?.[0] === total; }",
        series,
    )
    page.wait(1)


def test_a_ct(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    state = page.at_rest()

    ids = [f"dicomfile:{path}" for path in ct_files]
    assert state["numberOfSlices"] == len(ids)
    assert not state["isColor"]
    assert state["unit"] == "HU"
    expected = rendered(ids, page.size(), index=ids.index(state["imageId"]))
    np.testing.assert_array_equal(page.canvas(), expected)
    assert len(np.unique(expected[..., 0])) > 20


def test_a_cine_of_colour_ultrasound_runs_and_stops_on_its_own_frames(page_of):
    path = examples.get_path("ybr_color")
    page = page_of([path])
    state = page.at_rest()
    assert state["isColor"]
    assert state["numberOfSlices"] == 30

    page.click((0.5, 0.5))
    page.press("Space")
    page.wait_for(
        "([count]) => Number(document.querySelector('#cells canvas').dataset.frame) > count",
        max(m["frame"] for m in page.received if m["type"] == "Frame") + 8,
    )
    running = [m["state"] for m in page.received if m["type"] == "Frame"]
    assert len({one["sliceIndex"] for one in running}) > 3
    assert running[-1]["framesPerSecond"] > 0

    page.press("Space")
    state = page.at_rest()
    assert state["framesPerSecond"] == 0
    ids = [f"dicomfile:{path}?frame={number}" for number in range(1, 31)]
    expected = rendered(ids, page.size(), index=state["sliceIndex"])
    np.testing.assert_array_equal(page.canvas(), expected)
    assert np.ptp(expected[..., :3].astype(int), axis=-1).max() > 50


def test_a_png(page_of, thorax, tmp_path):
    path = tmp_path / "thorax.png"
    path.write_bytes(png_phantom(thorax))
    page = page_of(path)
    state = page.at_rest()

    assert state["numberOfSlices"] == 1
    assert state["toWorld"]["unit"] == "px"
    np.testing.assert_array_equal(page.canvas(), rendered([f"web:{path}"], page.size()))


def test_a_nifti(page_of, thorax, tmp_path):
    path = tmp_path / "thorax.nii.gz"
    path.write_bytes(nifti_phantom(thorax))
    page = page_of(path)
    state = page.at_rest()

    slices = len(thorax.hounsfield)
    assert state["numberOfSlices"] == slices
    ids = [f"nifti:{path}?frame={k}" for k in range(slices)]
    expected = rendered(ids, page.size(), index=state["sliceIndex"])
    np.testing.assert_array_equal(page.canvas(), expected)


def test_a_pet_over_its_ct(page_of, ct_files, drawn_by):
    folder = ct_files[0].parent.parent
    if not (folder / "pet").exists():
        write_pet_series(folder / "pet", pet_phantom(rows=64, columns=64))
    page = page_of(folder)
    page.at_rest()

    ct, pet = series_of(page, "CT"), series_of(page, "PT")
    page.say("Show", cell=0, series=ct["number"])
    page.at_rest()
    page.say("Show", cell=0, series=pet["number"], isAdded=True)
    page.wait_for(
        "async () => (await import(new URL('static/state.js', location.href).href))"
        ".app.cells.get(0).state?.layers.length === 2"
    )
    wait_until_loaded(page, pet["number"])
    state = page.at_rest()
    assert [layer["series"] for layer in state["layers"]] == [ct["number"], pet["number"]]

    lines = page.ask("AskPython", cell=0)["python"]
    np.testing.assert_array_equal(page.canvas(), drawn_by(lines))
    # The CT alone is grey.
    assert np.ptp(page.canvas()[..., :3].astype(int), axis=-1).max() > 20


@pytest.mark.parametrize("layout", ["2x2", "mpr"])
def test_each_cell_of_a_layout_shows_what_python_draws(page_of, ct_files, drawn_by, layout):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    page.say("SetLayout", name=layout)
    if layout == "2x2":
        page.say("Show", cell=3, series=0)
    cells = (0, 3) if layout == "2x2" else (0, 1, 2)
    wait_until_loaded(page, 0)
    for cell in cells:
        state = page.at_rest(cell)
        lines = page.ask("AskPython", cell=cell)["python"]
        np.testing.assert_array_equal(page.canvas(cell), drawn_by(lines))
        if layout == "mpr":
            assert state["orientation"] == ("axial", "sagittal", "coronal")[cell]
            assert re.search("orientation", lines)
