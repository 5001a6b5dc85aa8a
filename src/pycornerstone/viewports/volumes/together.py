"""Which volumes can be shown together: those whose places can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import GeometryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.viewports.volumes.shown_volume import ShownVolume

__all__ = ["bring_together", "check_different", "world_of"]


def world_of(volumes: Iterable[ShownVolume]) -> str | None:
    """Give the frame of reference of their world; None as long as nobody names one.

    It is that of the first one that names one: where a volume with a registration of its own lies,
    that says, whatever frame of reference it comes from.
    """
    frames = (_frame(shown) for shown in volumes if not shown.has_own_registration)
    return next((uid for uid in frames if uid is not None), None)


def bring_together(volumes: Iterable[ShownVolume], registrations: Registrations) -> None:
    """Place volumes of other frames of reference in that of the first, as far as they are known.

    A volume without a frame of reference is taken to be where it says.

    Raises
    ------
    GeometryError
        If one lies in another frame of reference (0020,0052), nobody gave a registration, and
        `registrations` know of none. Then all stay where they are.
    """
    volumes = tuple(volumes)
    world = world_of(volumes)
    placed = []
    for shown in volumes:
        uid = _frame(shown)
        if uid is None or shown.has_own_registration or shown.world_uid == world:
            continue
        matrix = None
        if uid != world:
            matrix = registrations.find(uid, world)
            if matrix is None:
                first = next(other for other in volumes if _frame(other) == world)
                raise GeometryError(
                    f"volume {shown.volume_id!r} lies in another frame of reference than "
                    f"{first.volume_id!r}, so that their places cannot be compared; register the "
                    "two in the session's metadata.registrations, or show it as VolumeInput("
                    "volume, registration=...), with the 4x4 matrix from its LPS millimetres to "
                    "those of the other"
                )
        placed.append((shown, matrix))
    for shown, matrix in placed:
        shown.place(world, matrix)


def check_different(volumes: Iterable[ShownVolume]) -> None:
    """Refuse volumes that come twice.

    Raises
    ------
    ValueError
        If two have the same volumeId.
    """
    seen: set[str] = set()
    for shown in volumes:
        name = shown.volume_id
        if name in seen:
            raise ValueError(f"volume {name!r} can be shown once, and is on show already")
        # A load that failed before it was known what it loads has no name.
        seen |= {name} - {""}


def _frame(shown: ShownVolume) -> str | None:
    return None if shown.volume is None else shown.volume.geometry.frame_of_reference_uid
