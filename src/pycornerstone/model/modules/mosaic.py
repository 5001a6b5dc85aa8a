"""A picture that many slices were put into, side by side: a mosaic of Siemens MR."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.modules.plane import ImagePlaneModule

__all__ = ["MosaicModule"]


@dataclass(frozen=True, slots=True)
class MosaicModule(Module):
    """How slices lie in one picture, as tiles, row after row (an Image Type, PS3.3 C.8.3.1.1.1).

    Its elements are private ones of Siemens, below his names "SIEMENS MR HEADER" and "SIEMENS CSA
    HEADER"; what (0029,1010) holds is a list of values by name.

    Attributes
    ----------
    number_of_tiles : int
        Slices in the picture: (0019,100A), else NumberOfImagesInMosaic in (0029,1010). Tiles behind
        the last of them are blank.
    tile_rows, tile_columns : int
        Of one slice, pixels: (0028,0010) and (0028,0011) by `tiles_per_row`.
    slice_normal : tuple of float or None
        Unit vector from each tile to the next, LPS: SliceNormalVector in (0029,1010). None where
        that is not there; the tiles go along row x column then.
    slice_distance_mm : float or None
        From one tile to the next: (0018,0088), else SpacingBetweenSlices in (0029,1010), else
        (0018,0050).
    distance_is_thickness : bool
        The distance is that of (0018,0050), since nobody says how far apart slices are.
    """

    type_name: ClassVar[str] = "mosaicModule"

    number_of_tiles: int
    tile_rows: int
    tile_columns: int
    slice_normal: Vector | None = None
    slice_distance_mm: float | None = None
    distance_is_thickness: bool = False

    @property
    def tiles_per_row(self) -> int:
        """Tiles side by side, as many as there are rows of them."""
        return math.isqrt(self.number_of_tiles - 1) + 1

    def is_descending(self, plane: ImagePlaneModule) -> bool:
        """Say whether the tiles go against row x column of the picture."""
        if self.slice_normal is None:
            return False
        normal = plane.geometry.normal
        return sum(a * b for a, b in zip(normal, self.slice_normal, strict=True)) < 0

    def tile_plane(self, plane: ImagePlaneModule, tile: int = 0) -> ImagePlaneModule:
        """Give where the slice of a tile lies.

        The header says it as if the picture were one slice with the middle of the first tile's.

        Parameters
        ----------
        plane : ImagePlaneModule
            Of the picture.
        tile : int
            Which, from 0.

        Returns
        -------
        ImagePlaneModule
            Without a position if the picture has none, or if the distance to the first tile is not
            known.
        """
        known, distance = plane.geometry, self.slice_distance_mm
        position = plane.image_position_lps
        if position is not None and (distance is not None or tile == 0):
            beside = self.tiles_per_row - 1
            across = known.column_pixel_spacing_mm * self.tile_columns * beside / 2
            down = known.row_pixel_spacing_mm * self.tile_rows * beside / 2
            sign = -1 if self.is_descending(plane) else 1
            along = sign * tile * (distance or 0.0) / (math.hypot(*known.normal) or 1.0)
            steps = zip(
                position, known.row_cosines, known.column_cosines, known.normal, strict=True
            )
            x, y, z = (p + across * r + down * c + along * n for p, r, c, n in steps)
            position = (x, y, z)
        elif tile:
            position = None
        return replace(
            plane,
            image_position_lps=position,
            spacing_between_slices_mm=distance,
            slice_location_mm=None,
            rows=self.tile_rows,
            columns=self.tile_columns,
        )
