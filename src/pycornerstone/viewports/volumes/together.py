"""Which volumes can be shown together: those whose places can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import GeometryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.viewports.volumes.shown_volume import ShownVolume

__all__ = ["check_together"]


def check_together(volumes: Iterable[ShownVolume]) -> None:
    """Refuse volumes of different frames of reference, as far as they are known.

    A volume with a registration is where that leads to, and one without a frame of reference is
    taken to be where it says.

    Raises
    ------
    GeometryError
        If two without a registration have different ones (0020,0052).
    """
    first: ShownVolume | None = None
    for shown in volumes:
        volume = shown.volume
        frame = None if volume is None else volume.geometry.frame_of_reference_uid
        if frame is None or shown.registration is not None:
            continue
        if first is None:
            first = shown
        elif frame != first.known.geometry.frame_of_reference_uid:
            raise GeometryError(
                f"volume {shown.volume_id!r} lies in another frame of reference than "
                f"{first.volume_id!r}, so that their places cannot be compared; show it as "
                "VolumeInput(volume, registration=...), with the 4x4 matrix from its LPS "
                "millimetres to those of the other"
            )
