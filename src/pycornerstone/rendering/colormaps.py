"""Colour maps by name: 256 colours from black to white."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.rendering.tables import MOST_COLORS

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["checked_colors", "colormap_names", "find_colormap_name", "get_colormap"]

# Well-known colour palettes of PS3.6 Annex B.1: entries at which red, green and blue bend, and
# whether what lies between them is rounded to the nearest or cut off.
_BENDS = {
    "hotIron": (
        "cut",
        {0: 0, 127: 254, 128: 255, 255: 255},
        {0: 0, 128: 0, 255: 255},
        {0: 0, 191: 0, 254: 252, 255: 255},
    ),
    "pet": (
        "cut",
        {0: 0, 63: 0, 192: 255, 255: 255},
        {0: 0, 63: 128, 128: 0, 255: 255},
        {0: 0, 128: 255, 129: 252, 192: 0, 255: 255},
    ),
    "hotMetalBlue": (
        "round",
        {0: 0, 85: 0, 102: 50, 119: 90, 153: 190, 170: 255, 255: 255},
        {0: 0, 119: 0, 238: 224, 255: 255},
        {0: 0, 16: 31, 35: 69, 67: 131, 85: 167, 102: 200, 119: 150}
        | {136: 50, 153: 0, 170: 0, 238: 200, 255: 255},
    ),
}
_PET_20_STEPS = (
    "000000 600050 303050 303070 505080 6060b0 7070c0 8080e0 306030 309030 "
    "50c050 40e040 e0e050 d0d060 d0b040 d09000 c06000 b03000 ff0000 ffffff"
)
# Colours at even distances, straight lines between them.
_NODES = {
    "gray": "000000 ffffff",
    # The 9 sequential blues of ColorBrewer.
    "blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    # The 33 colours of K. Moreland, Diverging Color Maps for Scientific Visualization, 2009.
    "coolwarm": (
        "3b4cc0 445acc 4d68d7 5775e1 6282ea 6c8ef1 779af7 82a5fb 8db0fe 98b9ff a3c2ff "
        "aec9fd b8d0f9 c2d5f4 ccd9ee d5dbe6 dddddd e5d8d1 ecd3c5 f1ccb9 f5c4ad f7bba0 "
        "f7b194 f7a687 f49a7b f18d6f ec7f63 e57058 de604d d55042 cb3e38 c0282f b40426"
    ),
    # The spectrum that neuroimaging uses, from black by violet and red to light grey.
    "spectral": (
        "000000 770088 880099 0000aa 0000dd 0077dd 0099dd 00aaaa 00aa88 009900 00bb00 "
        "00dd00 00ff00 bbff00 eeee00 ffcc00 ff9900 ff0000 dd0000 cc0000 cccccc"
    ),
}
_BY_OPENCV = (
    *("autumn", "bone", "cividis", "cool", "hot", "hsv", "inferno", "jet", "magma", "pink"),
    *("plasma", "spring", "summer", "turbo", "twilight", "viridis", "winter"),
)
_NAMES = tuple(sorted([*_BENDS, "pet20Step", *_NODES, *_BY_OPENCV, "copper"], key=str.lower))


def colormap_names() -> tuple[str, ...]:
    """Give the names that `get_colormap` knows, in alphabetical order.

    hotIron, pet, hotMetalBlue and pet20Step are the well-known palettes of DICOM PS3.6 Annex B.1.
    """
    return _NAMES


def get_colormap(name: str) -> npt.NDArray[np.uint8]:
    """Give a colour map.

    Parameters
    ----------
    name : str
        One of `colormap_names`, in capitals or not.

    Returns
    -------
    numpy.ndarray
        ``(256, 3)`` red, green and blue, from the lowest value to the highest, read-only.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> get_colormap("hotiron")[[0, 127, 255]].tolist()
    [[0, 0, 0], [254, 0, 0], [255, 255, 255]]
    """
    return _table(find_colormap_name(name))


def find_colormap_name(name: str) -> str:
    """Give the name of a colour map as `colormap_names` spells it.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    by_lower_case = {known.lower(): known for known in _NAMES}
    known = by_lower_case.get(name.lower())
    if known is None:
        nearest = difflib.get_close_matches(name.lower(), by_lower_case, 1, 0.6)
        hint = f". Did you mean {by_lower_case[nearest[0]]!r}?" if nearest else ""
        raise ValueError(f"no colour map {name!r}; there are: {', '.join(_NAMES)}{hint}")
    return known


def checked_colors(colors: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Give somebody's own colour map as bytes.

    Parameters
    ----------
    colors : array_like
        ``(N, 3)`` red, green and blue from the lowest value to the highest, N from 2 to 4096;
        whole numbers from 0 to 255, or floats from 0 to 1.

    Raises
    ------
    ValueError
        If they are something else.
    """
    table = np.asarray(colors)
    if table.ndim != 2 or table.shape[1] != 3 or not 2 <= len(table) <= MOST_COLORS:
        raise ValueError(
            f"a colour map has the shape (N, 3) with N from 2 to {MOST_COLORS}, got {table.shape}"
        )
    if table.dtype.kind not in "uif":
        raise ValueError(f"a colour map has numbers, got {table.dtype}")
    highest = 1 if table.dtype.kind == "f" else 255
    if not (table.min() >= 0 and table.max() <= highest):
        raise ValueError(
            f"a colour map of {table.dtype} has values from 0 to {highest}, "
            f"got {table.min()} to {table.max()}"
        )
    return np.rint(table * (255 / highest)).astype(np.uint8)


@cache
def _table(name: str) -> npt.NDArray[np.uint8]:
    position = np.linspace(0, 1, 256)
    if name in _BENDS:
        rounding, *channels = _BENDS[name]
        table = np.stack([_bent(channel, rounding) for channel in channels], axis=1)
    elif name == "pet20Step":
        table = _hex(_PET_20_STEPS)[np.minimum(np.arange(256) * 20 // 255, 19)]
    elif name in _NODES:
        nodes = _hex(_NODES[name])
        places = np.linspace(0, 1, len(nodes))
        table = np.stack([np.interp(position, places, channel) for channel in nodes.T], axis=1)
    elif name == "copper":
        table = 255 * np.minimum(1, np.outer(position, [1.25, 0.7812, 0.4975]))
    else:
        table = _by_opencv(name)
    colors = np.rint(table).astype(np.uint8)
    colors.flags.writeable = False
    return colors


def _bent(bends: dict[int, int], rounding: str) -> npt.NDArray[np.float64]:
    channel = np.interp(np.arange(256), list(bends), list(bends.values()))
    return np.floor(channel + 1e-9) if rounding == "cut" else channel


def _hex(colors: str) -> npt.NDArray[np.float64]:
    rows = [list(bytes.fromhex(color)) for color in colors.split()]
    return np.array(rows, dtype=np.float64)


def _by_opencv(name: str) -> npt.NDArray[np.float64]:
    import cv2

    ramp = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    bgr = cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name.upper()}"))
    return np.asarray(bgr[:, 0, ::-1], dtype=np.float64)
