"""What a viewport of volumes is given to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.model.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

__all__ = ["VolumeInput", "VolumeLike", "VolumeLoad", "checked_input"]

# Sine of the angle within which two directions count as one, as of a volume's own.
_FLAT = 1e-6


class VolumeLoad(Protocol):
    """A volume on its way, as `load_volume` gives it: shown as far as its slices are there."""

    @property
    def volume_id(self) -> str:
        """What it is asked for by."""

    @property
    def volume(self) -> Volume | None:
        """The volume, as soon as its geometry is known; its voxels may still be arriving."""

    @property
    def loaded(self) -> npt.NDArray[np.bool_]:
        """``(slices,)``, which are there."""

    def add_slice_callback(self, fn: Callable[[int], object], /) -> object:
        """Call `fn` with each slice that has arrived."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> object:
        """Call `fn` when all is there, or nothing more will come."""

    def prefer(self, k: int, /) -> object:
        """Load what is nearest to slice `k` next."""

    def done(self) -> bool:
        """Whether it has settled."""

    def result(self, timeout: float | None = None) -> Volume:
        """Wait for all of it."""


@dataclass(frozen=True, slots=True)
class VolumeInput:
    """A volume with how it is to be shown.

    Attributes
    ----------
    volume : Volume or VolumeLoadObject
        Which; one that is still loading is shown as far as it is there.
    registration : array_like or None
        ``(4, 4)``, from the volume's own LPS mm to those of the viewport, which are those of the
        volumes without a registration. It may turn, move, stretch and shear.
    properties : mapping
        As of `VolumeViewport.set_properties`.

    Raises
    ------
    GeometryError
        If the registration is no invertible 4x4 matrix of an affine map.
    """

    volume: Volume | VolumeLoad
    registration: npt.ArrayLike | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.registration is None:
            return
        try:
            matrix = np.array(self.registration, np.float64)
        except (TypeError, ValueError):
            matrix = np.zeros(0)
        is_affine = matrix.shape == (4, 4) and bool(np.isfinite(matrix).all())
        if not is_affine or matrix[3].tolist() != [0, 0, 0, 1] or not _spans(matrix[:3, :3]):
            raise GeometryError(
                "a registration is an invertible 4x4 matrix whose last row is 0, 0, 0, 1, from the "
                f"millimetres of a volume to those of the viewport, got {self.registration!r}"
            )
        matrix.flags.writeable = False
        object.__setattr__(self, "registration", matrix)


VolumeLike: TypeAlias = "Volume | VolumeLoad | VolumeInput"
"""A volume, one that is loading, or either with how it is to be shown."""


def checked_input(given: VolumeLike) -> VolumeInput:
    """Give what is to be shown, and how.

    Raises
    ------
    TypeError
        If it is no volume.
    """
    if isinstance(given, VolumeInput):
        checked_input(given.volume)
        return given
    if isinstance(given, Volume) or hasattr(given, "add_slice_callback"):
        return VolumeInput(given)
    raise TypeError(
        "a viewport shows a Volume, what load_volume gives, or a VolumeInput of either, got "
        f"{type(given).__name__}"
    )


def _spans(matrix: npt.NDArray[np.float64]) -> bool:
    lengths = np.linalg.norm(matrix, axis=0)
    return bool((lengths > 0).all() and abs(np.linalg.det(matrix / lengths)) > _FLAT)
