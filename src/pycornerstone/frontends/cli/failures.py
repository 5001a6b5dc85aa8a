"""What the process ends with when an image failed."""

from __future__ import annotations

from pycornerstone.errors import (
    DecodeError,
    ImageIdError,
    PyCornerstoneError,
    RetrieveError,
    UnknownSchemeError,
)

__all__ = ["exit_code"]

_CODES = {
    ImageIdError: 2,
    UnknownSchemeError: 2,
    RetrieveError: 3,
    DecodeError: 4,
    PyCornerstoneError: 1,
}


def exit_code(error: PyCornerstoneError) -> int:
    """Give the exit code of an error; the first class that fits counts."""
    return next(code for kind, code in _CODES.items() if isinstance(error, kind))
