"""Look-up tables and windows: how stored values become meanings, and meanings greys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_Entry = TypeVar("_Entry", bound=np.generic)

__all__ = ["LookupTable", "PaletteColorLut", "VoiFunction", "VoiWindow"]


class VoiFunction(StrEnum):
    """VOI LUT Function (0028,1056): how a window maps values to greys (PS3.3 C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class VoiWindow:
    """One window of the header or the user: Window Center (0028,1050) and Width (0028,1051).

    Attributes
    ----------
    center, width : float
        In modality values (HU for CT).
    explanation : str
        Window Center & Width Explanation (0028,1055), such as ``"BONE"``; empty where not given.
    """

    center: float
    width: float
    explanation: str = ""

    def bounds(self, function: VoiFunction = VoiFunction.LINEAR) -> tuple[float, float]:
        """Give the values that become black and white, ``(lower, upper)``.

        LINEAR covers ``width - 1`` steps around ``center - 0.5``; LINEAR_EXACT and SIGMOID cover
        ``width`` around ``center`` (PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2).
        """
        if function is VoiFunction.LINEAR:
            half = (self.width - 1) / 2
            return self.center - 0.5 - half, self.center - 0.5 + half
        return self.center - self.width / 2, self.center + self.width / 2

    @classmethod
    def from_bounds(
        cls, lower: float, upper: float, function: VoiFunction = VoiFunction.LINEAR
    ) -> Self:
        """Give the window whose `bounds` are these; the inverse of `bounds`."""
        if function is VoiFunction.LINEAR:
            return cls((lower + upper + 1) / 2, upper - lower + 1)
        return cls((lower + upper) / 2, upper - lower)


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A Modality, VOI or palette table: an entry for each of a run of stored values.

    Attributes
    ----------
    entries : numpy.ndarray
        1D, unsigned; entry 0 answers for `first_mapped`.
    first_mapped : int
        The first value that is mapped; what lies below takes the first entry, what lies above the
        last (PS3.3 C.11.1.1.1).
    bits_per_entry : int
        8 to 16, third value of the LUT Descriptor.
    explanation : str
        LUT Explanation (0028,3003).
    """

    entries: npt.NDArray[np.unsignedinteger]
    first_mapped: int = 0
    bits_per_entry: int = 16
    explanation: str = ""

    def apply(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.unsignedinteger]:
        """Look `values` up; floats are looked up at the nearest whole value."""
        if values.dtype.kind == "f":
            values = np.rint(values)
        return _looked_up(self.entries, self, values)


@dataclass(frozen=True, slots=True, eq=False)
class PaletteColorLut:
    """The tables of a PALETTE COLOR image, or of the colours of a grey one (PS3.3 C.7.9, C.7.6.19).

    Attributes
    ----------
    red, green, blue : LookupTable
        (0028,1101) to (0028,1103), with the data in (0028,1201) to (0028,1203), or in segments in
        (0028,1221) to (0028,1223).
    alpha : LookupTable or None
        Opacity: (0028,1104) with (0028,1204) or (0028,1224).
    """

    red: LookupTable
    green: LookupTable
    blue: LookupTable
    alpha: LookupTable | None = None

    def apply(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Turn stored indices into colours ``(..., 3)``; 16-bit entries keep their high byte."""
        channels = (self.red, self.green, self.blue)
        if len({(len(channel.entries), channel.first_mapped) for channel in channels}) == 1:
            rgb = np.stack(self._in_8_bits(), axis=-1)
            return _looked_up(rgb, self.red, indices)
        return np.stack(
            [
                _looked_up(entries, channel, indices)
                for channel, entries in zip(channels, self._in_8_bits(), strict=True)
            ],
            axis=-1,
        )

    def _in_8_bits(self) -> list[npt.NDArray[np.uint8]]:
        # Entries of 16 bits span the full range by definition; some writers put 8-bit values into
        # all three tables. One table alone may be dark.
        channels = (self.red, self.green, self.blue)
        is_full = any(int(channel.entries.max(initial=0)) > 0xFF for channel in channels)
        return [
            (channel.entries >> (max(channel.bits_per_entry - 8, 0) if is_full else 0)).astype(
                np.uint8
            )
            for channel in channels
        ]


def _looked_up(
    entries: npt.NDArray[_Entry], table: LookupTable, values: npt.NDArray[np.generic]
) -> npt.NDArray[_Entry]:
    """Give the entry of each value, where `entries` stand in the places of those of `table`."""
    size = values.dtype.itemsize
    if values.dtype.kind in "iu" and size <= 2 and values.size > 1 << 8 * size:
        # What each value that there can be becomes is found once; indices of images are large.
        every = np.arange(1 << 8 * size, dtype=f"u{size}").view(values.dtype)
        found: npt.NDArray[_Entry] = entries[_index(table, every)][values.view(f"u{size}")]
        return found
    return entries[_index(table, values)]


def _index(table: LookupTable, values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    return np.clip(values.astype(np.int64) - table.first_mapped, 0, len(table.entries) - 1)
