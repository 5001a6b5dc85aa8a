"""Uncompressed samples of a file that is still arriving, straight to where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pycornerstone.codecs.sample_layout import keep_stored_bits
from pycornerstone.loaders.array_reading import layout_as_stored

if TYPE_CHECKING:
    from pycornerstone.loaders.alike_instances import BegunInstance
    from pycornerstone.loaders.protocol import ArrayPlace, PlaceOf

__all__ = ["NativeSink"]


@dataclass(slots=True, eq=False)
class NativeSink:
    """Takes the samples of one file; what stands behind them is passed over.

    Attributes
    ----------
    image_id : str
        Whose samples they are.
    begun : BegunInstance
        What its header says.
    """

    image_id: str
    begun: BegunInstance
    _place: ArrayPlace
    _size: int
    _written: int = 0

    @classmethod
    def begin(
        cls, beginning: bytes | memoryview, begun: BegunInstance, image_id: str, place_of: PlaceOf
    ) -> NativeSink | None:
        """Write what is there of the samples; None if they cannot go straight to their place.

        Parameters
        ----------
        beginning : bytes or memoryview
            The first bytes of the file, its header among them.
        begun : BegunInstance
            What the header says.
        image_id : str
            Whose samples they are.
        place_of : callable
            Gives where they belong.
        """
        layout = layout_as_stored(begun.pixel, begun.pixel_data_length)
        if layout is None:
            return None
        place = place_of(image_id, layout.shape, layout.dtype)
        if place is None:
            return None
        sink = cls(image_id, begun, place, place.size_in_bytes)
        sink.write(memoryview(beginning)[begun.header_bytes :])
        return sink

    def write(self, piece: memoryview) -> None:
        """Write the next bytes."""
        piece = piece[: self._size - self._written]
        if piece:
            self._place.write(self._written, piece)
            self._written += len(piece)

    def end(self) -> bool:
        """Take off the bits that are not stored ones; False if not all of the samples came.

        Raises
        ------
        DecodeError
            If the header does not say where the stored bits are.
        """
        if self._written < self._size:
            return False
        self._place.change(lambda samples: keep_stored_bits(samples, self.begun.pixel))
        return True

    def done(self) -> None:
        """Say that the samples are in their place; what is told of the image is to be known."""
        self._place.done()
