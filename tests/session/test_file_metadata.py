"""What is known of a file does not depend on what was loaded before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.modules import CalibratedPixelSpacing, ImagePixelModule
from pycornerstone.session.session import Session
from pycornerstone.testing import ct_phantom, nifti_phantom, png_phantom

PHANTOM = ct_phantom(1, 24, 32)


@pytest.mark.parametrize(
    ("scheme", "data"), [("web", png_phantom(PHANTOM)), ("nifti", nifti_phantom(PHANTOM))]
)
def test_a_file_is_known_before_anything_was_loaded(tmp_path, scheme, data):
    (tmp_path / "file").write_bytes(data)
    image_id = f"{scheme}:{tmp_path / 'file'}"
    with Session() as session:
        # What no loader answers makes none.
        assert session.metadata.get(CalibratedPixelSpacing, "custom:a") is None
        for _ in range(2):
            pixel = session.metadata.get(ImagePixelModule, image_id)
            assert (pixel.rows, pixel.columns) == (24, 32)


def test_nobody_but_a_users_loader_answers_for_its_scheme(tmp_path):
    (tmp_path / "a.png").write_bytes(png_phantom(PHANTOM))
    with Session() as session:
        session.register_image_loader("web", lambda i: Image(i, np.zeros((2, 3))))
        assert session.metadata.get(ImagePixelModule, f"web:{tmp_path / 'a.png'}") is None
        session.loaders.unregister("web")
        assert session.metadata.get(ImagePixelModule, f"web:{tmp_path / 'a.png'}").rows == 24


def test_nor_does_one_that_was_made_before(tmp_path):
    (tmp_path / "a.png").write_bytes(png_phantom(PHANTOM))
    image_id = f"web:{tmp_path / 'a.png'}"
    with Session() as session:
        assert session.metadata.get(ImagePixelModule, image_id).rows == 24
        session.register_image_loader("web", lambda i: Image(i, np.zeros((2, 3))))
        assert session.metadata.get(ImagePixelModule, image_id) is None


def test_first_questions_from_many_threads_are_all_answered(tmp_path):
    (tmp_path / "a.png").write_bytes(png_phantom(PHANTOM))
    image_id = f"web:{tmp_path / 'a.png'}"
    for _ in range(20):
        together = threading.Barrier(8)
        with Session() as session, ThreadPoolExecutor(8) as threads:

            def ask(_, together=together, metadata=session.metadata):
                together.wait(5)
                return metadata.get(ImagePixelModule, image_id)

            assert {answer and answer.rows for answer in threads.map(ask, range(8))} == {24}


def test_a_server_is_not_asked():
    with Session() as session:
        assert session.metadata.get(ImagePixelModule, "http://127.0.0.1:9/a.png") is None
        assert session.metadata.get(ImagePixelModule, "nothing") is None
