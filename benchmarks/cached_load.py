"""What asking for an image costs that is in the cache: against a dictionary's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import pycornerstone as cs
from benchmarks.side_by_side import OURS, Outcome, measure

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["run"]


def run(folder: Path, *, quick: bool) -> list[Outcome]:  # noqa: ARG001 - all have one form
    """Time one cached load, to its image."""
    runs, calls = (1, 10) if quick else (9, 5000)
    with cs.Session() as session:
        session.register_image_loader("zeros", lambda i: cs.Image(i, np.zeros((512, 512))))
        image = session.load_and_cache_image("zeros:a").result()
        kept = {"zeros:a": image}
        candidates = {
            OURS: lambda: session.load_and_cache_image("zeros:a").result(),
            "a dictionary": lambda: kept["zeros:a"],
        }
        return [measure("a cached load", candidates, runs=runs, calls=calls)]
