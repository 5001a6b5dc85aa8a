"""NIfTI and pictures over a network that fails: all settles, typed, and nothing is left over."""

from __future__ import annotations

import contextlib
import gzip
import io
import threading
import time
from pathlib import Path

import nibabel
import numpy as np
import PIL.Image
import pytest

import pycornerstone as cs
from pycornerstone.retrieve.http_settings import HttpSettings

SETTINGS = HttpSettings(
    connect_timeout_s=5,
    read_timeout_s=0.4,
    total_timeout_s=4,
    max_retries=2,
    backoff_s=0.005,
    max_body_bytes=1_000_000,
)
VOXELS = np.random.default_rng(5).integers(0, 4000, (4, 24, 20), np.int16)
# What is good in the end, and what each of the others is an error of.
GOOD = ("good", "late", "chunked", "gzip", "redirect", "twice", "boundary")
BAD = {
    "cut": cs.TransferError,
    # Nine bytes fewer than there are: it arrived, and is not whole.
    "short": cs.PyCornerstoneError,
    "wrong": cs.ContentTypeError,
    "notgzip": cs.RetrieveError,
    "endless": cs.RetrieveError,
    "stranger": cs.HttpStatusError,
    "refused": cs.HttpStatusError,
    "gone": cs.HttpStatusError,
    "many": cs.HttpStatusError,
    "later": cs.HttpStatusError,
    "busy": cs.HttpStatusError,
    "loop": cs.RetrieveError,
    "dropped": cs.TransferError,
    "hangs": cs.TransferError,
}
# A beginning is enough to list what there is; who stops reading there never meets these.
ONLY_AT_THE_END = {"short", "endless", "notgzip"}


def nifti():
    """Slices in a single file."""
    return nibabel.Nifti1Image(VOXELS.T, np.eye(4)).to_bytes()


def pair():
    """The same in two files, header and voxels."""
    files = nibabel.Nifti1Pair.make_file_map({"header": io.BytesIO(), "image": io.BytesIO()})
    nibabel.Nifti1Pair(VOXELS.T, np.eye(4)).to_file_map(files)
    return tuple(files[name].fileobj.getvalue() for name in ("header", "image"))


def pages():
    """A TIFF of two pages."""
    made = io.BytesIO()
    first, second = (PIL.Image.fromarray(VOXELS[k].astype(np.uint16)) for k in (0, 1))
    first.save(made, "tiff", save_all=True, append_images=[second])
    return made.getvalue()


def picture():
    made = io.BytesIO()
    PIL.Image.fromarray(VOXELS[0].astype(np.uint16)).save(made, "png")
    return made.getvalue()


@pytest.fixture(scope="module")
def server(faulty):
    binary = "application/octet-stream"
    header, voxels = pair()
    faulty.add("nii", "/{}/a.nii", nifti(), binary)
    faulty.add("nii.gz", "/{}/a.nii.gz", gzip.compress(nifti()), binary)
    faulty.add("img", "/{}/a.img", voxels, binary)
    faulty.add("png", "/{}/a.png", picture(), "image/png")
    faulty.add("tif", "/{}/a.tif", pages(), "image/tiff")
    for path in faulty.names["img"]:
        faulty.answer(path.replace("a.img", "a.hdr"), body=header)
    return faulty


def fail_twice_again(server):
    """Answer the next two requests with 500, and no more than two."""
    for path, _ in server._in_the_end:
        server._paths.pop(path, None)
    server.fail_twice_again()


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def settled(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


@contextlib.contextmanager
def nothing_left(server):
    """A session that leaves no thread, connection or open file behind."""
    assert settled(lambda: server.open_connections == 0)
    threads, files = threading.active_count(), descriptors()
    with cs.Session(http=SETTINGS, decode_threads=2) as session:
        yield session
    assert settled(lambda: server.open_connections == 0)
    assert settled(lambda: threading.active_count() <= threads)
    assert settled(lambda: descriptors() <= files), (descriptors(), files)


def addresses(server, fault):
    """imageIds by the kind of file, with the samples that each should have."""
    url = server.url(f"/{fault}")
    return {
        "nii": (f"nifti:{url}/a.nii?frame=2", VOXELS[2]),
        "nii.gz": (f"nifti:{url}/a.nii.gz?frame=2", VOXELS[2]),
        "img": (f"nifti:{url}/a.img?frame=2", VOXELS[2]),
        "png": (f"web:{url}/a.png", VOXELS[0]),
        "bare png": (f"{url}/a.png", VOXELS[0]),
        "tif": (f"web:{url}/a.tif#frame=2", VOXELS[1]),
    }


def test_what_arrives_in_the_end_is_loaded(server):
    with nothing_left(server) as session:
        for fault in GOOD:
            for kind, (image_id, wanted) in addresses(server, fault).items():
                if fault == "twice":
                    fail_twice_again(server)
                image = session.load_image(image_id).result(timeout=20)
                np.testing.assert_array_equal(image.pixels, wanted, err_msg=f"{fault} {kind}")


def test_what_does_not_arrive_is_a_typed_error(server):
    with nothing_left(server) as session:
        loads = {}
        for fault in BAD:
            for kind, (image_id, _) in addresses(server, fault).items():
                # Gzip within gzip is what one of them is by itself.
                if (fault, kind) != ("notgzip", "nii.gz"):
                    loads[fault, kind] = session.load_image(image_id)
        for (fault, kind), load in loads.items():
            error = load.exception(timeout=30)
            if fault == "short" and "png" in kind and error is None:
                # All but the end of IEND, which says no more than that there is no more.
                np.testing.assert_array_equal(load.result().pixels, VOXELS[0])
                continue
            assert isinstance(error, BAD[fault]), (fault, kind, error)
            assert load.image_id in str(error) or error.image_id == load.image_id


def test_a_list_of_what_does_not_arrive_is_a_typed_error(server):
    fail_twice_again(server)
    with nothing_left(server) as session:
        asked = {}
        for fault in (*GOOD, *BAD):
            url = server.url(f"/{fault}")
            asked[fault, "nii", 4] = session.image_ids_from_nifti(f"{url}/a.nii")
            asked[fault, "nii.gz", 4] = session.image_ids_from_nifti(f"{url}/a.nii.gz")
            asked[fault, "png", 1] = session.image_ids_from_web(f"{url}/a.png")
            asked[fault, "tif", 2] = session.image_ids_from_web(f"{url}/a.tif")
        for (fault, kind, number), request in asked.items():
            error = request.exception(timeout=30)
            if error is None:
                assert fault not in BAD or fault in ONLY_AT_THE_END, (fault, kind)
                assert len(request.result()) == number
            else:
                assert isinstance(error, BAD.get(fault, ())), (fault, kind, error)


def test_an_array_of_slices_that_do_not_arrive_is_one_typed_error(server):
    with nothing_left(server) as session:
        for fault, kind in BAD.items():
            names = [f"nifti:{server.url(f'/{fault}/a.nii')}?frame={k}" for k in range(4)]
            assert isinstance(session.load_array(names).exception(timeout=30), kind), fault


@pytest.mark.parametrize("kind", ["nii", "nii.gz", "img", "png", "tif"])
def test_cancelled_downloads_leave_nothing(server, kind):
    with nothing_left(server) as session:
        hanging = [addresses(server, "hangs")[kind][0]] * 3
        loads = [session.load_image(image_id) for image_id in hanging]
        server.wait_until(lambda: server.open_connections > 0)
        for load in loads:
            load.cancel()
        for load in loads:
            assert isinstance(load.exception(timeout=10), cs.LoadCancelledError)
        # What was given up can be asked for again, and is.
        image_id, wanted = addresses(server, "good")[kind]
        np.testing.assert_array_equal(
            session.load_image(image_id).result(timeout=10).pixels, wanted
        )


@pytest.mark.parametrize("kind", ["nii.gz", "nii"])
def test_a_file_cut_anywhere_is_a_typed_error(kind, tmp_path):
    whole = nifti() if kind == "nii" else gzip.compress(nifti())
    path = tmp_path / f"a.{kind}"
    with cs.Session() as session:
        for length in [*range(1, 400, 13), *range(400, len(whole), 211), len(whole) - 1]:
            path.write_bytes(whole[:length])
            error = session.load_image(f"nifti:{path}?frame=3").exception(timeout=10)
            assert isinstance(error, cs.DecodeError), (length, error)
            array = session.load_array([f"nifti:{path}?frame={k}" for k in range(4)])
            assert isinstance(array.exception(timeout=10), cs.DecodeError), length
        path.write_bytes(whole)
        image = session.load_image(f"nifti:{path}?frame=3").result(timeout=10)
        np.testing.assert_array_equal(image.pixels, VOXELS[3])
