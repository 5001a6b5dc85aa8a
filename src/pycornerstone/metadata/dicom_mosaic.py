"""Mosaics of Siemens MR: many slices in one picture, from the attributes of an instance."""

from __future__ import annotations

import logging
import math
import re
from typing import TYPE_CHECKING

from pycornerstone.errors import DecodeError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.siemens_csa import read_csa
from pycornerstone.model.modules import MosaicModule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pycornerstone.metadata.dicom_attributes import DicomAttributes
    from pycornerstone.model.geometry import Vector

__all__ = ["MOSAIC", "read_mosaic"]

MOSAIC = "MOSAIC"
"""The value of Image Type (0008,0008) that a mosaic has."""

_MR_HEADER = "SIEMENS MR HEADER"
_CSA_HEADER = "SIEMENS CSA HEADER"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# How far the length of a direction may be from 1.
_UNIT = 1e-2
_log = logging.getLogger("pycornerstone.metadata")


def read_mosaic(attributes: DicomAttributes) -> MosaicModule | None:
    """Read how slices lie in a picture that is a mosaic of them.

    What cannot be read of Siemens' own header is taken as absent, and that is logged.

    Returns
    -------
    MosaicModule or None
        None of any other image, and where the tiles cannot be found.
    """
    if MOSAIC not in attributes.texts(Tag.IMAGE_TYPE):
        return None
    integer, number = attributes.integer, attributes.number
    csa = _read_csa(attributes)
    tiles: float | None = None
    if if_readable(attributes.text, Tag.SIEMENS_MR_CREATOR, None) == _MR_HEADER:
        tiles = if_readable(integer, Tag.SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC, None)
    if tiles is None:
        tiles = _first(_numbers(csa, "NumberOfImagesInMosaic"))
    rows, columns = (if_readable(integer, tag, None) for tag in (Tag.ROWS, Tag.COLUMNS))
    if tiles is None or rows is None or columns is None:
        _log.warning("the image is a mosaic, but nobody says of how many tiles; taken as one image")
        return None
    # One tile is an image as any other.
    across = math.isqrt(int(tiles) - 1) + 1 if 1 < tiles <= rows * columns else 0
    if (
        not across
        or rows % across
        or columns % across
        or (if_readable(integer, Tag.NUMBER_OF_FRAMES, None) or 1) > 1
    ):
        _log.warning(
            "%d tiles do not fill %d rows and %d columns; taken as one image", tiles, rows, columns
        )
        return None
    spacing = _distance(if_readable(number, Tag.SPACING_BETWEEN_SLICES, None))
    spacing = spacing or _distance(_first(_numbers(csa, "SpacingBetweenSlices")))
    thickness = _distance(if_readable(number, Tag.SLICE_THICKNESS, None))
    return MosaicModule(
        number_of_tiles=int(tiles),
        tile_rows=rows // across,
        tile_columns=columns // across,
        slice_normal=_direction(_numbers(csa, "SliceNormalVector")),
        slice_distance_mm=spacing or thickness,
        distance_is_thickness=spacing is None and thickness is not None,
    )


def _read_csa(attributes: DicomAttributes) -> Mapping[str, tuple[str, ...]]:
    if if_readable(attributes.text, Tag.SIEMENS_CSA_CREATOR, None) != _CSA_HEADER:
        return {}
    data = if_readable(attributes.data, Tag.SIEMENS_CSA_IMAGE_HEADER, None)
    if not data:
        return {}
    try:
        return read_csa(data)
    except DecodeError as error:
        _log.warning("%s; taken as absent", error.message)
        return {}


def _numbers(csa: Mapping[str, tuple[str, ...]], name: str) -> tuple[float, ...]:
    """Give the numbers of a name; none if one of them is no number."""
    texts = csa.get(name, ())
    if not all(_NUMBER.fullmatch(text) for text in texts):
        _log.warning("%s in the CSA header is no number; taken as absent", name)
        return ()
    numbers = tuple(float(text) for text in texts)
    return numbers if all(map(math.isfinite, numbers)) else ()


def _first(numbers: Sequence[float]) -> float | None:
    return numbers[0] if numbers else None


def _distance(given: float | None) -> float | None:
    return abs(given) if given and math.isfinite(given) else None


def _direction(numbers: Sequence[float]) -> Vector | None:
    if len(numbers) != 3 or abs(math.hypot(*numbers) - 1) > _UNIT:
        if numbers:
            _log.warning("SliceNormalVector in the CSA header is no direction; taken as absent")
        return None
    x, y, z = numbers
    return x, y, z
