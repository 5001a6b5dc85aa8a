"""Names for volumes that came from elsewhere, and have none."""

from __future__ import annotations

import uuid

from pycornerstone.model.given_values import text_of

__all__ = ["volume_id_or_new"]


def volume_id_or_new(given: str | None) -> str:
    """Give the volumeId that somebody gave, or one that no other volume has; TypeError if none."""
    return f"volume:{uuid.uuid4().hex}" if given is None else text_of(given, "a volumeId")
