"""Every error of pycornerstone.

::

    PyCornerstoneError
    ├── ImageIdError (ValueError)             the text is not an imageId, or names no such frame
    ├── UnknownSchemeError (LookupError)      no loader answers for the scheme
    ├── LoaderError (TypeError)               a loader gave something that is no image
    ├── RetrieveError (OSError)               the bytes did not arrive
    │   ├── HttpStatusError                   the server answered with another status than 200
    │   ├── TransferError                     no connection, a cut one, or a time-out
    │   └── ContentTypeError                  the server sent another kind of thing
    ├── DecodeError (ValueError)              they arrived, but are not a readable image
    │   └── UnsupportedEncodingError          they are readable, but not by this version
    ├── MetadataError (LookupError)           nobody knows what was asked of the image
    │   └── MetadataProviderError             a provider failed while it was asked
    ├── GeometryError (ValueError)            images that are no volume, or places that cannot be
    ├── LoadCancelledError                    the load was cancelled before it ended
    ├── CacheSizeExceededError (MemoryError)  it does not fit into the cache, whatever is thrown out
    ├── SessionClosedError (RuntimeError)     the session has been closed
    └── MissingExtraError (ImportError)       an optional library is not installed

A class is a step that can fail. An error that passes a load keeps the imageId in ``image_id`` and
says it in its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CacheSizeExceededError",
    "ContentTypeError",
    "DecodeError",
    "GeometryError",
    "HttpStatusError",
    "ImageIdError",
    "LoadCancelledError",
    "LoaderError",
    "MetadataError",
    "MetadataProviderError",
    "MissingExtraError",
    "PyCornerstoneError",
    "RetrieveError",
    "SessionClosedError",
    "TransferError",
    "UnknownSchemeError",
    "UnsupportedEncodingError",
]


class PyCornerstoneError(Exception):
    """What every error of this package is.

    Attributes
    ----------
    message : str
        What was asked, what was found and what to do, without the imageId.
    image_id : str or None
        The image that was being loaded, where there was one.
    """

    image_id: str | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        if self.image_id is None or str(self.image_id) in self.message:
            return self.message
        return f"{self.message} [imageId {self.image_id}]"


class ImageIdError(PyCornerstoneError, ValueError):
    """The text is not an imageId, or it names a frame that there is not."""


class UnknownSchemeError(PyCornerstoneError, LookupError):
    """No loader answers for the scheme of an imageId.

    Parameters
    ----------
    scheme : str
        The scheme that was asked for.
    known : iterable of str
        The schemes that have a loader.
    nearest : str, optional
        The known scheme that is spelled most alike.
    asked : str
        What there is no loader that does; by default that one answers.
    """

    def __init__(
        self,
        scheme: str,
        known: Iterable[str] = (),
        nearest: str | None = None,
        asked: str = "",
    ) -> None:
        self.scheme = scheme
        self.known = tuple(sorted(known))
        self.nearest = nearest
        self.asked = asked
        what = f"no loader {asked} for scheme" if asked else "no loader for scheme"
        text = f"{what} {scheme!r}; registered: {', '.join(self.known) or 'none'}"
        if nearest is not None:
            text += f". Did you mean {nearest!r}?"
        super().__init__(text)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.scheme, self.known, self.nearest, self.asked), self.__dict__)


class LoaderError(PyCornerstoneError, TypeError):
    """A loader gave something that is neither an image nor a promise of one."""


class RetrieveError(PyCornerstoneError, OSError):
    """The bytes of an image did not arrive."""


class HttpStatusError(RetrieveError):
    """The server answered, but not with what was asked for.

    Parameters
    ----------
    url : str
        What was requested.
    status : int
        The HTTP status code (RFC 9110, section 15).
    reason : str
        The text that came with it.
    advice : str
        What to do; by default what the status says of that.
    """

    def __init__(self, url: str, status: int, reason: str = "", advice: str = "") -> None:
        self.url = url
        self.status = status
        self.reason = reason
        self.advice = advice
        end = f"; {advice}" if advice else _advice(status)
        super().__init__(f"GET {url} gave HTTP {status} {reason}".rstrip() + end)

    def __reduce__(self) -> tuple[object, ...]:
        args = (self.url, self.status, self.reason, self.advice)
        return (type(self), args, self.__dict__)


class TransferError(RetrieveError):
    """No connection could be made, it was cut, or it took longer than allowed."""


class ContentTypeError(RetrieveError):
    """The server sent another kind of thing than was asked for."""


class DecodeError(PyCornerstoneError, ValueError):
    """The bytes arrived, but they are not a readable image."""


class UnsupportedEncodingError(DecodeError):
    """The bytes are in a form that this version has no decoder for."""


class MetadataError(PyCornerstoneError, LookupError):
    """Nobody knows what was asked of the image, or what they said is not usable."""


class MetadataProviderError(MetadataError):
    """A metadata provider raised while it was asked; its error is the cause of this one.

    Parameters
    ----------
    provider : str
        The provider's name.
    type_name : str
        What it was asked for.
    image_id : str
        Of which image.
    reason : str
        What it said.
    """

    def __init__(self, provider: str, type_name: str, image_id: str, reason: str) -> None:
        self.provider = provider
        self.type_name = type_name
        self.reason = reason
        super().__init__(
            f"metadata provider {provider} failed on {type_name!r} of {image_id}: {reason}"
        )
        self.image_id = image_id

    def __reduce__(self) -> tuple[object, ...]:
        args = (self.provider, self.type_name, self.image_id, self.reason)
        return (type(self), args, self.__dict__)


class GeometryError(PyCornerstoneError, ValueError):
    """Images are no volume as they are, or a geometry is none.

    Attributes
    ----------
    report : GeometryReport or None
        What was found of the images, where it is about images.
    """

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.message, self.report), self.__dict__)


class LoadCancelledError(PyCornerstoneError):
    """The load was cancelled before it ended."""


class CacheSizeExceededError(PyCornerstoneError, MemoryError):
    """Something does not fit into the cache, whatever is thrown out.

    Parameters
    ----------
    needed, max_size : int
        Bytes that were asked for, and the cache's limit.
    pinned : int
        Bytes that are in use and cannot be thrown out.
    """

    def __init__(self, needed: int, max_size: int, pinned: int) -> None:
        self.needed = needed
        self.max_size = max_size
        self.pinned = pinned
        super().__init__(
            f"{needed} bytes do not fit into a cache of {max_size} bytes, {pinned} of them in use; "
            "raise cache.max_size_in_bytes or unpin what is no longer shown"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.needed, self.max_size, self.pinned), self.__dict__)


class SessionClosedError(PyCornerstoneError, RuntimeError):
    """The session has been closed; make a new one."""


class MissingExtraError(PyCornerstoneError, ImportError):
    """An optional library is not installed.

    Parameters
    ----------
    feature : str
        What was asked for.
    extra : str
        The extra of pycornerstone that brings it.
    """

    def __init__(self, feature: str, extra: str) -> None:
        self.feature = feature
        self.extra = extra
        super().__init__(f"{feature} needs an extra: pip install 'pycornerstone[{extra}]'")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.feature, self.extra), self.__dict__)


def _advice(status: int) -> str:
    match status:
        case 401 | 403:
            return "; the server wants credentials that were not given"
        case 404 | 410:
            return "; check the address, the server has nothing there"
        case 406 | 415:
            return "; the server cannot send the form that was asked for"
        case _ if status >= 500:
            return "; the server failed, try again later"
        case _:
            return ""
