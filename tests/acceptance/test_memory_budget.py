"""The budget of the cache holds for the memory of the process, while more is loaded through it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

MIB = 2**20
BUDGET = 64 * MIB
ROUNDS = 4
# What the C library may keep of freed memory (session/freed_memory.py), and the page tables,
# stacks and buffers of 22 transfers at a time.
BESIDE = 24 * MIB
LOADER = Path(__file__).with_name("loading_through_a_budget.py")
SYNTAXES = {"native": "1.2.840.10008.1.2.1", "jpeg-ls": "1.2.840.10008.1.2.4.80"}
SIZES = {"8 MB": (2048, 16), "512 kB": (512, 256)}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux says what memory a process has"
)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """Give the folder of a series of 128 MB, each written once."""
    written = {}

    def write(size, kind):
        if (size, kind) not in written:
            rows, number = SIZES[size]
            # Slices of one phantom, several times: other UIDs, the same samples.
            slices = min(number, 8)
            phantom = ct_phantom(slices, rows, rows)
            folder = tmp_path_factory.mktemp("series")
            for part in range(number // slices):
                write_ct_series(folder / str(part), phantom, SYNTAXES[kind], series_number=part)
            written[size, kind] = folder
        return written[size, kind]

    return write


def load_through(image_ids, tmp_path):
    """Load in a process of its own, whose memory is that of nothing else."""
    names = tmp_path / "image_ids"
    names.write_text("\n".join([*image_ids] * ROUNDS))
    command = [sys.executable, str(LOADER), str(BUDGET), str(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(seen, size):
    rows, number = SIZES[size]
    image = rows * rows * 2
    assert seen["came"] == ROUNDS * number
    assert BUDGET - image - 2 * MIB < seen["held"] <= BUDGET
    # `base` is the most that the same process takes while it loads the same and keeps nothing.
    assert seen["peak"] <= seen["base"] + BUDGET + image + BESIDE
    # An empty cache has given its memory back.
    assert seen["left"] <= seen["base"] + BESIDE


@pytest.mark.parametrize(("size", "kind"), [("8 MB", "native"), ("512 kB", "jpeg-ls")])
def test_local_files(size, kind, series, tmp_path):
    paths = sorted(series(size, kind).rglob("*.dcm"))
    check(load_through([f"dicomfile:{path}" for path in paths], tmp_path), size)


@pytest.mark.parametrize(
    ("size", "kind"), [("8 MB", "native"), ("512 kB", "native"), ("512 kB", "jpeg-ls")]
)
def test_frames_from_a_server(size, kind, series, tmp_path):
    command = [sys.executable, "-m", "pycornerstone.testing", str(series(size, kind))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        image_ids = json.loads(server.stdout.readline())["image_ids"]["wadors"]
        check(load_through(image_ids, tmp_path), size)
        server.stdin.close()


@pytest.mark.parametrize("size", SIZES)
def test_a_loader_of_somebody_else(size, tmp_path):
    rows, number = SIZES[size]
    check(load_through([f"made:{rows}/{k}" for k in range(number)], tmp_path), size)
