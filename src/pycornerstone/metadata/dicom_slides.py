"""Tiled images, such as whole slides: where a frame lies, and which frame shows a tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_pixels import read_number_of_frames
from pycornerstone.metadata.dicom_planes import read_directions
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.functional_groups import (
    find_numbers,
    frame_groups,
    macro_items,
    macro_sources,
    readable_items,
)
from pycornerstone.model.modules import TileMapModule, WholeSlideModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry import Vector

__all__ = ["read_tile_map", "read_whole_slide", "tiled_segment"]


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The whole of which the frames are tiles, and how many there are of it.

    `is_full`: every tile is there, in the order of PS3.3 C.7.6.17.3: from column to column, row to
    row, focal plane to focal plane, and optical path to optical path or segment to segment.
    """

    rows: int
    columns: int
    tile_rows: int
    tile_columns: int
    focal_planes: int
    frames_before: int
    organization: str | None
    is_full: bool

    @property
    def down(self) -> int:
        return -(-self.rows // self.tile_rows)

    @property
    def across(self) -> int:
        return -(-self.columns // self.tile_columns)

    def place(self, frame: int) -> tuple[int, int, int, int]:
        """Give channel, focal plane, tile row and tile column of a frame, each from 0."""
        index = max(frame, 1) - 1 + self.frames_before
        index, column = divmod(index, self.across)
        index, row = divmod(index, self.down)
        channel, plane = divmod(index, self.focal_planes)
        return channel, plane, row, column


@dataclass(frozen=True, slots=True)
class _Position:
    """What the Plane Position (Slide) of a frame says."""

    row: int | None = None
    column: int | None = None
    x_mm: float | None = None
    y_mm: float | None = None
    z_um: float | None = None


def read_whole_slide(attributes: DicomAttributes, frame: int) -> WholeSlideModule | None:
    """Read where a frame lies in the matrix of a tiled image; None if the image is not tiled.

    References
    ----------
    DICOM PS3.3 C.7.6.17.3 (order of frames), C.8.12.4 (Total Pixel Matrix), C.8.12.6.1 (Plane
    Position (Slide)).
    """
    matrix = _read_matrix(attributes)
    if matrix is None:
        return None
    groups = frame_groups(attributes, frame)
    directions = read_directions(
        if_readable(attributes.numbers, Tag.IMAGE_ORIENTATION_SLIDE, ()),  # (0048,0102)
        Tag.IMAGE_ORIENTATION_SLIDE,
    )
    optical_path, position = _optical_path(groups), _position(groups)
    focal_plane = 1 if matrix.focal_planes == 1 else None
    if matrix.is_full:
        place = matrix.place(frame)
        paths, channel = _optical_paths(attributes), place[0]
        optical_path = paths[channel] if channel < len(paths) else None
        measures = macro_sources(groups, Tag.PIXEL_MEASURES_SEQUENCE, attributes)
        position = _computed(attributes, place, matrix, measures, directions)
        focal_plane = place[1] + 1
    return WholeSlideModule(
        total_rows=matrix.rows,
        total_columns=matrix.columns,
        row=position.row,
        column=position.column,
        organization=matrix.organization,
        optical_path=optical_path,
        focal_plane=focal_plane,
        focal_planes=matrix.focal_planes,
        x_offset_mm=position.x_mm,
        y_offset_mm=position.y_mm,
        z_offset_um=position.z_um,
        row_cosines=directions[0],
        column_cosines=directions[1],
        tiles_across=matrix.across,
        tiles_down=matrix.down,
    )


def read_tile_map(attributes: DicomAttributes) -> TileMapModule | None:
    """Read which frame shows which tile; None if the image is not tiled.

    Where frames say themselves where they lie, each is asked once.
    """
    matrix = _read_matrix(attributes)
    if matrix is None:
        return None
    paths, segments = _optical_paths(attributes), _frame_segments(attributes)
    frames = None if matrix.is_full else _listed_frames(attributes, matrix, paths, segments)
    planes = (plane + 1 for _, plane, _, _ in frames or ())
    return TileMapModule(
        total_rows=matrix.rows,
        total_columns=matrix.columns,
        tile_rows=matrix.tile_rows,
        tile_columns=matrix.tile_columns,
        number_of_frames=read_number_of_frames(attributes),
        focal_planes=max(matrix.focal_planes, *planes) if frames else matrix.focal_planes,
        optical_paths=paths,
        segments=segments,
        frames_before=matrix.frames_before,
        frames=frames,
    )


def _listed_frames(
    attributes: DicomAttributes,
    matrix: _Matrix,
    paths: tuple[str, ...],
    segments: tuple[int, ...],
) -> dict[tuple[int, int, int, int], int]:
    """Ask each frame where it lies; of several at one place the first counts."""
    tiles: dict[tuple[int, int, int], list[tuple[float, int]]] = {}
    listed = len(attributes.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE))
    for frame in range(1, listed + 1):
        groups = frame_groups(attributes, frame)
        position, channel = _position(groups), _channel(groups, paths, segments)
        if channel is None or position.row is None or position.column is None:
            continue
        row = (position.row - 1) // matrix.tile_rows
        column = (position.column - 1) // matrix.tile_columns
        tiles.setdefault((channel, row, column), []).append((position.z_um or 0.0, frame))
    heights = sorted({height for tile in tiles.values() for height, _ in tile})
    # A scanner that follows the focus has tiles of one plane at heights of their own.
    is_flat = len(heights) <= matrix.focal_planes
    frames: dict[tuple[int, int, int, int], int] = {}
    for (channel, row, column), tile in tiles.items():
        planes = heights if is_flat else sorted({height for height, _ in tile})
        for height, frame in tile:
            frames.setdefault((channel, planes.index(height), row, column), frame)
    return frames


def tiled_segment(attributes: DicomAttributes, frame: int) -> int | None:
    """Give the segment that a frame shows where only the order of frames says it (TILED_FULL)."""
    segments = _frame_segments(attributes)
    matrix = _read_matrix(attributes) if segments else None
    if matrix is None or not matrix.is_full:
        return None
    channel = matrix.place(frame)[0]
    return segments[channel] if channel < len(segments) else None


def _read_matrix(attributes: DicomAttributes) -> _Matrix | None:
    def count(tag: Tag) -> int:
        return if_readable(attributes.integer, tag, None) or 0

    rows, columns = count(Tag.TOTAL_PIXEL_MATRIX_ROWS), count(Tag.TOTAL_PIXEL_MATRIX_COLUMNS)
    tile_rows, tile_columns = count(Tag.ROWS), count(Tag.COLUMNS)
    if min(rows, columns, tile_rows, tile_columns) <= 0:
        return None
    organization = attributes.text(Tag.DIMENSION_ORGANIZATION_TYPE)  # (0020,9311)
    return _Matrix(
        rows=rows,
        columns=columns,
        tile_rows=tile_rows,
        tile_columns=tile_columns,
        focal_planes=max(count(Tag.TOTAL_PIXEL_MATRIX_FOCAL_PLANES), 1),  # (0048,0303)
        frames_before=max(count(Tag.CONCATENATION_FRAME_OFFSET_NUMBER), 0),  # (0020,9228)
        organization=organization,
        # One that says neither has its frames in order, unless they say where they lie.
        is_full=organization == "TILED_FULL"
        or (organization != "TILED_SPARSE" and not _says_positions(attributes)),
    )


def _says_positions(attributes: DicomAttributes) -> bool:
    return bool(macro_items(frame_groups(attributes, 1), Tag.PLANE_POSITION_SLIDE_SEQUENCE))


def _position(groups: Sequence[DicomAttributes]) -> _Position:
    """Read the Plane Position (Slide) of a frame (PS3.3 C.8.12.6.1)."""
    items = macro_items(groups, Tag.PLANE_POSITION_SLIDE_SEQUENCE)  # (0048,021A)
    if not items:
        return _Position()
    item = items[0]
    return _Position(
        row=if_readable(item.integer, Tag.ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, None),
        column=if_readable(item.integer, Tag.COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, None),
        x_mm=if_readable(item.number, Tag.X_OFFSET_IN_SLIDE_COORDINATE_SYSTEM, None),
        y_mm=if_readable(item.number, Tag.Y_OFFSET_IN_SLIDE_COORDINATE_SYSTEM, None),
        z_um=if_readable(item.number, Tag.Z_OFFSET_IN_SLIDE_COORDINATE_SYSTEM, None),
    )


def _computed(
    attributes: DicomAttributes,
    place: tuple[int, int, int, int],
    matrix: _Matrix,
    measures: Sequence[DicomAttributes],
    directions: tuple[Vector | None, Vector | None],
) -> _Position:
    """Give where a frame lies of which only the place in their order says so."""
    _, plane, tile_row, tile_column = place
    row, column = tile_row * matrix.tile_rows, tile_column * matrix.tile_columns
    origins = readable_items(attributes, Tag.TOTAL_PIXEL_MATRIX_ORIGIN_SEQUENCE)  # (0048,0008)
    along_row, along_column = directions
    spacing = find_numbers(measures, Tag.PIXEL_SPACING)
    if not origins:
        return _Position(row + 1, column + 1)
    x, y, z = (
        if_readable(origins[0].number, tag, None)
        for tag in (
            Tag.X_OFFSET_IN_SLIDE_COORDINATE_SYSTEM,
            Tag.Y_OFFSET_IN_SLIDE_COORDINATE_SYSTEM,
            Tag.Z_OFFSET_IN_SLIDE_COORDINATE_SYSTEM,
        )
    )
    if plane and z is not None:
        between = find_numbers(measures, Tag.SPACING_BETWEEN_SLICES)
        z = z + plane * between[0] * 1000 if between else None
    if x is None or y is None or along_row is None or along_column is None or len(spacing) != 2:
        return _Position(row + 1, column + 1, z_um=z)
    right, down = column * spacing[1], row * spacing[0]
    x += right * along_row[0] + down * along_column[0]
    y += right * along_row[1] + down * along_column[1]
    return _Position(row + 1, column + 1, x, y, z)


def _optical_paths(attributes: DicomAttributes) -> tuple[str, ...]:
    """List the identifiers of the optical paths; one that has none is an empty text."""
    items = readable_items(attributes, Tag.OPTICAL_PATH_SEQUENCE)  # (0048,0105)
    return tuple([item.text(Tag.OPTICAL_PATH_IDENTIFIER) or "" for item in items])


def _optical_path(groups: Sequence[DicomAttributes]) -> str | None:
    items = macro_items(groups, Tag.OPTICAL_PATH_IDENTIFICATION_SEQUENCE)  # (0048,0207)
    return items[0].text(Tag.OPTICAL_PATH_IDENTIFIER) if items else None


def _frame_segments(attributes: DicomAttributes) -> tuple[int, ...]:
    """List the segments of a segmentation whose frames show one each; a label map has none."""
    if attributes.text(Tag.SEGMENTATION_TYPE) == "LABELMAP":
        return ()
    items = readable_items(attributes, Tag.SEGMENT_SEQUENCE)  # (0062,0002)
    numbers = (if_readable(item.integer, Tag.SEGMENT_NUMBER, None) for item in items)
    return tuple([number for number in numbers if number is not None])


def _channel(
    groups: Sequence[DicomAttributes], paths: tuple[str, ...], segments: tuple[int, ...]
) -> int | None:
    """Give the place of a frame's segment, or else optical path, among those that there are."""
    if segments:
        items = macro_items(groups, Tag.SEGMENT_IDENTIFICATION_SEQUENCE)
        known = [if_readable(i.integer, Tag.REFERENCED_SEGMENT_NUMBER, None) for i in items[:1]]
        return next((segments.index(number) for number in known if number in segments), None)
    path = _optical_path(groups)
    return paths.index(path) if path in paths else 0
