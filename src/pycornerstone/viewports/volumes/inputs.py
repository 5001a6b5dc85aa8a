"""What a viewport of volumes is given to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.model.display_set import DisplaySet
from pycornerstone.model.volume import Volume
from pycornerstone.rendering.volumes.labels import LabelStyle

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.viewports.source import ImageAndVolumeSource, VolumeLoad

__all__ = [
    "VolumeInput",
    "VolumeLike",
    "begun",
    "checked_ids",
    "checked_input",
    "checked_inputs",
    "checked_style",
]

# Sine of the angle within which two directions count as one, as of a volume's own.
_FLAT = 1e-6


@dataclass(frozen=True, slots=True)
class VolumeInput:
    """A volume with how it is to be shown.

    Attributes
    ----------
    volume : Volume, VolumeLoadObject, DisplaySet, iterable of str or str
        Which; one that is still loading is shown as far as it is there. The session of the viewport
        loads a display set, a list of imageIds in any order, or a volumeId.
    registration : array_like or None
        ``(4, 4)``, from the volume's own LPS mm to those of the viewport, which are those of the
        volumes without a registration. It may turn, move, stretch and shear. By default a volume
        of another frame of reference than the first one's is placed by what the session's
        ``metadata.registrations`` know when it is shown.
    properties : mapping
        As of `VolumeViewport.set_properties`.

    Raises
    ------
    GeometryError
        If the registration is no invertible 4x4 matrix of an affine map.
    TypeError
        If `properties` is no mapping.
    """

    volume: Volume | VolumeLoad | DisplaySet | str | Iterable[str]
    registration: npt.ArrayLike | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given: Any = self.properties
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            raise TypeError(
                "properties are a mapping of names of VolumeViewport.set_properties, got "
                f"{self.properties!r}"
            )
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


VolumeLike: TypeAlias = "Volume | VolumeLoad | DisplaySet | str | Iterable[str] | VolumeInput"
"""A volume, one that is loading, what a session loads as one, or any with how it is to be shown."""


def checked_inputs(given: Iterable[VolumeLike]) -> list[VolumeInput]:
    """Give what is to be shown, and how, of several.

    Raises
    ------
    TypeError
        If one is no volume, or it is a single one and no list.
    """
    if isinstance(given, str | DisplaySet | VolumeInput) or not isinstance(given, Iterable):
        raise TypeError(
            f"a viewport shows a list of volumes, got {type(given).__name__}; put it into brackets"
        )
    return [checked_input(one) for one in given]


def checked_input(given: VolumeLike) -> VolumeInput:
    """Give what is to be shown, and how.

    Raises
    ------
    TypeError
        If it is no volume.
    """
    if isinstance(given, VolumeInput):
        return replace(given, volume=checked_input(given.volume).volume)
    if isinstance(given, Volume | DisplaySet | str) or hasattr(given, "add_slice_callback"):
        return VolumeInput(given)
    # Arrays and bytes are iterable, too, and nothing of what comes out of them is text.
    found: Any = given
    image_ids = tuple(found) if isinstance(found, Iterable) else (None,)
    if not all(isinstance(image_id, str) for image_id in image_ids):
        raise TypeError(
            "a viewport shows a Volume, what load_volume gives, a DisplaySet, a list of imageIds, "
            f"a volumeId, or a VolumeInput of any of these, got {type(given).__name__}"
        )
    return VolumeInput(image_ids)


def checked_ids(given: Any) -> tuple[str, ...]:
    """Give volumeIds.

    Raises
    ------
    TypeError
        If it is a single one and no list, or has something else in it.
    """
    names = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"a list of volumeIds is wanted, got {given!r}; put one into brackets")
    return cast("tuple[str, ...]", names)


def checked_style(given: LabelStyle) -> LabelStyle:
    """Give a style of labels; TypeError if it is none."""
    if not isinstance(given, LabelStyle):
        raise TypeError(f"labels are drawn by a LabelStyle, got {given!r}")
    return given


def begun(given: VolumeInput, source: ImageAndVolumeSource) -> tuple[Volume | VolumeLoad, bool]:
    """Give the volume or its load, and whether that was begun here."""
    volume = given.volume
    if isinstance(volume, Volume):
        return volume, False
    if isinstance(volume, DisplaySet | str | tuple):
        return source.load_volume(volume), True
    return cast("VolumeLoad", volume), False


def _spans(matrix: npt.NDArray[np.float64]) -> bool:
    lengths = np.linalg.norm(matrix, axis=0)
    return bool((lengths > 0).all() and abs(np.linalg.det(matrix / lengths)) > _FLAT)
