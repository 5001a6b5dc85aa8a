"""Places of what viewports show: the planes in space, and how two of them can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.model.image import Image
    from pycornerstone.model.modules import ImagePlaneModule
    from pycornerstone.model.volume import Volume
    from pycornerstone.model.volume_geometry import PlaneStack
    from pycornerstone.rendering.volumes.cut import Slab, SlabMode
    from pycornerstone.viewports.camera import Camera

__all__ = ["AnyViewport", "Place", "PlaneViewport", "matrix_between", "place_of"]


class PlaneViewport(Protocol):
    """What is asked of a viewport that shows planes through volumes."""

    viewport_id: str
    registrations: Registrations

    @property
    def frame_of_reference_uid(self) -> str | None:
        """Of the world that it shows."""

    @property
    def slab(self) -> Slab | None:
        """How thick its plane is; None for a thin one."""

    @property
    def width(self) -> int:
        """Of the canvas, pixels."""

    @property
    def height(self) -> int:
        """Of the canvas, pixels."""

    @property
    def camera(self) -> Camera:
        """The camera; RuntimeError while nothing is on show."""

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """What it shows, the first one first."""

    @property
    def slice_index(self) -> int:
        """Which plane is on show."""

    @property
    def number_of_slices(self) -> int:
        """How many planes there are."""

    @property
    def slice_planes(self) -> PlaneStack:
        """Where they are in its world; RuntimeError while nothing is on show."""

    def set_slice_index(self, index: int) -> None:
        """Show another plane."""

    def jump_to_world(self, point: Sequence[float]) -> None:
        """Show the plane through a place."""

    def set_camera(self, camera: Camera) -> None:
        """Look through another camera."""

    def set_slab(self, thickness_mm: float | None, mode: SlabMode | str = ...) -> None:
        """Draw what lies before and behind the plane, too."""


AnyViewport: TypeAlias = "StackViewport | PlaneViewport"
"""Viewports that can be linked."""


@dataclass(frozen=True, slots=True)
class Place:
    """A plane in space.

    Attributes
    ----------
    point_lps : numpy.ndarray
        ``(3,)``, in the middle of what is shown of it, mm.
    normal : numpy.ndarray
        ``(3,)``, a unit vector.
    frame_of_reference_uid : str or None
        Where that is.
    thickness_mm : float or None
        Of the slice.
    """

    point_lps: npt.NDArray[np.float64]
    normal: npt.NDArray[np.float64]
    frame_of_reference_uid: str | None = None
    thickness_mm: float | None = None

    @classmethod
    def of_plane(
        cls, plane: ImagePlaneModule | None, shape: tuple[int, int] | None = None
    ) -> Place | None:
        """Give that of an image of so many rows and columns; None if nobody says where it lies."""
        if plane is None:
            return None
        geometry = plane.geometry
        if geometry.position_is_default or geometry.orientation_is_default:
            return None
        rows, columns = shape or (plane.rows or 1, plane.columns or 1)
        affine = geometry.affine
        normal = affine[:3, 2]
        length = float(np.linalg.norm(normal))
        point = affine @ ((columns - 1) / 2, (rows - 1) / 2, 0, 1)
        if not (np.isfinite(point).all() and length > 0):
            return None
        return cls(
            point[:3], normal / length, plane.frame_of_reference_uid, plane.slice_thickness_mm
        )

    @classmethod
    def of_image(cls, image: Image) -> Place | None:
        """Give that of an image at hand; None if nobody says where it lies."""
        return cls.of_plane(image.plane, (image.rows, image.columns))

    def moved(self, matrix: npt.NDArray[np.float64], frame_of_reference_uid: str | None) -> Place:
        """Give the same place in another frame of reference, by the ``(4, 4)`` matrix to that."""
        # By the inverse, transposed, what is at right angles stays so, whatever is sheared.
        normal = np.linalg.inv(matrix[:3, :3]).T @ self.normal
        return Place(
            matrix[:3, :3] @ self.point_lps + matrix[:3, 3],
            normal / np.linalg.norm(normal),
            frame_of_reference_uid,
            self.thickness_mm,
        )


def place_of(viewport: AnyViewport) -> Place | None:
    """Give the plane that is on show; None while there is none, or nobody says where it lies."""
    if isinstance(viewport, StackViewport):
        image = viewport.image
        return None if image is None else Place.of_image(image)
    try:
        camera = viewport.camera
    except RuntimeError:
        return None
    focal, normal = np.array(camera.focal_point_lps), np.array(camera.view_plane_normal)
    return Place(focal, normal, viewport.frame_of_reference_uid)


def matrix_between(
    from_uid: str | None, to_uid: str | None, registrations: Registrations | None
) -> npt.NDArray[np.float64] | None:
    """Give the ``(4, 4)`` matrix between two frames of reference; None if they are strangers.

    Where one has no name, places are taken as they are.
    """
    if from_uid is None or to_uid is None or from_uid == to_uid:
        return np.eye(4)
    return None if registrations is None else registrations.find(from_uid, to_uid)
