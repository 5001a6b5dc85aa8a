"""The tiles of mosaics as the slices of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError, LoaderError
from pycornerstone.metadata.series.facts import read_facts
from pycornerstone.model.derived_volumes import decimated_geometry
from pycornerstone.model.volume import Volume
from pycornerstone.session.volumes.slice_meaning import volume_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from pycornerstone.metadata.registry import MetadataRegistry
    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.image import Image
    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["mosaic_volumes", "tiles_to_slices"]


def tiles_to_slices(pictures: npt.NDArray[Any], facts: Sequence[SliceFacts]) -> npt.NDArray[Any]:
    """Put the tiles of pictures behind each other, in the memory of the pictures.

    Parameters
    ----------
    pictures : numpy.ndarray
        ``(n, rows, columns)``, or with colours behind; contiguous, and changed.
    facts : sequence of SliceFacts
        Of each of them.

    Returns
    -------
    numpy.ndarray
        ``(n, slices, tile_rows, tile_columns)``, a view; slices in the order of their places.

    Raises
    ------
    LoaderError
        If they are no mosaics of one layout, or of another size than their headers say.
    """
    first = facts[0].mosaic
    layouts = {one.mosaic and (one.mosaic.number_of_tiles, one.mosaic.tile_rows) for one in facts}
    if first is None or len(layouts) > 1:
        raise LoaderError("the images are no mosaics of one layout; load them one by one")
    across, rows, columns = first.tiles_per_row, first.tile_rows, first.tile_columns
    if pictures.shape[1:3] != (across * rows, across * columns):
        raise LoaderError(
            f"the samples are {pictures.shape[1]} rows and {pictures.shape[2]} columns, but the "
            f"header says {across} x {across} tiles of {rows} rows and {columns} columns"
        )
    colors, number = pictures.shape[3:], first.number_of_tiles
    for picture, one in zip(pictures, facts, strict=True):
        tiles = picture.reshape(across, rows, across, columns, *colors).swapaxes(1, 2).copy()
        tiles = tiles.reshape(across * across, rows, columns, *colors)
        if one.mosaic is not None and one.plane is not None and one.mosaic.is_descending(one.plane):
            tiles[:number] = tiles[:number][::-1].copy()
        picture.reshape(tiles.shape)[...] = tiles
    slices = pictures.reshape(len(pictures), across * across, rows, columns, *colors)
    return slices[:, :number]


def mosaic_volumes(
    metadata: MetadataRegistry,
    reports: Mapping[str, GeometryReport],
    pictures: npt.NDArray[Any],
    steps: tuple[int, int, int],
    images: Mapping[str, Image],
) -> tuple[npt.NDArray[Any], list[Volume]]:
    """Make volumes of mosaics.

    Parameters
    ----------
    metadata : MetadataRegistry
        Who knows what they are.
    reports : mapping of str to GeometryReport
        One for each mosaic, by the id of the volume that is made of it.
    pictures : numpy.ndarray
        The mosaics, in the same order; the volumes have their memory.
    steps : tuple of int
        Along i, j and k, every so many voxels are kept.
    images : mapping
        What loaders have said of the images beside samples, by imageId.

    Returns
    -------
    numpy.ndarray
        ``(n, slices, rows, columns)``, all voxels; read-only.
    list of Volume
        Views of that.

    Raises
    ------
    LoaderError
        If the images are not what their headers say.
    GeometryError
        If one of them has no geometry.
    """
    i, j, k = steps
    facts = [read_facts(metadata, report.image_ids[0]) for report in reports.values()]
    voxels = tiles_to_slices(pictures, facts)[:, ::k, ::j, ::i]
    if steps != (1, 1, 1):
        voxels = np.ascontiguousarray(voxels)
    voxels.flags.writeable = False
    volumes = []
    for part, (volume_id, report) in zip(voxels, reports.items(), strict=True):
        geometry = report.geometry
        if geometry is None:
            raise GeometryError("there is no geometry", report)
        if steps != (1, 1, 1):
            geometry = decimated_geometry(geometry, steps)
        fields = volume_fields(metadata, report.image_ids, images)
        # The image is none of the slices.
        volumes.append(Volume(volume_id, part, (), geometry, report=report, **fields))
    return voxels, volumes
