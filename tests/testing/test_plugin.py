"""A package that announces its loader by an entry point, and inherits its tests."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import pycornerstone
from pycornerstone.errors import DecodeError, PyCornerstoneError
from pycornerstone.testing import LoaderContract

PACKAGE = Path(__file__).parent / "package_with_entrypoint"
SOURCES = Path(pycornerstone.__file__).parents[1]
RAMP = np.arange(6).reshape(2, 3) * 700


@pytest.fixture
def ramp(tmp_path) -> Path:
    file = tmp_path / "ramp.pgm"
    file.write_bytes(b"P5 # by hand\n3 2\n4095\n" + RAMP.astype(">u2").tobytes())
    return file


@pytest.fixture
def plugin(monkeypatch):
    monkeypatch.syspath_prepend(PACKAGE)
    yield importlib.import_module("pycornerstone_pgm")
    del sys.modules["pycornerstone_pgm"]


class TestPgmLoader(LoaderContract):
    expected_error = PyCornerstoneError

    @pytest.fixture
    def loader(self, plugin):
        return plugin.PgmLoader()

    @pytest.fixture
    def image_id(self, ramp):
        return f"pgm:{ramp}"

    @pytest.fixture
    def expected_pixels(self):
        return RAMP

    @pytest.fixture
    def missing_image_id(self, tmp_path):
        return f"pgm:{tmp_path / 'missing.pgm'}"

    @pytest.fixture
    def broken_image_id(self, tmp_path):
        file = tmp_path / "broken.pgm"
        file.write_bytes(b"P5 3 2 4095\n" + bytes(5))
        return f"pgm:{file}"


def test_its_messages_say_what_is_wrong(plugin, tmp_path):
    loader = plugin.PgmLoader()
    with pytest.raises(DecodeError, match="says 3 x 2 but holds 5 bytes of samples"):
        loader.decode(plugin.Greymap("pgm:a", b"P5 3 2 255\n" + bytes(5)))
    with pytest.raises(DecodeError, match="begins with P5, its size and its greatest grey"):
        loader.decode(plugin.Greymap("pgm:a", b"P6 3 2 255\n" + bytes(18)))


@pytest.fixture
def installed(tmp_path) -> list[str]:
    """Folders for sys.path with the package as an installer leaves it: module and dist-info."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    info = tmp_path / "site" / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return [str(info.parent), str(PACKAGE), str(SOURCES)]


def run(script: str, paths: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


LOAD = """
import json, sys
import pycornerstone as cs
known_before = "pycornerstone_pgm" in sys.modules
image = cs.load_and_cache_image(sys.argv[1]).result(timeout=30)
print(json.dumps([known_before, image.image_id, image.pixels.tolist()]))
"""


def test_an_installed_package_answers_for_its_scheme_without_registration(installed, ramp):
    done = run(LOAD, installed, f"pgm:{ramp}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [False, f"pgm:{ramp}", RAMP.tolist()]


def test_without_the_package_nobody_answers_for_the_scheme(installed, ramp):
    done = run(LOAD, installed[1:], f"pgm:{ramp}")
    assert done.returncode != 0
    assert "no loader for scheme 'pgm'; registered: data, dicomfile" in done.stderr


def test_a_package_that_cannot_be_imported_is_named(installed, ramp):
    # Its dist-info is there, its module is not.
    done = run(LOAD, [installed[0], installed[2]], f"pgm:{ramp}")
    assert done.returncode != 0
    assert "the loader 'pycornerstone_pgm:PgmLoader' that is installed for scheme 'pgm'" in (
        done.stderr
    )
