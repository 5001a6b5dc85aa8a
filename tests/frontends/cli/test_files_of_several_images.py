"""Tests of the command line on files that hold several images: volumes, pages, animations."""

from __future__ import annotations

import base64
import json

import cv2
import imagecodecs
import nibabel
import numpy as np
import pytest
import tifffile

from pycornerstone.frontends.cli import main
from pycornerstone.testing.misbehaving_server import MisbehavingServer

# Every slice has a grey of its own, along each axis.
VOXELS = np.arange(5 * 6 * 4 * 3, dtype=np.int16).reshape(5, 6, 4, 3)
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    nibabel.save(nibabel.Nifti1Image(VOXELS[..., 0], AFFINE), folder / "a.nii.gz")
    nibabel.save(nibabel.Nifti1Image(VOXELS, AFFINE), folder / "bold.nii")
    nibabel.save(nibabel.Nifti1Pair(VOXELS[..., 0], AFFINE), folder / "pair.img")
    nibabel.save(nibabel.AnalyzeImage(VOXELS[..., 0], AFFINE), folder / "analyze.img")
    pages = np.arange(3 * 7 * 9, dtype=np.uint16).reshape(3, 7, 9) * 50
    tifffile.imwrite(folder / "pages.tif", pages, photometric="minisblack")
    frames = np.zeros((4, 8, 8, 3), np.uint8)
    frames[..., 0] = np.arange(4)[:, None, None] * 60
    (folder / "beat.png").write_bytes(imagecodecs.apng_encode(frames, delay=40))
    (folder / "still.png").write_bytes(imagecodecs.png_encode(frames[3]))
    # The content decides.
    (folder / "volume.bin").write_bytes((folder / "a.nii.gz").read_bytes())
    (folder / "pages.dcm").write_bytes((folder / "pages.tif").read_bytes())
    return folder


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


def info(capsys, *arguments):
    assert run("info", "--json", *arguments) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("name", "images", "first"),
    [
        ("a.nii.gz", 4, "nifti:{}?frame=0"),
        ("bold.nii", 4, "nifti:{}?frame=0"),
        ("pair.img", 4, "nifti:{}?frame=0"),
        ("pair.hdr", 4, "nifti:{}?frame=0"),
        ("analyze.hdr", 4, "nifti:{}?frame=0"),
        ("analyze.img", 4, "nifti:{}?frame=0"),
        ("volume.bin", 4, "nifti:{}?frame=0"),
        ("pages.tif", 3, "web:{}#frame=1"),
        ("pages.dcm", 3, "web:{}#frame=1"),
        ("beat.png", 4, "web:{}#frame=1"),
        ("still.png", 1, "web:{}"),
    ],
)
def test_a_file_is_all_images_that_its_content_has(files, capsys, name, images, first):
    [known] = info(capsys, files / name)
    assert known["image_id"] == first.format(files / name)

    assert len(info(capsys, "--all", files / name)) == images


def test_all_of_them_are_described_if_that_is_wanted(files, capsys):
    known = info(capsys, "--all", files / "a.nii.gz")

    assert [entry["image_id"][-8:] for entry in known] == [f"?frame={k}" for k in range(4)]
    highest = VOXELS[..., 0].max(axis=(0, 1)).tolist()
    assert [entry["values"]["highest"] for entry in known] == highest


def test_a_volume_is_cut_across_the_axis_and_at_the_time_that_are_named(files, capsys):
    known = info(capsys, files / "bold.nii", "--all", "--axis", "i", "--time-point", 2)

    assert len(known) == 5
    for i, entry in enumerate(known):
        assert (entry["rows"], entry["columns"]) == (4, 6)
        assert entry["values"]["lowest"] == VOXELS[i, ..., 2].min()
        assert entry["values"]["highest"] == VOXELS[i, ..., 2].max()


def test_what_a_file_is_stands_beside_what_an_image_of_it_is(files, capsys):
    volume, pages, beat = info(capsys, *(files / n for n in ("bold.nii", "pages.tif", "beat.png")))

    assert volume["file"] == "NIfTI-1, 5 x 6 x 4 x 3 voxels"
    assert pages["file"] == "TIFF, grey, 16 bits a sample"
    assert beat["file"] == "PNG, RGB, 8 bits a sample"
    assert pages["frame"] == "1 of 3"


def test_an_image_id_is_one_image(files, capsys):
    image_ids = (f"nifti:{files / 'a.nii.gz'}?frame=2", f"web:{files / 'pages.tif'}#frame=3")
    known = info(capsys, "--all", *image_ids)

    assert [entry["image_id"] for entry in known] == [*image_ids]
    assert known[0]["values"]["highest"] == VOXELS[:, :, 2, 0].max()
    assert known[1]["values"]["highest"] == (3 * 7 * 9 - 1) * 50


def test_one_image_of_a_file_may_be_named_behind_its_path_or_url(files, capsys):
    pages, volume = files / "pages.tif", files / "a.nii.gz"
    with MisbehavingServer() as server:
        server.answer("/pages", body=pages.read_bytes())
        server.answer("/a.nii.gz", body=volume.read_bytes())
        for text, image_id in (
            (f"{pages}#frame=3", f"web:{pages}#frame=3"),
            (f"{pages.as_uri()}#frame=3", f"web:{pages}#frame=3"),
            (server.url("/pages#frame=3"), server.url("/pages#frame=3")),
            (f"{volume}?frame=2", f"nifti:{volume}?frame=2"),
            (server.url("/a.nii.gz?frame=2"), f"nifti:{server.url('/a.nii.gz?frame=2')}"),
        ):
            [known] = info(capsys, "--all", text)
            assert known["image_id"] == image_id
            is_page = "pages" in text
            highest = (3 * 7 * 9 - 1) * 50 if is_page else VOXELS[:, :, 2, 0].max()
            assert known["values"]["highest"] == highest


def test_a_file_url_is_looked_into(files, capsys):
    assert len(info(capsys, "--all", (files / "pages.tif").as_uri())) == 3
    assert len(info(capsys, "--all", (files / "a.nii.gz").as_uri())) == 4


@pytest.mark.parametrize("name", ["a:b.png", "[red]a.png", "a#frame=2", "b?frame=2", "é 漢%20.png"])
def test_a_file_may_have_any_name(files, tmp_path, capsys, name):
    (tmp_path / name).write_bytes((files / "still.png").read_bytes())
    [known] = info(capsys, tmp_path / name)
    assert known["values"]["highest"] == 180
    assert run("info", tmp_path / name) == 0
    assert known["image_id"] in capsys.readouterr().out
    if "frame=" not in name:
        assert known["image_id"] == f"web:{tmp_path / name}"


def test_a_picture_in_its_address_is_not_printed(files, capsys):
    data = base64.b64encode((files / "still.png").read_bytes()).decode()
    assert run("info", f"data:image/png;base64,{data}") == 0
    printed = capsys.readouterr().out
    assert data[:40] not in printed
    assert "data:image/png,...(" in printed


def test_a_volume_is_drawn_as_a_sheet_of_its_slices(files, tmp_path):
    assert run("render", files / "a.nii.gz", "-o", tmp_path / "sheet.png") == 0
    # Four cells of 320, two in a row.
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 2 * 320 + 3 * 12


def test_or_as_a_file_each(files, tmp_path):
    assert run("render", files / "pages.tif", "-o", tmp_path / "page-{index}.png") == 0

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["page-0.png", "page-1.png", "page-2.png"]
    assert cv2.imread(str(tmp_path / "page-1.png")).shape == (7, 9, 3)


def test_cells_of_a_sheet_of_many_are_smaller(files, tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 256), np.uint8), AFFINE), tmp_path / "a.nii")

    assert run("render", tmp_path / "a.nii", "-o", tmp_path / "sheet.png") == 0
    # 16 in a row, of 4096 / 16.
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[1] == 16 * 256 + 17 * 12


def test_a_time_point_that_there_is_not_is_said(files, capsys):
    assert run("info", files / "bold.nii", "--time-point", 3) == 2
    assert "3" in capsys.readouterr().err


def test_a_damaged_file_is_left_out_and_the_rest_is_drawn(files, tmp_path, capsys):
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes((files / "a.nii.gz").read_bytes()[:200])

    assert run("render", broken, files / "still.png", "-o", tmp_path / "sheet.png") == 4
    printed = capsys.readouterr().err
    assert "left out" in printed
    assert "broken.nii.gz" in printed
    assert (tmp_path / "sheet.png").exists()


@pytest.mark.parametrize(
    ("name", "path", "images"),
    [
        ("a.nii.gz", "/a.nii.gz", 4),
        # The content decides where the name says nothing.
        ("a.nii.gz", "/scans/7", 4),
        ("pages.tif", "/pages.tif?size=full", 3),
        ("still.png", "/still.png", 1),
    ],
)
def test_a_url_is_looked_into(files, capsys, name, path, images):
    with MisbehavingServer() as server:
        server.answer(path.partition("?")[0], body=(files / name).read_bytes(), content_type="")
        assert len(info(capsys, "--all", server.url(path))) == images


def test_a_url_where_nothing_is_says_so(capsys):
    with MisbehavingServer() as server:
        for path in ("/a.nii.gz", "/a.png"):
            server.answer(path, status=404)
            assert run("info", server.url(path)) == 3
            assert "HTTP 404" in capsys.readouterr().err


def test_an_address_of_fsspec_is_looked_into(files, capsys):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/scans/a.nii.gz", (files / "a.nii.gz").read_bytes())
    memory.pipe("/scans/pages", (files / "pages.tif").read_bytes())

    assert len(info(capsys, "--all", "memory://scans/a.nii.gz")) == 4
    assert len(info(capsys, "--all", "memory://scans/pages")) == 3
