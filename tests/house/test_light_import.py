"""``import pycornerstone`` costs numpy, and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What is there before the import is the environment's (an editable install has a finder, say).
LOOK = """
import json, sys
before = set(sys.modules)
import pycornerstone
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps(sorted(roots - sys.stdlib_module_names)))
"""


def test_import_brings_in_numpy_and_the_standard_library_only():
    command = [sys.executable, "-c", LOOK]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(json.loads(finished.stdout)) <= {"pycornerstone", "numpy"}
