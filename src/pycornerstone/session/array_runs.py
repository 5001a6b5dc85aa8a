"""Images of an array that are at hand together, read to their places in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.loaders.array_reading import check_fits
from pycornerstone.session.nesting import run_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.loaders.image_run import ImageRun
    from pycornerstone.session.array_target import ArrayTarget

__all__ = ["read_run"]


def read_run(load: ArrayTarget, run: ImageRun, places: Sequence[Sequence[int]]) -> None:
    """Read images, unless it is too late; what fails ends the load.

    Parameters
    ----------
    load : ArrayTarget
        Whose images they are.
    run : ImageRun
        Where they come from.
    places : sequence of sequences of int
        Where each of them belongs; one that was asked for several times, to several places.
    """
    first = places[0][0]
    with load.writing(first):
        if not load.has_ended:
            run_inside((*load.around, load.image_ids[first]), _read, load, run, places)


def _read(load: ArrayTarget, run: ImageRun, places: Sequence[Sequence[int]]) -> None:
    array = load.array_of(run.shape, run.dtype)
    start = places[0][0]
    check_fits(run.shape, run.dtype, array[start])
    if all(list(one) == [place] for place, one in enumerate(places, start)):
        run.read(array[start : start + len(places)])
    else:
        samples = np.empty((len(places), *run.shape), run.dtype)
        run.read(samples)
        for one, where in zip(samples, places, strict=True):
            array[list(where)] = one
    load.count(sum(map(len, places)))
