"""``pycornerstone info`` of what holds many files."""

from __future__ import annotations

import json
import zipfile

import pytest

from pycornerstone.frontends.cli import main
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=3, rows=16, columns=24)


@pytest.fixture
def folder(tmp_path):
    write_ct_series(tmp_path / "study", PHANTOM)
    (tmp_path / "study" / "notes").write_text("nothing to see")
    return tmp_path / "study"


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


def test_a_folder_is_listed(folder, capsys):
    assert run("info", folder) == 0

    printed = capsys.readouterr().out
    head, line, left_out = printed.splitlines()
    assert head.split()[:2] == ["kind", "modality"]
    assert line.startswith("volume")
    assert "24 x 16" in line
    assert left_out == "left out: 1, as it is text, no image"
    assert "Phantom^CT" not in printed


def test_an_archive_is_listed_as_json(folder, tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for path in sorted(folder.glob("*.dcm")):
            file.write(path, path.name)

    assert run("info", "--json", tmp_path / "a.zip") == 0

    (known,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows, columns = PHANTOM.pixel_spacing_mm
    assert (known["kind"], known["images"], known["modality"]) == ("volume", 3, "CT")
    assert known["spacing_mm"] == pytest.approx([columns, rows, PHANTOM.slice_spacing_mm], abs=1e-3)
    assert known["findings"] == []
