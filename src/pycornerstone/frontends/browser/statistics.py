"""Statistics of the samples in a shape, in the unit that the user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.frontends.browser.movements import grid_of
from pycornerstone.frontends.browser.plane_samples import samples_on_plane
from pycornerstone.frontends.browser.readable import number_text
from pycornerstone.frontends.browser.server_messages import Statistics
from pycornerstone.frontends.browser.shapes import checked_points, patch_of
from pycornerstone.frontends.browser.units import unit_of
from pycornerstone.model.modules import ModalityLutModule
from pycornerstone.rendering.grey_source import padding_of
from pycornerstone.viewports.camera import drawable_affine, world_to_index
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.frontends.browser.server_messages import Vector
    from pycornerstone.frontends.browser.shapes import Kind
    from pycornerstone.frontends.browser.units import Unit
    from pycornerstone.model.image import Image
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["statistics_of"]


def statistics_of(
    viewport: StackViewport | VolumeViewport,
    kind: Kind,
    points: Sequence[Vector],
    session: Session | None = None,
) -> Statistics:
    """Give statistics of the samples of the plane on show whose centres lie in a shape.

    Of a stack these are the pixels of the image as they are stored, of volumes those of the first
    volume; see `samples_on_plane`. Padding is no sample. The standard deviation is that of the
    samples themselves (divided by their number). Of colours there is the number of samples alone,
    and of a probe the colour.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        What the cell shows.
    kind : str
        ``"rectangle"``, ``"ellipse"`` or ``"probe"``.
    points : sequence of tuple
        In the space of `CellState.to_world`: the 4 corners in turn of a rectangle, or of the one
        around an ellipse; 1 point of a probe.
    session : Session, optional
        Whose metadata know the unit of PET without SUV.

    Raises
    ------
    ValueError
        If the points are not those of such a shape.
    PyCornerstoneError
        If the samples are not there yet, or the plane cannot be cut.
    """
    found = checked_points(kind, points)
    unit = unit_of(viewport, session)
    if isinstance(viewport, StackViewport):
        image = viewport.image
        if image is None:
            return Statistics(0, unit.name)
        samples, is_color = _pixels(viewport, image, kind, found), image.is_color
    else:
        volume = next(iter(viewport.volumes), None)
        if volume is None:
            return Statistics(0, unit.name)
        samples, is_color = samples_on_plane(viewport, volume, kind, found), volume.is_color
    if is_color:
        return _of_colors(samples, is_probe=kind == "probe")
    return _of_values(samples, unit, is_probe=kind == "probe")


def _pixels(
    viewport: StackViewport, image: Image, kind: Kind, points: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Give the modality values, or colours, of the pixels of an image that lie in a shape."""
    if grid_of(viewport).unit == "px":
        index = points[:, :2]
    else:
        inverse = np.asarray(np.linalg.inv(drawable_affine(image.geometry)), np.float64)
        index = world_to_index(points, inverse)
    patch = patch_of(kind, index, (0, 0), (image.columns - 1, image.rows - 1))
    if patch is None:
        return np.zeros((0, *image.pixels.shape[2:]))
    (column, row), (rows, columns) = patch.first, patch.inside.shape
    stored = image.pixels[row : row + rows, column : column + columns]
    if image.is_color:
        colors = stored if image.palette is None else image.palette.apply(stored)
        return np.asarray(colors[patch.inside], np.float64)
    inside, padding = patch.inside, padding_of(stored, image.padding_range)
    if padding is not None:
        inside = inside & (padding == 0)
    lut = image.modality_lut or ModalityLutModule()
    return np.asarray(lut.apply(stored[inside], np.float64), np.float64)


def _of_values(samples: npt.NDArray[np.float64], unit: Unit, *, is_probe: bool) -> Statistics:
    values = samples[np.isfinite(samples)] * unit.factor
    if not values.size:
        return Statistics(0, unit.name)
    text = f"{number_text(float(values[0]))} {unit.name}".rstrip() if is_probe else ""
    return Statistics(
        count=int(values.size),
        unit=unit.name,
        mean=float(values.mean()),
        standard_deviation=float(values.std()),
        minimum=float(values.min()),
        maximum=float(values.max()),
        value=text,
    )


def _of_colors(samples: npt.NDArray[np.float64], *, is_probe: bool) -> Statistics:
    text = ""
    if is_probe and len(samples) and samples.ndim == 2:
        parts = zip("RGB", samples[0].tolist(), strict=False)
        text = ", ".join(f"{name} {number_text(part)}" for name, part in parts)
    return Statistics(len(samples), "", value=text)
