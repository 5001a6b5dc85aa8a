"""The example package: built, installed and found by its entry point, with zarr as the judge."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr

import pycornerstone
from pycornerstone.errors import DecodeError, ImageIdError, PyCornerstoneError, RetrieveError
from pycornerstone.session.session import Session
from pycornerstone.testing import LoaderContract

PACKAGE = Path(__file__).resolve().parents[2] / "examples" / "zarr_loader"
SOURCES = Path(pycornerstone.__file__).parents[1]
VOXELS = np.random.default_rng(5).integers(-1024, 3072, (4, 6, 8), np.int16)

# As the build front ends call it (PEP 517), in the folder of the package.
BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture
def volume(tmp_path) -> Path:
    path = tmp_path / "volume.zarr"
    spacing = {"spacing_mm": [2.5, 0.75, 0.5]}
    array = zarr.create_array(
        path, shape=VOXELS.shape, chunks=(1, 6, 8), dtype=VOXELS.dtype, attributes=spacing
    )
    array[:] = VOXELS
    return path


@pytest.fixture
def load_image(monkeypatch):
    monkeypatch.syspath_prepend(PACKAGE)
    yield importlib.import_module("pycornerstone_zarr").load_image
    del sys.modules["pycornerstone_zarr"]


class TestZarrLoader(LoaderContract):
    expected_error = PyCornerstoneError

    @pytest.fixture
    def loader(self, load_image):
        # The library keeps threads of its own, which no session ends; one is enough here.
        with zarr.config.set({"threading.max_workers": 1}):
            yield load_image

    @pytest.fixture
    def image_id(self, volume):
        # It starts them now, if no test did before.
        assert zarr.open_array(volume, mode="r").ndim == 3
        return f"zarr:{volume}?index=2"

    @pytest.fixture
    def expected_pixels(self):
        return VOXELS[2]

    @pytest.fixture
    def missing_image_id(self, tmp_path):
        return f"zarr:{tmp_path / 'missing.zarr'}?index=0"

    @pytest.fixture
    def broken_image_id(self, volume):
        chunk = volume / "c" / "3" / "0" / "0"
        chunk.write_bytes(b"not what zstd gives")
        return f"zarr:{volume}?index=3"


def test_it_is_under_thirty_lines():
    assert len((PACKAGE / "pycornerstone_zarr.py").read_text().splitlines()) < 30


@pytest.mark.parametrize(
    "asked", ["", "?index=4", "?index=-1", "?index=1,1", "?index=x", f"?index={'9' * 5000}"]
)
def test_a_slice_that_there_is_not_is_an_error_of_the_image_id(load_image, volume, asked):
    with pytest.raises(ImageIdError, match=r"\?index= counts from 0 in \(4,\), got "):
        load_image(f"zarr:{volume}{asked}")


def test_what_is_no_array_is_said_by_the_step_that_failed(load_image, volume, tmp_path):
    zarr.open_group(tmp_path / "group.zarr", mode="w")
    with pytest.raises(DecodeError, match=r"group.zarr' is no Zarr array"):
        load_image(f"zarr:{tmp_path / 'group.zarr'}?index=0")
    with pytest.raises(RetrieveError, match=r"there is no Zarr array '.*none'"):
        load_image(f"zarr:{tmp_path / 'none'}?index=0")
    (volume / "c" / "1" / "0" / "0").write_bytes(b"damaged")
    with pytest.raises(DecodeError, match=r"slice 1 of '.*volume.zarr' is damaged"):
        load_image(f"zarr:{volume}?index=1")


# zarr.json: what the core specification of Zarr 3 asks for in the metadata of an array.
REQUIRED = (
    "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding",
    "fill_value", "codecs",
)  # fmt: skip


@pytest.mark.parametrize("told", [*REQUIRED, "null", "[]", "{}", "not json", ""])
def test_damaged_metadata_are_a_decode_error_that_repeats_none_of_them(load_image, volume, told):
    path = volume / "zarr.json"
    metadata = json.loads(path.read_text())
    known = metadata.pop(told, None)
    path.write_text(told if known is None else json.dumps(metadata))
    with pytest.raises(DecodeError) as caught:
        load_image(f"zarr:{volume}?index=1")
    assert str(caught.value) == f"{str(volume)!r} is no Zarr array, or its metadata are damaged"


@pytest.mark.parametrize("spacing", [[1], ["a", "b", "c"], {"z": 1}, 5])
def test_a_spacing_that_is_none_is_a_decode_error(load_image, volume, spacing):
    zarr.open_array(volume, mode="a").attrs["spacing_mm"] = spacing
    with pytest.raises(DecodeError, match="metadata are damaged"):
        load_image(f"zarr:{volume}?index=1")


def test_an_array_in_a_group_may_have_axes_before_its_slices(load_image, tmp_path):
    group = zarr.open_group(tmp_path / "group.zarr", mode="w")
    voxels = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    group.create_array("ct/0", data=voxels)
    group.create_array("flat", data=voxels[0, 0])

    image = load_image(f"zarr:{tmp_path / 'group.zarr' / 'ct' / '0'}?index=1,2")
    np.testing.assert_array_equal(image.pixels, voxels[1, 2])
    assert image.geometry_is_default
    flat = load_image(f"zarr:{tmp_path / 'group.zarr' / 'flat'}")
    np.testing.assert_array_equal(flat.pixels, voxels[0, 0])


def test_an_array_may_be_where_fsspec_finds_it(load_image):
    zarr.create_array("memory://scans/a.zarr", data=VOXELS, overwrite=True)

    image = load_image("zarr:memory://scans/a.zarr?index=3")
    np.testing.assert_array_equal(image.pixels, VOXELS[3])


def test_its_images_become_one_array_and_have_their_spacing(load_image, volume):
    with Session() as session:
        session.register_image_loader("zarr", load_image)
        image_ids = [f"zarr:{volume}?index={k}" for k in (3, 0, 1, 2)]
        array = session.load_array(image_ids).result(timeout=30)
        geometry = session.load_image(image_ids[0]).result(timeout=30).geometry

    np.testing.assert_array_equal(array, zarr.open_array(volume, mode="r")[:][[3, 0, 1, 2]])
    assert (geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm) == (0.75, 0.5)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Give a folder with what an installer leaves of the package: the unpacked wheel."""
    pytest.importorskip("hatchling", reason="the group 'build' of the dependencies is not here")
    folder = tmp_path_factory.mktemp("zarr_loader")
    # A copy, so that building leaves nothing in the tree.
    package = shutil.copytree(PACKAGE, folder / "package")
    run([sys.executable, "-c", BUILD, str(folder)], cwd=package)
    [wheel] = folder.glob("pycornerstone_zarr-1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(command: list[str], **options) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LOAD = """
import json, sys
import pycornerstone as cs
known_before = "pycornerstone_zarr" in sys.modules
image = cs.load_and_cache_image(sys.argv[1]).result(timeout=30)
print(json.dumps([known_before, "zarr" in cs.default_session().loaders.schemes(),
                  image.image_id, image.pixels.tolist()]))
cs.StackViewport(64, 64).show_image(image)
"""


def test_once_installed_it_answers_in_any_process(installed, volume):
    assert sorted(path.name for path in installed.iterdir()) == [
        "pycornerstone_zarr-1.0.dist-info",
        "pycornerstone_zarr.py",
    ]
    paths = [str(installed), str(SOURCES), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    image_id = f"zarr:{volume}?index=1"
    printed = run([sys.executable, "-W", "error", "-c", LOAD, image_id], env=environment)

    expected = zarr.open_array(volume, mode="r")[1].tolist()
    assert json.loads(printed) == [False, True, image_id, expected]
