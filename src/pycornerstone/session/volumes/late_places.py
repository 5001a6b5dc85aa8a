"""Where images lie: as their headers say, or as only they do, when all of them are there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.metadata.series.alike_facts import FactsReader
from pycornerstone.session.outcomes import of_image
from pycornerstone.session.volumes.slice_headers import SliceHeaders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.session.volumes.sources import VolumeSources

__all__ = ["are_placed", "in_order", "late_facts", "load_facts"]


T = TypeVar("T")


async def load_facts(
    sources: VolumeSources,
    image_ids: Sequence[str],
    then: Callable[[list[SliceFacts]], T],
    failed: Callable[[str, BaseException], object] | None = None,
) -> T:
    """Bring the headers that can be had before samples, and read what counts of them.

    Parameters
    ----------
    sources : VolumeSources
        Who has them.
    image_ids : sequence of str
        Of which images.
    then : callable
        Gives of the facts what is wanted, in the thread that has read them.
    failed : callable, optional
        ``(image_id, error)`` is told of images whose header cannot be had or read, which are left
        out then. Without it, or if all are such, the first failure is raised.
    """
    errors: dict[str, BaseException] = {}
    headers = SliceHeaders(sources.context, sources.loaders)
    await headers.bring(image_ids, None if failed is None else errors.__setitem__)

    def read() -> T:
        facts, reader = [], _reader(sources)
        for name in image_ids:
            if name in errors:
                continue
            try:
                facts.append(reader.read(name))
            except PyCornerstoneError as error:
                if failed is None:
                    raise
                errors[name] = of_image(error, name)
        if not facts:
            raise next(iter(errors.values()))
        return then(facts)

    found = await asyncio.to_thread(read)
    if failed is not None:
        for name, error in errors.items():
            failed(name, error)
    return found


def late_facts(
    sources: VolumeSources, image_ids: Sequence[str], images: Mapping[str, Image]
) -> list[SliceFacts]:
    """Read what counts of images that are there, with what their loaders said of them."""
    reader = _reader(sources)
    return [_with_image(reader.read(name), images) for name in image_ids]


def are_placed(facts: Sequence[SliceFacts]) -> bool:
    """Whether somebody says of all of them where they lie."""
    return all(one.plane is not None for one in facts)


def in_order(array: npt.NDArray[Any], order: Sequence[int]) -> npt.NDArray[Any]:
    """Put the slices of an array in this order, in place where all of them stay."""
    if list(order) == list(range(len(array))):
        return array
    if sorted(order) != list(range(len(array))):
        return np.ascontiguousarray(array[list(order)])
    done = np.zeros(len(array), np.bool_)
    for start in range(len(array)):
        if done[start] or order[start] == start:
            continue
        first, at = array[start].copy(), start
        while not done[at]:
            done[at] = True
            array[at] = first if order[at] == start else array[order[at]]
            at = order[at]
    return array


def _reader(sources: VolumeSources) -> FactsReader:
    context = sources.context
    return FactsReader(context.metadata, context.dicom_headers, context.asks_only_headers)


def _with_image(facts: SliceFacts, images: Mapping[str, Image]) -> SliceFacts:
    """Give what counts of an image, where its loader said it and nobody else."""
    image = images.get(facts.image_id)
    if image is None:
        return facts
    plane = facts.plane or image.plane
    return replace(
        facts,
        plane=plane,
        modality=facts.modality or image.modality,
        is_upright=facts.is_upright and image.is_upright,
    )
