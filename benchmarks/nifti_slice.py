"""One slice of an uncompressed NIfTI file, whose bytes are the least of it: against nibabel."""

from __future__ import annotations

import itertools
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

_NIBABEL = "nibabel.load(path).dataobj[..., k]"
# At most half of its time.
_WANTED = {_NIBABEL: 2.0}


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Time the first slice of each of many files, and then slices of one that is open."""
    import nibabel

    size, files, runs = (32, 3, 1) if quick else (256, 40, 9)
    first = folder / "0.nii"
    first.write_bytes(nifti_bytes(size))
    paths = [first]
    for number in range(1, files):
        # Names of one file: what is read is in memory for all candidates.
        paths.append(folder / f"{number}.nii")
        paths[-1].hardlink_to(first)
    k = size // 2

    def by_nibabel() -> npt.NDArray[np.int16]:
        return np.asanyarray(nibabel.load(next(theirs)).dataobj[..., k])

    outcomes = []
    with cs.Session() as session:

        def ours() -> Any:
            return session.load_image(f"nifti:{next(mine)}?frame={k}").result().pixels

        # Of so many in turn, none is open any more when it comes again.
        for what, names in (("not open yet", paths), ("open", paths[:1])):
            mine, theirs = itertools.cycle(map(str, names)), itertools.cycle(map(str, names))
            np.testing.assert_array_equal(ours(), by_nibabel().T)
            title = f"one slice {size}x{size} of an uncompressed .nii, {what}"
            candidates = {OURS: ours, _NIBABEL: by_nibabel}
            outcomes.append(measure(title, candidates, runs=runs, wanted=_WANTED, calls=len(paths)))
    return outcomes
