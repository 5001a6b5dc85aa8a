"""Stages: which images of a list are loaded first, and how good they need to be by then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.image import ImageQuality
from pycornerstone.model.modules.module import Module
from pycornerstone.model.requests import RequestType

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "INTERLEAVED",
    "PLANS",
    "SEQUENTIAL",
    "SINGLE",
    "ImageRetrieveConfigurationModule",
    "RetrieveStage",
]


@dataclass(frozen=True, slots=True)
class RetrieveStage:
    """Some images of a list, and what of them is asked for.

    It is for those at `positions`, or else for every image that `decimate` and `offset` say.

    Attributes
    ----------
    id : str
        Its name in events.
    positions : tuple of float or int, optional
        Which images: a float from 0.0 to 1.0 is a fraction of the way from the first to the last, a
        whole number is an index, counted from the end if it is negative. What is not in the list is
        left out.
    decimate, offset : int
        Every so many images, from which on.
    quality : ImageQuality
        The least that will do. A loader that cannot stop there brings more, and an image of full
        resolution is not asked for again by a later stage.
    request_type : RequestType
        Why it is asked for, for the session's pools.
    priority : int
        Order within the request type, lowest first.
    retries_failed : bool
        It is for images that failed in all stages before; it begins when those are over.

    Raises
    ------
    ValueError
        If no image can be at such a position.
    """

    id: str
    positions: tuple[float, ...] | None = None
    decimate: int = 1
    offset: int = 0
    quality: ImageQuality = ImageQuality.FULL_RESOLUTION
    request_type: RequestType = RequestType.PREFETCH
    priority: int = 0
    retries_failed: bool = False

    def __post_init__(self) -> None:
        if self.decimate < 1 or self.offset < 0:
            raise ValueError(
                f"stage {self.id!r} is for every {self.decimate}th image from {self.offset} on; "
                "decimate is at least 1, and offset at least 0"
            )
        for position in self.positions or ():
            if not hasattr(position, "__index__") and not 0 <= position <= 1:
                raise ValueError(
                    f"stage {self.id!r} has a position {position}; a fraction is from 0.0 to 1.0, "
                    "and an index is a whole number"
                )

    def indexes(self, count: int) -> list[int]:
        """Give which of `count` images it is for, in its order, each once."""
        if self.positions is None:
            return list(range(self.offset, count, self.decimate))
        found = (_index(position, count) for position in self.positions)
        return list(dict.fromkeys(index for index in found if 0 <= index < count))


@dataclass(frozen=True, slots=True)
class ImageRetrieveConfigurationModule(Module):
    """How images of a list are loaded by stages, as a metadata provider says it.

    It is asked of the first image of the list, then of ``"stack"``.

    Attributes
    ----------
    stages : sequence of RetrieveStage
        In their order.
    """

    type_name: ClassVar[str] = "imageRetrieveConfiguration"

    stages: Sequence[RetrieveStage] = ()


def _index(position: float, count: int) -> int:
    # Whole numbers of NumPy too.
    if hasattr(position, "__index__"):
        index = int(position)
        return index if index >= 0 else count + index
    return math.floor(position * (count - 1) + 0.5)


_THUMBNAIL = RequestType.THUMBNAIL

SINGLE = (RetrieveStage("single"),)
"""Every image at full resolution, in the order of the list."""

SEQUENTIAL = (
    RetrieveStage(
        "reduced", quality=ImageQuality.QUARTER_RESOLUTION, request_type=_THUMBNAIL, priority=1
    ),
    RetrieveStage("full", priority=2),
    RetrieveStage("retry", priority=3, retries_failed=True),
)
"""Every image at lower resolution, then at full, in the order of the list."""

INTERLEAVED = (
    RetrieveStage("initial", (0.5, 0.0, 1.0), request_type=_THUMBNAIL, priority=0),
    *(
        RetrieveStage(
            f"reduced {name}",
            decimate=4,
            offset=offset,
            quality=ImageQuality.QUARTER_RESOLUTION,
            request_type=_THUMBNAIL,
            priority=1 + order,
        )
        for order, (name, offset) in enumerate(
            (("quarter", 3), ("half", 1), ("three quarters", 2), ("all", 0))
        )
    ),
    *(
        RetrieveStage(f"full {name}", decimate=4, offset=offset, priority=order)
        for order, (name, offset) in enumerate(
            (("quarter", 2), ("half", 0), ("three quarters", 1), ("all", 3))
        )
    ),
    RetrieveStage("retry", priority=4, retries_failed=True),
)
"""The middle, first and last image; then all by quarters at lower resolution, each between those
that are there; then by quarters at full resolution; then once more what failed."""

PLANS = {"single": SINGLE, "sequential": SEQUENTIAL, "interleaved": INTERLEAVED}
"""Those that are ready-made, by name."""
