"""Tiled images: where each frame lies, and which frame shows a tile."""

from __future__ import annotations

import io
import itertools

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pycornerstone.metadata.dicom_headers import MODULES_PER_HEADER, DicomHeaders
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_slides import read_tile_map, read_whole_slide, tiled_segment
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.part10 import read_part10
from pycornerstone.metadata.pydicom_attributes import PydicomAttributes

FOLDER = "highdicom/data/test_files"
SLIDE, FULL_SEG = "sm_image_dots.dcm", "seg_image_sm_dots_tiled_full.dcm"
SPARSE_SEG, LABEL_MAP = "seg_image_sm_dots.dcm", "seg_image_sm_control_labelmap.dcm"


@pytest.fixture(scope="session")
def slide(testdata):
    """Give the attributes and the pydicom data set of a tiled file."""

    def read(name):
        path = testdata / FOLDER / name
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        return read_part10(path.read_bytes()).attributes, dataset

    return read


def tiled(header, *, paths=("a", "b"), planes=3, rows=25, columns=41, **more):
    """Make a matrix of tiles of 10 rows and 20 columns: 3 down and 3 across by default."""
    return header(
        {
            Tag.DIMENSION_ORGANIZATION_TYPE: "TILED_FULL",
            Tag.ROWS: 10,
            Tag.COLUMNS: 20,
            Tag.TOTAL_PIXEL_MATRIX_ROWS: rows,
            Tag.TOTAL_PIXEL_MATRIX_COLUMNS: columns,
            Tag.TOTAL_PIXEL_MATRIX_FOCAL_PLANES: planes,
            Tag.NUMBER_OF_FRAMES: 54,
            Tag.IMAGE_ORIENTATION_SLIDE: ["0", "-1", "0", "-1", "0", "0"],
            Tag.OPTICAL_PATH_SEQUENCE: [{Tag.OPTICAL_PATH_IDENTIFIER: path} for path in paths],
            Tag.TOTAL_PIXEL_MATRIX_ORIGIN_SEQUENCE: [
                {
                    Tag.X_OFFSET_IN_SLIDE_COORDINATE_SYSTEM: "20",
                    Tag.Y_OFFSET_IN_SLIDE_COORDINATE_SYSTEM: "40",
                    Tag.Z_OFFSET_IN_SLIDE_COORDINATE_SYSTEM: "5",
                }
            ],
            Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE: [
                {
                    Tag.PIXEL_MEASURES_SEQUENCE: [
                        {
                            Tag.PIXEL_SPACING: ["0.01", "0.02"],
                            Tag.SPACING_BETWEEN_SLICES: "0.003",
                        }
                    ]
                }
            ],
            **{Tag[name]: value for name, value in more.items()},
        }
    )


def test_the_frames_of_a_full_matrix_follow_the_order_of_the_standard(header):
    # PS3.3 C.7.6.17.3: columns fastest, then rows, then focal planes, then optical paths.
    attributes = tiled(header)
    tiles = read_tile_map(attributes)
    order = itertools.product("ab", (1, 2, 3), range(3), range(3))
    for number, (path, plane, row, column) in enumerate(order, 1):
        found = read_whole_slide(attributes, number)
        assert (found.row, found.column) == (1 + 10 * row, 1 + 20 * column)
        assert (found.optical_path, found.focal_plane) == (path, plane)
        assert tiles.frame_at(row, column, optical_path=path, focal_plane=plane) == number
    assert number == tiles.number_of_frames == 54
    assert (found.tiles_down, found.tiles_across, found.focal_planes) == (3, 3, 3)
    assert (found.total_rows, found.total_columns) == (25, 41)
    assert found.organization == "TILED_FULL"


def test_frames_of_a_full_matrix_have_a_place_on_the_slide(header):
    # Frame 18 is row 2, column 2 of the second plane. Rows of the image go towards -y of the slide
    # and columns towards -x: 40 pixels of 0.02 mm and 20 of 0.01 mm; 3 micrometres up.
    found = read_whole_slide(tiled(header), 18)
    assert found.x_offset_mm == pytest.approx(20 - 20 * 0.01)
    assert found.y_offset_mm == pytest.approx(40 - 40 * 0.02)
    assert found.z_offset_um == pytest.approx(5 + 3)
    assert (found.row_cosines, found.column_cosines) == ((0, -1, 0), (-1, 0, 0))


@pytest.mark.parametrize(
    "where",
    [
        {"tile_row": 3},
        {"tile_column": 3},
        {"tile_row": -1},
        {"focal_plane": 0},
        {"focal_plane": 4},
        {"optical_path": "c"},
        {"segment": 1},
    ],
)
def test_there_is_no_frame_outside_the_matrix(header, where):
    place = {"tile_row": 0, "tile_column": 0, **where}
    assert read_tile_map(tiled(header)).frame_at(**place) is None


def test_a_part_of_a_concatenation_has_the_frames_after_those_before_it(header):
    # PS3.3 C.7.6.16.1: frames of the whole that stand in the instances before this one.
    attributes = tiled(header, NUMBER_OF_FRAMES=10, CONCATENATION_FRAME_OFFSET_NUMBER=27)
    assert read_whole_slide(attributes, 1).optical_path == "b"
    assert (read_whole_slide(attributes, 2).row, read_whole_slide(attributes, 2).column) == (1, 21)
    tiles = read_tile_map(attributes)
    assert tiles.frame_at(0, 0, optical_path="b") == 1
    assert tiles.frame_at(0, 0, optical_path="a") is None
    assert tiles.frame_at(2, 2, optical_path="b", focal_plane=3) is None


def test_a_real_slide_is_tiled_in_full(slide):
    attributes, dataset = slide(SLIDE)
    tiles = read_tile_map(attributes)
    across = dataset.TotalPixelMatrixColumns // dataset.Columns
    numbers = [tiles.frame_at(row, column) for row in range(5) for column in range(across)]
    assert numbers == list(range(1, dataset.NumberOfFrames + 1))
    assert tiles.optical_paths == (dataset.OpticalPathSequence[0].OpticalPathIdentifier,)
    origin = dataset.TotalPixelMatrixOriginSequence[0]
    first = read_whole_slide(attributes, 1)
    assert first.x_offset_mm == origin.XOffsetInSlideCoordinateSystem
    assert first.y_offset_mm == origin.YOffsetInSlideCoordinateSystem


@pytest.mark.parametrize("name", [SPARSE_SEG, LABEL_MAP])
def test_a_sparse_frame_lies_where_it_says(slide, name):
    attributes, dataset = slide(name)
    tiles = read_tile_map(attributes)
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence, 1):
        said = group.PlanePositionSlideSequence[0]
        found = read_whole_slide(attributes, number)
        assert found.row == said.RowPositionInTotalImagePixelMatrix
        assert found.column == said.ColumnPositionInTotalImagePixelMatrix
        assert found.x_offset_mm == said.XOffsetInSlideCoordinateSystem
        assert found.y_offset_mm == said.YOffsetInSlideCoordinateSystem
        assert found.z_offset_um == said.ZOffsetInSlideCoordinateSystem
        segment = None
        if name == SPARSE_SEG:
            segment = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        row, column = (found.row - 1) // dataset.Rows, (found.column - 1) // dataset.Columns
        assert tiles.frame_at(row, column, segment=segment) == number
    assert number == dataset.NumberOfFrames
    assert tiles.frame_at(0, 0, segment=9999) is None


def test_what_is_computed_of_a_full_matrix_is_what_highdicom_wrote_into_a_sparse_one(slide):
    full, _ = slide(FULL_SEG)
    sparse, dataset = slide(LABEL_MAP)
    tiles = read_tile_map(full)
    for number in range(1, dataset.NumberOfFrames + 1):
        said = read_whole_slide(sparse, number)
        frame = tiles.frame_at((said.row - 1) // 10, (said.column - 1) // 10)
        computed = read_whole_slide(full, frame)
        assert computed.x_offset_mm == pytest.approx(said.x_offset_mm, abs=1e-6)
        assert computed.y_offset_mm == pytest.approx(said.y_offset_mm, abs=1e-6)


def test_a_full_segmentation_has_a_matrix_for_each_segment(slide):
    attributes, dataset = slide(FULL_SEG)
    tiles = read_tile_map(attributes)
    numbers = [item.SegmentNumber for item in dataset.SegmentSequence]
    assert tiles.segments == tuple(numbers)
    assert tiles.frame_at(4, 4, segment=numbers[-1]) == dataset.NumberOfFrames == 25 * 50
    assert tiled_segment(attributes, 25) == numbers[0]
    assert tiled_segment(attributes, 26) == numbers[1]
    assert tiled_segment(attributes, 25 * 50 + 1) is None


def sparse(header, tiles, *, planes=1):
    """Make a sparse matrix of (row, column, z, path)."""
    return tiled(
        header,
        planes=planes,
        NUMBER_OF_FRAMES=len(tiles),
        DIMENSION_ORGANIZATION_TYPE="TILED_SPARSE",
        PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE=[
            {
                Tag.PLANE_POSITION_SLIDE_SEQUENCE: [
                    {
                        Tag.ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX: row,
                        Tag.COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX: column,
                        Tag.Z_OFFSET_IN_SLIDE_COORDINATE_SYSTEM: str(z),
                    }
                ],
                Tag.OPTICAL_PATH_IDENTIFICATION_SEQUENCE: [{Tag.OPTICAL_PATH_IDENTIFIER: path}],
            }
            for row, column, z, path in tiles
        ],
    )


def test_sparse_frames_are_told_apart_by_optical_path_and_height(header):
    attributes = sparse(
        header, [(11, 21, 4, "b"), (11, 21, 2, "b"), (11, 21, 4, "a"), (1, 1, 4, "a")], planes=2
    )
    tiles = read_tile_map(attributes)
    assert tiles.frame_at(1, 1, optical_path="b", focal_plane=1) == 2
    assert tiles.frame_at(1, 1, optical_path="b", focal_plane=2) == 1
    assert tiles.frame_at(1, 1, optical_path="a", focal_plane=2) == 3
    assert tiles.frame_at(1, 1, optical_path="a", focal_plane=1) is None
    assert tiles.frame_at(0, 0, focal_plane=2) == 4
    assert read_whole_slide(attributes, 2).optical_path == "b"
    assert read_whole_slide(attributes, 2).focal_plane is None
    assert read_whole_slide(attributes, 2).z_offset_um == 2


def test_tiles_that_follow_the_focus_are_of_one_plane(header):
    tiles = read_tile_map(
        sparse(header, [(1, 1, 3.25, "a"), (1, 21, 3.5, "a"), (1, 41, 3.75, "a")])
    )
    assert [tiles.frame_at(0, column) for column in range(3)] == [1, 2, 3]
    assert tiles.focal_planes == 1


def test_frames_beside_the_grid_belong_to_the_tile_that_they_begin_in(header):
    tiles = read_tile_map(sparse(header, [(6, 21, 0, "a"), (16, 30, 0, "a")]))
    assert tiles.frame_at(0, 1) == 1
    assert tiles.frame_at(1, 1) == 2
    assert tiles.frame_at(0, 0) is None


def test_frames_that_say_nothing_readable_are_passed_over(header, caplog):
    attributes = sparse(header, [("here", 1, 0, "a"), (1, 1, 0, "a")])
    assert read_tile_map(attributes).frame_at(0, 0) == 2
    assert read_whole_slide(attributes, 1).row is None
    assert "(0048,021F)" in caplog.text


def test_frames_that_say_not_how_they_are_organized_say_where_they_lie(slide):
    _, dataset = slide(SPARSE_SEG)
    assert "DimensionOrganizationType" not in dataset
    assert read_whole_slide(slide(SPARSE_SEG)[0], 2).organization is None


def test_what_is_not_tiled_has_no_tiles(header):
    plain = header({Tag.ROWS: 10, Tag.COLUMNS: 20})
    assert read_whole_slide(plain, 1) is None
    assert read_tile_map(plain) is None
    for broken in ({"rows": 0}, {"columns": "wide"}, {"ROWS": 0}):
        assert read_whole_slide(tiled(header, **broken), 1) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOTAL_PIXEL_MATRIX_ORIGIN_SEQUENCE", []),
        ("TOTAL_PIXEL_MATRIX_ORIGIN_SEQUENCE", [{}]),
        ("SHARED_FUNCTIONAL_GROUPS_SEQUENCE", []),
        ("IMAGE_ORIENTATION_SLIDE", ["1", "0"]),
        ("IMAGE_ORIENTATION_SLIDE", ["1", "0", "0", "1", "0", "0"]),
    ],
)
def test_without_an_origin_a_frame_lies_in_its_matrix_only(header, name, value):
    found = read_whole_slide(tiled(header, **{name: value}), 18)
    assert (found.row, found.column) == (21, 41)
    assert found.x_offset_mm is found.y_offset_mm is None


SIDE = 50
NUMBER = SIDE * SIDE


@pytest.fixture(scope="module")
def large():
    """A sparse slide of 50 x 50 tiles, whose frames are in the order of their columns."""
    groups = []
    for column, row in itertools.product(range(SIDE), range(SIDE)):
        position, group = Dataset(), Dataset()
        position.RowPositionInTotalImagePixelMatrix = 1 + 512 * row
        position.ColumnPositionInTotalImagePixelMatrix = 1 + 512 * column
        group.PlanePositionSlideSequence = [position]
        groups.append(group)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.Rows = dataset.Columns = 512
    dataset.NumberOfFrames = NUMBER
    dataset.TotalPixelMatrixRows = dataset.TotalPixelMatrixColumns = SIDE * 512
    dataset.DimensionOrganizationType = "TILED_SPARSE"
    dataset.PerFrameFunctionalGroupsSequence = groups
    file = io.BytesIO()
    pydicom.dcmwrite(file, dataset, enforce_file_format=False)
    return {
        "part 10": lambda: read_part10(file.getvalue()).attributes,
        "json": lambda: JsonAttributes(dataset.to_json_dict()),
        "pydicom": lambda: PydicomAttributes(
            pydicom.dcmread(io.BytesIO(file.getvalue()), force=True)
        ),
    }


@pytest.mark.parametrize("source", ["part 10", "json", "pydicom"])
def test_the_frames_of_a_large_slide_are_found_without_asking_all_of_them(large, source, calls_of):
    attributes = large[source]()
    # Items are found once; what comes after does not grow with their number.
    read_whole_slide(attributes, 1)

    def read_many():
        for number in range(1, NUMBER + 1, 5):
            read_whole_slide(attributes, number)

    # Were the sequence gone through each time, it would be a call for each of its items.
    assert calls_of(read_many) < NUMBER / 5 * NUMBER / 2
    assert read_whole_slide(attributes, 101).column == 1 + 512 * 2


def test_the_map_of_a_large_slide_is_made_once(large):
    headers = DicomHeaders()
    headers.add("wadors:slide", large["part 10"]())
    tiles = headers.provide("tileMapModule", "wadors:slide/frames/7")
    # However many frames are asked about in between.
    for number in range(1, MODULES_PER_HEADER + 10):
        headers.provide("multiframeModule", f"wadors:slide/frames/{number}")
    assert headers.provide("tileMapModule", "wadors:slide/frames/2424") is tiles
    assert tiles.frame_at(49, 0) == 50
    assert tiles.frame_at(0, 49) == 2451
