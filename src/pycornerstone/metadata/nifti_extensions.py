"""Header extensions of a NIfTI file: what stands between its header and its voxels."""

from __future__ import annotations

import logging
import math
import struct
from typing import TYPE_CHECKING

from pycornerstone.model.modules import NiftiExtension

if TYPE_CHECKING:
    from pycornerstone.metadata.nifti_fields import NiftiFields

__all__ = ["LARGEST_EXTENT", "extensions_end", "read_extensions"]

LARGEST_EXTENT = 64 << 20
"""Header and extensions are read up to here, whatever the header says."""

_MOST_EXTENSIONS = 1000
_log = logging.getLogger("pycornerstone.metadata")


def extensions_end(fields: NiftiFields, beginning: bytes | memoryview) -> int:
    """Say where the extensions of a file end at the latest; where the header does if it has none.

    Parameters
    ----------
    fields : NiftiFields
        Of the header.
    beginning : bytes or memoryview
        Of the file. Where it ends before the four bytes that tell whether there are extensions
        (at 348 or 540), there may be some.
    """
    size = fields.size_in_bytes
    if fields.version == 0:
        return size
    flag = bytes(beginning[size : size + 4])
    if flag and not flag[0]:
        return size + 4
    if fields.is_pair:
        # They go on to the end of the .hdr.
        return LARGEST_EXTENT
    offset = fields.number("vox_offset")
    if not math.isfinite(offset):
        return size + 4
    return int(min(max(offset, size + 4), LARGEST_EXTENT))


def read_extensions(
    fields: NiftiFields, beginning: bytes | memoryview
) -> tuple[NiftiExtension, ...]:
    """Read the extensions that are whole in the beginning of a file.

    One whose size cannot be true ends the list, and is logged without its content.

    References
    ----------
    nifti1.h, "extended header section": ``esize`` (with its own eight bytes, a multiple of 16),
    ``ecode``, content.
    """
    found: list[NiftiExtension] = []
    end = extensions_end(fields, beginning)
    position = fields.size_in_bytes + 4
    available = min(len(beginning), end)
    while position + 8 <= available:
        size, code = struct.unpack_from(f"{fields.byte_order}ii", beginning, position)
        if size == code == 0:
            # Padding up to the voxels, or to the end of the .hdr.
            break
        if size < 16 or size % 16 or position + size > end or len(found) == _MOST_EXTENSIONS:
            _log.warning(
                "extension %d of a NIfTI header says that it has %d bytes, of the %d that are left "
                "before the voxels; it and those after it are left out",
                len(found) + 1,
                size,
                end - position,
            )
            break
        if position + size > available:
            break
        content = bytes(beginning[position + 8 : position + size])
        found.append(NiftiExtension(code, content))
        position += size
    return tuple(found)
