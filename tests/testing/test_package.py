"""The package itself: what importing it costs, and the server in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import pycornerstone
import pycornerstone.testing
from pycornerstone.session.session import Session
from pycornerstone.testing import ct_phantom, png_phantom, write_ct_series

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pycornerstone.__file__).parents[1])}


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_what_is_not_asked_for_is_not_imported():
    heavy = {"pytest", "aiohttp", "pydicom", "imagecodecs", "nibabel", "cv2"}
    assert not heavy & loaded_by("import pycornerstone.testing")
    assert not heavy & loaded_by("from pycornerstone.testing import ct_phantom, png_phantom")
    assert not {"pytest"} & loaded_by("from pycornerstone.testing import SampleServer, DemoStudy")
    assert not heavy & loaded_by("from pycornerstone.testing import MisbehavingServer")


def test_every_name_can_be_had():
    for name in pycornerstone.testing.__all__:
        assert getattr(pycornerstone.testing, name).__name__ == name
    assert dir(pycornerstone.testing) == pycornerstone.testing.__all__
    with pytest.raises(AttributeError, match="has no attribute 'phantom'"):
        _ = pycornerstone.testing.phantom


def test_a_folder_is_served_by_a_process_of_its_own(tmp_path):
    phantom = ct_phantom(2, 32, 32)
    write_ct_series(tmp_path / "ct", phantom)
    (tmp_path / "a.png").write_bytes(png_phantom(phantom))
    process = subprocess.Popen(
        [sys.executable, "-m", "pycornerstone.testing", str(tmp_path)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        with urllib.request.urlopen(told["address"] + "/files/a.png", timeout=10) as answer:
            assert answer.read() == png_phantom(phantom)
        first, second = told["image_ids"]["wadors"]
        with Session() as session:
            image = session.load_image(second).result(timeout=10)
        np.testing.assert_array_equal(image.modality_values(), phantom.hounsfield[1])
        assert first != second
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_without_a_folder_it_says_how_it_is_used(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pycornerstone.testing", str(tmp_path / "missing")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "usage: python -m pycornerstone.testing FOLDER\n"
