"""``docs/supported.md`` is what ``tools/supported.py`` writes."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pycornerstone.codecs.decode import DECODERS
from pycornerstone.codecs.media_kinds import PICTURES
from pycornerstone.codecs.pictures import PICTURE_READERS
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


def section(page, title):
    start = page.index(f"## {title}\n")
    return page[start : page.find("\n## ", start + 1)]


def test_every_format_of_pictures_is_on_it(page):
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", section(page, "Pictures"), re.MULTILINE
    )
    said = {name: how for name, how, _ in rows[1:]}

    assert len(said) == len(PICTURES | set(PICTURE_READERS))
    assert len([how for how in said.values() if how != "**no**"]) == len(PICTURE_READERS)
    assert "**no**" not in {said["PNG"], said["JPEG"], said["TIFF"]}
    by = {name: libraries.split(", ") for name, _, libraries in rows}
    assert "tifffile" in by["TIFF"]
    assert by["GIF"] == ["Pillow"]
    assert by["PNG"] == by["JPEG"] == ["imagecodecs"]


def test_every_type_of_nifti_is_on_it(page):
    # nifti1.h, "NIFTI_TYPE_*"; 1 is DT_BINARY of Analyze.
    codes = {2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1280, 1536, 1792, 2048, 2304}
    rows = re.findall(
        r"^\| (\d+) \| .* \| (.*) \|$", section(page, "Samples of NIfTI"), re.MULTILINE
    )
    read = {int(code) for code, image in rows if not image.startswith("**no**")}

    assert codes <= read
    assert dict(rows)["32"] == "float32, the magnitude"
    assert dict(rows)["128"] == "uint8, RGB"


@pytest.mark.parametrize("module", MODULES.values(), ids=lambda module: module.__name__)
def test_every_field_of_every_module_is_on_it(page, module):
    start = page.index(f"### {module.__name__}, `{module.type_name}`\n")
    section = page[start : page.find("\n### ", start + 1)]
    described = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)))

    assert set(described) >= {field.name for field in fields(module)}, "its docstring lacks some"
