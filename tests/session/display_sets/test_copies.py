"""Files that are there twice."""

from __future__ import annotations

import logging
import shutil
import zipfile
from pathlib import Path

import pydicom
import pytest


def test_a_folder_and_its_copy_are_one_set_and_say_which_files_are_left_out(
    session, series, tmp_path
):
    shutil.copytree(tmp_path / "series", tmp_path / "series copy")
    sets = session.open_display_sets(tmp_path).result(30)
    assert [found.number_of_images for found in sets] == [6]
    assert len(sets.left_out) == 6
    there = {str(path) for path in tmp_path.rglob("*.dcm")}
    for found in sets.left_out:
        other = found.reason.removeprefix("it is a duplicate of ")
        assert {found.image_id, other} <= there
        assert Path(found.image_id).name == Path(other).name
        assert f"dicomfile:{other}" in sets[0].image_ids


def test_copies_in_an_archive_and_in_memory_are_known_too(session, series, tmp_path):
    files = sorted((tmp_path / "series").iterdir())
    with zipfile.ZipFile(tmp_path / "study.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    sets = session.open_display_sets(
        [tmp_path / "series", tmp_path / "study.zip", files[0].read_bytes()]
    ).result(30)
    assert [found.number_of_images for found in sets] == [6]
    assert len(sets.left_out) == 7


def test_what_has_the_uid_of_another_and_other_pixels_is_kept_and_told(
    session, series, tmp_path, caplog
):
    file = min((tmp_path / "series").iterdir())
    dataset = pydicom.dcmread(file)
    dataset.PixelData = bytes(reversed(dataset.PixelData))
    dataset.save_as(tmp_path / "series" / "changed.dcm")
    assert (tmp_path / "series" / "changed.dcm").stat().st_size == file.stat().st_size
    with caplog.at_level(logging.WARNING, "pycornerstone.session"):
        sets = session.open_display_sets(tmp_path).result(30)
    assert sum(found.number_of_images for found in sets) == 7
    assert sets.left_out == ()
    [record] = caplog.records
    assert record.getMessage() == (
        "1 SOP Instance UIDs (0008,0018) belong to several files that differ; all are kept"
    )


@pytest.mark.parametrize("number", [2, 3])
def test_each_further_copy_is_left_out(session, series, tmp_path, number):
    file = min((tmp_path / "series").iterdir())
    for copy in range(number):
        shutil.copy(file, tmp_path / "series" / f"copy{copy}.dcm")
    sets = session.open_display_sets(tmp_path).result(30)
    assert [found.number_of_images for found in sets] == [6]
    assert len(sets.left_out) == number
