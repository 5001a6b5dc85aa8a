"""A compressed NIfTI volume into one array: against nibabel, and its inflate by itself."""

from __future__ import annotations

import gzip
import multiprocessing
from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.nifti_files import nifti_bytes
from benchmarks.side_by_side import OURS, Outcome, measure

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import numpy.typing as npt

__all__ = ["run"]

_NIBABEL = "np.asanyarray(nibabel.load(path).dataobj)"
_BARE = "imagecodecs.gzip_decode of the bytes"
# At most 0.6 of the one, and within 1.2 of the other.
_WANTED = {_NIBABEL: round(1 / 0.6, 2), _BARE: round(1 / 1.2, 2)}


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Time a session of its own for each run."""
    import imagecodecs
    import nibabel

    size, runs = (32, 1) if quick else (256, 9)
    path = folder / "volume.nii.gz"
    # In a process of its own: memory that was let go of in making it would be ready for whoever
    # inflates in the main thread, and nobody who has come to load a file has any.
    maker = multiprocessing.get_context("spawn").Process(target=_write, args=(path, size))
    maker.start()
    maker.join()
    data = path.read_bytes()

    sessions: list[cs.Session] = []

    def before() -> None:
        # Of its own for each run, as one that is used again has the file open.
        while sessions:
            sessions.pop().close()
        sessions.append(cs.Session())

    def ours() -> npt.NDArray[np.int16]:
        [session] = sessions
        image_ids = session.image_ids_from_nifti(path).result()
        return session.load_array(image_ids).result()

    def by_nibabel() -> npt.NDArray[np.int16]:
        return np.asanyarray(nibabel.load(path).dataobj)

    def bare() -> Any:
        return imagecodecs.gzip_decode(data)

    before()
    voxels = np.frombuffer(bare(), np.int16, size**3, 352).reshape((size, size, size))
    np.testing.assert_array_equal(ours(), voxels)
    outcomes = []
    # Each by itself: what nibabel has let go of is memory that a bare inflate would find ready, and
    # that of a new process would not.
    for peer, run_it in ((_BARE, bare), (_NIBABEL, by_nibabel)):
        title = f"{size}x{size}x{size} int16 .nii.gz into one array"
        candidates = {OURS: ours, peer: run_it}
        wanted = {peer: _WANTED[peer]}
        outcomes.append(measure(title, candidates, runs=runs, wanted=wanted, before=before))
    np.testing.assert_array_equal(ours(), by_nibabel().transpose(2, 1, 0))
    sessions.pop().close()
    return outcomes


def _write(path: Path, size: int) -> None:
    path.write_bytes(gzip.compress(nifti_bytes(size), 6))
