"""Sides of the body by Patient Orientation: expected values by hand from PS3.3 C.7.6.1.1.1."""

from __future__ import annotations

import csv
import math

import pytest

from pycornerstone.metadata.dicom_modules import read_module
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.viewports.anatomy import anatomical_letters
from pycornerstone.viewports.patient_orientation import edge_letters
from pycornerstone.viewports.vectors import negative

UPRIGHT = (1, 0), (0, 1)


@pytest.mark.parametrize(
    ("orientation", "edges"),
    [
        # Left, right, top, bottom: rows lead to the right edge, columns to the lower one.
        (("L", "F"), ("R", "L", "H", "F")),
        (("R", "F"), ("L", "R", "H", "F")),
        (("A", "F"), ("P", "A", "H", "F")),
        (("P", "L"), ("A", "P", "R", "L")),
        # A mammogram aslant: refinements turn over with what they refine.
        (("A", "FR"), ("P", "A", "HL", "FR")),
        (("LA", "LPF"), ("", "", "", "")),
        (("LA", "FPR"), ("RP", "LA", "HAL", "FPR")),
    ],
)
def test_rows_lead_to_the_right_and_columns_down(orientation, edges):
    assert edge_letters(orientation, *UPRIGHT) == edges


@pytest.mark.parametrize(
    ("orientation", "edges"),
    [
        (("LE", "CD"), ("RT", "LE", "CR", "CD")),
        (("CR", "D"), ("CD", "CR", "V", "D")),
        # A head: rostral, where a trunk has cranial.
        (("R", "V"), ("CD", "R", "D", "V")),
        (("LECR", "V"), ("RTCD", "LECR", "D", "V")),
        # Limbs: medial and lateral, proximal and distal, and dorsal of a fore limb or a hind limb.
        (("L", "DI"), ("M", "L", "PR", "DI")),
        (("PA", "DI"), ("D", "PA", "PR", "DI")),
        (("PL", "DI"), ("D", "PL", "PR", "DI")),
        # Opposite the back of a limb is palmar or plantar, and the header says not which.
        (("D", "DI"), ("", "D", "PR", "DI")),
    ],
)
def test_quadrupeds_have_letters_of_their_own(orientation, edges):
    assert edge_letters(orientation, *UPRIGHT, is_quadruped=True) == edges


@pytest.mark.parametrize(
    ("right", "down", "edges"),
    [
        # Turned clockwise by a quarter: rows lead down, columns to the left.
        ((0, -1), (1, 0), ("F", "H", "R", "L")),
        ((-1, 0), (0, -1), ("L", "R", "F", "H")),
        ((0, 1), (-1, 0), ("H", "F", "L", "R")),
        # Mirrored, left to right and then top to bottom.
        ((-1, 0), (0, 1), ("L", "R", "H", "F")),
        ((1, 0), (0, -1), ("R", "L", "F", "H")),
    ],
)
def test_letters_turn_and_flip_with_the_image(right, down, edges):
    assert edge_letters(("L", "F"), right, down) == edges


@pytest.mark.parametrize(
    ("degrees", "edges"),
    [
        # Clockwise by 30: the right edge is between where rows lead and where columns come from.
        (30, ("RF", "LH", "HR", "FL")),
        (60, ("FR", "HL", "RH", "LF")),
        # Less than what is named at all.
        (3, ("R", "L", "H", "F")),
    ],
)
def test_between_two_directions_the_nearer_stands_first(degrees, edges):
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    assert edge_letters(("L", "F"), (cosine, -sine), (sine, cosine)) == edges


def test_refinements_are_left_out_between_two_directions():
    cosine, sine = math.cos(math.radians(30)), math.sin(math.radians(30))
    letters = edge_letters(("LA", "FP"), (cosine, -sine), (sine, cosine))
    assert letters == ("RF", "LH", "HR", "FL")


@pytest.mark.parametrize(
    ("orientation", "edges"),
    [
        ((), ("", "", "", "")),
        (("L",), ("R", "L", "", "")),
        (("", "F"), ("", "", "H", "F")),
        (("LR", "F"), ("", "", "H", "F")),
        (("X", "F"), ("", "", "H", "F")),
        (("l", "F"), ("", "", "H", "F")),
        (("LE", "CD"), ("", "", "", "")),
        # Both along one axis of the body: which of them is wrong, nobody knows.
        (("L", "R"), ("", "", "", "")),
        (("L", "L"), ("", "", "", "")),
    ],
)
def test_what_the_header_does_not_say_is_not_guessed(orientation, edges):
    assert edge_letters(orientation, *UPRIGHT) == edges


def test_only_one_known_direction_names_nothing_between_two():
    cosine, sine = math.cos(math.radians(30)), math.sin(math.radians(30))
    assert edge_letters(("L", ""), (cosine, -sine), (sine, cosine)) == ("", "", "", "")


@pytest.mark.testdata
def test_scanners_that_write_both_mean_the_same_by_them(testdata):
    checked = 0
    with (testdata / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        rows = [row for row in csv.DictReader(manifest) if row["kind"] == "dicom"]
    for row in rows:
        if row["modality"] not in {"CT", "MR"} or row["frames"] not in {"", "1"}:
            continue
        attributes = read_part10((testdata / row["source"] / row["path"]).read_bytes()).attributes
        told = read_module("generalImageModule", attributes).patient_orientation
        geometry = read_module("imagePlaneModule", attributes).geometry
        if not told or geometry.orientation_is_default:
            continue
        right, down = geometry.row_cosines, geometry.column_cosines
        sides = negative(right), right, negative(down), down
        # Of the main direction: how small a part is still named, everybody decides for himself.
        measured = tuple(anatomical_letters(side)[:1] for side in sides)
        assert tuple(one[:1] for one in edge_letters(told, *UPRIGHT)) == measured, row["path"]
        checked += 1
    assert checked >= 20
