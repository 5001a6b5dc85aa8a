"""What tests of every folder share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test asserts a time: a machine may be as slow as it is.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

DEFAULT_TESTDATA = Path(__file__).resolve().parents[2] / "shared" / "testdata"


@pytest.fixture(scope="session")
def testdata() -> Path:
    """Folder of real files that nobody here wrote."""
    folder = Path(os.environ.get("PYCORNERSTONE_TESTDATA") or DEFAULT_TESTDATA)
    if not (folder / "manifest.csv").is_file():
        pytest.skip(f"real files are not here: PYCORNERSTONE_TESTDATA={folder} has no manifest.csv")
    return folder


@pytest.fixture
def calls_of():
    """Count the functions that are called: how much is done, on a machine of any speed."""

    def count(do):
        number = 0

        def seen(frame, event, argument):
            nonlocal number
            number += event in {"call", "c_call"}

        sys.setprofile(seen)
        try:
            do()
        finally:
            sys.setprofile(None)
        return number

    return count
