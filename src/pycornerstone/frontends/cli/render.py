"""``pycornerstone render``: images to a PNG."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.cli.addresses import VolumeOptions
from pycornerstone.frontends.cli.failures import exit_code
from pycornerstone.frontends.cli.http_options import HttpOptions
from pycornerstone.frontends.cli.plane_options import PlaneOptions
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.modules import VoiLutModule
from pycornerstone.rendering.contact_sheet import contact_sheet
from pycornerstone.session.session import Session
from pycornerstone.viewports.anatomy import radiological_directions
from pycornerstone.viewports.png import check_png_target, write_png
from pycornerstone.viewports.presentation import header_choice
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["render"]

_SIZE = re.compile(r"(?P<width>\d{1,5})(?:[x,](?P<height>\d{1,5}))?")
_CELL = 320
_SMALLEST_CELL = 96
# A sheet of many is about as wide as this, in pixels.
_SHEET = 4096
_INDEX = "{index}"
_HTTP = HttpOptions()
_VOLUME = VolumeOptions()
_PLANE = PlaneOptions()


def render(
    image_ids: Annotated[list[str], Parameter(name="IMAGE_ID", allow_leading_hyphen=False)],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    window: Annotated[
        tuple[float, float] | None, Parameter(name=["--window", "-w"], negative=())
    ] = None,
    window_index: int | str | None = None,
    voi_function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"] | None = None,
    size: Annotated[str | None, Parameter(name=["--size", "-s"])] = None,
    colormap: Annotated[str | None, Parameter(name=["--colormap", "-c"])] = None,
    invert: Annotated[bool, Parameter(name=["--invert", "-i"], negative=())] = False,
    interpolation: Literal["nearest", "linear", "cubic"] = "linear",
    overlays: bool = True,
    overlay_color: Annotated[tuple[int, int, int] | None, Parameter(negative=())] = None,
    shutter: bool = True,
    icc_profile: Annotated[bool, Parameter(negative=())] = False,
    volume: VolumeOptions = _VOLUME,
    plane: PlaneOptions = _PLANE,
    http: HttpOptions = _HTTP,
) -> None:
    """Draw images as a viewport shows them, and write them to a PNG.

    Several images make a contact sheet, or a file each if OUTPUT has ``{index}`` in it. All slices
    of a volume and all pages of a picture are several images. With ``--plane``, all of them, or a
    folder, are one volume.

    Parameters
    ----------
    image_ids
        imageIds, or paths and URLs of files.
    output
        PNG to write, such as out.png or out-{index}.png.
    window
        Window centre and width, such as ``--window 40 400``; by default the image's own.
    window_index
        Which window or VOI table of the header: counted from 0, windows first; or its
        explanation, such as BONE. On a contact sheet, images that have it not are drawn as
        without.
    voi_function
        How a window maps values to greys; by default as the header says.
    size
        Pixels of the picture, such as 512 or 800x600; by default those of the image, with its
        pixels as high as wide.
    colormap
        Such as hotIron or viridis.
    invert
        Low values bright.
    interpolation
        How values between pixels are found.
    overlays
        Draw graphics and regions that the header has.
    overlay_color
        Their red, green and blue, such as ``--overlay-color 255 255 0``; by default green.
    shutter
        Cover what the header says is to be covered.
    icc_profile
        Turn colours into sRGB by the profile that came with them.
    volume
        Which slices of a NIfTI file.
    plane
        Which plane, where all that is named is one volume.
    http
        What is asked for over HTTP.
    """
    check_png_target(output)
    canvas = None if size is None else _canvas(size)
    asked = {
        "window": window,
        "window_index": window_index,
        "voi_function": voi_function,
        "colormap": colormap,
        "interpolation": interpolation,
        "show_overlays": overlays,
        "overlay_color": overlay_color,
        "show_shutter": shutter,
        "apply_icc_profile": icc_profile,
    }
    plane.refuse_others(asked)
    properties: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    each = _INDEX in output.name
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    with Session(http=http.settings()) as session:
        if plane.plane is not None:
            cut = plane.viewport(session, image_ids, volume, canvas)
            cut.set_properties(invert=invert, **properties)
            cut.save(output)
            console.print(f"wrote {output}")
            return
        # What cannot be is said before anything is loaded.
        StackViewport(1, 1, session=session).set_properties(**properties)
        names = [name for found in volume.images_of(session, image_ids) for name in found]
        several = len(names) > 1
        cell = _cell(len(names)) if several and not each else None

        def draw(image: Image) -> StackViewport:
            width, height = canvas or cell or _natural_size(image)
            viewport = StackViewport(width, height, session=session, prefetch=False)
            viewport.show_image(image)
            viewport.set_properties(invert=invert, **_possible(properties, image, several=several))
            return viewport

        loads = session.load_and_cache_images(names)
        if len(loads) == 1 and not each:
            draw(loads[0].result()).save(output)
            console.print(f"wrote {output}")
            return
        pictures: list[npt.NDArray[np.uint8]] = []
        captions: list[str] = []
        failures: list[PyCornerstoneError] = []
        for index, load in enumerate(
            track(
                loads, "drawing", console=console, disable=not console.is_terminal, transient=True
            )
        ):
            try:
                viewport = draw(load.result())
            except PyCornerstoneError as error:
                console.print(f"pycornerstone: left out: {error}")
                failures.append(error)
                continue
            if each:
                target = output.with_name(output.name.replace(_INDEX, str(index)))
                viewport.save(target)
                console.print(f"wrote {target}")
            else:
                pictures.append(viewport.render())
                captions.append(_short(names[index]))
    if pictures:
        write_png(output, contact_sheet(pictures, captions))
        console.print(f"wrote {output}")
    if failures:
        sys.exit(exit_code(failures[0]))


def _possible(properties: dict[str, Any], image: Image, *, several: bool) -> dict[str, Any]:
    """Leave out the window that one of several images has not; of a single one that is an error."""
    choice = properties.get("window_index")
    if choice is not None and several:
        try:
            header_choice(image.voi_lut or VoiLutModule(), choice)
        except ValueError:
            return {name: value for name, value in properties.items() if name != "window_index"}
    return properties


def _canvas(size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    if found is None or not int(found["width"]):
        raise ValueError(f"--size takes pixels such as 512 or 800x600, got {size!r}")
    width = int(found["width"])
    return width, int(found["height"] or width)


def _cell(count: int) -> tuple[int, int]:
    side = min(_CELL, max(_SMALLEST_CELL, _SHEET // math.ceil(math.sqrt(count))))
    return side, side


def _natural_size(image: Image) -> tuple[int, int]:
    geometry = image.geometry
    down, right = geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm
    aspect = down / right if down > 0 and right > 0 else 1.0
    width = image.columns if aspect >= 1 else max(1, round(image.columns / aspect))
    height = max(1, round(image.rows * aspect)) if aspect >= 1 else image.rows
    if not image.is_upright:
        edges = geometry.row_cosines, geometry.column_cosines, geometry.normal
        _, _, is_transposed = radiological_directions(*edges)
        if is_transposed:
            return height, width
    return width, height


def _short(image_id: str) -> str:
    shown = without_credentials(image_id)
    return shown if len(shown) < 60 else f"{shown[:20]}...{shown[-36:]}"
