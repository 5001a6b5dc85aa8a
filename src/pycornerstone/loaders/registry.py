"""Who loads what: the loader of each scheme."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import inspect
import threading
from typing import Any, TypeAlias, cast

from pycornerstone.errors import LoaderError, UnknownSchemeError
from pycornerstone.loaders.protocol import ImageLoader, LoaderContext, LoaderFunction, has_steps

__all__ = ["ENTRY_POINT_GROUP", "AnyLoader", "LoaderRegistry"]

ENTRY_POINT_GROUP = "pycornerstone.loaders"
"""Where other packages announce their loaders: ``pgm = "pycornerstone_pgm:PgmLoader"``."""

AnyLoader: TypeAlias = ImageLoader | LoaderFunction

# Imported when the scheme is first asked for, so that nobody pays for what they do not use.
_BUILT_IN = {
    "data": "pycornerstone.loaders.web:WebLoader",
    "dicomfile": "pycornerstone.loaders.dicom_file:DicomFileLoader",
    "dicomweb": "pycornerstone.loaders.wado_uri:WadoUriLoader",
    "file": "pycornerstone.loaders.dicom_file:DicomFileLoader",
    "http": "pycornerstone.loaders.web:WebLoader",
    "https": "pycornerstone.loaders.web:WebLoader",
    "nifti": "pycornerstone.loaders.nifti:NiftiLoader",
    "wadors": "pycornerstone.loaders.wado_rs:WadoRsLoader",
    "wadouri": "pycornerstone.loaders.wado_uri:WadoUriLoader",
    "web": "pycornerstone.loaders.web:WebLoader",
}


class LoaderRegistry:
    """The loaders of one session: a user's, then the built-in ones, then other packages'.

    Parameters
    ----------
    context : LoaderContext
        What the built-in loaders are made with.
    """

    def __init__(self, context: LoaderContext) -> None:
        self._context = context
        self._registered: dict[str, AnyLoader] = {}
        self._made: dict[str, AnyLoader] = {}
        self._unknown: AnyLoader | None = None
        self._lock = threading.RLock()

    def register(self, scheme: str, loader: AnyLoader) -> None:
        """Let `loader` answer for `scheme`; it takes the place of whichever did before.

        Raises
        ------
        LoaderError
            If `scheme` is not text without a colon, or `loader` is not a loader.
        """
        if not _is_scheme(scheme):
            raise LoaderError(
                f"a scheme is text without a colon, such as 'custom1', got {scheme!r}"
            )
        checked = _checked(loader, scheme)
        with self._lock:
            self._registered[scheme] = checked

    def register_unknown(self, loader: AnyLoader | None) -> AnyLoader | None:
        """Let `loader` answer for every scheme that has none; gives the one that did before."""
        checked = None if loader is None else _checked(loader, "any unknown scheme")
        with self._lock:
            previous, self._unknown = self._unknown, checked
        return previous

    def unregister(self, scheme: str) -> None:
        """Forget the loader that was registered for `scheme`; a built-in one answers again.

        Raises
        ------
        UnknownSchemeError
            If none was registered; it names those that were. Built-in ones stay.
        """
        with self._lock:
            if scheme not in self._registered:
                raise UnknownSchemeError(scheme, self._registered, asked="was registered")
            del self._registered[scheme]

    def unregister_all(self) -> None:
        """Forget every loader that was registered, and the one for unknown schemes.

        The built-in loaders and those of installed packages still answer.
        """
        with self._lock:
            self._registered.clear()
            self._unknown = None

    def schemes(self) -> list[str]:
        """Give every scheme that has a loader, sorted."""
        with self._lock:
            return sorted({*self._registered, *_BUILT_IN, *_entry_points()})

    def find(self, scheme: str) -> AnyLoader:
        """Find the loader of `scheme`, making it if this is the first time.

        Raises
        ------
        UnknownSchemeError
            If there is none, with the schemes that there are and the nearest of them.
        LoaderError
            If a package announces one that cannot be had.
        """
        with self._lock:
            loader = self._registered.get(scheme) or self._made.get(scheme)
            if loader is None:
                loader = self._make(scheme) or self._unknown
            if loader is None:
                raise self._unknown_scheme(scheme)
            return loader

    def built_in(self, scheme: str) -> AnyLoader:
        """Give the built-in loader of a scheme, whoever else was registered for it."""
        made = self._made.get(scheme)
        if made is not None:
            return made
        with self._lock:
            return self._made.get(scheme) or cast("AnyLoader", self._make(scheme))

    def is_built_in(self, scheme: str) -> bool:
        """Say whether a scheme's loader is the built-in one."""
        # Without the lock, as each question for what is known of a file asks for it.
        return scheme in _BUILT_IN and scheme not in self._registered

    def close(self) -> None:
        """Have the built-in loaders let go of the files that they keep open."""
        with self._lock:
            built_in = {
                id(self._made[scheme]): self._made[scheme]
                for scheme in _BUILT_IN
                if scheme in self._made
            }
        for loader in built_in.values():
            close = getattr(loader, "close", None)
            if close is not None:
                close()

    def _make(self, scheme: str) -> AnyLoader | None:
        if scheme in _BUILT_IN:
            target = _BUILT_IN[scheme]
            module, _, name = target.partition(":")
            loader: AnyLoader = getattr(importlib.import_module(module), name)(self._context)
            # One loader answers for all its schemes, so that they share what it keeps.
            for other, its_target in _BUILT_IN.items():
                if its_target == target:
                    self._made[other] = loader
            return loader
        entry_point = _entry_points().get(scheme)
        if entry_point is None:
            return None
        try:
            found = entry_point.load()
            loader = _checked(found() if inspect.isclass(found) else found, scheme)
        except Exception as error:
            raise LoaderError(
                f"the loader {entry_point.value!r} that is installed for scheme {scheme!r} cannot "
                f"be had: {error}"
            ) from error
        self._made[scheme] = loader
        return loader

    def _unknown_scheme(self, scheme: str) -> UnknownSchemeError:
        known = self.schemes()
        nearest = difflib.get_close_matches(scheme, known, n=1, cutoff=0.5)
        return UnknownSchemeError(scheme, known, nearest[0] if nearest else None)


def _is_scheme(text: object) -> bool:
    return isinstance(text, str) and bool(text) and ":" not in text


def _entry_points() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}


def _checked(loader: Any, scheme: str) -> AnyLoader:
    if inspect.isclass(loader):
        raise LoaderError(f"the loader of {scheme!r} is a class; register an instance of it")
    if has_steps(loader):
        return loader
    if callable(loader):
        function: LoaderFunction = loader
        return function
    raise LoaderError(
        f"the loader of {scheme!r} is neither a function nor an object with retrieve and decode, "
        f"got {type(loader).__name__}"
    )
