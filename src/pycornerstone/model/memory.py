"""The memory that arrays and bytes hold: whose it is, and how much of it there is."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    import numpy.typing as npt

    from pycornerstone.model.luts import PaletteColorLut
    from pycornerstone.model.modules import ModalityLutModule, OverlayPlane, VoiLutModule

__all__ = ["Buffer", "buffer_of", "buffers_of_image"]

Buffer: TypeAlias = "tuple[Hashable, int]"
"""Identity of a piece of memory for as long as something holds it, and its bytes."""


class HoldsMemory(Protocol):
    """What of an image holds memory; see `Image`."""

    @property
    def pixels(self) -> npt.NDArray[Any]:
        """Its samples."""

    @property
    def overlays(self) -> tuple[OverlayPlane, ...] | None:
        """Overlays."""

    @property
    def palette(self) -> PaletteColorLut | None:
        """Palette."""

    @property
    def modality_lut(self) -> ModalityLutModule | None:
        """Table of the modality, if it has one."""

    @property
    def voi_lut(self) -> VoiLutModule | None:
        """Tables of the values of interest, if it has some."""

    @property
    def icc_profile(self) -> bytes | None:
        """Colour profile."""


# What memory may belong to. Others' arrays, such as DLPack's, end in an owner that does not say.
_MEMORY = (np.ndarray, bytes, bytearray, memoryview, mmap.mmap)


def buffer_of(array: npt.NDArray[Any]) -> Buffer:
    """Give the memory that an array keeps alive: all of it, if the array is a view into some.

    Arrays that are views into one piece have its identity in common. Of a mapped file only what the
    array shows counts: the rest need not be in memory, and what is can be read again.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and isinstance(owner.base, _MEMORY):
        owner = owner.base
    while isinstance(owner, memoryview) and owner.obj is not None:
        owner = owner.obj
    if owner is array:
        return id(owner), array.nbytes
    if isinstance(owner, mmap.mmap):
        address = array.__array_interface__["data"][0]
        return (id(owner), address, array.nbytes), array.nbytes
    return id(owner), max(array.nbytes, memoryview(owner).nbytes)


def buffers_of_image(image: HoldsMemory) -> tuple[Buffer, ...]:
    """Give all memory that an image keeps alive, each piece once, that of its samples first.

    Beside the samples, that is overlays, tables, palettes and colour profile.
    """
    samples = buffer_of(image.pixels)
    if not (
        image.overlays
        or image.palette
        or image.icc_profile
        or (image.modality_lut is not None and image.modality_lut.lut is not None)
        or (image.voi_lut is not None and image.voi_lut.luts)
    ):
        return (samples,)
    # Of views of one piece, that of the samples or the largest says how much it is.
    found = dict([samples])
    for key, nbytes in _beside_samples(image):
        found[key] = max(nbytes, found.get(key, 0))
    return tuple(found.items())


def _beside_samples(image: HoldsMemory) -> Iterator[Buffer]:
    for plane in image.overlays or ():
        if plane.bits is not None:
            yield buffer_of(plane.bits)
    tables = []
    if image.palette is not None:
        palette = image.palette
        tables += [palette.red, palette.green, palette.blue, palette.alpha]
    if image.modality_lut is not None:
        tables.append(image.modality_lut.lut)
    if image.voi_lut is not None:
        tables += image.voi_lut.luts
    for table in tables:
        if table is not None:
            yield buffer_of(table.entries)
    if image.icc_profile:
        yield id(image.icc_profile), len(image.icc_profile)
