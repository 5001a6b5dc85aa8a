"""Units of what is shown, and windows by name."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.presets import PRESETS, preset_range
from pycornerstone.frontends.browser.units import unit_of

PIXELS = np.arange(12, dtype=np.int16).reshape(3, 4)


@pytest.fixture
def shown():
    with cs.Session() as session, cs.StackViewport(8, 8, session=session) as viewport:

        def show(**facts):
            viewport.show_image(cs.Image("test:a", PIXELS, **facts))
            return viewport

        yield show


@pytest.mark.parametrize(
    ("facts", "unit"),
    [
        # PS3.3 C.8.2.1: Rescale Type is there if it is not HU.
        ({"modality": "CT"}, ("HU", 1)),
        ({"modality": "CT", "modality_lut": cs.ModalityLutModule(1, 0, "HU_MOD")}, ("HU_MOD", 1)),
        # PS3.3 C.11.1.1.2: US is unspecified.
        ({"modality": "CT", "modality_lut": cs.ModalityLutModule(1, 0, "US")}, ("", 1)),
        ({"modality": "MR"}, ("", 1)),
        ({"modality": "PT", "scaling": cs.ScalingModule(suvbw=0.5)}, ("SUVbw", 0.5)),
        ({"modality": "PT", "scaling": cs.ScalingModule()}, ("", 1)),
        (
            {
                "modality": "RTDOSE",
                "scaling": cs.ScalingModule(dose_grid_scaling=0.25, dose_units="GY"),
            },
            ("Gy", 0.25),
        ),
    ],
)
def test_the_unit_is_that_of_the_header(shown, facts, unit):
    assert unit_of(shown(**facts)) == unit


def test_pet_without_suv_has_the_unit_of_its_series():
    with cs.Session() as session, cs.StackViewport(8, 8, session=session) as viewport:
        session.metadata.add_provider(
            lambda name, _: {"units": "BQML"} if name == "petSeriesModule" else None
        )
        viewport.show_image(cs.Image("test:a", PIXELS, modality="PT"))
        assert unit_of(viewport, session) == ("Bq/ml", 1)


def test_nothing_has_no_unit():
    with cs.Session() as session, cs.VolumeViewport(8, 8, session=session) as viewport:
        assert unit_of(viewport) == ("", 1)


def test_a_preset_is_drawn_as_the_window_of_that_center_and_width(shown):
    viewport = shown(modality="CT")
    viewport.set_properties(window=(40, 400))
    assert preset_range(viewport, "Soft tissue") == viewport.voi_range


def test_a_preset_of_suv_is_in_the_values_of_the_image(shown):
    viewport = shown(modality="PT", scaling=cs.ScalingModule(suvbw=0.5))
    assert preset_range(viewport, "SUV 0 to 10") == (0, 20)


@pytest.mark.parametrize(
    "facts", [{"modality": "MR"}, {"modality": "PT"}, {"modality": "CT", "photometric": True}]
)
def test_presets_are_for_what_they_are_meant_for(shown, facts):
    if facts.pop("photometric", False):
        facts["pixels"] = np.zeros((2, 2, 3), np.uint8)
        with cs.Session() as session, cs.StackViewport(8, 8, session=session) as viewport:
            viewport.show_image(cs.Image("test:colour", **facts))
            assert all(preset_range(viewport, preset.name) is None for preset in PRESETS)
        return
    viewport = shown(**facts)
    assert all(preset_range(viewport, preset.name) is None for preset in PRESETS)
    assert preset_range(viewport, "no such") is None


def test_names_of_presets_differ():
    names = [preset.name for preset in PRESETS]
    assert len({*names}) == len(names)
