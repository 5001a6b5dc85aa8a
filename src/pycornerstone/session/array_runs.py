"""Images of an array that are at hand together, read to their places in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.loaders.array_reading import check_fits
from pycornerstone.session.nesting import run_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

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
    plan = load.plan
    kept = plan.kept(_like(run))
    array = load.array_of(kept.shape, run.dtype)
    start, end = places[0][0], places[-1][0]
    check_fits(kept.shape, run.dtype, array[start])
    if plan.is_whole and _follow(places, 1):
        run.read(array[start : end + 1])
    elif plan.is_whole and _follow(places, -1):
        # Of a volume, slices may be counted from the other end.
        run.read(array[end : start + 1][::-1])
    else:
        samples = np.empty((len(places), *run.shape), run.dtype)
        run.read(samples)
        for one, where in zip(plan.kept_of_each(samples), places, strict=True):
            array[list(where)] = one
    load.arrived([place for one in places for place in one])


def _follow(places: Sequence[Sequence[int]], step: int) -> bool:
    start = places[0][0]
    return all(list(one) == [start + step * at] for at, one in enumerate(places))


def _like(run: ImageRun) -> npt.NDArray[Any]:
    """Give an array of the shape of an image, which takes no memory."""
    return np.broadcast_to(np.zeros((), run.dtype), run.shape)
