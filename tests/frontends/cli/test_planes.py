"""``pycornerstone render --plane``: planes through folders and NIfTI files."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pycornerstone.frontends.cli import main
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import nifti_phantom

PHANTOM = ct_phantom(slices=12, rows=40, columns=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    write_ct_series(folder / "ct", PHANTOM)
    (folder / "a.nii.gz").write_bytes(nifti_phantom(PHANTOM))
    return folder


def run(*arguments):
    """Run the command line in this process, and give its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


@pytest.mark.parametrize("name", ["ct", "a.nii.gz"])
def test_a_coronal_plane_has_the_head_on_top(folder, tmp_path, name):
    target = tmp_path / "out.png"
    # 400 x 60 mm on 80 x 12 pixels of 5 mm: a slice high, half of a column wide.
    arguments = ["--plane", "coronal", "--slice", "18", "--interpolation", "nearest"]
    window = ["--window", "0", "2001", "--size", "80x12", "-o", target]
    assert run("render", folder / name, *arguments, *window) == 0
    grey = cv2.imread(str(target), cv2.IMREAD_GRAYSCALE)
    # PS3.3 C.11.2.1.2.1, LINEAR.
    rows = np.clip((PHANTOM.hounsfield[::-1, 18] + 0.5) / 2000 + 0.5, 0, 1) * 255
    np.testing.assert_array_equal(grey, np.rint(rows).repeat(2, axis=1))


def test_a_slab_holds_the_brightest(folder, tmp_path):
    target = tmp_path / "out.png"
    slab = ["--plane", "axial", "--slice", "6", "--slab", "2000", "--mode", "maximum"]
    more = ["--window", "0", "2001", "--size", "40", "-o", target]
    assert run("render", folder / "ct", *slab, *more) == 0
    grey = cv2.imread(str(target), cv2.IMREAD_GRAYSCALE)
    brightest = np.clip((PHANTOM.hounsfield.max(axis=0) + 0.5) / 2000 + 0.5, 0, 1) * 255
    np.testing.assert_array_equal(grey, np.rint(brightest))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plane", "axial", "--slice", "12"], "slices 0 to 11 along the normal, none 12"),
        (["--slice", "3"], "give --plane, too"),
        (["--plane", "axial", "--icc-profile"], "apply-icc-profile is of images"),
        (["--plane", "axial", "--slab", "-1"], "thickness_mm must be 0 or more"),
    ],
)
def test_what_cannot_be_is_said(folder, tmp_path, capsys, arguments, said):
    assert run("render", folder / "ct", *arguments, "-o", tmp_path / "x.png") != 0
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


def test_of_a_folder_with_several_volumes_one_must_be_named(folder, tmp_path, capsys):
    write_ct_series(tmp_path / "all" / "one", PHANTOM)
    other = ct_phantom(slices=3, rows=20, columns=20)
    write_ct_series(tmp_path / "all" / "two", other)
    assert run("render", tmp_path / "all", "--plane", "axial", "-o", tmp_path / "x.png") != 0
    assert "this folder has 2" in capsys.readouterr().err
