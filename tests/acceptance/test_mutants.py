"""Damaged files give an image or a typed error: 500 here, any number by tools/mutants.py."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "mutants.py"
COUNT = 500


def test_damaged_files_give_an_image_or_a_typed_error(testdata, capsys):
    # In processes of their own, since a codec that crashes would take the tests with it.
    done = subprocess.run(
        [sys.executable, TOOL, "--count", str(COUNT), testdata],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\n{told['mutants']} damaged files: {told['outcomes']}")  # noqa: T201 - how many of each is to be seen
    assert told["failures"] == {}
    assert told["mutants"] == COUNT
    assert told["outcomes"]["Image"] > 50
    assert told["outcomes"]["DecodeError"] > 100
