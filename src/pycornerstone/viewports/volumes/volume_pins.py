"""The hold of a viewport on the volumes that it shows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.session.cache import Cache

__all__ = ["VolumePins"]


class VolumePins:
    """Keeps volumes from being thrown out of the cache, now or when they come."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._volume_ids: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def move(self, volume_ids: Iterable[str]) -> None:
        """Pin these, and let go of all others."""
        with self._lock:
            old, self._volume_ids = self._volume_ids, tuple(volume_ids)
            for volume_id in self._volume_ids:
                self._cache.pin_volume(volume_id)
            for volume_id in old:
                self._cache.unpin_volume(volume_id)

    def clear(self) -> None:
        """Let go of all."""
        self.move(())
