"""Tests of who loads what."""

from __future__ import annotations

import numpy as np
import pytest

import pycornerstone as cs


def image_of(image_id):
    return cs.Image(image_id, np.zeros((2, 3)))


@pytest.fixture
def registry():
    with cs.Session() as session:
        yield session.loaders


def test_the_loader_of_a_scheme_is_found(registry):
    registry.register("custom1", image_of)

    assert registry.find("custom1") is image_of
    assert "custom1" in registry.schemes()


def test_a_later_registration_takes_the_place_of_an_earlier(registry):
    registry.register("custom1", lambda image_id: None)
    registry.register("custom1", image_of)

    assert registry.find("custom1") is image_of


def test_case_matters(registry):
    registry.register("custom1", image_of)

    with pytest.raises(cs.UnknownSchemeError, match=r"'Custom1'.*Did you mean 'custom1'"):
        registry.find("Custom1")


def test_a_users_loader_goes_before_a_built_in_one_until_it_is_unregistered(registry):
    built_in = registry.find("web")
    registry.register("web", image_of)
    assert registry.find("web") is image_of

    registry.unregister("web")
    assert registry.find("web") is built_in


def test_the_schemes_of_one_built_in_loader_share_it(registry):
    assert registry.find("wadouri") is registry.find("dicomweb")
    assert registry.find("web") is registry.find("https")
    assert registry.find("dicomfile") is registry.find("file")


def test_what_was_not_registered_cannot_be_unregistered(registry):
    with pytest.raises(cs.UnknownSchemeError, match="no loader was registered for scheme 'web'"):
        registry.unregister("web")


def test_the_loader_for_unknown_schemes_answers_for_every_other(registry):
    assert registry.register_unknown(image_of) is None
    assert registry.find("whatever") is image_of
    assert registry.find("web") is not image_of

    assert registry.register_unknown(None) is image_of
    with pytest.raises(cs.UnknownSchemeError, match="'whatever'"):
        registry.find("whatever")


def test_unregistering_all_leaves_the_built_in_ones(registry):
    registry.register("custom1", image_of)
    registry.register_unknown(image_of)
    registry.unregister_all()

    with pytest.raises(cs.UnknownSchemeError, match="'custom1'"):
        registry.find("custom1")
    assert registry.find("wadors") is not None


@pytest.mark.parametrize("scheme", ["", "a:b", None])
def test_what_is_no_scheme_is_refused(registry, scheme):
    with pytest.raises(cs.LoaderError, match="a scheme is text without a colon"):
        registry.register(scheme, image_of)


class StepsApart:
    def retrieve(self, image_id):
        return image_id

    def decode(self, encoded):
        return image_of(encoded)


def test_an_object_with_both_steps_is_a_loader(registry):
    loader = StepsApart()
    registry.register("custom1", loader)

    assert registry.find("custom1") is loader


@pytest.mark.parametrize(
    ("loader", "message"),
    [
        (3, "neither a function nor an object with retrieve and decode, got int"),
        (StepsApart, "is a class; register an instance of it"),
    ],
)
def test_what_is_no_loader_is_refused(registry, loader, message):
    with pytest.raises(cs.LoaderError, match=message):
        registry.register("custom1", loader)
