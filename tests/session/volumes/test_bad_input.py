"""What loads of volumes and display sets are given, and cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pycornerstone as pc

IDS = ["none:1", "none:2"]


@pytest.fixture
def session():
    with pc.Session() as session:
        yield session


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"options": None}, "options are LoadOptions, got None"),
        ({"options": 3}, "options are LoadOptions, got 3"),
        ({"allow_missing": "yes"}, "allow_missing is True or False, got 'yes'"),
        ({"allow_missing": []}, r"allow_missing is True or False, got \[\]"),
        ({"decimate": 2}, "steps are three whole numbers"),
        ({"memory_map": np.zeros(3)}, "memory_map is True"),
        ({"memory_map": ""}, "memory_map is True"),
    ],
)
def test_a_load_that_cannot_be_says_so_when_it_is_waited_for(session, options, message):
    for load in (session.load_volume, session.load_volume_series):
        with pytest.raises((pc.LoaderError, ValueError), match=message):
            load(IDS, **options).result(10)


def test_resampling_is_a_choice_of_two(session):
    with pytest.raises(pc.LoaderError, match=r"resample is True or False, got 1\.0"):
        session.load_volume(IDS, resample=1.0).result(10)


def test_a_load_that_failed_at_once_has_the_name_that_was_asked_for(session):
    load = session.load_volume("none:1")
    assert load.volume_id == "none:1"
    with pytest.raises(pc.UnknownSchemeError, match="no loader of volumes for scheme 'none'"):
        load.result(10)
    assert session.load_volume(IDS, volume_id="mine", options=None).volume_id == "mine"


def test_an_image_id_for_a_volume_id_is_told(session):
    with pytest.raises(pc.UnknownSchemeError, match="'dicomfile' is a scheme of images: give a"):
        session.load_volume("dicomfile:/no/1.dcm").result(10)


@pytest.mark.parametrize("wanted", [None, "x", math.nan, 0.5, [1]])
def test_the_slice_that_is_preferred_is_a_whole_number(session, wanted):
    with pytest.raises(TypeError, match="a slice is a whole number, got"):
        session.load_volume(IDS).prefer(wanted)


def test_a_slice_callback_can_be_called(session):
    with pytest.raises(TypeError, match="a slice callback is called with a slice, got 3"):
        session.load_volume(IDS).add_slice_callback(3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": 3}, "rules are a list of SplitRule, got 3"),
        ({"rules": ["echo"]}, "rules are a list of SplitRule, got 'echo'"),
        ({"options": None}, "options are LoadOptions, got None"),
    ],
)
def test_display_sets_say_what_they_cannot_be_opened_with(session, tmp_path, options, message):
    with pytest.raises(pc.LoaderError, match=message):
        session.open_display_sets(tmp_path, **options).result(10)


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        (3, {}, "the name of a rule is a text, got 3"),
        ("echo", {"matches": 3}, "matches of a rule is called with an image's facts, got 3"),
        ("echo", {"matches": None}, "matches of a rule is called with an image's facts"),
        ("echo", {"group_by": 3}, "group_by of a rule is called with an image's facts, got 3"),
        ("echo", {"kind": "volume"}, "the kind of a rule is a DisplaySetKind, got 'volume'"),
    ],
)
def test_a_rule_says_what_it_cannot_be_made_of(name, more, message):
    with pytest.raises(TypeError, match=message):
        pc.SplitRule(name, **{"matches": bool, **more})


@pytest.mark.parametrize("uid", [3, None, b"1.2", math.nan, ["1.2"]])
def test_frames_of_reference_are_named_by_text(uid):
    registrations = pc.Registrations()
    with pytest.raises(TypeError, match="the UID of a frame of reference is a text, got"):
        registrations.register(uid, "1.2.3", np.eye(4))
    with pytest.raises(TypeError, match="the UID of a frame of reference is a text, got"):
        registrations.register("1.2.3", uid, np.eye(4))


@pytest.mark.parametrize("source", [None, 3, [], object()])
def test_registrations_are_read_from_what_can_have_them(source):
    with pytest.raises(TypeError, match="a Spatial Registration object is given as a path"):
        pc.registrations_from(source)
