"""``python -m benchmarks [--quick] [NAME ...]``: run them, and print the ratios."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

NAMES = (
    "local_series",
    "compressed_series",
    "cine_frame",
    "dicomweb_series",
    "disk_cache",
    "first_image",
    "stack_frame",
    "cached_load",
    "cache_budget",
    "display_sets",
    "headers",
    "codec_frames",
    "nifti_volume",
    "nifti_slice",
    "pictures",
    "volume_cuts",
    "viewer_latency",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that were asked for; the exit code says nothing of their figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small, to see that they run")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(NAMES)}")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores; medians, candidates in turn;"
        " the ratio is the peer's time over ours\n",
        flush=True,
    )
    for name in asked.names or NAMES:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        with tempfile.TemporaryDirectory() as folder:
            for outcome in benchmark.run(Path(folder), quick=asked.quick):
                print("\n".join(outcome.lines()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
