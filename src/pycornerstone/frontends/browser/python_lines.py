"""The lines of Python that draw what a cell shows."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.browser.image_id_lines import image_id_lines
from pycornerstone.model.volume import generate_volume_id
from pycornerstone.viewports.presentation import Presentation
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.orientation import Orientation
from pycornerstone.viewports.volumes.volume_presentation import VolumePresentation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pycornerstone.frontends.browser.server_messages import Series
    from pycornerstone.frontends.sharing.source import Exhibit
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.volume import Volume
    from pycornerstone.viewports.presentation import GreyPresentation
    from pycornerstone.viewports.volumes.viewport import VolumeViewport

__all__ = ["python_of"]

_MAXIMUM = "maximum"


def python_of(
    viewport: StackViewport | VolumeViewport, exhibit: Exhibit, series: Series | None = None
) -> str:
    """Give lines of Python that draw what a viewport shows, to ``view.png``.

    They name each image, load it again, and run as they are; but what Python gave the viewer
    without a file is not there for them, passwords in addresses are left out, and a loader of the
    user's own must be registered first. Comments say so.

    Parameters
    ----------
    viewport : StackViewport or VolumeViewport
        What is shown; its first image or volume is there.
    exhibit : Exhibit
        Whose display sets its images are of.
    series : Series, optional
        The entry of the list that it shows.
    """
    if isinstance(viewport, StackViewport):
        lines = list(_of_stack(viewport, exhibit))
    else:
        lines = list(_of_volumes(viewport, exhibit, series))
    return "\n".join(("import pycornerstone as pc", "", *lines, 'viewport.save("view.png")', ""))


def _of_stack(viewport: StackViewport, exhibit: Exhibit) -> Iterator[str]:
    image_id = viewport.current_image_id
    yield from image_id_lines("image_ids", () if image_id is None else (image_id,), exhibit.session)
    yield f"viewport = pc.StackViewport({viewport.width}, {viewport.height})"
    yield "viewport.set_stack(image_ids)"
    yield from _set_properties(viewport.properties, Presentation())
    yield from _view(viewport)


def _of_volumes(viewport: VolumeViewport, exhibit: Exhibit, series: Series | None) -> Iterator[str]:
    names = []
    for number, volume in enumerate(viewport.volumes):
        name = "image_ids" if number == 0 else f"image_ids_{number + 1}"
        image_ids = _image_ids(volume, exhibit.display_sets, series)
        yield from image_id_lines(name, image_ids, exhibit.session)
        names.append((name, volume))
    yield f"viewport = pc.VolumeViewport({viewport.width}, {viewport.height})"
    yield "viewport.set_volumes("
    yield "    ["
    for name, volume in names:
        how = _properties(viewport.properties(volume.volume_id), VolumePresentation())
        given = ", ".join(f"{key!r}: {value}" for key, value in how)
        yield f"        pc.VolumeInput({name}, properties={{{given}}}),"
    yield "    ]"
    yield ").result()"
    slab = viewport.slab
    if slab is not None:
        yield f"viewport.set_slab({slab.thickness_mm!r}, {str(slab.mode)!r})"
    orientation = viewport.orientation
    if isinstance(orientation, Orientation) and viewport.is_on_slice:
        yield f"viewport.set_orientation({str(orientation)!r})"
        yield f"viewport.set_slice_index({viewport.slice_index})"
        yield from _view(viewport)
        return
    camera = viewport.camera
    yield "viewport.set_camera("
    yield "    pc.Camera("
    yield f"        focal_point_lps={camera.focal_point_lps!r},"
    yield f"        view_plane_normal={camera.view_plane_normal!r},"
    yield f"        view_up={camera.view_up!r},"
    yield f"        parallel_scale_mm={camera.parallel_scale_mm!r},"
    yield "    )"
    yield ")"


def _image_ids(
    volume: Volume, display_sets: Sequence[DisplaySet], series: Series | None
) -> Sequence[str]:
    """Find the images that a volume is made of; of a mosaic, they are others than its slices."""
    sets = list(display_sets)
    if series is not None:
        sets.insert(0, display_sets[series.number])
    for found in sets:
        for image_ids in (found.image_ids, *found.time_points):
            if image_ids and generate_volume_id(image_ids) == volume.volume_id:
                return image_ids
    return volume.image_ids


def _view(viewport: StackViewport | VolumeViewport) -> Iterator[str]:
    if viewport.flip_horizontal or viewport.flip_vertical:
        across, upside_down = viewport.flip_horizontal, viewport.flip_vertical
        yield f"viewport.flip(horizontal={across}, vertical={upside_down})"
    if viewport.rotation:
        yield f"viewport.set_rotation({viewport.rotation!r})"
    if viewport.zoom != 1:
        yield f"viewport.set_zoom({viewport.zoom!r})"
    if viewport.pan != (0, 0):
        yield f"viewport.set_pan({viewport.pan!r})"


def _set_properties(how: GreyPresentation, usual: GreyPresentation) -> Iterator[str]:
    given = _properties(how, usual)
    if given:
        yield "viewport.set_properties("
        for name, value in given:
            yield f"    {name}={value},"
        yield ")"


def _properties(how: GreyPresentation, usual: GreyPresentation) -> list[tuple[str, str]]:
    """Give what is not as usual, as Python writes it."""
    return [
        (field.name, _written(field.name, getattr(how, field.name)))
        for field in fields(how)
        if getattr(how, field.name) != getattr(usual, field.name)
    ]


def _written(name: str, value: Any) -> str:
    if name == "window":
        return f"({value.center!r}, {value.width!r})"
    if name == "colormap":
        if value.name != "custom":
            return repr(value.name)
        colors = list(value.colors)
        return repr([colors[at : at + 3] for at in range(0, len(colors), 3)])
    if name in ("interpolation", "voi_function"):
        return repr(str(value))
    if name == "threshold":
        return "({})".format(", ".join(_number(bound) for bound in value))
    return repr(value)


def _number(value: float) -> str:
    return repr(value) if abs(value) != float("inf") else f'float("{value}")'
