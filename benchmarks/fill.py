"""A series into one array, as a user of pycornerstone writes it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import pycornerstone as cs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

__all__ = ["fill"]


def fill(volume: npt.NDArray[np.int16], image_ids: Sequence[str]) -> None:
    """Load images into the slices of `volume`, by a session of its own.

    Each is let go of when it has been copied, as the peers do.
    """
    with cs.Session() as session:
        loads = deque(session.load_image(image_id) for image_id in image_ids)
        for index in range(len(image_ids)):
            volume[index] = loads.popleft().result().pixels
