"""What a hand does to the page is what the same steps do to a viewport of Python."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs


@pytest.fixture
def page(page_of, ct_files):
    opened = page_of(ct_files[0].parent, width=900, height=700)
    opened.at_rest()
    return opened


@pytest.fixture
def twin(page, ct_files):
    """A viewport of Python that shows what the page began with."""
    rows, columns = page.size()
    ids = [f"dicomfile:{path}" for path in ct_files]
    with cs.Session() as session:
        viewport = cs.StackViewport(columns, rows, session=session, prefetch=False)
        viewport.set_stack(ids, ids.index(page.state()["imageId"])).result()
        yield viewport


def test_the_wheel_scrolls_and_the_keys_do(page, twin):
    before = page.state()["sliceIndex"]
    page.wheel(2)
    assert page.at_rest()["sliceIndex"] == before + 2
    page.press("ArrowUp")
    assert page.at_rest()["sliceIndex"] == before + 1
    page.press("End")
    state = page.at_rest()
    assert state["sliceIndex"] == state["numberOfSlices"] - 1

    twin.set_image_id_index(state["sliceIndex"]).result()
    np.testing.assert_array_equal(page.canvas(), twin.render())


def test_a_drag_to_the_right_widens_the_window_and_down_it_rises(page, twin):
    before = page.state()
    page.drag((0.4, 0.4), (0.6, 0.5))
    after = page.at_rest()

    def width_and_center(state):
        return state["upper"] - state["lower"], (state["upper"] + state["lower"]) / 2

    assert width_and_center(after) > width_and_center(before)
    assert width_and_center(after)[1] > width_and_center(before)[1]
    twin.set_properties(voi_range=(after["lower"], after["upper"]))
    np.testing.assert_array_equal(page.canvas(), twin.render())


def test_with_ctrl_the_wheel_magnifies_and_what_is_under_it_stays(page):
    at = (0.7, 0.3)
    before = world_at(page, at)
    page.wheel(-3, at=at, keys=["Control"])
    state = page.at_rest()

    assert state["zoom"] == pytest.approx(1.15**3)
    # The pointer is at a whole pixel of CSS.
    np.testing.assert_allclose(world_at(page, at), before, atol=1.0)


def test_a_pan_shifts_the_picture_by_as_many_pixels_as_the_hand_goes(page, twin):
    page.press("p")
    rows, columns = page.size()
    # Whole pixels, so that no rounding of the mouse's place comes in.
    start = (100 / columns, 200 / rows)
    end = (160 / columns, 170 / rows)
    page.drag(start, end)
    page.at_rest()

    twin.set_pan((60, -30))
    np.testing.assert_array_equal(page.canvas(), twin.render())


def test_keys_invert_turn_and_flip(page, twin):
    page.press("i", "r", "h")
    state = page.at_rest()
    assert (state["invert"], state["flipHorizontal"]) == (True, True)

    twin.set_properties(invert=True)
    twin.set_rotation(90)
    twin.flip(horizontal=True)
    np.testing.assert_array_equal(page.canvas(), twin.render())

    page.press("0")
    page.at_rest()
    twin.reset_properties()
    twin.reset_camera()
    np.testing.assert_array_equal(page.canvas(), twin.render())


def test_the_lines_of_python_draw_what_is_shown(page, drawn_by):
    page.wheel(1)
    page.wheel(-2, at=(0.3, 0.6), keys=["Control"])
    page.drag((0.4, 0.4), (0.5, 0.3))
    page.press("r")
    page.at_rest()
    lines = page.ask("AskPython", cell=0)["python"]
    np.testing.assert_array_equal(page.canvas(), drawn_by(lines))


def test_on_a_screen_of_finer_pixels_the_canvas_has_them_all(page_of, ct_files, drawn_by):
    page = page_of(ct_files[0].parent, width=700, height=500, ratio=2.0)
    page.at_rest()
    rows, columns = page.size()
    width = page.run("() => document.querySelector('#cells canvas').clientWidth")
    assert columns == pytest.approx(2 * width, abs=1)

    lines = page.ask("AskPython", cell=0)["python"]
    drawn = drawn_by(lines)
    assert drawn.shape[:2] == (rows, columns)
    np.testing.assert_array_equal(page.canvas(), drawn)


def world_at(page, at):
    grid = page.state()["toWorld"]
    rows, columns = page.size()
    x, y = at[0] * columns, at[1] * rows
    return np.add(grid["origin"], np.multiply(grid["right"], x) + np.multiply(grid["down"], y))
