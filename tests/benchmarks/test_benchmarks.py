"""Each benchmark runs, small: its own comparison of the results is what is tested."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from pycornerstone.testing.chromium import Chromium

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = sorted(
    module.stem
    for module in (ROOT / "benchmarks").glob("*.py")
    if "\ndef run(" in module.read_text(encoding="utf-8")
)
NEEDS = {
    "local_series": "SimpleITK",
    "dicomweb_series": "dicomweb_client",
    "viewer_latency": "playwright",
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_runs_and_prints_a_ratio(name):
    peer = NEEDS.get(name)
    if peer is not None and importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed; uv sync --group bench brings it")
    if name == "viewer_latency" and (missing := Chromium.missing()) is not None:
        pytest.skip(missing)
    command = [sys.executable, "-m", "benchmarks", "--quick", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert " x" in done.stdout
