"""The letters at the edges of a cell: which side of the body is where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataProviderError
from pycornerstone.model.modules import GeneralImageModule, GeneralSeriesModule
from pycornerstone.viewports.anatomy import anatomical_letters
from pycornerstone.viewports.patient_orientation import edge_letters
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.vectors import dot, negative

if TYPE_CHECKING:
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["letters_of"]

_NOTHING = ("", "", "", "")
_QUADRUPED = "QUADRUPED"


def letters_of(
    viewport: StackViewport | VolumeViewport, session: Session | None = None
) -> tuple[str, str, str, str]:
    """Name what is left, right, at the top and at the bottom.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        What the cell shows.
    session : Session, optional
        Whose metadata know the Patient Orientation (0020,0020) of images that lie nowhere, such as
        radiographs.
    """
    if not isinstance(viewport, StackViewport):
        markers = viewport.orientation_markers() if viewport.volumes else None
        if markers is None:
            return _NOTHING
        return markers["left"], markers["right"], markers["top"], markers["bottom"]
    image = viewport.image
    if image is None:
        return _NOTHING
    if image.geometry.orientation_is_default:
        return _NOTHING if session is None else _told(viewport, session)
    camera = viewport.camera
    edges = (
        negative(camera.view_right),
        camera.view_right,
        camera.view_up,
        negative(camera.view_up),
    )
    left, right, top, bottom = map(anatomical_letters, edges)
    return left, right, top, bottom


def _told(viewport: StackViewport, session: Session) -> tuple[str, str, str, str]:
    image_id = viewport.current_image_id
    if image_id is None or viewport.image is None:
        return _NOTHING
    try:
        image = session.metadata.get(GeneralImageModule, image_id)
        series = session.metadata.get(GeneralSeriesModule, image_id)
    except MetadataProviderError:
        return _NOTHING
    if image is None or not image.patient_orientation:
        return _NOTHING
    geometry, camera = viewport.image.geometry, viewport.camera
    axes = geometry.row_cosines, geometry.column_cosines
    right, down = camera.view_right, negative(camera.view_up)
    kind = None if series is None else series.anatomical_orientation_type
    return edge_letters(
        image.patient_orientation,
        (dot(right, axes[0]), dot(right, axes[1])),
        (dot(down, axes[0]), dot(down, axes[1])),
        is_quadruped=kind == _QUADRUPED,
    )
