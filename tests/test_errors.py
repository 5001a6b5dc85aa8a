"""Tests of what every error promises."""

from __future__ import annotations

import pickle

import pytest

from pycornerstone import errors
from pycornerstone.errors import (
    CacheSizeExceededError,
    DecodeError,
    HttpStatusError,
    MetadataProviderError,
    MissingExtraError,
    PyCornerstoneError,
    UnknownSchemeError,
)

EXAMPLES = [
    DecodeError("broken"),
    UnknownSchemeError("wadorss", ["web", "wadors"], "wadors"),
    HttpStatusError("https://h/a", 404, "Not Found"),
    MetadataProviderError("mine", "note", "test:a", "no such thing"),
    CacheSizeExceededError(10, 5, 0),
    MissingExtraError("volume rendering", "volume"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_comes_whole_out_of_another_process(error):
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)


def test_an_error_that_passed_a_load_names_its_image():
    error = DecodeError("broken")
    error.image_id = "test:a"

    assert str(error) == "broken [imageId test:a]"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_an_unknown_scheme_says_what_there_is():
    # The form of words is part of what users read most often.
    assert str(EXAMPLES[1]) == (
        "no loader for scheme 'wadorss'; registered: wadors, web. Did you mean 'wadors'?"
    )


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "wants credentials"),
        (404, "check the address"),
        (406, "cannot send the form"),
        (503, "try again later"),
    ],
)
def test_a_status_comes_with_what_to_do(status, advice):
    assert advice in str(HttpStatusError("https://h/a", status, "x"))


def test_a_missing_extra_gives_the_line_that_installs_it():
    assert "pip install 'pycornerstone[volume]'" in str(EXAMPLES[5])


def test_every_error_is_in_the_tree_that_the_module_draws():
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), PyCornerstoneError)
        assert name in errors.__doc__
