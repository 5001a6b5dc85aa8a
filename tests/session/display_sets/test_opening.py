"""Sources opened as display sets: what is found, in which order, and what is left out and why."""

from __future__ import annotations

import asyncio
import io
import os
import threading
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from pycornerstone.errors import DecodeError, LoadCancelledError, LoaderError, RetrieveError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.testing.dicom_series import secondary_capture


def reasons(sets):
    return {Path(found.image_id).name: found.reason for found in sets.left_out}


def test_a_folder_is_a_volume_in_the_order_of_its_places(session, series, phantom):
    # The names are shuffled against the places, which come from the phantom.
    names = ["c", "a", "f", "b", "e", "d"]
    for name, path in zip(names, series, strict=True):
        path.rename(path.with_name(name))

    (found,) = session.open_display_sets(series[0].parent).result()

    assert found.kind is DisplaySetKind.VOLUME
    assert [image_id[-1] for image_id in found.image_ids] == names
    assert found.report.has(FindingKind.REORDERED)
    assert found.report.geometry.shape == (6, 16, 16)
    place = [round(value, 5) for value in phantom.position_lps(0)]
    np.testing.assert_allclose(found.report.geometry.affine[:3, 3], place)


def test_images_load_and_no_header_is_read_twice(session, series, monkeypatch):
    (found,) = session.open_display_sets(series[0].parent).result()
    assert len(session.dicom_headers) == 6

    stored = session.load_array(found.image_ids).result()

    expected = np.stack([pydicom.dcmread(path).pixel_array for path in series])
    np.testing.assert_array_equal(stored, expected)


@pytest.mark.parametrize("longer", [0, 100])
def test_of_a_file_that_is_written_anew_meanwhile_the_new_samples_come(session, series, longer):
    (found,) = session.open_display_sets(series[0].parent).result()
    dataset = pydicom.dcmread(series[2])
    expected = dataset.pixel_array[::-1]
    dataset.PixelData = expected.tobytes()
    dataset.ImageComments = "x" * longer
    new = series[2].with_suffix(".new")
    dataset.save_as(new)
    new.replace(series[2])

    stored = session.load_array(found.image_ids).result()

    place = found.image_ids.index(f"dicomfile:{series[2]}")
    np.testing.assert_array_equal(stored[place], expected)


def test_of_a_file_that_is_cut_off_meanwhile_is_said_what_is_missing(session, series):
    (found,) = session.open_display_sets(series[0].parent).result()
    series[2].write_bytes(series[2].read_bytes()[:-10])

    with pytest.raises(DecodeError) as caught:
        session.load_array(found.image_ids).result()

    assert caught.value.image_id == f"dicomfile:{series[2]}"


def test_pixels_are_not_read(session, tmp_path, series):
    # A file that ends where its pixels begin is enough.
    data = series[0].read_bytes()
    start = len(data) - 16 * 16 * 2
    cut = tmp_path / "cut"
    cut.mkdir()
    for index, path in enumerate(series):
        (cut / str(index)).write_bytes(path.read_bytes()[:start])

    (found,) = session.open_display_sets(cut).result()

    assert found.number_of_images == 6


def test_a_long_header_is_read_to_its_end(session, tmp_path, series):
    for number, size in enumerate((20_000, 300_000, 6_000_000)):
        dataset = pydicom.dcmread(series[number])
        dataset.add_new(0x00091001, "OB", bytes(size))
        dataset.save_as(series[number])

    (found,) = session.open_display_sets(series[0].parent).result()

    assert found.kind is DisplaySetKind.VOLUME
    assert found.number_of_images == 6


def test_folders_below_are_looked_into_and_what_is_no_image_is_left_out(session, series):
    folder = series[0].parent
    deep = folder / "a" / "b"
    deep.mkdir(parents=True)
    series[0].rename(deep / "slice")
    (folder / "notes.txt").write_text("Report of 3 January, not an image\n" * 20)
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "broken.dcm").write_bytes(series[1].read_bytes()[:300])
    (folder / "table.json").write_text('{"a": 1}')
    pydicom.dcmread(series[2])

    sets = session.open_display_sets(str(folder)).result()

    assert [found.number_of_images for found in sets] == [6]
    told = reasons(sets)
    assert set(told) == {"notes.txt", "empty.dcm", "broken.dcm", "table.json"}
    assert told["notes.txt"] == "it is text, no image"
    assert told["empty.dcm"] == "it is nothing, no image"
    assert told["table.json"] == "it is JSON, no image"
    assert "goes beyond" in told["broken.dcm"]


def test_a_report_is_left_out_and_named(session, series):
    report = pydicom.dcmread(series[0])
    del report.PixelData
    report.SOPClassUID = pydicom.uid.BasicTextSRStorage
    report.save_as(series[0].parent / "report")

    sets = session.open_display_sets(series[0].parent).result()

    assert sets[0].number_of_images == 6
    assert reasons(sets) == {"report": "it is a report (SR), which holds no pixels"}


def test_frames_are_images_each(session, tmp_path, phantom):
    path = tmp_path / "frames"
    path.write_bytes(secondary_capture(phantom))

    sets = session.open_display_sets(path).result()

    image_ids = [image_id for found in sets for image_id in found.image_ids]
    assert image_ids == [f"dicomfile:{path}?frame={number}" for number in range(1, 7)]


def test_a_file_that_says_more_frames_than_it_has_bytes_is_left_out(session, series):
    dataset = pydicom.dcmread(series[0])
    dataset.NumberOfFrames = 900_000
    dataset.save_as(series[0])

    sets = session.open_display_sets(series).result()

    assert sets[0].number_of_images == 5
    assert "900000 frames" in reasons(sets)["0001.dcm"]


def test_pictures_and_nifti_are_known_by_content(session, tmp_path, testdata):
    nifti = next((testdata / "dcm_qa_ts").rglob("*.nii*"))
    picture = testdata / "libpng"
    png = next(path for path in sorted(picture.rglob("basn0g08.png")))
    (tmp_path / "one").write_bytes(nifti.read_bytes())
    (tmp_path / "two").write_bytes(png.read_bytes())

    sets = session.open_display_sets(tmp_path).result()

    schemes = {image_id.partition(":")[0] for found in sets for image_id in found.image_ids}
    assert schemes == {"nifti", "web"}
    assert not sets.left_out


def test_image_ids_are_taken_as_they_are(session, series, phantom):
    image_ids = [f"dicomfile:{path}" for path in reversed(series)]

    (found,) = session.open_display_sets(image_ids).result()

    assert list(found.image_ids) == image_ids[::-1]
    assert found.kind is DisplaySetKind.VOLUME


def test_image_ids_of_another_loader_are_known_by_its_provider(session, series):
    def provide(type_name, image_id):
        if not image_id.startswith("my:"):
            return None
        known = {
            "imagePlaneModule": {
                "rows": 4,
                "columns": 4,
                "image_position_lps": (0.0, 0.0, 2.5 * int(image_id[3:])),
                "row_cosines": (1.0, 0.0, 0.0),
                "column_cosines": (0.0, 1.0, 0.0),
                "row_pixel_spacing_mm": 1.0,
                "column_pixel_spacing_mm": 1.0,
            },
            "generalSeriesModule": {"modality": "CT", "series_instance_uid": "1.2"},
        }
        return known.get(type_name)

    session.register_image_loader("my", lambda image_id: None)
    session.metadata.add_provider(provide)

    sets = session.open_display_sets(["my:2", "my:0", "my:1"]).result()

    assert [found.image_ids for found in sets] == [("my:0", "my:1", "my:2")]


def test_what_is_named_twice_is_there_once(session, series):
    folder = series[0].parent

    sets = session.open_display_sets([folder, series[0], f"dicomfile:{series[1]}"]).result()

    assert [found.number_of_images for found in sets] == [6]
    assert [found.reason for found in sets.left_out] == ["it was named twice"] * 2


def test_bytes_of_a_file_are_held(session, series):
    (found,) = session.open_display_sets(series[0].read_bytes()).result()

    image = session.load_image(found.image_ids[0]).result()

    np.testing.assert_array_equal(image.pixels, pydicom.dcmread(series[0]).pixel_array)


def test_one_thing_that_is_not_there_is_an_error(session, tmp_path):
    with pytest.raises(RetrieveError, match="is not there; check the path"):
        session.open_display_sets(tmp_path / "none").result()


def test_of_several_what_is_not_there_is_left_out(session, tmp_path, series):
    sets = session.open_display_sets([tmp_path / "none", series[0].parent]).result()

    assert sets[0].number_of_images == 6
    assert "is not there" in reasons(sets)["none"]


@pytest.mark.parametrize("source", [7, [b"", 3.5], None])
def test_what_is_no_source_is_refused(session, source):
    with pytest.raises(LoaderError, match="display sets are opened from a folder"):
        session.open_display_sets(source).result()


def test_an_empty_folder_has_no_sets(session, tmp_path):
    sets = session.open_display_sets(tmp_path).result()

    assert len(sets) == 0
    assert sets.left_out == ()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything may be read here")
def test_a_file_that_may_not_be_read_is_left_out(session, series):
    series[2].chmod(0)

    sets = session.open_display_sets(series[0].parent).result()

    assert sets.left_out[0].reason == "it may not be read; ask for permission to read it"


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_in_circles_are_gone_round_once(session, series):
    folder = series[0].parent
    (folder / "again").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent)
    (folder / "second name").symlink_to(series[0])
    (folder / "nowhere").symlink_to(folder / "none")

    sets = session.open_display_sets(folder).result()

    assert [found.number_of_images for found in sets] == [6]
    assert reasons(sets) == {
        "second name": "it is a link to a file that is here already",
        "nowhere": "it is a link that leads to no file",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_not_waited_for(session, series):
    pipe = series[0].parent / "pipe"
    os.mkfifo(pipe)

    sets = session.open_display_sets(series[0].parent).result(timeout=30)

    assert [found.number_of_images for found in sets] == [6]
    assert "pipe" in reasons(sets)
    with pytest.raises(RetrieveError, match="is no file"):
        session.open_display_sets(pipe).result(timeout=30)


@pytest.mark.parametrize("name", ["a?frame=3.dcm", "~x", "bytes:7", "ab:c", "a%20b#frame=2", "ä ö"])
@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed there")
def test_whatever_a_file_is_called_it_can_be_loaded(session, series, name):
    path = series[0].rename(series[0].parent / name)

    (found,) = session.open_display_sets(series[0].parent).result()

    images = [session.load_image(image_id).result() for image_id in found.image_ids]
    np.testing.assert_array_equal(images[0].pixels, pydicom.dcmread(path).pixel_array)


def test_progress_is_told_and_ends_with_all(session, series):
    told = []
    request = session.open_display_sets(series[0].parent)
    request.add_progress_callback(told.append)
    request.result()

    assert request.progress == (6, 6)
    assert all(0 <= progress.done <= 6 for progress in told)


def test_it_can_be_awaited_and_cancelled(session, series):
    release = threading.Event()

    def provide(type_name, image_id):
        release.wait(10)

    session.metadata.add_provider(provide)
    request = session.open_display_sets(series[0].parent)

    assert request.cancel()
    release.set()
    with pytest.raises(LoadCancelledError):
        request.result(timeout=10)
    session.metadata.remove_provider(provide)

    async def opened():
        return await session.open_display_sets(series[0].parent)

    assert len(asyncio.run(opened())) == 1


def test_ten_thousand_files_are_opened_and_their_headers_kept(session, tmp_path, series):
    head, tail = series[0].read_bytes().split(b"\x20\x00\x13\x00IS\x02\x00")
    for folder in range(10):
        (tmp_path / "many" / str(folder)).mkdir(parents=True)
    for number in range(10_000):
        data = head + b"\x20\x00\x13\x00IS\x04\x00" + b"%4d" % number + tail[2:]
        path = tmp_path / "many" / str(number % 10) / str(number)
        path.write_bytes(data[:-400])

    sets = session.open_display_sets(tmp_path / "many").result()

    images = sum(found.number_of_images for found in sets)
    assert images + len(sets.left_out) == 10_000
    assert len(session.dicom_headers) == 10_000


def test_an_archive_is_read_where_it_lies(session, tmp_path, series):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in series:
            file.write(path, f"study/ct 1/{path.name}?frame=2")
        file.writestr("study/readme.txt", "not an image " * 10)

    sets = session.open_display_sets(archive).result()

    (found,) = sets
    assert found.kind is DisplaySetKind.VOLUME
    assert reasons(sets) == {"study.zip": "it is text, no image"}
    stored = session.load_array(found.image_ids).result()
    expected = np.stack([pydicom.dcmread(path).pixel_array for path in series])
    np.testing.assert_array_equal(stored, expected)
    assert session.load_image(found.image_ids[0]).result().dataset.SeriesNumber == 1


def test_images_of_an_archive_load_in_another_session(session, tmp_path, series):
    from pycornerstone.session.session import Session

    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(series[0], "a/slice")
    (found,) = session.open_display_sets(archive).result()

    assert found.image_ids == (f"dicomfile:zip://a/slice::{archive}",)
    with Session() as other:
        (again,) = other.open_display_sets(list(found.image_ids)).result()
        assert again.image_ids == found.image_ids
        assert other.load_image(found.image_ids[0]).result().rows == 16


def test_an_archive_in_a_folder_is_left_out_with_what_to_do(session, series):
    with zipfile.ZipFile(series[0].parent / "more.zip", "w") as file:
        file.write(series[0], "a")

    sets = session.open_display_sets(series[0].parent).result()

    assert reasons(sets) == {
        "more.zip": "it is a ZIP archive, which is opened if it is named itself"
    }


def archive_in_memory(series):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for path in series:
            file.write(path, f"ct/{path.name}")
        file.writestr("readme", "not an image " * 10)
    return held.getvalue()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_an_archive_in_memory_is_read_where_it_is(session, series, kind):
    sets = session.open_display_sets(kind(archive_in_memory(series))).result()

    (found,) = sets
    assert found.kind is DisplaySetKind.VOLUME
    assert [one.reason for one in sets.left_out] == ["it is text, no image"]
    stored = session.load_array(found.image_ids).result()
    np.testing.assert_array_equal(
        stored, np.stack([pydicom.dcmread(path).pixel_array for path in series])
    )
    again = session.open_display_sets(list(found.image_ids)).result()
    assert [one.image_ids for one in again] == [found.image_ids]
    assert session.load_image(found.image_ids[0]).result().dataset.SeriesNumber == 1


def test_of_an_archive_that_is_held_no_more_nothing_is_read(session, series):
    address = session.hold_bytes(archive_in_memory(series))
    (found,) = session.open_display_sets(address).result()
    session.load_image(found.image_ids[0]).result()

    session.release_bytes(address)

    session.cache.purge()
    for image_id in found.image_ids[:2]:
        with pytest.raises(RetrieveError, match="is not held by this session"):
            session.load_image(image_id).result()
    with pytest.raises(RetrieveError, match="is not held by this session"):
        session.open_display_sets(address).result()


def test_bytes_that_are_a_broken_archive_are_an_error(session, series):
    data = archive_in_memory(series)

    with pytest.raises(RetrieveError, match="BadZipFile"):
        session.open_display_sets(data[: len(data) // 2]).result()
