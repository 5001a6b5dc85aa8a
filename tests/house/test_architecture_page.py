"""docs/architecture.md tells of the tree as it is."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pycornerstone"


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def layers(lines: str) -> list[set[str]]:
    return [set(re.findall(r"\w+", line)) for line in lines.strip().splitlines()]


@pytest.fixture(scope="module")
def contract():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    return layers(contracts["importlinter:contract:way-of-the-data"]["layers"])


def test_the_table_names_every_package_and_no_other(text):
    named = re.findall(r"^\| `(\w+)/?` +\|", text, flags=re.MULTILINE)
    folders = [folder.parent.name for folder in PACKAGE.glob("*/__init__.py")]
    assert sorted(named) == sorted([*folders, "errors"])


def test_the_import_order_is_the_one_that_is_checked(text, contract):
    shown = re.search(r"```text\n(frontends.*?)```", text, flags=re.DOTALL)
    assert shown is not None
    assert layers(shown[1]) == contract


def test_every_package_has_its_layer(contract):
    folders = {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}
    assert folders | {"errors"} == set().union(*contract)
