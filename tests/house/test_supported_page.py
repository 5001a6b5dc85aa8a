"""``docs/supported.md`` is what ``tools/supported.py`` writes."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pycornerstone.codecs.decode import DECODERS
from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES
from pycornerstone.model.modules import MODULES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page():
    path = ROOT / "tools" / "supported.py"
    specification = importlib.util.spec_from_file_location("supported", path)
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    return tool.page()


def test_the_page_is_of_the_code_as_it_is(page):
    written = (ROOT / "docs" / "supported.md").read_text(encoding="utf-8")
    assert written == page, "run python tools/supported.py"


def test_every_transfer_syntax_is_on_it(page):
    row = re.compile(r"^\| `([\d.]+)` \| .* \| (.*) \|$", re.MULTILINE)
    said = dict(row.findall(page))

    assert set(said) == set(TRANSFER_SYNTAXES)
    assert {uid for uid, how in said.items() if not how.startswith("**no**")} == set(DECODERS)


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.__name__)
def test_every_field_of_every_module_is_on_it(page, module):
    start = page.index(f"### {module.__name__}, `{module.type_name}`\n")
    section = page[start : page.find("\n### ", start + 1)]
    described = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))

    assert set(described) >= {field.name for field in fields(module)}, "its docstring lacks some"
