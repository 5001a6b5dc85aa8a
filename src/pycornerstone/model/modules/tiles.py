"""The frames of a tiled image, such as a whole slide: where each lies, and which shows what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector

__all__ = [
    "TileMapModule",
    "WholeSlideModule",
]


@dataclass(frozen=True, slots=True)
class WholeSlideModule(Module):
    """Where a frame lies in the matrix of a tiled image (PS3.3 C.7.6.17.3 and C.8.12.6.1).

    The slide's coordinates are none of a patient. `TileMapModule` leads from a tile to its frame.

    Attributes
    ----------
    total_rows, total_columns : int
        (0048,0007) and (0048,0006): size of the whole matrix, pixels.
    row, column : int or None
        Where the first pixel of the frame lies in it, from 1, as Row Position (0048,021F) and
        Column Position (0048,021E) count; computed for TILED_FULL.
    organization : str or None
        Dimension Organization Type (0020,9311): TILED_FULL or TILED_SPARSE.
    optical_path : str or None
        Optical Path Identifier (0048,0106) of the frame.
    focal_plane : int or None
        Which of the Total Pixel Matrix Focal Planes (0048,0303), from 1; None where there are
        several, and only `z_offset_um` says which.
    focal_planes : int
        How many there are.
    x_offset_mm, y_offset_mm : float or None
        (0040,072A) and (0040,073A): centre of the frame's first pixel in the slide's coordinates;
        computed from the Total Pixel Matrix Origin Sequence (0048,0008) for TILED_FULL.
    z_offset_um : float or None
        (0040,074A), micrometres above the slide.
    row_cosines, column_cosines : tuple of float or None
        First and second half of Image Orientation (Slide) (0048,0102).
    tiles_across, tiles_down : int
        How many frames cover the matrix, in each direction.
    """

    type_name: ClassVar[str] = "wholeSlideModule"

    total_rows: int
    total_columns: int
    row: int | None = None
    column: int | None = None
    organization: str | None = None
    optical_path: str | None = None
    focal_plane: int | None = None
    focal_planes: int = 1
    x_offset_mm: float | None = None
    y_offset_mm: float | None = None
    z_offset_um: float | None = None
    row_cosines: Vector | None = None
    column_cosines: Vector | None = None
    tiles_across: int = 1
    tiles_down: int = 1


@dataclass(frozen=True, slots=True)
class TileMapModule(Module):
    """Which frame of a tiled image shows which tile (PS3.3 C.7.6.17.3).

    Attributes
    ----------
    total_rows, total_columns : int
        (0048,0007) and (0048,0006): size of the whole matrix, pixels.
    tile_rows, tile_columns : int
        (0028,0010) and (0028,0011): size of a tile, pixels.
    number_of_frames : int
        (0028,0008).
    focal_planes : int
        (0048,0303).
    optical_paths : tuple of str
        Optical Path Identifiers (0048,0106), in the order of their sequence.
    segments : tuple of int
        Segment Numbers (0062,0004) of a segmentation that has a frame for each, in their order.
    frames_before : int
        Concatenation Frame Offset Number (0020,9228): frames of the whole that other instances
        hold.
    frames : dict or None
        Frame numbers by ``(channel, focal plane, tile row, tile column)``, each from 0, where the
        frames say where they lie, by Plane Position (Slide) Sequence (0048,021A); None where their
        order says it. A channel is an optical path or a segment.

    Examples
    --------
    >>> TileMapModule(100, 90, 50, 50, number_of_frames=4).frame_at(1, 0)
    3
    """

    type_name: ClassVar[str] = "tileMapModule"

    total_rows: int
    total_columns: int
    tile_rows: int
    tile_columns: int
    number_of_frames: int
    focal_planes: int = 1
    optical_paths: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    frames_before: int = 0
    frames: dict[tuple[int, int, int, int], int] | None = field(default=None, repr=False)

    @property
    def tiles_down(self) -> int:
        """How many tiles cover the matrix from top to bottom."""
        return -(-self.total_rows // self.tile_rows)

    @property
    def tiles_across(self) -> int:
        """How many tiles cover the matrix from left to right."""
        return -(-self.total_columns // self.tile_columns)

    def frame_at(
        self,
        tile_row: int,
        tile_column: int,
        *,
        optical_path: str | None = None,
        segment: int | None = None,
        focal_plane: int = 1,
    ) -> int | None:
        """Give the number of the frame that shows a tile.

        Parameters
        ----------
        tile_row, tile_column : int
            Which tile, each from 0 at the first pixel of the matrix. Frames that do not lie on
            the grid of tiles belong to the tile that they begin in.
        optical_path : str, optional
            Its identifier; by default the first.
        segment : int, optional
            Its number; by default the first.
        focal_plane : int
            From 1, that nearest to the slide.

        Returns
        -------
        int or None
            From 1, as in ``&frame=`` and ``/frames/``; None if no frame shows it.
        """
        channel = self._channel(optical_path, segment)
        plane = focal_plane - 1
        if channel is None or not (
            0 <= plane < self.focal_planes
            and 0 <= tile_row < self.tiles_down
            and 0 <= tile_column < self.tiles_across
        ):
            return None
        if self.frames is not None:
            return self.frames.get((channel, plane, tile_row, tile_column))
        before = (channel * self.focal_planes + plane) * self.tiles_down + tile_row
        frame = before * self.tiles_across + tile_column + 1 - self.frames_before
        return frame if 1 <= frame <= self.number_of_frames else None

    def _channel(self, optical_path: str | None, segment: int | None) -> int | None:
        """Give the place of an optical path or segment in their order; None if there is none."""
        if segment is not None:
            return self.segments.index(segment) if segment in self.segments else None
        if optical_path is not None:
            paths = self.optical_paths
            return paths.index(optical_path) if optical_path in paths else None
        return 0
