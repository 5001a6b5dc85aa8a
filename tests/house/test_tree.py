"""Rules of the tree that no other tool keeps."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import pycornerstone
from pycornerstone import _version

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))


def test_modules_were_found():
    assert len(MODULES) > 20


def test_no_module_is_over_400_lines():
    lengths = {
        str(module.relative_to(ROOT)): len(module.read_text(encoding="utf-8").splitlines())
        for module in MODULES
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_module_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}
    assert [str(m) for m in MODULES if empty & set(m.relative_to(ROOT).with_suffix("").parts)] == []


def test_the_version_is_in_one_place():
    sets_it = re.compile(r"^__version__ = ", re.MULTILINE)
    written = [module for module in MODULES if sets_it.search(module.read_text(encoding="utf-8"))]
    assert written == [Path(_version.__file__).resolve()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert pycornerstone.__version__ == _version.__version__


def test_the_installed_version_is_that_of_the_tree():
    try:
        installed = metadata.version("pycornerstone")
    except metadata.PackageNotFoundError:
        pytest.skip("run from the tree: pycornerstone is not installed")
    assert installed == _version.__version__


def test_the_lock_is_of_the_dependencies_that_are_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    [ours] = [package for package in lock["package"] if package["name"] == "pycornerstone"]
    locked = ours["metadata"]
    groups = project["dependency-groups"]

    def declared(group: str) -> set[str]:
        own = {entry for entry in groups[group] if isinstance(entry, str)}
        return own.union(
            *(
                declared(entry["include-group"])
                for entry in groups[group]
                if isinstance(entry, dict)
            )
        )

    def written(requirements: list[dict[str, str]]) -> set[str]:
        return {
            "; ".join(filter(None, (one["name"] + one.get("specifier", ""), one.get("marker"))))
            for one in requirements
            if "extra ==" not in one.get("marker", "")
        }

    advice = "run make lock, and commit uv.lock with pyproject.toml"
    assert written(locked["requires-dist"]) == set(project["project"]["dependencies"]), advice
    assert {group: written(locked["requires-dev"][group]) for group in groups} == {
        group: declared(group) for group in groups
    }, advice


def test_fragments_of_the_change_log_have_names_that_towncrier_reads():
    fragments = [f.name for f in (ROOT / "changes").iterdir() if f.name != "README.md"]
    name = re.compile(r"(\d+|\+[a-z0-9-]+)\.(feature|fix|removal|doc)(\.\d+)?\.md")
    assert [fragment for fragment in fragments if not name.fullmatch(fragment)] == []


def test_links_between_the_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []
