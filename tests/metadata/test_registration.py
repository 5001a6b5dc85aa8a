"""Registrations: places of one frame of reference in another, and back."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycornerstone import metadata
from pycornerstone.errors import GeometryError, MetadataError
from pycornerstone.metadata.registration import Registrations
from pycornerstone.metadata.registry import MetadataRegistry

ANGLES = st.tuples(*[st.floats(-3.2, 3.2)] * 3)
SHIFTS = st.tuples(*[st.floats(-500, 500)] * 3)


def rigid(angles, shift):
    """Turn about x, y and z, each written out, and then move."""
    matrix = np.eye(4)
    for axis, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.eye(4)
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        turn[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
        matrix = turn @ matrix
    matrix[:3, 3] = shift
    return matrix


def moved(*shift):
    return rigid((0, 0, 0), shift)


@given(ANGLES, SHIFTS, SHIFTS)
def test_there_and_back_is_the_same_place(angles, shift, point):
    registrations = Registrations()
    registrations.register("1.1", "1.2", rigid(angles, shift))
    there = registrations.transform(point, "1.1", "1.2")
    np.testing.assert_allclose(registrations.transform(there, "1.2", "1.1"), point, atol=1e-9)


@given(ANGLES, SHIFTS, ANGLES, SHIFTS, SHIFTS)
def test_what_is_registered_with_the_same_is_registered_with_each_other(a, p, b, q, point):
    registrations = Registrations()
    registrations.register("1.1", "1.2", rigid(a, p))
    registrations.register("1.3", "1.2", rigid(b, q))
    x = [*point, 1]
    # B x = A y, by solving it.
    expected = np.linalg.solve(rigid(b, q), rigid(a, p) @ x)[:3]
    np.testing.assert_allclose(registrations.transform(point, "1.1", "1.3"), expected, atol=1e-9)


def test_a_quarter_turn_by_hand():
    registrations = Registrations()
    # x becomes y, y becomes -x, and all is moved by 1, 2, 3.
    registrations.register("a", "b", [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
    points = [[10, 0, 0], [0, 10, 5]]
    assert registrations.transform(points, "a", "b").tolist() == [[1, 12, 3], [-9, 2, 8]]


def test_the_fewest_steps_count():
    registrations = Registrations()
    registrations.register("a", "b", moved(1, 0, 0))
    registrations.register("b", "c", moved(1, 0, 0))
    assert registrations.find("a", "c")[0, 3] == 2
    registrations.register("a", "c", moved(5, 0, 0))
    assert registrations.find("a", "c")[0, 3] == 5
    assert registrations.find("c", "a")[0, 3] == -5


def test_the_newest_of_a_pair_counts_whichever_way_it_was_said():
    registrations = Registrations()
    registrations.register("a", "b", moved(1, 0, 0))
    registrations.register("b", "a", moved(7, 0, 0))
    assert registrations.find("a", "b")[0, 3] == -7


def test_nobody_knows_of_what_is_not_registered():
    registrations = Registrations()
    registrations.register("a", "b", moved(1, 0, 0))
    registrations.register("c", "d", moved(1, 0, 0))
    assert registrations.find("a", "d") is None
    with pytest.raises(GeometryError, match="a and d are not registered with each other"):
        registrations.transform((0, 0, 0), "a", "d")
    registrations.remove("b", "a")
    assert registrations.find("a", "b") is None


def test_a_frame_of_reference_is_itself_and_an_unnamed_one_is_none():
    registrations = Registrations()
    np.testing.assert_array_equal(registrations.find("a", "a"), np.eye(4))
    assert registrations.find(None, None) is None
    assert registrations.find("a", None) is None


def test_providers_are_asked_by_priority_for_both_directions_after_what_is_registered():
    registrations = Registrations()
    asked = []

    def low(from_uid, to_uid):
        asked.append((from_uid, to_uid))
        return moved(3, 0, 0) if (from_uid, to_uid) == ("b", "a") else None

    def high(from_uid, to_uid):
        return moved(9, 0, 0) if (from_uid, to_uid) == ("a", "c") else None

    registrations.add_provider(low)
    registrations.add_provider(high, priority=1)
    assert registrations.find("a", "c")[0, 3] == 9
    assert asked == []
    assert registrations.find("a", "b")[0, 3] == -3
    assert asked == [("a", "b"), ("b", "a")]
    registrations.register("a", "b", moved(1, 0, 0))
    assert registrations.find("a", "b")[0, 3] == 1
    assert len(asked) == 2
    registrations.remove_provider(high)
    assert registrations.find("c", "a") is None


def test_a_provider_that_fails_is_logged_without_its_words(caplog):
    registrations = Registrations()

    def failing(from_uid, to_uid):
        raise OSError("/data/DOE^JOHN is gone")

    registrations.add_provider(lambda from_uid, to_uid: moved(2, 0, 0))
    registrations.add_provider(failing, 1)
    registrations.add_provider(lambda from_uid, to_uid: np.zeros((4, 4)), 2)
    with caplog.at_level(logging.WARNING):
        assert registrations.find("a", "b")[0, 3] == 2
    assert [record.message for record in caplog.records] == [
        "a registration provider failed with GeometryError",
        "a registration provider failed with GeometryError",
        "a registration provider failed with OSError",
        "a registration provider failed with OSError",
    ][: len(caplog.records)]
    assert "DOE" not in caplog.text
    assert len(caplog.records) == 4


def test_another_is_taken_over():
    one, two = Registrations(), Registrations()
    one.register("a", "b", moved(1, 0, 0))
    two.register("b", "a", moved(7, 0, 0))
    two.register("c", "a", moved(2, 0, 0))
    one.update(two)
    assert one.find("a", "b")[0, 3] == -7
    assert one.find("c", "b")[0, 3] == -5


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((4, 4)),
        np.eye(3),
        np.diag([1, 1, np.nan, 1]),
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]],
        np.diag([1, 1, 0, 1]),
        "matrix",
    ],
)
def test_what_is_no_transformation_is_refused(matrix):
    with pytest.raises(GeometryError, match="a registration is a 4x4 matrix of finite numbers"):
        Registrations().register("a", "b", matrix)


def test_a_frame_of_reference_is_not_registered_with_itself():
    with pytest.raises(GeometryError, match="two different frames of reference"):
        Registrations().register("a", "a", np.eye(4))
    with pytest.raises(GeometryError, match="two different frames of reference"):
        Registrations().register("", "a", np.eye(4))


def test_what_was_given_may_be_changed_afterwards():
    registrations = Registrations()
    matrix = moved(1, 0, 0)
    registrations.register("a", "b", matrix)
    matrix[0, 3] = 100
    assert registrations.find("a", "b")[0, 3] == 1


def test_each_session_has_its_own_and_the_module_those_of_the_default_session():
    assert isinstance(MetadataRegistry().registrations, Registrations)
    assert metadata.registrations is metadata.default_registry().registrations


def test_a_provider_is_a_function():
    with pytest.raises(MetadataError, match="function of"):
        Registrations().add_provider(5)
