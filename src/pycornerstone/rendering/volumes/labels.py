"""Labelmaps become layers of colour: each label filled, and outlined inside of its border."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.model.given_values import number_or_nan, whole_number
from pycornerstone.rendering.scratch import scratch

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.rendering.volumes.cut import Cut

__all__ = ["MOST_LABELS", "LabelStyle", "label_color", "paint_labels"]

MOST_LABELS = 65535
"""The highest label that is drawn as itself; what lies above is drawn as this one."""

_WIDEST_OUTLINE = 100
# By the golden ratio, each hue falls into the widest gap between those before it.
_GOLDEN = (math.sqrt(5) - 1) / 2
# Saturation and value; on grey images all of them are seen.
_TONES = ((0.85, 1.0), (0.5, 1.0), (0.95, 0.7))


def label_color(label: int) -> tuple[int, int, int]:
    """Give the colour that a label has unless somebody says another.

    The hue goes on by 222.5 degrees from one label to the next, so that labels that follow each
    other differ most: 1 red, 2 blue, 3 green, 4 violet and so on. Each 12 labels the tone changes,
    from bright to pale to dark.

    Parameters
    ----------
    label : int
        1 or more; 0 is no label, and black.

    Returns
    -------
    tuple of int
        Red, green and blue, 0 to 255.

    Examples
    --------
    >>> label_color(1)
    (255, 38, 38)
    """
    red, green, blue = _label_colors()[min(max(label, 0), MOST_LABELS)].tolist()
    return red, green, blue


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelStyle:
    """How the labels of a labelmap are to look.

    Attributes
    ----------
    colors : mapping of int to tuple of int
        Red, green and blue of labels; those that are not named have their `label_color`.
    opacity : float
        Of what is inside, 0 to 1.
    outline_width : int
        Canvas pixels of the outline, which lies inside of the border; 0 is none. The border of a
        label is where one of the four neighbours is of another, or of none. At the edge of the
        canvas there is none.
    outline_opacity : float
        Of the outline, 0 to 1.
    hidden : frozenset of int
        Labels that are not drawn.
    active : int or None
        The label that is worked on: that of the others is multiplied by `inactive_opacity`.
    inactive_opacity : float
        What the opacity of other labels is multiplied by while one is active.

    Raises
    ------
    ValueError
        If an opacity is not from 0 to 1, the width is negative or above 100, or a colour is none.
    TypeError
        If the width or a label is no whole number, or there is no mapping of colours.
    """

    colors: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)
    opacity: float = 0.4
    outline_width: int = 1
    outline_opacity: float = 1.0
    hidden: frozenset[int] = frozenset()
    active: int | None = None
    inactive_opacity: float = 0.5

    def __post_init__(self) -> None:
        for opacity in (self.opacity, self.outline_opacity, self.inactive_opacity):
            if not 0 <= number_or_nan(opacity) <= 1:
                raise ValueError(f"an opacity is a number from 0 to 1, got {opacity!r}")
        width = whole_number(self.outline_width, "outline_width")
        if not 0 <= width <= _WIDEST_OUTLINE:
            raise ValueError(f"an outline is 0 to {_WIDEST_OUTLINE} pixels wide, got {width}")
        if not isinstance(self.colors, Mapping):
            raise TypeError(f"colors are a mapping of labels to colours, got {self.colors!r}")
        colors = {}
        for label, color in self.colors.items():
            if not 1 <= whole_number(label, "a label") <= MOST_LABELS:
                raise ValueError(f"a label is a number from 1 to {MOST_LABELS}, got {label}")
            colors[int(label)] = _checked_color(color, label)
        given: Any = self.hidden
        if not isinstance(given, Iterable) or isinstance(given, str):
            raise TypeError(f"hidden labels are a set of whole numbers, got {self.hidden!r}")
        hidden = frozenset(whole_number(label, "a hidden label") for label in self.hidden)
        if self.active is not None:
            whole_number(self.active, "the active label")
        object.__setattr__(self, "colors", colors)
        object.__setattr__(self, "hidden", hidden)

    @cached_property
    def fill(self) -> npt.NDArray[np.int32]:
        """The packed colour and opacity of each label, for what is inside; read-only."""
        return self._table(self.opacity)

    @cached_property
    def outline(self) -> npt.NDArray[np.int32]:
        """The packed colour and opacity of each label, for its outline; read-only."""
        return self._table(self.outline_opacity)

    def _table(self, opacity: float) -> npt.NDArray[np.int32]:
        rgba = np.empty((MOST_LABELS + 1, 4), np.uint8)
        rgba[:, :3] = _label_colors()
        for label, color in self.colors.items():
            rgba[label, :3] = color
        rgba[:, 3] = round(255 * opacity)
        if self.active is not None:
            rgba[:, 3] = round(255 * opacity * self.inactive_opacity)
            if 0 <= self.active <= MOST_LABELS:
                rgba[self.active, 3] = round(255 * opacity)
        rgba[[0, *(label for label in self.hidden if 0 < label <= MOST_LABELS)]] = 0
        # What cannot be seen has no colour either.
        rgba[rgba[:, 3] == 0] = 0
        table = rgba.view(np.int32)[:, 0]
        table.flags.writeable = False
        return table


def _checked_color(color: tuple[int, int, int], label: int) -> tuple[int, int, int]:
    try:
        red, green, blue = (operator.index(part) for part in color)
    except (TypeError, ValueError):
        red = green = blue = -1
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise ValueError(
            f"a colour is red, green and blue from 0 to 255, got {color!r} for label {label}"
        )
    return red, green, blue


def paint_labels(cut: Cut, style: LabelStyle) -> npt.NDArray[np.uint8]:
    """Turn the cut through a labelmap into a layer.

    Parameters
    ----------
    cut : Cut
        Labels, sampled with NEAREST: whole numbers, of which those below 1 are none.
    style : LabelStyle
        How they are to look.

    Returns
    -------
    numpy.ndarray
        ``(height, width, 4)`` uint8: red, green, blue and opacity, straight. All four are 0 where
        there is no label.

    Raises
    ------
    ValueError
        If the cut is one of colours.
    """
    import cv2

    if cut.values.ndim != 2:
        raise ValueError(
            f"a labelmap has one number for each pixel, got values of shape {cut.values.shape}"
        )
    labels = _labels(cut)
    layer: npt.NDArray[np.int32] = np.asarray(cv2.LUT(labels, style.fill), np.int32)
    if style.outline_width and style.outline_opacity != style.opacity:
        outlined = cv2.LUT(labels, style.outline)
        cv2.copyTo(outlined, _outline(labels, style.outline_width), layer)
    return layer.view(np.uint8).reshape(*layer.shape, 4)


def _labels(cut: Cut) -> npt.NDArray[np.uint16]:
    import cv2

    out = scratch("labels", cut.values.shape, np.uint16)
    values = cut.values
    labels = cv2.addWeighted(values, 1, values, 0, 0, dst=out, dtype=cv2.CV_16U)
    if cut.inside is not None:
        labels = cv2.copyTo(labels, cut.inside)
    return np.asarray(labels, np.uint16)


def _outline(labels: npt.NDArray[np.uint16], width: int) -> npt.NDArray[np.uint8]:
    """Give what is not 0 where a label is at most so many pixels from another."""
    import cv2

    border: npt.NDArray[np.uint8] = scratch("label border", labels.shape, np.uint8)
    border[:] = 0
    if labels.shape[1] > 1:
        changes = cv2.compare(labels[:, 1:], labels[:, :-1], cv2.CMP_NE)
        border[:, 1:] = changes
        border[:, :-1] |= changes
    if labels.shape[0] > 1:
        changes = cv2.compare(labels[1:], labels[:-1], cv2.CMP_NE)
        border[1:] |= changes
        border[:-1] |= changes
    if width > 1:
        border = np.asarray(cv2.dilate(border, _disc(width - 1)), np.uint8)
    return border


@cache
def _disc(radius: int) -> npt.NDArray[np.uint8]:
    """Give all that is within a distance, as round as pixels can be; of 1 it is a cross."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(x**2 + y**2 <= (radius + 0.25) ** 2, np.uint8)


@cache
def _label_colors() -> npt.NDArray[np.uint8]:
    number = np.arange(MOST_LABELS)[:, np.newaxis]
    saturation, value = np.array(_TONES)[number // 12 % len(_TONES)].T
    hue = number * _GOLDEN % 1
    # From hue, saturation and value, red being hue 0.
    corner = (np.array([5, 3, 1]) + 6 * hue) % 6
    dark = np.clip(np.minimum(corner, 4 - corner), 0, 1)
    colors = np.zeros((MOST_LABELS + 1, 3), np.uint8)
    colors[1:] = np.rint(255 * value.T * (1 - saturation.T * dark))
    colors.flags.writeable = False
    return colors
