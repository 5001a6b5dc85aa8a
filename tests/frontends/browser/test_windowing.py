"""How far the window goes when the mouse does: as Cornerstone3D's WindowLevelTool."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.frontends.browser.units import Unit
from pycornerstone.frontends.browser.windowing import WindowDrag, window_of
from pycornerstone.model.image import Image
from pycornerstone.viewports.stack import StackViewport


def shown(pixels, **properties):
    viewport = StackViewport(200, 100, prefetch=False)
    viewport.show_image(Image("drag:a", np.asarray(pixels)))
    viewport.set_properties(**properties)
    return viewport


def test_4096_values_are_4_a_pixel():
    viewport = shown([[0, 4096]], voi_range=(0, 400))
    WindowDrag().drag(viewport, (10, 5), Unit("HU"))
    # Width 400 + 10 x 4, centre 200 + 5 x 4.
    assert window_of(viewport) == pytest.approx((0, 440))


def test_fewer_values_than_1024_are_parts_of_one_a_pixel():
    viewport = shown([[0, 256]], voi_range=(100, 200))
    WindowDrag().drag(viewport, (8, -4), Unit(""))
    # A quarter a pixel: width 102, centre 149.
    assert window_of(viewport) == pytest.approx((98, 200))


def test_of_a_screen_with_finer_pixels_it_goes_by_those_of_the_page():
    coarse, fine = (shown([[0, 4096]], voi_range=(0, 400)) for _ in range(2))
    WindowDrag().drag(coarse, (10, 5), Unit(""))
    WindowDrag().drag(fine, (20, 10), Unit(""), ratio=2.0)
    assert window_of(fine) == window_of(coarse)


def test_of_suv_white_goes_alone_and_the_height_of_the_canvas_is_5():
    viewport = shown([[0.0, 9000.0]], voi_range=(0, 2000))
    # 1000 Bq/ml are an SUV of 1: 20 of 100 pixels up are 1 more.
    WindowDrag().drag(viewport, (50, -20), Unit("SUVbw", 0.001))
    assert window_of(viewport) == pytest.approx((0, 3000))


def test_a_window_is_never_turned_round():
    viewport = shown([[0, 4096]], voi_range=(0, 400))
    WindowDrag().drag(viewport, (-1000, 0), Unit(""))
    lower, upper = window_of(viewport)
    assert upper - lower == pytest.approx(1)


def test_colours_are_dragged_from_all_that_there_is():
    viewport = StackViewport(20, 10, prefetch=False)
    viewport.show_image(Image("drag:c", np.zeros((2, 2, 3), np.uint8)))
    assert window_of(viewport) is None
    WindowDrag().drag(viewport, (0, 1024), Unit(""))
    assert window_of(viewport) == pytest.approx((255, 510))
