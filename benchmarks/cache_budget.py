"""The memory of a process while more is loaded through its cache than fits: against its budget."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.side_by_side import OURS, Outcome
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["run"]

_LOADER = Path(__file__).parents[1] / "tests" / "acceptance" / "loading_through_a_budget.py"
_GIB = 2**30
_ALLOWED = "allowed: base, budget and one image"


class _Memory(Outcome):
    """An outcome in bytes instead of seconds."""

    def lines(self) -> list[str]:
        """Give a row for the most memory, and one for what is allowed."""
        ratio = self.ratio(_ALLOWED)
        met = "met" if ratio >= self.wanted[_ALLOWED] else "MISSED"
        return [
            self.title,
            f"  {'most memory while loading':<44}{self.ours / _GIB:9.3f} GiB",
            f"  {_ALLOWED:<44}{self.seconds[_ALLOWED] / _GIB:9.3f} GiB   {ratio:6.3f} x   {met}",
        ]


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Load 10 GB through 4 GB: of local files, a server's, and of a loader that makes images."""
    budget = 2**25 if quick else 4 * _GIB
    # Images of 8 MB; files are linked, as each name is an image of its own.
    number = 6 if quick else 625
    series = folder / "series"
    written = write_ct_series(series, ct_phantom(4, 2048, 2048))
    files = []
    for k in range(number):
        files.append(folder / f"{k}.dcm")
        files[-1].hardlink_to(written[k % len(written)])
    cases = {
        "local files": [f"dicomfile:{path}" for path in files],
        "a loader that is one function": [f"made:2048/{k}" for k in range(number)],
        "images of 512 kB": [f"made:512/{k}" for k in range(number * 16)],
    }
    with _served(series) as served:
        for scheme, image_ids in served.items():
            # What comes after the address makes each an image of its own, too.
            join = "&" if scheme == "wadouri" else "?"
            several = [f"{image_ids[k % len(image_ids)]}{join}n={k}" for k in range(number)]
            cases[f"a server's, {scheme}"] = several
        return [_run(name, image_ids, budget, folder) for name, image_ids in cases.items()]


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[dict[str, list[str]]]:
    """Serve files from a process of its own; gives the imageIds by scheme."""
    command = [sys.executable, "-m", "pycornerstone.testing", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        # The server ends when its input does, which is at the end of this.
        line = json.loads(server.stdout.readline() if server.stdout else "")
        yield {scheme: line["image_ids"][scheme] for scheme in ("wadors", "wadouri")}


def _run(name: str, image_ids: list[str], budget: int, folder: Path) -> Outcome:
    names = folder / "image_ids"
    # Twice, so that the second round finds the cache full.
    names.write_text("\n".join([*image_ids] * 2))
    command = [sys.executable, str(_LOADER), str(budget), str(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    allowed = seen["base"] + budget + seen["largest"]
    title = f"{name}: {seen['taken'] / _GIB:.1f} GiB through a cache of {budget / _GIB:.2f} GiB"
    return _Memory(title, {OURS: seen["peak"], _ALLOWED: allowed}, {_ALLOWED: 1.0})
