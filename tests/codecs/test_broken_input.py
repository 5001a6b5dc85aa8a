"""Broken input gives an error of ours or an image, and never anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("broken_input.py")


def test_broken_frames_of_every_kind(testdata):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(testdata), "2026"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    # A crash of a codec would be a negative return code.
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert set(outcomes) == {
        "files", "slowest", "Image", "DecodeError", "UnsupportedEncodingError",
    }  # fmt: skip
    assert outcomes["files"] >= 200
    assert outcomes["DecodeError"] > 500
    assert outcomes["Image"] > 100
    # No input takes longer than it is allowed to, however its header lies.
    assert outcomes["slowest"] < 20
