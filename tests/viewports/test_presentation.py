"""Presentations: what a user chooses, and which values of interest that gives an image."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import ScalingModule, VoiLutModule
from pycornerstone.rendering.colormaps import get_colormap
from pycornerstone.rendering.sampling import Interpolation
from pycornerstone.viewports.presentation import Presentation, changed, find_voi, header_choice

SOFT, BONE = VoiWindow(40, 400, "SOFT TISSUE"), VoiWindow(300, 1500, "BONE")
TABLE = LookupTable(np.arange(16, dtype=np.uint8), 0, 8, "HARD COPY")
CT = Image("t:ct", np.zeros((2, 2), np.int16), voi_lut=VoiLutModule((SOFT, BONE), luts=(TABLE,)))
PLAIN = Image("t:plain", np.zeros((2, 2), np.int16))
COLOR = Image("t:rgb", np.zeros((2, 2, 3), np.uint8), voi_lut=VoiLutModule((SOFT,)))


def in_use(image, **properties):
    presentation = changed(Presentation(), image, **properties)
    return find_voi(image, presentation, lambda: (-7.0, 9.0))


def test_the_first_window_of_the_header_is_used():
    voi = in_use(CT)
    assert (voi.mapping, voi.function) == (SOFT, VoiFunction.LINEAR)


def test_the_function_of_the_header_is_used_and_the_users_goes_before_it():
    image = CT.replace(voi_lut=VoiLutModule((SOFT,), VoiFunction.SIGMOID))
    assert in_use(image).function is VoiFunction.SIGMOID
    assert in_use(image, voi_function="linear_exact").function is VoiFunction.LINEAR_EXACT
    # The range of a user is mapped by the header's function, too.
    assert in_use(image, voi_range=(0, 80)).function is VoiFunction.SIGMOID


def test_a_table_of_the_header_is_used_where_there_is_no_window():
    assert in_use(CT.replace(voi_lut=VoiLutModule(luts=(TABLE,)))).mapping is TABLE


def test_without_a_header_the_range_of_the_values_is_used():
    assert in_use(PLAIN).bounds == (-7, 9)
    assert in_use(PLAIN).is_computed
    for known in (in_use(CT), in_use(PLAIN, voi_range=(0, 1)), in_use(PLAIN, window=(40, 80))):
        assert not known.is_computed
    assert in_use(PLAIN, voi_function="SIGMOID").function is VoiFunction.SIGMOID


PET = Image("t:pt", np.zeros((2, 2), np.int16), modality="PT")


def test_pet_without_a_window_is_drawn_to_5_suv_if_that_is_known():
    known = PET.replace(scaling=ScalingModule(suvbw=0.0005))
    assert in_use(known).bounds == (0, 10_000)
    assert in_use(known.replace(voi_lut=VoiLutModule((BONE,)))).mapping is BONE


@pytest.mark.parametrize(
    "image",
    [
        PET,
        PET.replace(scaling=ScalingModule(reasons=("no weight",))),
        PET.replace(scaling=ScalingModule(suvbw=0.0)),
        PET.replace(scaling=ScalingModule(suvbw=-1.0)),
        PET.replace(modality="CT", scaling=ScalingModule(suvbw=0.0005)),
    ],
)
def test_without_a_known_suv_nobody_guesses_one(image):
    assert in_use(image).bounds == (-7, 9)


@pytest.mark.parametrize(
    "bad", [VoiWindow(40, 0), VoiWindow(40, -5), VoiWindow(math.nan, 9), VoiWindow(1, math.inf)]
)
def test_a_window_that_is_none_is_passed_over(bad):
    assert in_use(PLAIN.replace(voi_lut=VoiLutModule((bad, BONE)))).mapping is BONE
    assert in_use(PLAIN.replace(voi_lut=VoiLutModule((bad,), luts=(TABLE,)))).mapping is TABLE
    assert in_use(PLAIN.replace(voi_lut=VoiLutModule((bad,)))).bounds == (-7, 9)


def test_a_window_of_the_header_below_one_is_taken_as_exact():
    # LINEAR has no such width; maps of small fractions carry it all the same.
    voi = in_use(PLAIN.replace(voi_lut=VoiLutModule((VoiWindow(0.5, 0.2),))))
    assert voi.function is VoiFunction.LINEAR_EXACT
    assert voi.bounds == pytest.approx((0.4, 0.6))


@pytest.mark.parametrize(
    ("choice", "mapping"),
    [(0, SOFT), (1, BONE), (2, TABLE), ("BONE", BONE), ("bone ", BONE), ("Hard Copy", TABLE)],
)
def test_any_window_or_table_of_the_header_can_be_chosen(choice, mapping):
    assert in_use(CT, window_index=choice).mapping is mapping


@pytest.mark.parametrize("choice", [1.5, (0,), 1j])
def test_a_choice_that_is_no_number_and_no_text_is_refused_before_any_image(choice):
    with pytest.raises(ValueError, match=r"window_index is a whole number from 0 or an expl"):
        changed(Presentation(), None, window_index=choice)


def test_an_image_without_the_chosen_window_is_drawn_as_without_a_choice():
    presentation = changed(Presentation(), CT, window_index="BONE")
    assert find_voi(PLAIN, presentation, lambda: (1.0, 2.0)).bounds == (1, 2)


@pytest.mark.parametrize("choice", [3, -1, "LUNG"])
def test_a_window_that_the_header_has_not_is_refused_with_those_it_has(choice):
    has = "it has: 0 'SOFT TISSUE', 1 'BONE', 2 'HARD COPY'"
    with pytest.raises(ValueError, match=f"no window {choice!r} in the header .*; {has}"):
        changed(Presentation(), CT, window_index=choice)
    with pytest.raises(ValueError, match="no window 0 in the header of this image; it has: none"):
        header_choice(VoiLutModule(), 0)


def test_a_range_maps_from_black_to_white():
    assert in_use(CT, voi_range=(-160, 240)).bounds == (-160, 240)
    assert in_use(CT, voi_range=[-160, 240]).bounds == (-160, 240)


def test_a_window_may_be_a_pair():
    assert in_use(CT, window=(50, 350)).mapping == VoiWindow(50, 350)
    assert in_use(CT, window=BONE).mapping is BONE


def test_the_choice_made_last_counts():
    presentation = changed(Presentation(), CT, voi_range=(0, 1))
    presentation = changed(presentation, CT, window_index=1)
    assert (presentation.voi_range, presentation.window_index) == (None, 1)
    presentation = changed(presentation, CT, window=(1, 2))
    assert presentation.window_index is None
    presentation = changed(presentation, CT, invert=True)
    assert presentation.window == VoiWindow(1, 2)


def test_two_choices_at_once_are_refused():
    with pytest.raises(ValueError, match=r"give one of .*, got voi_range and window$"):
        changed(Presentation(), CT, voi_range=(0, 1), window=(0, 1))


def test_a_header_window_is_not_for_colours_but_a_users_is():
    assert in_use(COLOR) is None
    assert in_use(COLOR, window_index=0) is None
    assert in_use(COLOR, voi_range=(10, 200)).bounds == (10, 200)
    assert in_use(COLOR, window=(100, 50)).mapping == VoiWindow(100, 50)


def test_names_are_taken_in_capitals_or_not():
    presentation = changed(
        Presentation(), None, colormap="HOTIRON", interpolation="Nearest", voi_function="sigmoid"
    )
    assert presentation.colormap.name == "hotIron"
    assert presentation.colormap.colors == get_colormap("hotIron").tobytes()
    assert presentation.interpolation is Interpolation.NEAREST
    assert presentation.voi_function is VoiFunction.SIGMOID


def test_own_colours_are_taken():
    presentation = changed(Presentation(), None, colormap=[[0, 0, 0], [255, 0, 9]])
    assert presentation.colormap.name == "custom"
    assert presentation.colormap.colors == bytes([0, 0, 0, 255, 0, 9])
    assert changed(Presentation(), None, colormap=presentation.colormap) == presentation


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"voi_range": (5, 1)}, r"voi_range goes from lower to upper, got 5.0 to 1.0"),
        ({"voi_range": 5}, "voi_range must be two finite numbers, lower and upper, got 5"),
        ({"voi_range": (1, 2, 3)}, r"voi_range must be two finite numbers, .*, got \(1, 2, 3\)"),
        ({"voi_range": (0, math.nan)}, r"voi_range must be two finite numbers"),
        ({"window": ("a", 1)}, r"window must be two finite numbers, center and width, got"),
        ({"window": (0, 0.5)}, "window width must be at least 1 for LINEAR, got 0.5"),
        ({"window": (0, 0), "voi_function": "SIGMOID"}, "window width must be above 0 for SIGMOID"),
        (
            {"voi_function": "LOG"},
            "no voi_function 'LOG'; there are: LINEAR, LINEAR_EXACT, SIGMOID",
        ),
        ({"interpolation": "best"}, "no interpolation 'best'; there are: nearest, linear, cubic"),
        ({"colormap": "grey"}, "no colour map 'grey'; there are: .*Did you mean 'gray'"),
        ({"colormap": [[1, 2]]}, "a colour map has the shape"),
    ],
)
def test_what_is_not_possible_is_refused(properties, message):
    with pytest.raises(ValueError, match=message):
        changed(Presentation(), None, **properties)


def test_a_narrow_window_is_no_trouble_for_who_changes_something_else_later():
    presentation = changed(Presentation(), None, window=(0, 0.5), voi_function="LINEAR_EXACT")
    linear = PLAIN.replace(voi_lut=VoiLutModule(function=VoiFunction.LINEAR))
    assert changed(presentation, linear, invert=True).invert


@pytest.mark.parametrize("name", ["show_overlays", "show_shutter", "apply_icc_profile", "invert"])
def test_a_flag_is_true_or_false(name):
    assert getattr(changed(Presentation(), None, **{name: True}), name) is True
    assert getattr(changed(Presentation(), None, **{name: False}), name) is False
    with pytest.raises(ValueError, match=f"{name} must be True or False, got 1"):
        changed(Presentation(), None, **{name: 1})


def test_overlays_have_a_colour():
    assert changed(Presentation(), None, overlay_color=[0, 255, 9]).overlay_color == (0, 255, 9)
    for wrong in [(0, 0), (0, 0, 256), (-1, 0, 0)]:
        with pytest.raises(ValueError, match="red, green and blue from 0 to 255"):
            changed(Presentation(), None, overlay_color=wrong)


def test_a_window_of_fractions_leaves_the_others_as_they_are():
    # LINEAR has no width below 1 (PS3.3 C.11.2.1.2.1), which concerns that window alone.
    narrow = VoiWindow(0.5, 0.5, "FRACTION")
    image = CT.replace(voi_lut=VoiLutModule((SOFT, narrow)))
    assert in_use(image).bounds == (-160, 239)
    assert in_use(image, window_index="FRACTION").bounds == (0.25, 0.75)
