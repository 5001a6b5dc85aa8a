"""What is written over a cell, and which side of the body is at which edge."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.overlays import overlay_of
from pycornerstone.frontends.browser.server_messages import Series
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=12, rows=64, columns=48)
SERIES = Series(
    0,
    "2024-02-29 · Chest",
    "3: Axial",
    "CT",
    "volume",
    12,
    "48 x 64",
    True,
    None,
    "Adams, John · 4711 · M",
)


@pytest.fixture(scope="module")
def image_ids(tmp_path_factory):
    paths = write_ct_series(tmp_path_factory.mktemp("ct"), PHANTOM)
    return [f"dicomfile:{path}" for path in paths]


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture
def stack(image_ids, session):
    with cs.StackViewport(64, 64, session=session) as viewport:
        viewport.set_stack(image_ids, 4).result()
        yield viewport


@pytest.fixture
def volume(image_ids, session):
    with cs.VolumeViewport(64, 64, session=session) as viewport:
        viewport.set_volumes([image_ids]).result()
        yield viewport


def edges(overlay):
    return overlay.left, overlay.right, overlay.top, overlay.bottom


def test_an_axial_image_is_seen_from_the_feet(stack):
    # PS3.3 C.7.6.1.1.1: of a patient on his back, head first, rows go to his left, columns to his
    # back.
    assert edges(overlay_of(stack, SERIES)) == ("R", "L", "A", "P")
    stack.flip(horizontal=True)
    assert edges(overlay_of(stack, SERIES)) == ("L", "R", "A", "P")
    stack.flip(horizontal=False)
    stack.set_rotation(90)
    # Clockwise: what was at the left is at the top.
    assert edges(overlay_of(stack, SERIES)) == ("P", "A", "R", "L")


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        ("axial", ("R", "L", "A", "P")),
        ("coronal", ("R", "L", "H", "F")),
        ("sagittal", ("A", "P", "H", "F")),
    ],
)
def test_planes_are_seen_as_radiologists_do(volume, orientation, expected):
    volume.set_orientation(orientation)
    overlay = overlay_of(volume, SERIES)
    assert edges(overlay) == expected
    assert overlay.bottom_left[1] == orientation.capitalize()


def test_an_image_that_lies_nowhere_has_no_letters(session):
    with cs.StackViewport(8, 8, session=session) as viewport:
        viewport.show_image(cs.Image("test:a", np.zeros((4, 4), np.uint8)))
        assert edges(overlay_of(viewport, SERIES)) == ("", "", "", "")


def test_nothing_on_show_is_written_too(session):
    for viewport in (
        cs.StackViewport(8, 8, session=session),
        cs.VolumeViewport(8, 8, session=session),
    ):
        overlay = overlay_of(viewport, SERIES, session)
        assert overlay.top_left == ("Adams, John", "4711 · M")
        assert edges(overlay) == ("", "", "", "")
        viewport.close()


def test_patient_study_and_series_are_at_the_top(stack):
    overlay = overlay_of(stack, SERIES)
    assert overlay.top_left == ("Adams, John", "4711 · M")
    assert overlay.top_right == ("2024-02-29 · Chest", "3: Axial")


def test_slice_and_place_are_those_of_the_image(stack, volume):
    z = float(PHANTOM.affine[2, 3] + 4 * PHANTOM.affine[2, 2])
    assert z < 0
    thickness = PHANTOM.slice_spacing_mm
    # Towards the feet of the origin.
    place = (f"F {-z:.1f} mm", f"Thickness {thickness:g} mm")
    assert overlay_of(stack, SERIES).bottom_left == ("Image 5 / 12", *place)
    volume.jump_to_world((0, 0, z))
    volume.set_slab(10, "average")
    count = volume.slice_index + 1
    assert overlay_of(volume, SERIES).bottom_left == (
        f"Slice {count} / 12",
        "Axial",
        place[0],
        "Slab 10 mm average",
    )


def test_window_and_zoom_are_as_dicom_counts_them(stack, volume):
    stack.set_properties(window=(40, 400))
    stack.set_zoom(1.25)
    assert overlay_of(stack, SERIES).bottom_right == ("W 400 L 40", "Zoom 125 %")
    volume.set_properties(window=(-600, 1500), invert=True)
    assert overlay_of(volume, SERIES).bottom_right == ("W 1500 L -600 inverted", "Zoom 100 %")


def test_pet_says_from_which_suv_to_which(session):
    with cs.StackViewport(8, 8, session=session) as viewport:
        image = cs.Image(
            "test:pet",
            np.arange(4.0).reshape(2, 2),
            modality="PT",
            scaling=cs.ScalingModule(suvbw=0.25),
        )
        viewport.show_image(image)
        viewport.set_properties(voi_range=(0, 10))
        assert overlay_of(viewport, SERIES).bottom_right[0] == "0 to 2.5 SUVbw"


def test_lossy_compression_is_said(stack, session):
    def provider(name, _):
        return {"lossy_image_compression": "01"} if name == "generalImageModule" else None

    assert "Lossy compressed" not in overlay_of(stack, SERIES, session).bottom_right
    session.metadata.add_provider(provider)
    try:
        assert "Lossy compressed" in overlay_of(stack, SERIES, session).bottom_right
    finally:
        session.metadata.remove_provider(provider)
