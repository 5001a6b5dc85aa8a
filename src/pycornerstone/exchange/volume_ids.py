"""Names for volumes that came from elsewhere, and have none."""

from __future__ import annotations

import uuid

__all__ = ["new_volume_id"]


def new_volume_id() -> str:
    """Give a volumeId that no other volume has."""
    return f"volume:{uuid.uuid4().hex}"
