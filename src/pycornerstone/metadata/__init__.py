"""What is known of an imageId: providers, and readers of DICOM, NIfTI and picture headers.

The functions here act on the providers of the default session; each `Session` has its own in
``session.metadata``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar, overload

from pycornerstone.metadata.registry import MetadataRegistry, Provider

if TYPE_CHECKING:
    import builtins

    from pydicom.dataset import Dataset

    from pycornerstone.metadata.calibration import Calibrations
    from pycornerstone.metadata.registration import Registrations
    from pycornerstone.model.modules import Module

__all__ = [
    "add_provider",
    "calibrations",
    "default_registry",
    "forget_default_registry",
    "get",
    "merge_functional_groups",
    "registrations",
    "remove_provider",
    "require",
]

M = TypeVar("M", bound="Module")

if TYPE_CHECKING:
    calibrations: Calibrations
    registrations: Registrations


@functools.cache
def default_registry() -> MetadataRegistry:
    """Give the providers of the default session, made on first use."""
    return MetadataRegistry()


def forget_default_registry() -> None:
    """Forget them all; the default session does this when it ends."""
    default_registry.cache_clear()


def add_provider(provider: Provider, priority: float = 0) -> None:
    """Ask `provider` too, highest priority first; see `MetadataRegistry.add_provider`."""
    default_registry().add_provider(provider, priority)


def remove_provider(provider: Provider) -> None:
    """Ask `provider` no longer; see `MetadataRegistry.remove_provider`."""
    default_registry().remove_provider(provider)


@overload
def get(type: builtins.type[M], image_id: str) -> M | None: ...


@overload
def get(type: str, image_id: str) -> object | None: ...


def get(type: builtins.type[Module] | str, image_id: str) -> object | None:  # noqa: A002 - the word for it
    """Ask what is known of an image; see `MetadataRegistry.get`."""
    return default_registry().get(type, image_id)


@overload
def require(type: builtins.type[M], image_id: str) -> M: ...


@overload
def require(type: str, image_id: str) -> object: ...


def require(type: builtins.type[Module] | str, image_id: str) -> object:  # noqa: A002 - the word for it
    """Ask for what has to be known; see `MetadataRegistry.require`."""
    return default_registry().require(type, image_id)


def merge_functional_groups(dataset: Dataset, frame: int) -> Dataset:
    """Give what a whole data set, such as `Image.dataset`, says of one frame, flat.

    See `pycornerstone.metadata.dicom_instance.merge_functional_groups`.
    """
    from pycornerstone.metadata import dicom_instance

    return dicom_instance.merge_functional_groups(dataset, frame)


def __getattr__(name: str) -> Calibrations | Registrations:
    # Of the default session that there is now, so neither is kept here.
    if name == "calibrations":
        return default_registry().calibrations
    if name == "registrations":
        return default_registry().registrations
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
