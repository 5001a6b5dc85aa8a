"""The layouts of the page."""

from __future__ import annotations

from pycornerstone.frontends.browser.server_messages import Layout

__all__ = ["LAYOUTS", "MPR", "MPR_PLANES", "layout_of"]

MPR = "mpr"
MPR_PLANES = ("axial", "sagittal", "coronal")
"""What the cells of this layout show of one volume."""

_SIDE = 3

LAYOUTS: tuple[Layout, ...] = (
    *(
        Layout(f"{rows}x{columns}", rows, columns)
        for rows in range(1, _SIDE + 1)
        for columns in range(1, _SIDE + 1)
    ),
    Layout(MPR, 1, len(MPR_PLANES)),
)
"""Rows by columns, from one cell to nine, and three planes through a volume."""


def layout_of(name: str) -> Layout | None:
    """Give the layout of that name; None if there is none."""
    return next((layout for layout in LAYOUTS if layout.name == name), None)
