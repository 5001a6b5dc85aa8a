"""Reference lines: where the plane of one viewport cuts that of another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.model.given_values import finite_number
from pycornerstone.rendering.lines import clip_to_box
from pycornerstone.viewports.camera import drawable_affine
from pycornerstone.viewports.given_viewports import viewport_of
from pycornerstone.viewports.places import matrix_between, place_of
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.viewports.places import AnyViewport

__all__ = ["reference_line"]

# The sine of the angle between two planes that count as parallel, 0.06 degrees.
_PARALLEL = 1e-3


def reference_line(
    of: AnyViewport,
    in_: AnyViewport,
    *,
    registrations: Registrations | None = None,
    offset_mm: float = 0.0,
) -> npt.NDArray[np.float64] | None:
    """Give the line along which the plane of one viewport cuts what another shows.

    It ends at the edge of the canvas, and of an image where a stack is concerned: that of `of`,
    whose plane goes no further, and that of `in_`.

    Parameters
    ----------
    of : StackViewport or VolumeViewport
        Whose plane is drawn.
    in_ : StackViewport or VolumeViewport
        On whose canvas.
    registrations : Registrations, optional
        Between frames of reference; by default those that `in_` goes by, which are its session's.
        Places of two that are not registered are not compared.
    offset_mm : float
        Of the plane that is drawn, from that of `of` towards its viewer: half a slab's thickness
        for its edge.

    Returns
    -------
    numpy.ndarray or None
        ``(2, 2)`` x and y of its ends, canvas points of `in_`. None if the planes are parallel or
        meet elsewhere, if one is not known, or their frames of reference are strangers.

    Raises
    ------
    TypeError
        If one is no viewport.
    ValueError
        If `offset_mm` is no finite number.
    """
    offset_mm = finite_number(offset_mm, "offset_mm, millimetres towards the viewer,")
    cut, ground = place_of(viewport_of(of)), place_of(viewport_of(in_))
    if not (registrations is None or hasattr(registrations, "find")):
        raise TypeError(f"frames of reference are related by Registrations, got {registrations!r}")
    if cut is None or ground is None:
        return None
    uid, ground_uid = cut.frame_of_reference_uid, ground.frame_of_reference_uid
    known = in_.registrations if registrations is None else registrations
    matrix = matrix_between(uid, ground_uid, known)
    if matrix is None:
        return None
    towards_viewer = np.array(of.camera.view_plane_normal)
    away = np.eye(4)
    away[:3, 3] = offset_mm * towards_viewer
    matrix = matrix @ away
    cut = cut.moved(matrix, ground_uid)
    along = np.cross(cut.normal, ground.normal)
    sine = float(np.linalg.norm(along))
    if sine < _PARALLEL:
        return None
    along /= sine
    # The place on both planes that is nearest to the middle of what is shown.
    equations = np.array([cut.normal, ground.normal, along])
    middle = ground.point_lps
    distances = (cut.normal @ cut.point_lps, ground.normal @ ground.point_lps, along @ middle)
    start = np.linalg.solve(equations, distances)
    part: tuple[float, float] | None = (-math.inf, math.inf)
    back = np.asarray(np.linalg.inv(matrix), np.float64)
    for viewport, to_its_world in ((of, back), (in_, np.eye(4))):
        if part is not None:
            part = _within_image(viewport, to_its_world, start, along, part)
    if part is None:
        return None
    ends = in_.camera.world_to_canvas([start, start + along], (in_.width, in_.height))
    box = (0.0, 0.0), (float(in_.width), float(in_.height))
    part = clip_to_box(ends[0], ends[1] - ends[0], box, part)
    if part is None:
        return None
    return np.asarray(ends[0] + np.outer(part, ends[1] - ends[0]))


def _within_image(
    viewport: AnyViewport,
    matrix: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
    along: npt.NDArray[np.float64],
    part: tuple[float, float],
) -> tuple[float, float] | None:
    """Clip a line to the image of a stack; `matrix` takes the line to the image's own world."""
    image = viewport.image if isinstance(viewport, StackViewport) else None
    if image is None:
        return part
    to_index = np.linalg.inv(drawable_affine(image.geometry)) @ matrix
    box = (-0.5, -0.5), (image.columns - 0.5, image.rows - 0.5)
    first = to_index @ (*start, 1)
    return clip_to_box(first[:2], (to_index @ (*along, 0))[:2], box, part)
