"""What lies over an image is asked for where its loader has left it out."""

from __future__ import annotations

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.modules import DisplayShutterModule, OverlayPlane, OverlayPlaneModule
from pycornerstone.session.session import Session

PLANE = OverlayPlane(0x6000, 2, 2, bits=np.ones((2, 2), bool))
IN_SAMPLES = OverlayPlane(0x6002, 2, 2, bit_position=12)
SHUTTER = DisplayShutterModule(("CIRCULAR",), center=(1, 1), radius=1)


@pytest.fixture
def load():
    """Loads an image of these fields, in a session that knows these modules."""

    def load(known, **fields):
        with Session() as session:
            pixels = np.zeros((2, 2), np.uint8)
            session.register_image_loader("t", lambda image_id: Image(image_id, pixels, **fields))
            session.metadata.add_provider(lambda module, _: known.get(module))
            return session.load_image("t:1").result(10)

    return load


def test_overlays_and_shutter_of_the_metadata_are_those_of_the_image(load):
    known = {"overlayPlaneModule": OverlayPlaneModule((PLANE,)), "displayShutterModule": SHUTTER}
    image = load(known)
    assert image.overlays == (PLANE,)
    assert image.shutter == SHUTTER


def test_one_whose_bits_lie_in_samples_that_nobody_has_looked_into_is_none(load):
    assert load({"overlayPlaneModule": OverlayPlaneModule((IN_SAMPLES, PLANE))}).overlays == (
        PLANE,
    )


def test_what_the_loader_gives_goes_before(load):
    other = DisplayShutterModule(("BITMAP",), overlay_group=0x6000)
    known = {"overlayPlaneModule": OverlayPlaneModule((PLANE,)), "displayShutterModule": SHUTTER}
    image = load(known, overlays=(), shutter=other)
    assert (image.overlays, image.shutter) == ((), other)


def test_a_shutter_without_a_shape_is_none(load):
    image = load({"displayShutterModule": DisplayShutterModule()})
    assert image.shutter is None
    assert load({}).overlays is None
