"""The elements of overlays, whose group number repeats (PS3.5 section 7.6)."""

from __future__ import annotations

from pycornerstone.metadata.elements import ElementTable

__all__ = ["OVERLAY_GROUPS", "OverlayTag"]

OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
"""The groups that overlays may have."""


class OverlayTag(ElementTable):
    """An element of an overlay, by its number in the first group; see `of`."""

    def of(self, group: int) -> int:
        """Give the number of this element in another group of `OVERLAY_GROUPS`."""
        return group << 16 | self.value & 0xFFFF

    ROWS = 0x60000010, "US", "Overlay Rows"
    COLUMNS = 0x60000011, "US", "Overlay Columns"
    NUMBER_OF_FRAMES = 0x60000015, "IS", "Number of Frames in Overlay"
    DESCRIPTION = 0x60000022, "LO", "Overlay Description"
    TYPE = 0x60000040, "CS", "Overlay Type"
    SUBTYPE = 0x60000045, "LO", "Overlay Subtype"
    ORIGIN = 0x60000050, "SS", "Overlay Origin"
    IMAGE_FRAME_ORIGIN = 0x60000051, "US", "Image Frame Origin"
    BITS_ALLOCATED = 0x60000100, "US", "Overlay Bits Allocated"
    BIT_POSITION = 0x60000102, "US", "Overlay Bit Position"
    ROI_AREA = 0x60001301, "IS", "ROI Area"
    ROI_MEAN = 0x60001302, "DS", "ROI Mean"
    ROI_STANDARD_DEVIATION = 0x60001303, "DS", "ROI Standard Deviation"
    LABEL = 0x60001500, "LO", "Overlay Label"
    DATA = 0x60003000, "OW", "Overlay Data"
