"""The addresses of slices of a NIfTI file: ``nifti:/data/brain.nii?frame=7&axis=j``."""

from __future__ import annotations

import re

from pycornerstone.errors import ImageIdError
from pycornerstone.metadata.nifti_slices import AXES
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.image_id import split_frame_parameter

__all__ = ["slice_image_id", "split_slice_address"]

_AXIS = re.compile(r"[?&]axis=(?P<axis>[^&#]*)")
_LONGEST_QUERY = 16 * 1024
# Python refuses to read a number of some thousand digits.
_TOO_MANY_DIGITS = re.compile(r"[?&]frame=\d{19}")


def split_slice_address(resource: str) -> tuple[str, int, str]:
    """Take ``frame=N`` and ``axis=i`` out of the query of an address; what else is in it stays.

    Parameters
    ----------
    resource : str
        What follows ``nifti:``.

    Returns
    -------
    tuple of (str, int, str)
        The address of the file; the frame, from 0, which it is where none is named; and the axis
        that slices are cut across: ``"i"``, ``"j"``, or ``"k"`` where none is named.

    Raises
    ------
    ImageIdError
        If the frame is no number, the axis none of the three, or there is no address.

    Examples
    --------
    >>> split_slice_address("https://pacs/brain.nii?frame=7&token=a&axis=j")
    ('https://pacs/brain.nii?token=a', 7, 'j')
    """
    # A file in its own address may have megabytes, and its query is at their end.
    before, query = resource[:-_LONGEST_QUERY], resource[-_LONGEST_QUERY:]
    if _TOO_MANY_DIGITS.search(query):
        shown = without_credentials(resource)
        raise ImageIdError(f"the frame of {shown} has more digits than any file has slices")
    query, frame = split_frame_parameter(query, first=0)
    found = _AXIS.search(query)
    axis = "k"
    if found is not None:
        axis, after = found["axis"], query[found.end() :]
        is_first = found.group().startswith("?") and after.startswith("&")
        query = query[: found.start()] + (f"?{after[1:]}" if is_first else after)
    address = before + query
    if axis not in AXES:
        shown = without_credentials(address)
        raise ImageIdError(
            f"axis {axis!r} of {shown} is none of i, j and k; slices are cut across one of them"
        )
    if not address:
        raise ImageIdError(f"'nifti:{resource}' names no file; put its path or URL before the '?'")
    return address, frame or 0, axis


def slice_image_id(address: str, frame: int | None, axis: str = "k") -> str:
    """Give the imageId of a slice, in the one form that `Session.image_ids_from_nifti` gives.

    Parameters
    ----------
    address : str
        Of the file, without frame and axis.
    frame : int or None
        From 0; None for all that are cut across the axis.
    axis : str
        Left out where it is ``"k"``.

    Examples
    --------
    >>> slice_image_id("/data/brain.nii", 7, "j")
    'nifti:/data/brain.nii?frame=7&axis=j'
    """
    asked = [] if frame is None else [f"frame={frame}"]
    if axis != "k":
        asked.append(f"axis={axis}")
    if not asked:
        return f"nifti:{address}"
    base, mark, fragment = address.partition("#")
    return f"nifti:{base}{'&' if '?' in base else '?'}{'&'.join(asked)}{mark}{fragment}"
