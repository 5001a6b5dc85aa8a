"""Broken pictures give an error of ours or a picture, and never anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("broken_pictures.py")


def test_broken_pictures_of_every_format():
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), "2026"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    # A crash of a codec would be a negative return code.
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert set(outcomes) == {"files", "slowest", "peak", "Picture", "DecodeError"}
    assert outcomes["files"] == 45
    assert outcomes["DecodeError"] > 500
    assert outcomes["Picture"] > 200
    # However a header lies, it costs neither time nor memory.
    assert outcomes["slowest"] < 5
    assert outcomes["peak"] < 700 << 20
