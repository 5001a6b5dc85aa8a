"""Numbers and texts that a user gives, as they are, or refused in words."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

__all__ = ["finite_number", "number_or_nan", "points_of", "text_of", "whole_number"]


def number_or_nan(given: Any) -> float:
    """Give a number, NaN for what is none: text, a list, nothing."""
    if isinstance(given, str | bytes):
        return math.nan
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def finite_number(given: Any, what: str) -> float:
    """Give a number that is finite.

    Parameters
    ----------
    given : float
        What a user gave; a number of NumPy, too.
    what : str
        What it is, with its unit, for the error.

    Raises
    ------
    ValueError
        If it is something else.
    """
    number = number_or_nan(given)
    if not math.isfinite(number):
        raise ValueError(f"{what} is a finite number, got {given!r}")
    return number


def whole_number(given: Any, what: str) -> int:
    """Give a whole number.

    Raises
    ------
    TypeError
        If it is something else; 2.0 is.
    """
    try:
        return operator.index(given)
    except TypeError:
        raise TypeError(f"{what} is a whole number, got {given!r}") from None


def text_of(given: Any, what: str) -> str:
    """Give a text.

    Raises
    ------
    TypeError
        If it is something else, or empty.
    """
    if not isinstance(given, str) or not given:
        raise TypeError(f"{what} is a text, got {given!r}")
    return given


def points_of(given: Any, axes: int, what: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give points, ``(..., axes)`` float64; not finite ones are points as well.

    Raises
    ------
    ValueError
        If the last axis is another.
    """
    try:
        points = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim < 1 or points.shape[-1] != axes:
        raise ValueError(f"{what} has {axes} numbers, got {given!r}")
    return points
