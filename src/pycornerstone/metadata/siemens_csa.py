"""Siemens' own header: values by name, in an element of bytes.

It is known from what others found out: https://nipy.org/nibabel/dicom/siemens_csa.html.
"""

from __future__ import annotations

import struct

from pycornerstone.errors import DecodeError

__all__ = ["read_csa"]

_MAGIC = b"SV10"
# Number of values by name, and a mark.
_START = struct.Struct("<2I")
# Name, number of values, their representation, its number, number of items, a mark.
_NAMED = struct.Struct("<64si4s3i")
_ITEM = struct.Struct("<4i")
# Real ones have about 100 names, of up to some dozen items each.
_MOST = 1000


def read_csa(data: bytes) -> dict[str, tuple[str, ...]]:
    """Read the values of a CSA header; of either of its versions.

    Parameters
    ----------
    data : bytes
        Of (0029,1010) or (0029,1020).

    Returns
    -------
    dict of str to tuple of str
        The values by name, without their padding; empty ones at the end are left out.

    Raises
    ------
    DecodeError
        If it is no such header, or damaged.
    """
    try:
        return _read(data)
    except struct.error as error:
        raise DecodeError(
            f"the CSA header is cut off: it ends after {len(data)} bytes, within a value"
        ) from error


def _read(data: bytes) -> dict[str, tuple[str, ...]]:
    has_magic = data[:4] == _MAGIC
    position = 8 if has_magic else 0
    count, _ = _START.unpack_from(data, position)
    position += _START.size
    if not 0 < count <= _MOST:
        raise DecodeError(f"the CSA header is damaged, or none: it has {count} values by name")
    found: dict[str, tuple[str, ...]] = {}
    # The first version has lengths with this added to them.
    added: int | None = None
    for _ in range(count):
        name, _, _, _, items, _ = _NAMED.unpack_from(data, position)
        position += _NAMED.size
        if not 0 <= items <= _MOST:
            raise DecodeError(f"the CSA header is damaged: a value has {items} items")
        added = items if added is None else added
        values = []
        for _ in range(items):
            first, second, _, _ = _ITEM.unpack_from(data, position)
            position += _ITEM.size
            length = second if has_magic else first - added
            if not has_magic and not 0 <= length <= len(data) - position:
                # So its writers end a list of items.
                break
            if not 0 <= length <= len(data) - position:
                raise DecodeError(f"the CSA header is damaged: an item of {length} bytes")
            values.append(_text(data[position : position + length]))
            position += -(-length // 4) * 4
        while values and not values[-1]:
            values.pop()
        found[_text(name)] = tuple(values)
    return found


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("latin-1").strip()
