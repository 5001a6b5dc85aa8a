"""One Orthanc for all tests here; they skip where it is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pycornerstone.testing.orthanc import OrthancServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def orthanc() -> Iterator[OrthancServer]:
    missing = OrthancServer.missing()
    if missing is not None:
        pytest.skip(missing)
    with OrthancServer() as server:
        yield server
