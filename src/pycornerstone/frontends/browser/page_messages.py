"""What the page says to the server; `cell` counts the places of the layout from 0, row by row.

The page's own list of it is ``static/messages.js``; a test holds both to the same fields.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = [
    "AskMetadata",
    "AskPython",
    "AskStatistics",
    "Change",
    "Cine",
    "Clear",
    "DragWindow",
    "Drawn",
    "Flip",
    "FromPage",
    "Link",
    "MoveCrosshairs",
    "Open",
    "Pan",
    "Reset",
    "Resize",
    "Rotate",
    "RotateCrosshairs",
    "Scroll",
    "SetLayout",
    "SetSlice",
    "SetTimePoint",
    "SetWindow",
    "Show",
    "StepTime",
    "Zoom",
]

Vector: TypeAlias = tuple[float, float, float]


class _Said(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="type"
):
    """A message: its ``type`` is the name of its class."""


class Open(_Said, frozen=True):
    """First of all; `ratio` is how many pixels of the screen one of CSS is."""

    ratio: float = 1.0
    kept: str | None = None
    """What `Keep` gave to an earlier connection: what was shown is shown again."""


class SetLayout(_Said, frozen=True):
    """Another layout, by its name: one of `Welcome.layouts`."""

    name: str


class Resize(_Said, frozen=True):
    """The size of a cell, in pixels of the screen."""

    cell: int
    width: int
    height: int


class Show(_Said, frozen=True):
    """Show a series there; `is_added`: drawn over what is there (fusion)."""

    cell: int
    series: int
    is_added: bool = False


class Clear(_Said, frozen=True):
    """Show nothing there."""

    cell: int


class Scroll(_Said, frozen=True):
    """So many slices on, or back."""

    cell: int
    steps: int


class SetSlice(_Said, frozen=True):
    """Which slice, from 0."""

    cell: int
    index: int


class StepTime(_Said, frozen=True):
    """So many points in time on, or back."""

    cell: int
    steps: int


class SetTimePoint(_Said, frozen=True):
    """Which point in time, from 0."""

    cell: int
    index: int


class DragWindow(_Said, frozen=True):
    """The mouse went so far with the window in hand, in pixels of the screen."""

    cell: int
    dx: float
    dy: float
    layer: int | None = None
    """Of which of `CellState.layers`; None is the lowest."""


class SetWindow(_Said, frozen=True):
    """A window by its bounds, by a preset's name, or with neither the header's first."""

    cell: int
    lower: float | None = None
    upper: float | None = None
    preset: str | None = None
    layer: int | None = None
    """Of which of `CellState.layers`; None is the lowest, or that which a preset is for."""


class Zoom(_Said, frozen=True):
    """Magnify by this factor; what is at (x, y) of the canvas stays there."""

    cell: int
    factor: float
    x: float
    y: float


class Pan(_Said, frozen=True):
    """Shift what is shown, in pixels of the screen."""

    cell: int
    dx: float
    dy: float


class Rotate(_Said, frozen=True):
    """Turn by this, clockwise."""

    cell: int
    degrees: float


class Flip(_Said, frozen=True):
    """Mirror what is shown, left to right or top to bottom."""

    cell: int
    is_horizontal: bool


class Change(_Said, frozen=True):
    """Change what is not None of how a cell is drawn."""

    cell: int
    invert: bool | None = None
    colormap: str | None = None
    interpolation: Literal["nearest", "linear", "cubic"] | None = None
    slab_mm: float | None = None
    """0 for a plane."""
    slab_mode: Literal["maximum", "minimum", "average"] | None = None
    orientation: Literal["axial", "sagittal", "coronal", "acquisition"] | None = None
    opacity: float | None = None
    """0 to 1."""
    layer: int | None = None
    """Which is inverted, coloured or opaque; None inverts the lowest and changes the last."""


class Reset(_Said, frozen=True):
    """As it was when it was first shown."""

    cell: int


class Link(_Said, frozen=True):
    """Whether the cells go together: by place where they have one, by slice where not."""

    is_on: bool


class MoveCrosshairs(_Said, frozen=True):
    """To a point of this cell's canvas."""

    cell: int
    x: float
    y: float


class RotateCrosshairs(_Said, frozen=True):
    """Turn the other planes round the place, by how far the lines turn in this cell."""

    cell: int
    degrees: float


class Cine(_Said, frozen=True):
    """Run through the slices, so many in a second; 0 stops, None takes the header's rate or 15."""

    cell: int
    frames_per_second: float | None = None
    is_over_time: bool = False
    """Through the points in time of the slice on show."""


class Drawn(_Said, frozen=True):
    """The frame of this number is on the screen."""

    cell: int
    frame: int


class AskMetadata(_Said, frozen=True):
    """What is known of the image that a cell shows; `text` is searched for."""

    question: int
    cell: int
    text: str = ""


class AskStatistics(_Said, frozen=True):
    """Of the samples in a shape, given by points in the space of `CellState.to_world`.

    The 4 corners in turn of a rectangle, or of the one around an ellipse; 1 point of a probe.
    """

    question: int
    cell: int
    kind: Literal["rectangle", "ellipse", "probe"]
    points: tuple[Vector, ...]
    slice_index: int | None = None
    """Where it was drawn: `Failed` is the answer if the cell has gone on to another slice."""
    time_point: int | None = None
    """And which point in time was shown there."""


class AskPython(_Said, frozen=True):
    """The lines of Python that draw what a cell shows."""

    question: int
    cell: int


FromPage: TypeAlias = (
    Open
    | SetLayout
    | Resize
    | Show
    | Clear
    | Scroll
    | SetSlice
    | StepTime
    | SetTimePoint
    | DragWindow
    | SetWindow
    | Zoom
    | Pan
    | Rotate
    | Flip
    | Change
    | Reset
    | Link
    | MoveCrosshairs
    | RotateCrosshairs
    | Cine
    | Drawn
    | AskMetadata
    | AskStatistics
    | AskPython
)
"""What a page may say."""
