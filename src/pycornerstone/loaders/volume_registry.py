"""Who makes volumes of a scheme that is not made of images."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Any, TypeAlias

from pycornerstone.errors import LoaderError, UnknownSchemeError
from pycornerstone.model.volume import Volume

__all__ = ["VolumeLoader", "VolumeLoaderRegistry"]

VolumeLoader: TypeAlias = Callable[[str], Volume | Awaitable[Volume]]
"""``loader(volume_id)`` gives a volume, or something that will become one."""


class VolumeLoaderRegistry:
    """The volume loaders of one session, by scheme; safe to use from any thread."""

    def __init__(self) -> None:
        self._loaders: dict[str, VolumeLoader] = {}
        self._lock = Lock()

    def register(self, scheme: Any, loader: VolumeLoader) -> None:
        """Let `loader` answer for ``scheme:...``; it takes the place of whichever did before.

        Raises
        ------
        LoaderError
            If `scheme` is not text without a colon, or `loader` cannot be called.
        """
        if not isinstance(scheme, str) or not scheme or ":" in scheme:
            raise LoaderError(f"a scheme is text without a colon, such as 'my', got {scheme!r}")
        if not callable(loader):
            raise LoaderError(
                f"a volume loader is a function of a volumeId, got {type(loader).__name__}"
            )
        with self._lock:
            self._loaders[scheme] = loader

    def find(self, volume_id: str) -> VolumeLoader:
        """Find the loader of a volumeId.

        Raises
        ------
        UnknownSchemeError
            If there is none, with the schemes that there are and the nearest of them.
        """
        scheme = volume_id.partition(":")[0]
        with self._lock:
            loader = self._loaders.get(scheme)
            known = sorted(self._loaders)
        if loader is None:
            nearest = difflib.get_close_matches(scheme, known, n=1, cutoff=0.5)
            asked = "of volumes"
            raise UnknownSchemeError(scheme, known, nearest[0] if nearest else None, asked)
        return loader
