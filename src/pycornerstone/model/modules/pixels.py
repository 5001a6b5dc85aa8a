"""How samples are stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    from pycornerstone.model.luts import PaletteColorLut

__all__ = [
    "ImagePixelModule",
    "TransferSyntaxModule",
]


@dataclass(frozen=True, slots=True, eq=False)
class ImagePixelModule(Module):
    """How samples are stored (PS3.3 C.7.6.3).

    Attributes
    ----------
    samples_per_pixel : int
        (0028,0002); 1 for grey and palette, 3 for colour.
    photometric_interpretation : str
        (0028,0004).
    rows, columns : int
        (0028,0010) and (0028,0011).
    bits_allocated, bits_stored, high_bit : int
        (0028,0100) to (0028,0102).
    pixel_representation : int
        (0028,0103); 0 unsigned, 1 two's complement.
    planar_configuration : int
        (0028,0006); 0 by pixel, 1 by plane.
    number_of_frames : int
        (0028,0008).
    is_float : bool
        The samples are Float (7FE0,0008) or Double Float Pixel Data (7FE0,0009).
    smallest_pixel_value, largest_pixel_value : int or None
        (0028,0106) and (0028,0107), as the header says; nothing relies on them.
    pixel_padding_value, pixel_padding_range_limit : float or None
        (0028,0120) and (0028,0121); both ends of the range are padding (PS3.3 C.7.5.1.1.2).
    palette : PaletteColorLut or None
        (0028,1101) to (0028,1224), of PALETTE COLOR; or of a grey image whose highest values are
        colours, the supplemental palette (C.7.6.19).
    icc_profile : bytes or None
        (0028,2000), of the image or of its only optical path.
    pixel_aspect_ratio : tuple of int or None
        (0028,0034): vertical size of a pixel, horizontal size (C.7.6.3.1.7).
    """

    type_name: ClassVar[str] = "imagePixelModule"

    rows: int
    columns: int
    samples_per_pixel: int = 1
    photometric_interpretation: str = "MONOCHROME2"
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    pixel_representation: int = 0
    planar_configuration: int = 0
    number_of_frames: int = 1
    is_float: bool = False
    smallest_pixel_value: int | None = None
    largest_pixel_value: int | None = None
    pixel_padding_value: float | None = None
    pixel_padding_range_limit: float | None = None
    palette: PaletteColorLut | None = None
    icc_profile: bytes | None = field(default=None, repr=False)
    pixel_aspect_ratio: tuple[int, ...] | None = None

    @property
    def padding_range(self) -> tuple[float, float] | None:
        """Lowest and highest stored value that is padding; None where there is no padding."""
        value, limit = self.pixel_padding_value, self.pixel_padding_range_limit
        if value is None:
            return None
        return (value, value) if limit is None else (min(value, limit), max(value, limit))


@dataclass(frozen=True, slots=True)
class TransferSyntaxModule(Module):
    """How the bytes that are to be loaded are written (PS3.10 section 7.1).

    Attributes
    ----------
    transfer_syntax_uid : str or None
        (0002,0010).
    is_video : bool
        It is one of MPEG-2, MPEG-4 or HEVC: its frames cannot be had one by one.
    """

    type_name: ClassVar[str] = "transferSyntax"

    transfer_syntax_uid: str | None = None
    is_video: bool = False
