"""Lines of Python that draw a view: they are run, and draw it to the last bit."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.image_id_lines import image_id_lines
from pycornerstone.frontends.browser.python_lines import python_of
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(slices=12, rows=64, columns=48)


@pytest.fixture(scope="module")
def exhibit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("it's {a} study")
    write_ct_series(folder, PHANTOM)
    with cs.Session() as session:
        sets = session.open_display_sets(folder).result()
        yield SimpleNamespace(session=session, display_sets=tuple(sets))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run lines as somebody would who pastes them, and give what they draw."""
    monkeypatch.chdir(tmp_path)

    def ran(lines):
        assert max(map(len, lines.splitlines())) < 400
        exec(compile(lines, "pasted", "exec"), {})
        bgr = cv2.imread("view.png", cv2.IMREAD_COLOR)
        Path("view.png").unlink()
        return bgr[..., ::-1]

    yield ran
    cs.close_default_session()


def test_a_stack_is_drawn_as_it_is_shown(exhibit, run):
    with cs.StackViewport(120, 90, session=exhibit.session) as viewport:
        viewport.set_stack(exhibit.display_sets[0].image_ids, 7).result()
        viewport.set_properties(
            voi_range=(-300.5, 512.25), colormap="hot", invert=True, interpolation="nearest"
        )
        viewport.flip(horizontal=True)
        viewport.set_rotation(33.3)
        viewport.set_zoom(1.7)
        viewport.set_pan((12.5, -3.25))
        lines = python_of(viewport, exhibit)
        expected = viewport.render()
    np.testing.assert_array_equal(run(lines), expected[..., :3])


def test_a_window_of_the_header_is_asked_for_by_its_name(exhibit, run):
    with cs.StackViewport(64, 64, session=exhibit.session) as viewport:
        viewport.set_stack(exhibit.display_sets[0].image_ids).result()
        viewport.set_properties(window_index="LUNG")
        lines = python_of(viewport, exhibit)
        expected = viewport.render()
    assert "window_index='LUNG'" in lines
    np.testing.assert_array_equal(run(lines), expected[..., :3])


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
def test_a_plane_is_drawn_as_it_is_shown(exhibit, run, orientation):
    with cs.VolumeViewport(96, 80, session=exhibit.session) as viewport:
        viewport.set_volumes([exhibit.display_sets[0]]).result()
        viewport.set_orientation(orientation)
        viewport.set_slice_index(5)
        viewport.set_slab(12.5, "average")
        viewport.set_properties(window=(40, 400), opacity=0.75)
        viewport.set_zoom(1.3)
        lines = python_of(viewport, exhibit)
        expected = viewport.render()
    np.testing.assert_array_equal(run(lines), expected[..., :3])


def test_an_oblique_plane_is_drawn_as_it_is_shown(exhibit, run):
    with cs.VolumeViewport(96, 80, session=exhibit.session) as viewport:
        viewport.set_volumes([exhibit.display_sets[0]]).result()
        viewport.set_orientation(((0.1, -0.9, 0.3), (0.0, 0.3, 0.9)))
        viewport.jump_to_world((3.0, 4.0, 5.0))
        viewport.set_properties(window=(40, 400))
        lines = python_of(viewport, exhibit)
        expected = viewport.render().astype(int)
    drawn = run(lines).astype(int)
    # The same camera is made of numbers that are rounded once more.
    assert np.abs(drawn - expected[..., :3]).max() <= 2


def test_layers_are_drawn_with_how_each_is_shown(exhibit, run):
    image_ids = exhibit.display_sets[0].image_ids
    with cs.VolumeViewport(96, 80, session=exhibit.session) as viewport:
        upper = cs.VolumeInput(
            image_ids[3:9],
            properties={"colormap": "hot", "opacity": 0.4, "threshold": (0, float("inf"))},
        )
        viewport.set_volumes([image_ids, upper]).result()
        lines = python_of(viewport, exhibit)
        expected = viewport.render()
    np.testing.assert_array_equal(run(lines), expected[..., :3])


def listed(image_ids, session):
    lines = "\n".join(image_id_lines("image_ids", image_ids, session))
    made = {}
    exec(lines, made)
    return made["image_ids"], lines


@pytest.mark.parametrize(
    "image_ids",
    [
        [],
        ["dicomfile:/a/b.dcm"],
        [f"nifti:/a/b.nii.gz?frame={k}" for k in range(300)],
        [f"nifti:/a/b.nii.gz?frame={k}" for k in range(299, -1, -1)],
        [f"wadors:https://host/studies/1/series/2/instances/1.{k}/frames/1" for k in range(40)],
        [f"dicomfile:/a/{k:03}.dcm" for k in range(120)],
        ["dicomfile:/a/x", "web:/b/y", "nifti:/c/z"],
        ["dicomfile:/a/'1'{k}.dcm", 'dicomfile:/a/"2".dcm', "dicomfile:/a/\\3\n.dcm"],
        ["web:/a/1", "web:/a/1", "web:/a/1"],
    ],
)
def test_lists_of_images_are_made_again(exhibit, image_ids):
    made, lines = listed(image_ids, exhibit.session)
    assert list(made) == image_ids
    assert len(lines) < 3000


def test_passwords_are_left_out_and_said_so(exhibit):
    ids = ["wadors:https://me:secret@host/studies/1/series/1/instances/1/frames/1"]
    _, lines = listed(ids, exhibit.session)
    assert "secret" not in lines
    assert "Credentials" in lines


def test_loaders_of_ones_own_are_asked_for(exhibit):
    _, lines = listed(["custom1:a"], exhibit.session)
    assert "pc.register_image_loader('custom1'" in lines
