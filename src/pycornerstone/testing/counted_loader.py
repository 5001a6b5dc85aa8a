"""A loader whose calls are counted, and can be held up: how often, and what if two ask at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycornerstone.loaders.protocol import ImageLoader, is_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.model.image import Image

__all__ = ["CountedLoader"]


class CountedLoader:
    """Any loader, counted.

    Parameters
    ----------
    loader : callable or ImageLoader
        What is called.

    Attributes
    ----------
    loader : callable or ImageLoader
        Of the same kind as what was given; register this.
    calls : int
        How often it was asked for an image.
    """

    def __init__(self, loader: Any) -> None:
        self.calls = 0
        self._open: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._open.set_result(None)
        self.loader: AnyLoader
        if isinstance(loader, ImageLoader):
            self.loader = _TwoSteps(self._counting(loader.retrieve), loader.decode)
        else:
            self.loader = self._counting(loader)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep every call from beginning for as long as the context is entered."""
        self._open = concurrent.futures.Future()
        try:
            yield
        finally:
            self._open.set_result(None)

    def _counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if is_async(function):

            @functools.wraps(function)
            async def call(*arguments: Any) -> Any:
                self.calls += 1
                await asyncio.shield(asyncio.wrap_future(self._open))
                return await function(*arguments)

        else:

            @functools.wraps(function)
            def call(*arguments: Any) -> Any:
                self.calls += 1
                self._open.result()
                return function(*arguments)

        return call


@dataclass(frozen=True, slots=True)
class _TwoSteps:
    retrieve: Callable[[str], Any]
    decode: Callable[[Any], Image]
