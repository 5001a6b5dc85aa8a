"""What most tests of loaders need."""

from __future__ import annotations

import pytest

from pycornerstone.session.session import Session
from pycornerstone.testing.misbehaving_server import MisbehavingServer


@pytest.fixture
def server():
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def session():
    with Session() as session:
        yield session
