"""The sides of the body on an image that is told by Patient Orientation (0020,0020) alone."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["edge_letters"]

# Of a direction's length: what contributes less than 6 degrees is not named.
_NAMED = 0.1
_MOST = 3

_OF_BIPEDS = {"A": "P", "P": "A", "R": "L", "L": "R", "H": "F", "F": "H"}
_OF_QUADRUPEDS = {
    "LE": "RT",
    "RT": "LE",
    "D": "V",
    "V": "D",
    "CR": "CD",
    "CD": "CR",
    "R": "CD",
    "M": "L",
    "L": "M",
    "PR": "DI",
    "DI": "PR",
    "PA": "D",
    "PL": "D",
}
# Said of limbs alone, where dorsal is opposite palmar of the one and plantar of the other.
_OF_LIMBS = {"PR", "DI", "PA", "PL"}


def edge_letters(
    orientation: Sequence[str],
    right: tuple[float, float],
    down: tuple[float, float],
    *,
    is_quadruped: bool = False,
) -> tuple[str, str, str, str]:
    """Name what of the body is at each edge of a canvas.

    Parameters
    ----------
    orientation : sequence of str
        Where the rows lead, and where the columns do: (0020,0020), as it stands there.
    right, down : tuple of float
        Where the right and the bottom of the canvas are: how far along a row of the image, and how
        far down a column.
    is_quadruped : bool
        Of an animal, by its own letters: Anatomical Orientation Type (0010,2210).

    Returns
    -------
    tuple of str
        What is at the left, the right, the top and the bottom; empty where the header does not
        say it, or contradicts itself. Between a row and a column the main letters of both are
        given, the nearer first.

    References
    ----------
    DICOM PS3.3 C.7.6.1.1.1: the letters, of bipeds one each and of quadrupeds one or two.

    Examples
    --------
    A chest from the front, as it is hung:

    >>> edge_letters(("L", "F"), (1, 0), (0, 1))
    ('R', 'L', 'H', 'F')
    """
    opposites = _OF_QUADRUPEDS if is_quadruped else _OF_BIPEDS
    of_rows, of_columns, *_ = (*orientation, "", "")
    rows, columns = (_abbreviations(value, opposites) for value in (of_rows, of_columns))
    if rows and columns and _is_one_axis(rows[0], columns[0], opposites):
        return "", "", "", ""
    if not _OF_LIMBS.isdisjoint((*rows, *columns)):
        opposites = {letters: other for letters, other in opposites.items() if letters != "D"}
    axes = (rows, columns)
    left, top = (-right[0], -right[1]), (-down[0], -down[1])
    at_left, at_right, at_top, at_bottom = (
        _named(direction, axes, opposites) for direction in (left, right, top, down)
    )
    return at_left, at_right, at_top, at_bottom


def _abbreviations(value: str, opposites: dict[str, str]) -> tuple[str, ...]:
    """Take a value apart; nothing of one that PS3.3 does not allow."""
    one = "|".join(sorted(opposites, key=len, reverse=True))
    if not re.fullmatch(f"(?:{one}){{1,{_MOST}}}", value):
        return ()
    found = tuple(re.findall(one, value))
    pairs = itertools.combinations(found, 2)
    return () if any(_is_one_axis(*pair, opposites) for pair in pairs) else found


def _is_one_axis(one: str, other: str, opposites: dict[str, str]) -> bool:
    return one == other or opposites[one] == other or opposites[other] == one


def _named(
    direction: tuple[float, float],
    axes: tuple[tuple[str, ...], tuple[str, ...]],
    opposites: dict[str, str],
) -> str:
    least = _NAMED * math.hypot(*direction)
    parts = [
        (abs(along), letters if along > 0 else tuple(opposites.get(one, "") for one in letters))
        for along, letters in zip(direction, axes, strict=True)
        if abs(along) > least
    ]
    parts.sort(key=lambda part: -part[0])
    # Refinements are of the one axis alone: how much of each there is, the header does not say.
    wanted = [letters if len(parts) == 1 else letters[:1] for _, letters in parts]
    is_whole = all(letters and all(letters) for letters in wanted)
    return "".join(itertools.chain(*wanted)) if is_whole else ""
