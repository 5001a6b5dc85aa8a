"""What was learnt of images while they were loaded, kept by imageId."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.model.modules import Module

__all__ = ["ModuleStore"]


class ModuleStore:
    """Metadata modules by imageId; its `provide` is a metadata provider.

    It may be used from any thread. Beyond `max_images` imageIds, or `max_bytes` of what is long in
    them, the least recently used are dropped: metadata of a picture is about a kilobyte without
    its colour profile, and comes back with the next load.

    Parameters
    ----------
    max_images : int
        How many imageIds are kept, at least 1.
    max_bytes : int
        How many bytes of long values, as `add` is told of them; the newest is kept whatever it has.

    Raises
    ------
    ValueError
        If `max_images` is less than 1.

    Examples
    --------
    >>> from pycornerstone.model.modules import GeneralSeriesModule
    >>> store = ModuleStore()
    >>> store.add("web:/data/a.png", GeneralSeriesModule(modality="OT"))
    >>> store.provide("generalSeriesModule", "web:/data/a.png").modality
    'OT'
    """

    def __init__(self, max_images: int = 20_000, max_bytes: int = 64 * 1024 * 1024) -> None:
        if max_images < 1:
            raise ValueError(f"a store keeps at least 1 image, got max_images={max_images}")
        self._max_images = max_images
        self._max_bytes = max_bytes
        self._long: dict[str, int] = {}
        self._long_bytes = 0
        self._modules: OrderedDict[str, dict[str, Module]] = OrderedDict()
        self._lock = Lock()

    def add(self, image_id: str, *modules: Module, long_bytes: int = 0) -> None:
        """Keep modules of an image; one takes the place of an older one of its type.

        `long_bytes` is what their long values take, such as a colour profile.
        """
        with self._lock:
            known = self._modules.setdefault(image_id, {})
            known.update((module.type_name, module) for module in modules)
            self._modules.move_to_end(image_id)
            self._count(image_id, long_bytes)
            while len(self._modules) > self._max_images or (
                self._long_bytes > self._max_bytes and len(self._modules) > 1
            ):
                self._count(self._modules.popitem(last=False)[0], 0)

    def provide(self, type_name: str, image_id: str) -> Module | None:
        """Give the module of this name, such as ``"imagePlaneModule"``, or None if unknown."""
        with self._lock:
            known = self._modules.get(image_id)
            if known is None:
                return None
            self._modules.move_to_end(image_id)
            return known.get(type_name)

    def discard(self, image_id: str) -> None:
        """Forget all that is known of an image; nothing happens if nothing is."""
        with self._lock:
            self._modules.pop(image_id, None)
            self._count(image_id, 0)

    def __contains__(self, image_id: object) -> bool:
        with self._lock:
            return image_id in self._modules

    def __len__(self) -> int:
        with self._lock:
            return len(self._modules)

    def _count(self, image_id: str, long_bytes: int) -> None:
        self._long_bytes += long_bytes - self._long.pop(image_id, 0)
        if long_bytes:
            self._long[image_id] = long_bytes
