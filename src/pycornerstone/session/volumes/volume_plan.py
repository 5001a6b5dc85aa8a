"""How the images of a volume go into its array: in which order, and who is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.session.array_plan import ArrayPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.session.volumes.load_object import VolumeProgress
    from pycornerstone.session.volumes.sources import VolumeSettings
    from pycornerstone.session.volumes.volume_memory import VolumeMemory

__all__ = ["GivenImages", "volume_plan"]


class GivenImages(dict[str, "Image"]):
    """What loaders have said of images beside their samples, by imageId."""

    def take(self, image: Image) -> None:
        """Keep what it says; its samples are copied, and must not stay for the rest of it."""
        shape = (1, 1) if image.pixels.ndim == 2 else (1, 1, image.pixels.shape[2])
        self[image.image_id] = image.replace(pixels=np.zeros(shape, image.pixels.dtype))


def volume_plan(
    image_ids: Sequence[str],
    order: Sequence[int],
    settings: VolumeSettings,
    memory: VolumeMemory,
    progress: VolumeProgress[Any],
    shown: Callable[[npt.NDArray[Any]], Any] | None = None,
) -> ArrayPlan:
    """Plan the load of images into one array, and begin to count them.

    Parameters
    ----------
    image_ids : sequence of str
        In the order of the array.
    order : sequence of int
        Each place once, in the order in which images are asked for.
    settings : VolumeSettings
        How they are asked for.
    memory : VolumeMemory
        What gives the array.
    progress : VolumeProgress
        Where is told how far it has come.
    shown : callable, optional
        Makes of the array what is shown while it fills. Without it, nothing is.
    """
    progress.number_of_images = len(image_ids)
    progress.loaded = np.zeros(len(image_ids), np.bool_)

    def new_array(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        array = memory.new_array(shape, dtype)
        if shown is not None and not progress.is_given_up:
            progress.volume = shown(array)
        return array

    return ArrayPlan(
        order,
        new_array,
        progress.count if shown is None else progress.arrived,
        (lambda place, error: progress.fail(image_ids[place], error))
        if settings.allow_missing
        else None,
    )
