"""Colour profiles of pictures: only those that fit the samples (ICC.1, section 7.2)."""

from __future__ import annotations

__all__ = ["MOST_PROFILE_BYTES", "fitting_profile"]

MOST_PROFILE_BYTES = 1 << 24
"""A longer profile is none; the longest of printing presses have three million bytes."""

_HEADER_BYTES = 128


def fitting_profile(profile: bytes | memoryview | None, *, is_grey: bool) -> bytes | None:
    """Give a profile that is one of these samples; None where it is of others, or broken.

    Parameters
    ----------
    profile : bytes-like or None
        As the file has it.
    is_grey : bool
        The samples are grey as they are now; else RGB or RGBA.
    """
    if profile is None or not _HEADER_BYTES <= len(profile) <= MOST_PROFILE_BYTES:
        return None
    head = bytes(profile[:40])
    fits = head[16:20] == (b"GRAY" if is_grey else b"RGB ") and head[36:40] == b"acsp"
    return bytes(profile) if fits else None
