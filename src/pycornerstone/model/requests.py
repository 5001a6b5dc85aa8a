"""Why an image is asked for: what is needed now goes before what may be needed later."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["RequestType"]


class RequestType(IntEnum):
    """The kinds of request, first served first."""

    INTERACTION = 0
    THUMBNAIL = 1
    PREFETCH = 2
    COMPUTE = 3
