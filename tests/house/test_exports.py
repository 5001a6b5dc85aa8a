"""What ``pycornerstone`` offers by name is there, once, and documented."""

from __future__ import annotations

import inspect

import pytest

import pycornerstone


def test_exports_are_named_once():
    # Their order, constants before classes before functions, is held by the linter.
    assert len(pycornerstone.__all__) == len(set(pycornerstone.__all__))


@pytest.mark.parametrize("name", pycornerstone.__all__)
def test_an_export_resolves(name):
    assert getattr(pycornerstone, name) is not None


@pytest.mark.parametrize("name", [name for name in pycornerstone.__all__ if name[0] != "_"])
def test_an_export_is_documented(name):
    export = getattr(pycornerstone, name)
    text = inspect.getdoc(export) or ""
    assert text, f"{name} has no docstring"
    # What dataclasses and enumerations write themselves says nothing.
    assert not text.startswith(f"{name}("), f"{name} has only the docstring that it was given"


def test_exports_are_listed_for_completion():
    assert set(pycornerstone.__all__) <= set(dir(pycornerstone))


def test_an_unknown_name_is_an_attribute_error_that_says_it():
    with pytest.raises(AttributeError, match="load_imagee"):
        _ = pycornerstone.load_imagee
