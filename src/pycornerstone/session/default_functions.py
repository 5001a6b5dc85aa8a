"""What a session does, as functions that act on the default session."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from pycornerstone.session.default import default_session
from pycornerstone.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.loaders.registry import AnyLoader

__all__ = [
    "cancel_load_image",
    "cancel_load_images",
    "change_priority",
    "hold_bytes",
    "image_ids_from_dicomweb",
    "image_ids_from_nifti",
    "image_ids_from_web",
    "load_and_cache_image",
    "load_and_cache_images",
    "load_array",
    "load_bulk_data",
    "load_image",
    "load_in_stages",
    "load_volume",
    "load_volume_series",
    "open_display_sets",
    "register_image_loader",
    "register_unknown_image_loader",
    "register_volume_loader",
    "release_bytes",
    "search_instances",
    "search_series",
    "search_studies",
    "unregister_all_image_loaders",
    "unregister_image_loader",
]

P = ParamSpec("P")
T = TypeVar("T")


def _by_default(method: Callable[Concatenate[Session, P], T]) -> Callable[P, T]:
    """Make a function of a method, which acts on the default session."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return method(default_session(), *args, **kwargs)

    signature = inspect.signature(method)
    without_self = list(signature.parameters.values())[1:]
    # What a reader of the function is shown, without the session that is not given.
    vars(call)["__signature__"] = signature.replace(parameters=without_self)
    return call


load_image = _by_default(Session.load_image)
load_and_cache_image = _by_default(Session.load_and_cache_image)
load_and_cache_images = _by_default(Session.load_and_cache_images)
load_array = _by_default(Session.load_array)
load_in_stages = _by_default(Session.load_in_stages)
load_volume = _by_default(Session.load_volume)
load_volume_series = _by_default(Session.load_volume_series)
open_display_sets = _by_default(Session.open_display_sets)
register_volume_loader = _by_default(Session.register_volume_loader)
cancel_load_image = _by_default(Session.cancel_load_image)
cancel_load_images = _by_default(Session.cancel_load_images)
change_priority = _by_default(Session.change_priority)
search_studies = _by_default(Session.search_studies)
search_series = _by_default(Session.search_series)
search_instances = _by_default(Session.search_instances)
image_ids_from_dicomweb = _by_default(Session.image_ids_from_dicomweb)
load_bulk_data = _by_default(Session.load_bulk_data)
image_ids_from_nifti = _by_default(Session.image_ids_from_nifti)
image_ids_from_web = _by_default(Session.image_ids_from_web)
hold_bytes = _by_default(Session.hold_bytes)
release_bytes = _by_default(Session.release_bytes)
register_image_loader = _by_default(Session.register_image_loader)


def register_unknown_image_loader(loader: AnyLoader | None) -> AnyLoader | None:
    """Let `loader` answer for every scheme that has none; gives the one that did before."""
    return default_session().loaders.register_unknown(loader)


def unregister_image_loader(scheme: str) -> None:
    """Forget the loader that was registered for `scheme`; UnknownSchemeError if there was none."""
    default_session().loaders.unregister(scheme)


def unregister_all_image_loaders() -> None:
    """Forget every loader that was registered; the built-in ones still answer."""
    default_session().loaders.unregister_all()
