"""Images in file systems that fsspec knows, loaded by a session."""

from __future__ import annotations

import threading
import time
import zipfile

import fsspec
import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing import ct_phantom, nifti_phantom, png_phantom

PHANTOM = ct_phantom(3, 40, 48)


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    files.pipe_file("/scans/a.png", png_phantom(PHANTOM, 1))
    files.pipe_file("/scans/a.nii.gz", nifti_phantom(PHANTOM))
    yield files
    files.store.clear()


@pytest.mark.parametrize("address", ["memory://scans/{}", "zip://{}::{folder}/a.zip"])
def test_images_are_those_of_the_files(session, memory, address, tmp_path):
    names = {"web": "a.png", "nifti": "a.nii.gz"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names.values():
            (tmp_path / name).write_bytes(memory.cat_file(f"/scans/{name}"))
            archive.write(tmp_path / name, name)
    for scheme, name in names.items():
        here = f"{scheme}:{tmp_path.as_posix()}/{name}"
        there = f"{scheme}:{address.format(name, folder=tmp_path.as_posix())}"
        frames = ["?frame=0", "?frame=2"] if scheme == "nifti" else [""]
        for frame in frames:
            expected = session.load_image(here + frame).result(20)
            assert np.array_equal(
                session.load_image(there + frame).result(20).pixels, expected.pixels
            )


@pytest.mark.parametrize("scheme", ["web", "nifti"])
def test_an_error_names_the_image_without_its_keys(session, memory, scheme):
    with pytest.raises(cs.RetrieveError) as caught:
        session.load_image(f"{scheme}:zip://a.png::memory://key:secret@scans/a.zip").result(20)
    assert "there is no file zip://a.png::memory://scans/a.zip" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.image_id == f"{scheme}:zip://a.png::memory://scans/a.zip"


@pytest.mark.parametrize("scheme", ["web", "nifti"])
def test_what_failed_is_tried_anew_the_next_time(session, memory, scheme):
    with pytest.raises(cs.RetrieveError):
        session.load_image(f"{scheme}:memory://late").result(20)
    memory.pipe_file(
        "/late", png_phantom(PHANTOM, 1) if scheme == "web" else nifti_phantom(PHANTOM)
    )
    assert session.load_image(f"{scheme}:memory://late").result(20).columns == 48


class Hanging(fsspec.AbstractFileSystem):
    """It answers when it is let go."""

    protocol = "hanging"
    cachable = False
    asked = threading.Event()
    go_on = threading.Event()

    def info(self, path, **kwargs):
        self.asked.set()
        self.go_on.wait(30)
        raise FileNotFoundError(path)


@pytest.fixture
def hanging():
    fsspec.register_implementation("hanging", Hanging, clobber=True)
    Hanging.asked.clear()
    Hanging.go_on.clear()
    yield Hanging
    Hanging.go_on.set()
    for thread in threading.enumerate():
        if thread.name == "pycornerstone-fsspec":
            thread.join(5)


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_a_file_system_that_hangs_holds_up_nobody(hanging, end):
    session = cs.Session()
    try:
        load = session.load_image("web:hanging://a.png")
        assert hanging.asked.wait(10)
        begun = time.monotonic()
        if end == "cancel":
            load.cancel()
            with pytest.raises(cs.LoadCancelledError):
                load.result(5)
            address = session.hold_bytes(png_phantom(PHANTOM, 1))
            assert session.load_image(f"web:{address}").result(20).columns == 48
        session.close()
        if end == "close":
            with pytest.raises(cs.SessionClosedError):
                load.result(5)
        assert time.monotonic() - begun < 10
    finally:
        session.close()
