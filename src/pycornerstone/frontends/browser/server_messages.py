"""What the server says to the page.

The page's own list of it is ``static/messages.js``; a test holds both to the same fields.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "Answer",
    "Arranged",
    "Cell",
    "CellState",
    "Crosshair",
    "Crosshairs",
    "Empty",
    "Failed",
    "Frame",
    "FromServer",
    "Grid",
    "Keep",
    "Layer",
    "Layout",
    "MetadataRow",
    "Notice",
    "Overlay",
    "Progress",
    "Series",
    "Statistics",
    "Welcome",
    "WindowPreset",
]

Point: TypeAlias = tuple[float, float]
Vector: TypeAlias = tuple[float, float, float]


class _Part(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Of a message."""


class _Said(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="type"
):
    """A message: its ``type`` is the name of its class."""


class WindowPreset(_Part, frozen=True):
    """A window to be chosen by name; `modality` is None for all."""

    name: str
    lower: float
    upper: float
    modality: str | None = None


class Series(_Part, frozen=True):
    """An entry of the list; its thumbnail is at ``thumbnails/<number>.png``."""

    number: int
    study: str
    """Of which study: its date and description; entries of one study are together."""
    title: str
    modality: str
    kind: Literal["volume", "4D", "stack", "single"]
    images: int
    size: str
    """Such as ``512 x 512``."""
    is_volume: bool
    """Whether planes can be cut through it."""
    frame_of_reference_uid: str | None = None
    patient: str = ""
    """Hidden with the overlays."""


class Layout(_Part, frozen=True):
    """A layout by its name: ``1x1`` to ``3x3``, or ``mpr``."""

    name: str
    rows: int
    columns: int


class Welcome(_Said, frozen=True):
    """First of all: what there is to be shown."""

    title: str
    series: tuple[Series, ...]
    layouts: tuple[Layout, ...]
    colormaps: tuple[str, ...]
    presets: tuple[WindowPreset, ...]
    left_out: tuple[str, ...] = ()
    """What is not shown, and why."""
    exhibit: str = ""
    """The same of the same images; it says nothing else."""
    is_brought_back: bool = False
    """What was kept is shown again."""


class Keep(_Said, frozen=True):
    """To be kept by the page, and given back with `Open` of its next connection."""

    text: str


class Cell(_Part, frozen=True):
    """What a cell of the layout is for."""

    series: int | None = None
    orientation: str | None = None


class Arranged(_Said, frozen=True):
    """The layout as it is now."""

    name: str
    cells: tuple[Cell, ...]
    is_linked: bool = False


class Progress(_Said, frozen=True):
    """Which images of a series are here: ranges ``(first, behind the last)``, in shown order."""

    series: int
    total: int
    ranges: tuple[tuple[int, int], ...]


class Grid(_Part, frozen=True):
    """Where canvas points are: ``origin + x * right + y * down``, (0.5, 0.5) the first pixel.

    In mm of patient space (LPS), or where there is none in pixels of the image, as
    (column, row, 0); `spacing_mm` are the (row, column) sizes of those, if they are known.
    """

    origin: Vector
    right: Vector
    down: Vector
    unit: Literal["mm", "px"]
    spacing_mm: tuple[float, float] | None = None
    is_calibrated: bool = True
    """False if lengths are those at the detector, or otherwise not the patient's."""


class Overlay(_Part, frozen=True):
    """The texts at the corners, and the letters at the edges."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


class Layer(_Part, frozen=True):
    """One of the images over each other in a cell."""

    series: int
    colormap: str
    opacity: float
    lower: float | None
    upper: float | None
    unit: str
    """Of its values, as `CellState.unit`."""
    invert: bool


class Crosshair(_Part, frozen=True):
    """Where another cell's plane cuts this one, on the canvas."""

    of_cell: int
    start: Point
    end: Point


class Crosshairs(_Part, frozen=True):
    """The place where the planes meet, and their lines."""

    at: Point | None
    lines: tuple[Crosshair, ...]


class CellState(_Part, frozen=True):
    """How a frame was drawn: what the page shows over it is of the same moment."""

    series: int
    image_id: str | None
    slice_index: int
    number_of_slices: int
    frame_of_reference_uid: str | None
    to_world: Grid
    overlay: Overlay
    lower: float | None
    upper: float | None
    unit: str
    """Of the values: ``HU``, ``SUVbw``, or as the header says."""
    zoom: float
    rotation: float
    flip_horizontal: bool
    flip_vertical: bool
    invert: bool
    colormap: str
    interpolation: str
    slab_mm: float
    slab_mode: str
    orientation: str | None
    """None for a stack."""
    layers: tuple[Layer, ...]
    crosshairs: Crosshairs | None
    frames_per_second: float
    """0 while no cine runs."""
    is_color: bool
    slice_distance_mm: float | None = None
    """From one slice to the next, if they have places in space."""
    time_point: int = 0
    """Which is on show, from 0."""
    number_of_time_points: int = 1
    """1 where there is none to choose."""
    is_cine_over_time: bool = False


class Frame(_Said, frozen=True):
    """Before the bytes of a picture: 4 bytes of length (big endian), this, then the picture."""

    cell: int
    frame: int
    format: Literal["png", "jpeg"]
    width: int
    height: int
    is_at_rest: bool
    """Whether it is the viewport's picture to the last bit."""
    state: CellState
    heard: int = 0
    """How many messages of the page had been received when it was drawn; 0 if not counted."""


class Empty(_Said, frozen=True):
    """A cell shows nothing."""

    cell: int


class Notice(_Said, frozen=True):
    """To be read by the user; of a cell, or of all."""

    text: str
    cell: int | None = None
    is_error: bool = False


class MetadataRow(_Part, frozen=True):
    """A line of the metadata panel."""

    group: str
    name: str
    value: str


class Statistics(_Part, frozen=True):
    """Of the samples whose centres lie in a shape."""

    count: int
    unit: str
    mean: float | None = None
    standard_deviation: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    value: str = ""
    """Of a probe: the value, or the colour."""


class Answer(_Said, frozen=True):
    """To a question of the page, by its number."""

    question: int
    metadata: tuple[MetadataRow, ...] | None = None
    statistics: Statistics | None = None
    python: str | None = None


class Failed(_Said, frozen=True):
    """A question could not be answered."""

    question: int
    text: str


FromServer: TypeAlias = Welcome | Keep | Arranged | Progress | Empty | Notice | Answer | Failed
"""What the server says in text; `Frame` goes before bytes."""
