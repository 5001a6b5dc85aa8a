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
        A NIfTI file once it is inflated; 16 GiB by default. One that is not compressed has no
        limit on this machine, where it is mapped, and elsewhere that of what may be transferred
        (``HttpSettings.max_body_bytes``).

    Raises
    ------
    TypeError, ValueError
        If one of them is no whole number, or less than 1.
    """

    picture_bytes: int = 1 << 30
    volume_bytes: int = 16 << 30

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{field.name} must be a whole number of bytes, got {value!r}")
            if value < 1:
                raise ValueError(f"{field.name} must be at least 1, got {value}")
