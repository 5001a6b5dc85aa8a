"""What the built-in loaders know of their files, asked as one provider of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.model.modules import MODULES

if TYPE_CHECKING:
    from pycornerstone.loaders.registry import LoaderRegistry

__all__ = ["FileMetadata"]

# Of those loaders that answer for files by themselves; DICOM headers are the session's.
_SCHEMES = frozenset({"data", "http", "https", "nifti", "web"})
_LONGEST = 1 + max(map(len, _SCHEMES))


class FileMetadata:
    """Asks the built-in loader of a file's scheme; its `provide` is a metadata provider.

    Such a loader is imported and made by the first question, so that what is known of a file does
    not depend on whether another one was loaded before. Where a user's loader has the scheme, the
    built-in one knows nothing of it, made or not.

    Parameters
    ----------
    loaders : LoaderRegistry
        Who makes them.
    """

    def __init__(self, loaders: LoaderRegistry) -> None:
        self._loaders = loaders

    def provide(self, type_name: str, image_id: str) -> object | None:
        """Answer by the module of this name, or None if nobody knows."""
        # Without a copy of an image that is in its address.
        scheme, colon, _ = image_id[:_LONGEST].partition(":")
        if not colon or scheme not in _SCHEMES or type_name not in MODULES:
            return None
        if not self._loaders.is_built_in(scheme):
            return None
        provide = getattr(self._loaders.built_in(scheme), "provide", None)
        answer: object | None = None if provide is None else provide(type_name, image_id)
        return answer
