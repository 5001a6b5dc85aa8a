"""Images are put together that are like the first of their group, however many groups there are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone.metadata.series.alike import by_directions, by_spacing

# Of `alike`: directions are the same within 1e-3, spacings within 5e-4 of them.
DIRECTION, SPACING = 1e-3, 5e-4


def grouped(values, is_alike):
    """Put numbers of values together as the words say it: each is compared with each first."""
    groups = []
    for number, value in enumerate(values):
        for group in groups:
            if is_alike(values[group[0]], value):
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def turned(degrees):
    angle = math.radians(degrees)
    return (math.cos(angle), math.sin(angle), 0.0), (0.0, 0.0, 1.0)


# Steps of half of what is the same, so that some are, some are not, and some are at its edge.
_ANGLES = st.integers(-8, 8).map(lambda step: math.degrees(step * DIRECTION / 2.01))
_DIRECTIONS = st.one_of(st.none(), _ANGLES.map(turned), st.just(((math.nan, 0.0, 0.0),) * 2))


@given(st.lists(_DIRECTIONS, min_size=1, max_size=30))
def test_directions_are_grouped_as_if_each_were_compared_with_each_group(make, directions):
    facts = [
        make(number, (0.0, 0.0, 0.0), row_cosines=one and one[0], column_cosines=one and one[1])
        for number, one in enumerate(directions)
    ]

    def is_alike(one, other):
        if one is None or other is None:
            return one is other
        return one == other or max(map(math.dist, one, other)) <= DIRECTION

    found = [[one.instance_number for one in group] for group in by_directions(facts)]
    assert found == grouped(directions, is_alike)


_SPACINGS = st.integers(-6, 6).map(lambda step: 0.5 * (1 + SPACING / 2.01) ** step)


@given(st.lists(st.tuples(st.one_of(st.none(), _SPACINGS), _SPACINGS), min_size=1, max_size=30))
def test_spacings_are_grouped_as_if_each_were_compared_with_each_group(make, spacings):
    facts = [
        make(number, row_pixel_spacing_mm=row, column_pixel_spacing_mm=column)
        for number, (row, column) in enumerate(spacings)
    ]

    def is_alike(one, other):
        return one == other or (
            None not in {one[0], other[0]}
            and all(map(lambda a, b: math.isclose(a, b, rel_tol=SPACING), one, other))
        )

    found = [[one.instance_number for one in group] for group in by_spacing(facts)]
    assert found == grouped(spacings, is_alike)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_that_all_differ_are_not_each_compared_with_all(make, calls_of, axis):
    def radial(number):
        facts = []
        for place in range(number):
            angle = math.pi * place / number
            row = (math.cos(angle), math.sin(angle), 0.0)
            row = row[-axis:] + row[:-axis]
            column = tuple(1.0 if at == (2 + axis) % 3 else 0.0 for at in range(3))
            facts.append(make(place, (0.0, 0.0, 0.0), row_cosines=row, column_cosines=column))
        return facts

    few, many = radial(100), radial(800)
    assert len(by_directions(many)) == 800
    calls = calls_of(lambda: by_directions(few)), calls_of(lambda: by_directions(many))
    # Of each with all, there were 64 times as many.
    assert calls[1] < 24 * calls[0]
