"""``pycornerstone info``: what an image is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.frontends.cli.addresses import VolumeOptions
from pycornerstone.frontends.cli.display_sets import holds_sets, print_display_sets
from pycornerstone.frontends.cli.http_options import HttpOptions
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.modules import (
    GeneralImageModule,
    GeneralSeriesModule,
    GeneralStudyModule,
    ImagePixelModule,
    MultiframeModule,
    NiftiModule,
    PictureModule,
)
from pycornerstone.session.session import Session

if TYPE_CHECKING:
    from pycornerstone.model.image import Image

__all__ = ["describe", "info"]

_HTTP = HttpOptions()
_VOLUME = VolumeOptions()


def info(
    image_ids: Annotated[list[str], Parameter(name="IMAGE_ID", allow_leading_hyphen=False)],
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    all_images: Annotated[bool, Parameter(name=["--all", "-a"], negative=())] = False,
    volume: VolumeOptions = _VOLUME,
    http: HttpOptions = _HTTP,
) -> None:
    """Load images and say what they are: size, samples, values, geometry, windows.

    Nothing that identifies a patient is printed.

    Parameters
    ----------
    image_ids
        imageIds, or paths and URLs of files. Of a folder, a ZIP archive or a DICOMDIR, what it
        holds is listed: volumes, stacks and single images.
    as_json
        One JSON object an image and line, for other programs.
    all_images
        Describe every slice, page or frame of a file; by default the first.
    volume
        Which slices of a NIfTI file.
    http
        What is asked for over HTTP.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # Another program reads it, and wants each line whole.
        console = Console(highlight=False, markup=False, emoji=False, width=10_000)
    with Session(http=http.settings()) as session:
        folders = [text for text in image_ids if holds_sets(text)]
        for folder in folders:
            print_display_sets(console, session, folder, as_json=as_json)
        found = volume.images_of(session, [text for text in image_ids if text not in folders])
        names = [name for names in found for name in (names if all_images else names[:1])]
        for load in session.load_and_cache_images(names):
            known = describe(load.result(), session)
            if as_json:
                console.out(json.dumps(known, allow_nan=False), highlight=False)
                continue
            known["image_id"] = without_credentials(known["image_id"])
            table = Table(show_header=False, box=None, pad_edge=False)
            table.add_column(style="bold")
            table.add_column(overflow="fold")
            for name, value in known.items():
                table.add_row(name.replace("_", " "), _text(value))
            with console.capture() as printed:
                console.print(table)
            lines = (line.rstrip() for line in printed.get().splitlines())
            console.out("\n".join(lines), highlight=False)
            if len(names) > 1:
                console.print()


def describe(image: Image, session: Session) -> dict[str, Any]:
    """Give what is known of an image, by name; None where nobody knows it."""
    image_id = image.image_id
    metadata = session.metadata
    series = metadata.get(GeneralSeriesModule, image_id) or GeneralSeriesModule()
    study = metadata.get(GeneralStudyModule, image_id) or GeneralStudyModule()
    general = metadata.get(GeneralImageModule, image_id) or GeneralImageModule()
    frames = metadata.get(MultiframeModule, image_id) or MultiframeModule()
    stored = metadata.get(ImagePixelModule, image_id)
    geometry = image.geometry
    values = image.modality_values("f8") if image.pixels.ndim == 2 else image.pixels
    finite = values[np.isfinite(values)]
    samples = image.pixels.shape[2] if image.pixels.ndim == 3 else 1
    unit = image.modality_lut.rescale_type if image.modality_lut else None
    return {
        "image_id": image_id,
        "modality": image.modality,
        "study": study.study_description,
        "series": series.series_description,
        "series_number": series.series_number,
        "instance_number": general.instance_number,
        "file": _file(image_id, session),
        "frame": _frame(image_id, frames),
        "transfer_syntax": _syntax(image.transfer_syntax_uid),
        "rows": image.rows,
        "columns": image.columns,
        "photometric_interpretation": image.photometric_interpretation,
        "samples": f"{samples} x {image.pixels.dtype}",
        "bits_stored": stored.bits_stored if stored else None,
        "values": {
            "lowest": finite.min().item() if finite.size else None,
            "highest": finite.max().item() if finite.size else None,
            "unit": unit,
        },
        "windows": [
            {"center": w.center, "width": w.width, "explanation": w.explanation}
            for w in (image.voi_lut.windows if image.voi_lut else ())
        ],
        "pixel_spacing_mm": None
        if geometry.spacing_is_default
        else [geometry.row_pixel_spacing_mm, geometry.column_pixel_spacing_mm],
        "position_lps_mm": None if geometry.position_is_default else list(geometry.position_lps),
        "orientation": None
        if geometry.orientation_is_default
        else [*geometry.row_cosines, *geometry.column_cosines],
        "size_in_bytes": image.size_in_bytes,
    }


def _frame(image_id: str, frames: MultiframeModule) -> str:
    text = f"{frames.frame_number} of {frames.number_of_frames}"
    # Slices of NIfTI are asked for by numbers from 0, as Cornerstone3D has them.
    is_nifti = image_id.startswith("nifti:")
    return f"{text}, asked for by ?frame={frames.frame_number - 1}" if is_nifti else text


def _file(image_id: str, session: Session) -> str | None:
    """Say what a file is that is not DICOM; nothing that it says in words."""
    nifti = session.metadata.get(NiftiModule, image_id)
    if nifti is not None:
        name = f"NIfTI-{nifti.version}" if nifti.version else "Analyze 7.5"
        sizes = " x ".join(map(str, nifti.sizes[: _last_axis(nifti.sizes)]))
        return f"{name}, {sizes} voxels"
    picture = session.metadata.get(PictureModule, image_id)
    if picture is None:
        return None
    alpha = " with alpha" if picture.has_alpha else ""
    return f"{picture.format}, {picture.color_type}{alpha}, {picture.bits_per_sample} bits a sample"


def _last_axis(sizes: tuple[int, ...]) -> int:
    """Count the axes up to the last that is longer than 1; three at least."""
    return max([3, *(axis for axis, size in enumerate(sizes, start=1) if size > 1)])


def _syntax(uid: str | None) -> str | None:
    return None if uid is None else f"{transfer_syntax(uid).name} ({uid})"


def _text(value: object) -> str:
    match value:
        case None | []:
            return "-"
        case {"lowest": None}:
            return "-"
        case {"lowest": lowest, "highest": highest, "unit": unit}:
            return f"{lowest:g} to {highest:g} {unit or ''}".rstrip()
        case {"center": center, "width": width, "explanation": explanation}:
            return f"center {center:g}, width {width:g} {explanation}".rstrip()
        case list():
            return "; ".join(
                f"{item:g}" if isinstance(item, float) else _text(item) for item in value
            )
        case _:
            return str(value)
