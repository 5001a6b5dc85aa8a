"""What a cell, or a viewport of Python's, shows: to be shown by another cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pycornerstone.frontends.browser.kept import KeptCell, kept_of, plain_orientation
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from pycornerstone.frontends.browser.cell import DeskCell
    from pycornerstone.frontends.sharing.source import AnyViewport

__all__ = ["adopted", "kept_of_cell"]


def kept_of_cell(cell: DeskCell) -> KeptCell:
    """Give what a cell shows; of one that is still to look as before, that."""
    viewport = cell.viewport
    if cell.wanted is not None:
        return cell.wanted
    if viewport is None:
        return KeptCell()
    kept = kept_of(viewport, cell.layers)
    home = None if cell.plane is None else plain_orientation(cell.plane)
    cine = cell.cine
    return msgspec.structs.replace(
        kept,
        home=home,
        frames_per_second=0.0 if cine is None else cine.frames_per_second,
        is_back_and_forth=cine is not None and cine.is_back_and_forth,
        is_over_time=cine is not None and cine.is_over_time,
        time_point=cell.time_point if cell.coming is None else cell.coming.time_point,
    )


def adopted(given: AnyViewport) -> KeptCell:
    """Give what a cell has to show to be like a viewport of Python's, whose layers are series."""
    if isinstance(given, StackViewport):
        return kept_of(given, [(0, "")])
    names = [volume.volume_id for volume in given.volumes]
    kept = kept_of(given, list(enumerate(names)))
    return msgspec.structs.replace(kept, home=kept.orientation)
