"""How large what is loaded may be."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["LoadLimits"]


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """What a file may ask for in memory, checked before any of it is taken.

    A picture of a few kilobytes can say that it has 65,535 rows and columns, and a compressed
    volume can inflate to a thousand times its size.

    Attributes
    ----------
    picture_bytes : int
        Decoded samples of one frame of a picture (PNG, JPEG, TIFF, ...); 1 GiB by default.
    volume_bytes : int
        A NIfTI file once it is inflated; 16 GiB by default. One that is not compressed is never
        read as a whole, and has no limit.

    Raises
    ------
    ValueError
        If one of them is less than 1.
    """

    picture_bytes: int = 1 << 30
    volume_bytes: int = 16 << 30

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 1:
                raise ValueError(f"{field.name} must be at least 1, got {value}")
