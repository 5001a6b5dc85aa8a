"""One call of a codec of picture files: what it raises becomes a DecodeError."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

__all__ = ["decode_raster"]

# What a decoder says of itself, in place of the picture.
_PLAIN = {"png_read_data_fn input stream too small": "it ends before the last of its samples"}


def decode_raster(
    name: str, codec: Callable[..., npt.NDArray[Any]], data: bytes | memoryview, **options: Any
) -> npt.NDArray[Any]:
    """Decode a whole file.

    Parameters
    ----------
    name : str
        Its format, for the error.
    codec : callable
        A decoder of imagecodecs.
    data : bytes-like
        The file.
    **options
        Of the decoder.

    Raises
    ------
    DecodeError
        If the codec raises whatever it may.
    """
    try:
        return codec(data, **options)
    except Exception as error:
        _give_none_back()
        # libpng makes the text of some errors from freed memory.
        text = str(error)
        is_text = text.isascii() and text.isprintable() and not isinstance(error, UnicodeError)
        reason = _PLAIN.get(text, text) if is_text and text else "it cannot be decoded"
        raise DecodeError(f"broken {name} of {len(data)} bytes: {reason}") from error


def _give_none_back() -> None:
    """Make good what imagecodecs takes: each failed PNG releases a None that it does not own.

    Before Python 3.12 None is counted like any object, and some thousand broken files would end the
    process. One reference too many does no harm.
    """
    if sys.version_info < (3, 12):
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))
