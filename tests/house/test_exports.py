"""What ``pycornerstone`` offers by name is there, once, and documented."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

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


def test_the_stub_lists_what_there_is():
    # Type checkers and editors read it in place of the module.
    stub = ast.parse(Path(pycornerstone.__file__).with_suffix(".pyi").read_text("utf-8"))
    listed = next(
        ast.literal_eval(node.value)
        for node in stub.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert sorted(listed) == sorted(pycornerstone.__all__)
    imported = {
        alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    declared = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    assert imported | declared == set(listed)


@pytest.mark.parametrize(("module", "names"), pycornerstone._NAMES_IN.items())
def test_the_stub_takes_names_from_the_same_modules(module, names):
    stub = ast.parse(Path(pycornerstone.__file__).with_suffix(".pyi").read_text("utf-8"))
    found = {
        alias.name
        for node in stub.body
        if isinstance(node, ast.ImportFrom) and node.module == f"pycornerstone.{module}"
        for alias in node.names
    }
    assert found == set(names.split())
