"""Thousands of slices and pictures with cancels and broken files between: nothing is left over."""

from __future__ import annotations

import gc
import gzip
import io
import random
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import nibabel
import numpy as np
import PIL.Image
import pytest
import tifffile

from pycornerstone.errors import DecodeError, ImageIdError, LoadCancelledError, RetrieveError
from pycornerstone.session.session import Session

LOADS = 4_800
ROUNDS = 8
SEED = 20_261_123
# Larger than what is read as a whole rather than mapped, 4 MiB.
MAPPED = 5 * 2**20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="counts what Linux says of a process"
)


def make_files(folder):
    """Write volumes and pictures, each with its imageIds."""
    voxels = np.random.default_rng(1).integers(0, 999, (128, 128, MAPPED // 2**14 // 2), np.int16)
    nibabel.Nifti1Image(voxels, np.eye(4)).to_filename(folder / "mapped.nii")
    small = nibabel.Nifti1Image(voxels[:40, :30, :20], np.eye(4))
    small.to_filename(folder / "packed.nii.gz")
    nibabel.Nifti1Pair(voxels[:40, :30, :20], np.eye(4)).to_filename(folder / "pair.img")
    cut = gzip.compress(bytes(9000))[:-9]
    (folder / "broken.nii.gz").write_bytes(cut)
    frames = [PIL.Image.fromarray(voxels[:64, :64, k].astype(np.uint8)) for k in range(12)]
    many = {"save_all": True, "append_images": frames[1:]}
    frames[0].save(folder / "many.gif", **many)
    frames[0].save(folder / "many.png", **many)
    frames[0].save(folder / "many.webp", **many, lossless=True)
    grey = {"photometric": "minisblack"}
    tifffile.imwrite(
        folder / "many.tif", voxels.T[:12].astype(np.uint16), **grey, compression="lzw"
    )
    tifffile.imwrite(folder / "mapped.tif", voxels.T, **grey)
    frames[0].save(folder / "one.jpg")
    for name in ("many.gif", "many.png", "many.webp", "many.tif", "one.jpg"):
        whole = (folder / name).read_bytes()
        (folder / f"broken-{name}").write_bytes(whole[: len(whole) // 2])
    (folder / "text.png").write_text("no picture")


def image_ids(session, folder):
    """What can be loaded, and what cannot."""
    good = []
    for axis in "ijk":
        good += session.image_ids_from_nifti(folder / "mapped.nii", axis=axis).result(20)
    for name in ("packed.nii.gz", "pair.img", "pair.hdr"):
        good += session.image_ids_from_nifti(folder / name).result(20)
    for name in ("many.gif", "many.png", "many.webp", "many.tif", "mapped.tif", "one.jpg"):
        good += session.image_ids_from_web(folder / name).result(20)
    bad = [f"web:{path}" for path in sorted(folder.glob("broken-*"))]
    bad += [f"nifti:{folder}/broken.nii.gz?frame=0", f"nifti:{folder}/packed.nii.gz?frame=99"]
    bad += [f"web:{folder}/text.png", f"web:{folder}/many.gif#frame=99", f"web:{folder}/absent.png"]
    return good, bad


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def mapped(folder):
    """Files of a folder that are mapped into this process."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return sorted({line.split()[-1] for line in lines if str(folder) in line})


def settled(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


def held_picture():
    """Some 4 MB: of those that are not let go of, two are more than memory may grow by."""
    made = io.BytesIO()
    PIL.Image.fromarray(np.zeros((2000, 2000), np.uint8)).save(made, "bmp")
    return made.getvalue()


@pytest.mark.timeout(110)
def test_thousands_of_slices_and_pictures_leave_nothing_behind(live_bytes, tmp_path):
    make_files(tmp_path)
    dice, outcomes = random.Random(SEED), Counter()
    gc.collect()
    threads_before, files_before = threading.active_count(), descriptors()
    memory, threads, files = [], [], []
    with Session(cache_size_in_bytes=2**20, decode_threads=2) as session:
        good, bad = image_ids(session, tmp_path)
        for _ in range(ROUNDS):
            loads = []
            for _ in range(LOADS // ROUNDS):
                image_id = dice.choice(good if dice.random() < 0.8 else bad)
                ask = dice.choice((session.load_image, session.load_and_cache_image))
                loads.append(ask(image_id))
                if dice.random() < 0.2:
                    dice.choice(loads).cancel()
            for load in loads:
                error = load.exception(timeout=60)
                outcomes["Image" if error is None else type(error).__name__] += 1
                expected = (LoadCancelledError, DecodeError, ImageIdError, RetrieveError)
                assert error is None or isinstance(error, expected), error
            # Bytes that were held are let go of.
            address = session.hold_bytes(held_picture())
            assert session.load_image(f"web:{address}").result(timeout=20).rows == 2000
            session.release_bytes(address)
            del loads, load, error
            gc.collect()
            memory.append(live_bytes())
            threads.append(threading.active_count())
            files.append(descriptors())
        # Else there would be nothing to let go of.
        assert mapped(tmp_path) == [str(tmp_path / name) for name in ("mapped.nii", "mapped.tif")]
        assert session.cache.size_in_bytes <= session.cache.max_size_in_bytes

    assert outcomes.total() == LOADS
    for outcome in ("Image", "DecodeError", "ImageIdError", "RetrieveError", "LoadCancelledError"):
        assert outcomes[outcome] > 5, outcomes
    # Once everything has been met, more of the same takes no more of anything.
    warm = ROUNDS // 2
    assert max(memory[warm:]) <= max(memory[:warm]) + 8 * 2**20, memory
    assert max(threads[warm:]) <= max(threads[:warm]), threads
    assert max(files[warm:]) <= max(files[:warm]) + 2, files
    gc.collect()
    assert settled(lambda: not mapped(tmp_path)), mapped(tmp_path)
    assert settled(lambda: threading.active_count() <= threads_before)
    assert settled(lambda: descriptors() <= files_before)


def test_an_image_outlives_its_session_and_its_file(tmp_path):
    make_files(tmp_path)
    with Session() as session:
        good, _ = image_ids(session, tmp_path)
        by_file = {name.split("#")[0].split("?")[0]: name for name in good}
        images = [session.load_image(name).result(timeout=20) for name in by_file.values()]
        before = [image.pixels.copy() for image in images]
    for path in tmp_path.iterdir():
        # Written over, not replaced: a view into a mapped file would see it.
        path.write_bytes(bytes(path.stat().st_size))
    for image, pixels in zip(images, before, strict=True):
        np.testing.assert_array_equal(image.pixels, pixels, err_msg=image.image_id)
