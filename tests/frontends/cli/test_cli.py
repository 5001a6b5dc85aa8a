"""Tests of the command line: what it draws, what it says, what it ends with."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from pycornerstone.frontends.cli import main
from pycornerstone.frontends.cli.addresses import image_id_of
from pycornerstone.testing.dicom_series import ct_series, write_ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import jpeg_phantom, nifti_phantom, png_phantom

PHANTOM = ct_phantom(slices=2, rows=64, columns=96)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    written = write_ct_series(folder / "ct", PHANTOM)
    (folder / "a.png").write_bytes(png_phantom(PHANTOM, 0))
    (folder / "a.jpg").write_bytes(jpeg_phantom(PHANTOM, 0))
    (folder / "a.nii").write_bytes(nifti_phantom(PHANTOM, compressed=False))
    (folder / "a.nii.gz").write_bytes(nifti_phantom(PHANTOM))
    (folder / "notes.txt").write_text("nothing to see")
    return {
        "ct": written[0],
        "ct2": written[1],
        **{name: folder / name for name in ("a.png", "a.jpg", "a.nii", "a.nii.gz", "notes.txt")},
    }


def run(*arguments):
    """Run the command line in this process, and give its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


def picture(path):
    return cv2.imread(str(path), cv2.IMREAD_COLOR)


def grey_of(hounsfield, center, width):
    # PS3.3 C.11.2.1.2.1, LINEAR.
    y = (np.asarray(hounsfield, float) - (center - 0.5)) / (width - 1) + 0.5
    return np.rint(np.clip(y, 0, 1) * 255)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("ct", "dicomfile"),
        ("a.png", "web"),
        ("a.jpg", "web"),
        ("a.nii", "nifti"),
        ("a.nii.gz", "nifti"),
        ("notes.txt", "dicomfile"),
    ],
)
def test_a_path_is_looked_into(files, name, scheme):
    assert image_id_of(str(files[name])) == f"{scheme}:{files[name]}"


def test_text_that_is_no_path_stays_as_it_is():
    assert image_id_of("wadors:https://pacs/x") == "wadors:https://pacs/x"


@pytest.mark.parametrize("prefix", ["dicomfile:", ""])
def test_an_image_is_drawn_with_its_own_window_and_size(files, tmp_path, prefix):
    out = tmp_path / "a.png"

    assert run("render", f"{prefix}{files['ct']}", "-o", out) == 0

    drawn = picture(out)
    assert drawn.shape[:2] == (64, 96)
    stored = np.clip(np.rint(PHANTOM.hounsfield[0]), -1024, 3071)
    np.testing.assert_allclose(drawn[..., 0], grey_of(stored, 40, 400), atol=1)


def test_the_options_are_those_of_a_viewport(files, tmp_path):
    plain, inverted, coloured = (tmp_path / f"{n}.png" for n in range(3))
    window = ["--window", "300", "1500", "--interpolation", "nearest"]
    assert run("render", files["ct"], "-o", plain, *window) == 0
    assert run("render", files["ct"], "-o", inverted, *window, "--invert") == 0
    assert run("render", files["ct"], "-o", coloured, *window, "-c", "hotIron", "-s", "120x80") == 0

    stored = np.rint(PHANTOM.hounsfield[0])
    np.testing.assert_allclose(picture(plain)[..., 0], grey_of(stored, 300, 1500), atol=1)
    np.testing.assert_array_equal(picture(inverted)[..., 0], 255 - picture(plain)[..., 0])
    colours = picture(coloured)
    assert colours.shape[:2] == (80, 120)
    assert (colours[..., 2] > colours[..., 0]).any()


def test_overlays_and_shutter_may_be_left_out(tmp_path):
    source = Path(get_testdata_file("examples_overlay.dcm", download=False))
    plain, bare, covered = (tmp_path / f"{name}.png" for name in ("plain", "bare", "covered"))
    assert run("render", source, "-o", plain) == 0
    assert run("render", source, "-o", bare, "--no-overlays") == 0

    changed = (picture(plain) != picture(bare)).any(axis=2)
    np.testing.assert_array_equal(changed, pydicom.dcmread(source).overlay_array(0x6000) == 1)

    dataset = pydicom.dcmread(source)
    dataset.ShutterShape = "RECTANGULAR"
    dataset.ShutterLeftVerticalEdge = dataset.ShutterUpperHorizontalEdge = 101
    dataset.ShutterRightVerticalEdge = dataset.ShutterLowerHorizontalEdge = 200
    dataset.ShutterPresentationValue = 0xFFFF
    dataset.save_as(tmp_path / "shuttered.dcm")
    arguments = ["render", tmp_path / "shuttered.dcm", "--no-overlays", "-o"]
    assert run(*arguments, covered) == 0
    white = (picture(covered)[..., :3] == 255).all(axis=2)
    assert white[:100].all()
    assert not white[100:200, 100:200].any()
    assert run(*arguments, covered, "--no-shutter") == 0
    np.testing.assert_array_equal(picture(covered), picture(bare))


def test_a_window_of_the_header_and_its_function_may_be_chosen(files, tmp_path):
    dataset = pydicom.dcmread(files["ct"])
    dataset.WindowCenter, dataset.WindowWidth = [40, 300], [400, 1500]
    dataset.WindowCenterWidthExplanation = ["SOFT TISSUE", "BONE"]
    dataset.save_as(tmp_path / "two.dcm")
    stored = np.rint(PHANTOM.hounsfield[0])
    out = tmp_path / "a.png"
    for choice in ("BONE", "1"):
        assert run("render", tmp_path / "two.dcm", "-o", out, "--window-index", choice) == 0
        np.testing.assert_allclose(picture(out)[..., 0], grey_of(stored, 300, 1500), atol=1)
    options = ["--window", "40", "400", "--voi-function", "SIGMOID"]
    assert run("render", tmp_path / "two.dcm", "-o", out, *options) == 0
    # PS3.3 C.11.2.1.3.1.
    sigmoid = 255 / (1 + np.exp(-4 * (stored - 40) / 400))
    np.testing.assert_allclose(picture(out)[..., 0], sigmoid, atol=1)


def test_a_window_that_an_image_has_not(files, tmp_path, capsys):
    out, neck = tmp_path / "a.png", ["--window-index", "NECK"]
    assert run("render", files["ct"], "-o", out, *neck) == 2
    assert "no window 'NECK' in the header of this image" in capsys.readouterr().err
    # One of several does not spoil the sheet.
    assert run("render", files["ct"], files["ct2"], "-o", out, *neck) == 0
    assert run("render", files["ct"], files["ct2"], "-o", tmp_path / "b.png") == 0
    assert np.array_equal(picture(out), picture(tmp_path / "b.png"))


def test_overlays_may_have_another_colour(tmp_path):
    source = Path(get_testdata_file("examples_overlay.dcm", download=False))
    assert run("render", source, "-o", tmp_path / "a.png", "--overlay-color", 255, 0, 10) == 0
    painted = pydicom.dcmread(source).overlay_array(0x6000) == 1
    assert (picture(tmp_path / "a.png")[painted] == (10, 0, 255)).all()


def test_a_profile_may_be_applied(tmp_path):
    # Red and green exchanged: a profile whose primaries are those of sRGB in another order.
    dataset = pydicom.dcmread(get_testdata_file("SC_rgb_rle.dcm", download=False))
    swapped = bytearray(imagecodecs.cms_profile("srgb"))
    count = int.from_bytes(swapped[128:132], "big")
    entries = {bytes(swapped[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    dataset.ICCProfile = bytes(swapped) + bytes(len(swapped) % 2)
    dataset.save_as(tmp_path / "a.dcm")
    plain, managed = tmp_path / "plain.png", tmp_path / "managed.png"
    assert run("render", tmp_path / "a.dcm", "-o", plain) == 0
    assert run("render", tmp_path / "a.dcm", "-o", managed, "--icc-profile") == 0
    exchanged = picture(plain)[..., [0, 2, 1]].astype(int)
    assert np.abs(picture(managed) - exchanged).max() <= 2


def test_several_images_make_a_contact_sheet(files, tmp_path):
    out = tmp_path / "sheet.png"

    assert run("render", files["ct"], files["ct2"], files["a.png"], "-o", out) == 0
    assert picture(out).shape[0] > 2 * 320


def test_or_a_file_each(files, tmp_path):
    assert run("render", files["ct"], files["ct2"], "-o", tmp_path / "slice-{index}.png") == 0

    assert sorted(file.name for file in tmp_path.iterdir()) == ["slice-0.png", "slice-1.png"]
    assert picture(tmp_path / "slice-0.png").shape[:2] == (64, 96)


def test_pixels_that_are_not_square_are_drawn_as_they_are(tmp_path):
    import nibabel

    affine = np.diag([1.0, 2.0, 1.0, 1.0])
    path = tmp_path / "a.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((30, 20, 2), np.int16), affine), path)

    assert run("render", f"nifti:{path}?frame=1", "-o", tmp_path / "a.png") == 0
    # 30 columns of 1 mm, 20 rows of 2 mm.
    assert picture(tmp_path / "a.png").shape[:2] == (40, 30)


def test_info_says_what_an_image_is(files, capsys):
    assert run("info", files["ct"]) == 0
    printed = capsys.readouterr().out

    assert "1.2.840.10008.1.2.1" in printed
    assert "SOFT TISSUE" in printed
    assert "Phantom" not in printed.replace("phantom", "")


def test_info_gives_json_to_other_programs(files, capsys):
    assert run("info", files["ct"], files["a.png"], "--json") == 0
    ct, png = map(json.loads, capsys.readouterr().out.splitlines())

    assert (ct["rows"], ct["columns"], ct["modality"]) == (64, 96, "CT")
    stored = np.rint(PHANTOM.hounsfield[0])
    assert ct["values"]["highest"] == pytest.approx(stored.max(), abs=1)
    assert ct["windows"][0] == {"center": 40, "width": 400, "explanation": "SOFT TISSUE"}
    assert ct["pixel_spacing_mm"] == pytest.approx(PHANTOM.pixel_spacing_mm)
    assert png["pixel_spacing_mm"] is None


@pytest.mark.parametrize(
    ("image_id", "code", "said"),
    [
        ("wadorss:https://pacs/x", 2, "Did you mean 'wadors'?"),
        ("nothing", 3, "there is no file"),
        ("/there/is/no/such.dcm", 3, "check the path"),
        ("C:\\no\\such.dcm", 3, "there is no file"),
        ("test:", 2, "is not an imageId"),
        ("dicomfile:/there/is/no/such.dcm", 3, "there is no file"),
        ("notes.txt", 4, ""),
    ],
)
def test_what_fails_is_said_in_one_line_with_its_exit_code(
    files, tmp_path, capsys, image_id, code, said
):
    image_id = files.get(image_id, image_id)

    assert run("render", image_id, "-o", tmp_path / "a.png") == code

    printed = capsys.readouterr().err
    assert printed.startswith("pycornerstone: ")
    assert said.lower() in printed.lower()
    assert "Traceback" not in printed
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_has_nothing_there_is_named(tmp_path, capsys):
    with MisbehavingServer() as server:
        server.answer("/a.png", status=404)
        assert run("render", f"web:{server.url('/a.png')}", "-o", tmp_path / "a.png") == 3

    assert "HTTP 404" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--size", "0"], "pixels such as 512 or 800x600"),
        (["--size", "big"], "pixels such as 512 or 800x600, got 'big'"),
        (["--colormap", "hotiorn"], "hotIron"),
        (["--overlay-color", "0", "0", "256"], "red, green and blue from 0 to 255"),
        (["--window", "1", "2", "--window-index", "0"], "got window and window_index"),
    ],
)
def test_a_value_that_cannot_be_is_said(files, tmp_path, capsys, options, said):
    assert run("render", files["ct"], "-o", tmp_path / "a.png", *options) == 2

    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(files, tmp_path, capsys):
    assert run("render", files["ct"], "-o", tmp_path / "no" / "a.png") == 1
    assert f"there is no such folder, make it first: {tmp_path / 'no'}\n" in capsys.readouterr().err


def test_a_folder_of_images_is_no_image_to_draw(files, tmp_path, capsys):
    assert run("render", files["ct"].parent, "-o", tmp_path / "a.png") == 3
    assert "folder" in capsys.readouterr().err


def test_an_image_that_fails_is_left_out_and_said(files, tmp_path, capsys):
    out = tmp_path / "sheet.png"

    assert run("render", files["ct"], "/no/such.dcm", files["a.png"], "-o", out) == 3
    printed = capsys.readouterr().err
    assert "left out: there is no file '/no/such.dcm'" in printed
    assert f"wrote {out}" in printed
    assert out.exists()


def test_values_that_are_no_numbers_are_left_out_of_the_range(tmp_path, capsys):
    import nibabel

    voxels = np.array([[[np.nan], [1.5]], [[np.inf], [-2.0]]], np.float32)
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / "a.nii")

    assert run("info", tmp_path / "a.nii", "--json") == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["values"]["lowest"], known["values"]["highest"]) == (-2.0, 1.5)
    assert known["frame"] == "1 of 1, asked for by ?frame=0"


def test_an_output_that_is_no_png_is_refused(files, tmp_path, capsys):
    assert run("render", files["ct"], "-o", tmp_path / "a.gif") == 2
    assert "png" in capsys.readouterr().err.lower()
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def archive(monkeypatch):
    """Start it for a user with a password, and have none in the environment."""
    for name in ("PYCORNERSTONE_PASSWORD", "PYCORNERSTONE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with SampleServer(ct_series(PHANTOM), credentials=("ada", "s3cret")) as server:
        yield server


def test_a_user_is_told_to_the_server_with_the_password_of_the_environment(
    archive, tmp_path, monkeypatch, capsys
):
    (image_id, _) = archive.image_ids("wadors")
    assert run("info", image_id) == 3
    assert "asks for Basic" in capsys.readouterr().err

    assert run("info", "--user", "ada", image_id) == 2
    assert "PYCORNERSTONE_PASSWORD, which is not set" in capsys.readouterr().err

    monkeypatch.setenv("PYCORNERSTONE_PASSWORD", "s3cret")
    monkeypatch.setenv("PYCORNERSTONE_TOKEN", "another")
    assert run("info", "--user", "ada", "--json", image_id) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 64
    assert run("render", image_id, "--user", "ada", "-o", tmp_path / "a.png") == 0
    assert picture(tmp_path / "a.png").shape == (64, 96, 3)


def test_a_token_of_the_environment_is_told_to_the_server(monkeypatch, capsys):
    monkeypatch.setenv("PYCORNERSTONE_TOKEN", "t0ken")
    with SampleServer(ct_series(PHANTOM), token="t0ken") as server:
        assert run("info", "--json", server.image_ids("wadors")[0]) == 0
    assert json.loads(capsys.readouterr().out)["columns"] == 96


def test_fields_are_sent_with_every_request(files, capsys):
    with MisbehavingServer() as server:
        server.answer("/a.png", body=files["a.png"].read_bytes(), content_type="image/png")
        fields = ["--header", "X-Api-Key: a b: c", "--header", "x-clinic:5"]
        assert run("info", *fields, f"web:{server.url('/a.png')}") == 0
        (request,) = server.received("/a.png")
    assert request.headers["x-api-key"] == "a b: c"
    assert request.headers["x-clinic"] == "5"


@pytest.mark.parametrize("field", ["s3cret", "a b: s3cret", ": s3cret", "a: s3cret\r\nb: c"])
def test_a_field_that_is_none_is_said_without_what_it_holds(field, capsys):
    assert run("info", "--header", field, "a.dcm") == 2
    printed = capsys.readouterr().err
    assert "--header takes a field such as" in printed
    assert "s3cret" not in printed


def test_authorities_come_from_a_file(tmp_path, capsys):
    (tmp_path / "ca.pem").write_text("nothing")
    assert run("info", "--ca-file", tmp_path / "ca.pem", "wadors:https://127.0.0.1:9/a") == 3
    assert "ca_file" in capsys.readouterr().err


def test_the_help_teaches(capsys):
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for word in ("Say what images are", "Draw images", "See it work", "wadors:", "Exit codes"):
        assert word in printed

    assert run("render", "--help") == 0
    printed = capsys.readouterr().out
    for word in ("--window", "--user", "--header", "--ca-file", "PYCORNERSTONE_TOKEN"):
        assert word in printed


def test_it_runs_as_a_module(files, tmp_path):
    command = [sys.executable, "-W", "error", "-m", "pycornerstone", "render", files["ct"], "-o"]
    done = subprocess.run(
        [*command, tmp_path / "a.png"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"wrote {tmp_path / 'a.png'}\n"


def test_the_demo_loads_through_every_scheme_and_draws_a_sheet(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "pycornerstone", "demo", "--folder"]
    done = subprocess.run(
        [*command, tmp_path / "demo"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    for scheme in (
        "dicomfile:",
        "wadors:",
        "wadouri:",
        "dicomweb:",
        "web:",
        "http:",
        "nifti:",
        "custom1:",
    ):
        assert f" {scheme}" in done.stdout
    assert "JPEG-LS Lossless Image Compression" in done.stdout
    assert picture(tmp_path / "demo" / "contact-sheet.png").shape[1] > 1000
    # The last line opens the viewer as it stands there.
    said, _, last = done.stdout.splitlines()[-1].partition(": ")
    assert said == "To look at it in a browser"
    look = [*shlex.split(last), "--no-browser", "--idle-timeout", "0.1"]
    looked = subprocess.run(look, capture_output=True, text=True, check=False)
    assert (looked.returncode, looked.stderr) == (0, "")
    assert "Viewer: http://127.0.0.1:" in looked.stdout
