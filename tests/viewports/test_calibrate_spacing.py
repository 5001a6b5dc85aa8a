"""A viewport draws and measures by what a user measured, and by the shape of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.events import CameraModified, Event, ImageSpacingCalibrated
from pycornerstone.model.image import Image
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePlaneModule, SpacingType
from pycornerstone.session.session import Session
from pycornerstone.viewports.stack import StackViewport

IDS = ["film:a", "film:b"]
PLANE = ImagePlaneModule(row_pixel_spacing_mm=1.0, column_pixel_spacing_mm=1.0)


@pytest.fixture
def session():
    with Session() as session:
        pixels = np.arange(100, dtype=np.uint8).reshape(10, 10)
        session.register_image_loader("film", lambda i: Image(i, pixels, plane=PLANE))
        yield session


@pytest.fixture
def viewport(session):
    viewport = StackViewport(20, 20, session=session, prefetch=False, viewport_id="v")
    viewport.set_stack(IDS).result(5)
    return viewport


def length_mm(viewport, start, end):
    """Measure between two canvas points."""
    first, last = viewport.canvas_to_world(start), viewport.canvas_to_world(end)
    return float(np.linalg.norm(np.subtract(last, first)))


def test_the_image_on_show_is_measured_by_the_new_spacing(viewport, session):
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(10)
    before = viewport.render()
    told = []
    session.events.subscribe(Event.IMAGE_SPACING_CALIBRATED, told.append)
    session.events.subscribe(Event.CAMERA_MODIFIED, told.append)
    session.metadata.calibrations.add(IDS[0], CalibratedPixelSpacing(0.25))
    viewport.calibrate_spacing()
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(2.5)
    # A square stays a square of the same size on the canvas.
    assert np.array_equal(viewport.render(), before)
    assert [type(detail) for detail in told] == [CameraModified, ImageSpacingCalibrated]
    assert (told[1].viewport_id, told[1].image_id) == ("v", IDS[0])
    assert told[1].plane.row_pixel_spacing_mm == 0.25
    assert told[1].plane.spacing_type == SpacingType.USER
    assert session.cache.get(IDS[0]) is viewport.image


def test_pixels_that_are_higher_than_wide_are_drawn_so(viewport, session):
    session.metadata.calibrations.add(IDS[0], CalibratedPixelSpacing(2.0, 1.0))
    viewport.calibrate_spacing(IDS[0])
    alpha = viewport.render()[..., 0]
    # 10 mm across and 20 mm down fill the height of the canvas, and half of its width.
    assert (alpha[:, :5] == 0).all()
    assert (alpha[:, 15:] == 0).all()
    assert alpha[-1, 5:15].any()


def test_a_calibration_is_taken_back(viewport, session):
    session.metadata.calibrations.add(IDS[0], CalibratedPixelSpacing(0.25))
    viewport.calibrate_spacing()
    session.metadata.calibrations.remove(IDS[0])
    viewport.calibrate_spacing()
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(10)
    assert viewport.image.plane == PLANE


def test_a_provider_that_came_late_calibrates_what_is_on_show(viewport, session):
    session.metadata.add_provider(
        lambda name, _: {"scale": 3} if name == "calibratedPixelSpacing" else None
    )
    viewport.calibrate_spacing()
    viewport.calibrate_spacing()
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(30)


def test_an_image_that_comes_on_show_later_is_calibrated(viewport, session):
    session.load_and_cache_image(IDS[1]).result(5)
    session.metadata.calibrations.add(IDS[1], CalibratedPixelSpacing(0.5))
    viewport.set_image_id_index(1).result(5)
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(5)


def test_an_image_that_is_not_on_show_is_told_of(viewport, session):
    told = []
    session.events.subscribe(Event.IMAGE_SPACING_CALIBRATED, told.append)
    session.metadata.calibrations.add(IDS[1], CalibratedPixelSpacing(0.5))
    viewport.calibrate_spacing(IDS[1])
    assert (told[0].image_id, told[0].plane) == (IDS[1], None)
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(10)


def test_an_image_at_hand_is_calibrated(session):
    viewport = StackViewport(20, 20, session=session, prefetch=False)
    with pytest.raises(ValueError, match="no image is on show to be calibrated"):
        viewport.calibrate_spacing()
    viewport.show_image(Image("own:a", np.zeros((10, 10), np.uint8)))
    session.metadata.calibrations.add("own:a", CalibratedPixelSpacing(0.5))
    viewport.calibrate_spacing()
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(5)


def test_an_image_that_was_calibrated_after_it_was_loaded_is_shown_so(session):
    image = session.load_and_cache_image(IDS[0]).result(5)
    session.metadata.calibrations.add(IDS[0], CalibratedPixelSpacing(0.25))
    viewport = StackViewport(20, 20, session=session, prefetch=False)
    viewport.show_image(image)
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(2.5)
    assert session.cache.get(IDS[0]) is viewport.image


def test_view_and_presentation_stay(viewport, session):
    viewport.set_zoom(2)
    viewport.set_properties(invert=True)
    session.metadata.calibrations.add(IDS[0], CalibratedPixelSpacing(0.25))
    viewport.calibrate_spacing()
    assert viewport.zoom == 2
    assert viewport.properties.invert
    assert length_mm(viewport, (0, 10), (20, 10)) == pytest.approx(1.25)


def test_a_picture_with_flat_pixels_is_drawn_undistorted(session):
    # A disc scanned at twice as many columns as rows: 20 x 40 pixels, each 2 high and 1 wide.
    rows, columns = np.mgrid[:20, :40]
    disc = ((rows - 9.5) * 2) ** 2 + (columns - 19.5) ** 2 < 15**2
    plane = ImagePlaneModule(pixel_aspect_ratio=(2, 1))
    viewport = StackViewport(80, 80, session=session, prefetch=False)
    viewport.show_image(Image("own:disc", disc.astype(np.uint8) * 255, plane=plane))
    bright = viewport.render()[..., 0] > 127
    height, width = bright.any(axis=1).sum(), bright.any(axis=0).sum()
    # 15 of 20 units to each side of the middle, at 2 canvas pixels a unit.
    assert height == pytest.approx(60, abs=4)
    assert width == pytest.approx(60, abs=4)
    assert viewport.image.geometry_is_default
