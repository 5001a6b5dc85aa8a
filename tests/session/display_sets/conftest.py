"""Folders that are opened."""

from __future__ import annotations

import pytest

from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom


@pytest.fixture
def session():
    with Session() as session:
        yield session


@pytest.fixture
def phantom():
    return ct_phantom(slices=6, rows=16, columns=16)


@pytest.fixture
def series(tmp_path, phantom):
    """Six slices of 16 x 16, from the feet to the head."""
    return write_ct_series(tmp_path / "series", phantom)
