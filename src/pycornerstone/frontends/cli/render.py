"""``pycornerstone render``: images to a PNG."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.cli.addresses import image_id_of
from pycornerstone.rendering.contact_sheet import contact_sheet
from pycornerstone.session.session import Session
from pycornerstone.viewports.anatomy import radiological_directions
from pycornerstone.viewports.png import write_png
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.image import Image

__all__ = ["render"]

_SIZE = re.compile(r"(?P<width>\d{1,5})(?:[x,](?P<height>\d{1,5}))?")
_CELL = 320
_INDEX = "{index}"


def render(
    image_ids: Annotated[list[str], Parameter(name="IMAGE_ID", allow_leading_hyphen=False)],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    window: Annotated[tuple[float, float] | None, Parameter(name=["--window", "-w"])] = None,
    size: Annotated[str | None, Parameter(name=["--size", "-s"])] = None,
    colormap: Annotated[str | None, Parameter(name=["--colormap", "-c"])] = None,
    invert: Annotated[bool, Parameter(name=["--invert", "-i"], negative=())] = False,
    interpolation: Literal["nearest", "linear", "cubic"] = "linear",
) -> None:
    """Draw images as a viewport shows them, and write them to a PNG.

    Several images make a contact sheet, or a file each if OUTPUT has ``{index}`` in it.

    Parameters
    ----------
    image_ids
        imageIds, or paths to files.
    output
        PNG to write, such as out.png or out-{index}.png.
    window
        Window centre and width, such as ``--window 40 400``; by default the image's own.
    size
        Pixels of the picture, such as 512 or 800x600; by default those of the image, with its
        pixels as high as wide.
    colormap
        Such as hotIron or viridis.
    invert
        Low values bright.
    interpolation
        How values between pixels are found.
    """
    canvas = None if size is None else _canvas(size)
    several = len(image_ids) > 1
    each = _INDEX in output.name
    pictures: list[npt.NDArray[np.uint8]] = []
    errors = Console(stderr=True)
    with Session() as session:
        names = [image_id_of(text) for text in image_ids]
        loads = session.load_and_cache_images(names)
        shown = track(
            list(zip(names, loads, strict=True)),
            "drawing",
            console=errors,
            disable=not several or not errors.is_terminal,
            transient=True,
        )
        for index, (_, load) in enumerate(shown):
            image = load.result()
            cell = (_CELL, _CELL) if several and not each else None
            width, height = canvas or cell or _natural_size(image)
            viewport = StackViewport(width, height, session=session, prefetch=False)
            viewport.show_image(image)
            viewport.set_properties(interpolation=interpolation)
            if window is not None:
                viewport.set_properties(window=window)
            if colormap is not None:
                viewport.set_properties(colormap=colormap)
            if invert:
                viewport.set_properties(invert=True)
            if each or not several:
                viewport.save(output.with_name(output.name.replace(_INDEX, str(index))))
            else:
                pictures.append(viewport.render())
    if pictures:
        write_png(output, contact_sheet(pictures, [_short(name) for name in names]))
    target = str(output) if not each else f"{len(names)} files {output}"
    errors.print(f"wrote {target}", highlight=False, soft_wrap=True)


def _canvas(size: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(size)
    if found is None or not int(found["width"]):
        raise PyCornerstoneError(f"--size takes pixels such as 512 or 800x600, got {size!r}")
    width = int(found["width"])
    return width, int(found["height"] or width)


def _natural_size(image: Image) -> tuple[int, int]:
    geometry = image.geometry
    aspect = geometry.row_pixel_spacing_mm / geometry.column_pixel_spacing_mm
    width = image.columns if aspect >= 1 else max(1, round(image.columns / aspect))
    height = max(1, round(image.rows * aspect)) if aspect >= 1 else image.rows
    if not image.is_upright:
        edges = geometry.row_cosines, geometry.column_cosines, geometry.normal
        _, _, is_transposed = radiological_directions(*edges)
        if is_transposed:
            return height, width
    return width, height


def _short(image_id: str) -> str:
    return image_id if len(image_id) < 60 else f"{image_id[:20]}...{image_id[-36:]}"
