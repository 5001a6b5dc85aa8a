"""Who knows what of an image: providers, asked in order until one answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar, overload

from pycornerstone.errors import MetadataError, MetadataProviderError, PyCornerstoneError
from pycornerstone.metadata.calibration import Calibrations
from pycornerstone.metadata.module_fields import module_from_answer
from pycornerstone.metadata.provider_list import ProviderList
from pycornerstone.metadata.registration import Registrations
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.modules import (
    MODULES,
    CalibratedPixelSpacing,
    ImagePlaneModule,
    Module,
)

if TYPE_CHECKING:
    import builtins

__all__ = ["MetadataRegistry", "Provider"]

Provider = Callable[[str, str], object | None]
"""``provider(type_name, image_id)`` gives what it knows, or None."""

M = TypeVar("M", bound=Module)

_NAMES: dict[object, str] = {module: name for name, module in MODULES.items()}

_log = logging.getLogger("pycornerstone.metadata")


class MetadataRegistry:
    """The metadata providers of a session; may be used from any thread.

    They are asked from the highest priority to the lowest, among equals the newest first, and the
    first answer that is not None counts: 0, an empty text and False are answers.

    What is asked for is a module class, or text. The `type_name` of a module of
    `pycornerstone.model.modules` is the same question as the class, and the answer is always such
    a module: a provider may also give a mapping of its fields, which is turned into one. Any other
    text is a matter between who asks and who answers.

    A provider that raises, or gives something that is no such module, does not end the query. The
    providers below it are asked; if one of them answers, the failure is logged, and otherwise it
    is raised.

    What a user measured goes before all of that: `calibrations` holds it, or a provider answers
    "calibratedPixelSpacing"; the image plane then has that spacing, whoever gave it.

    Attributes
    ----------
    calibrations : Calibrations
        What a user measured, by imageId.
    registrations : Registrations
        How frames of reference lie to each other: what viewports go by, alone and linked.

    Examples
    --------
    >>> from pycornerstone.model.modules import GeneralSeriesModule
    >>> registry = MetadataRegistry()
    >>> def scanner(type_name, image_id):
    ...     return {"modality": "CT"} if type_name == "generalSeriesModule" else None
    >>> registry.add_provider(scanner)
    >>> registry.get(GeneralSeriesModule, "custom1:a").modality
    'CT'
    """

    def __init__(self) -> None:
        self._providers: ProviderList[Provider] = ProviderList(
            "a metadata provider is a function of (type_name, image_id)"
        )
        self.calibrations = Calibrations()
        self.registrations = Registrations()

    def add_provider(self, provider: Provider, priority: float = 0) -> None:
        """Ask `provider` too.

        Parameters
        ----------
        provider : callable
            Called as ``provider(type_name, image_id)`` from any thread; None means that it does
            not know. One that is already there keeps the place it has.
        priority : float
            Higher is asked earlier. The loaders that come with pycornerstone have -1000.

        Raises
        ------
        MetadataError
            If `provider` cannot be called.
        """
        self._providers.add(provider, priority)

    def remove_provider(self, provider: Provider) -> None:
        """Ask `provider` no longer; nothing happens if it is not there."""
        self._providers.remove(provider)

    def remove_all_providers(self) -> None:
        """Ask nobody any longer, the providers of the built-in loaders included."""
        self._providers.clear()

    def asks_only(self, providers: Collection[Provider]) -> bool:
        """Say whether all of `providers` are asked, and nobody else."""
        asked = tuple(self._providers)
        return len(asked) == len(providers) and all(known in providers for known in asked)

    @overload
    def get(self, type: builtins.type[M], image_id: str) -> M | None: ...

    @overload
    def get(self, type: str, image_id: str) -> object | None: ...

    def get(self, type: builtins.type[Module] | str, image_id: str) -> object | None:  # noqa: A002 - the word for it
        """Ask what is known of an image.

        Parameters
        ----------
        type : type of Module or str
            What: `ImagePlaneModule`, ``"imagePlaneModule"``, or any text that a provider knows.
        image_id : str
            Of which image.

        Returns
        -------
        object or None
            The module, or for another text what the provider gave; None if nobody knows.

        Raises
        ------
        MetadataProviderError
            If nobody answered and a provider failed; several failures are notes of the first.
        MetadataError
            If `type` is neither text nor a module class.
        """
        module: builtins.type[Module] | None
        if isinstance(type, str):
            name, module = type, MODULES.get(type)
        else:
            name, module = _type_name(type), type
        if name == CalibratedPixelSpacing.type_name and image_id in self.calibrations:
            return self.calibrations.get(image_id)
        answer = self._ask(name, module, image_id)
        return self._calibrated(answer, image_id) if name == ImagePlaneModule.type_name else answer

    def _ask(self, name: str, module: builtins.type[Module] | None, image_id: str) -> object | None:
        failures: list[MetadataProviderError] | None = None
        for provider in self._providers:
            try:
                answer = provider(name, image_id)
                if answer is None:
                    continue
                if module is not None and not isinstance(answer, module):
                    answer = module_from_answer(module, answer)
            except Exception as error:  # noqa: BLE001 - whatever a user's function raises
                failures = failures or []
                failures.append(_failure(provider, name, image_id, error))
                continue
            if failures:
                _log_failures(failures)
            return answer
        if failures:
            raise _joined(failures)
        return None

    def _calibrated(self, answer: object | None, image_id: str) -> object | None:
        """Put a user's spacing in place of the header's; reading changes nothing of either."""
        try:
            measured = self.get(CalibratedPixelSpacing, image_id)
        except MetadataProviderError as failure:
            _log_failures([failure])
            return answer
        # Of an image that nobody knows the plane of, the spacing can be known all the same.
        plane = ImagePlaneModule() if answer is None else answer
        if measured is None or not isinstance(plane, ImagePlaneModule):
            return answer
        calibrated = plane.calibrated(measured)
        return answer if calibrated is plane else calibrated

    @overload
    def require(self, type: builtins.type[M], image_id: str) -> M: ...

    @overload
    def require(self, type: str, image_id: str) -> object: ...

    def require(self, type: builtins.type[Module] | str, image_id: str) -> object:  # noqa: A002 - the word for it
        """Ask what is known of an image, which must be something; otherwise as `get`.

        Raises
        ------
        MetadataError
            If nobody knows; it says who was asked.
        """
        answer: object | None = self.get(type, image_id)
        if answer is None:
            name = type if isinstance(type, str) else _type_name(type)
            asked = ", ".join(_name_of(provider) for provider in self._providers)
            shown = without_credentials(image_id)
            error = MetadataError(
                f"nobody knows {name!r} of {shown}; asked: {asked or 'nobody is registered'}. "
                "Load the image's header first, or add a provider that knows it"
            )
            error.image_id = shown
            raise error
        return answer


def _type_name(module: object) -> str:
    name = _NAMES.get(module) if isinstance(module, type) else None
    if name is not None:
        return name
    name = getattr(module, "type_name", None)
    if isinstance(module, type) and issubclass(module, Module) and isinstance(name, str):
        return name
    raise MetadataError(
        f"metadata are asked for by text or by a module class such as ImagePlaneModule, got "
        f"{module!r}"
    )


def _name_of(provider: Provider) -> str:
    return getattr(provider, "__qualname__", None) or type(provider).__qualname__


def _failure(
    provider: Provider, type_name: str, image_id: str, error: Exception
) -> MetadataProviderError:
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, PyCornerstoneError):
        reason = error.message
    # A provider may have put the imageId into what it said.
    shown, reason = without_credentials(image_id), without_credentials(reason)
    failure = MetadataProviderError(_name_of(provider), type_name, shown, reason)
    failure.__cause__ = error
    return failure


def _log_failures(failures: list[MetadataProviderError]) -> None:
    for failure in failures:
        # The texts of both errors may name the patient, and so may an imageId that is a path.
        _log.warning(
            "metadata provider %s failed on %r with %s; another one answered",
            failure.provider,
            failure.type_name,
            type(failure.__cause__).__name__,
        )


def _joined(failures: list[MetadataProviderError]) -> MetadataProviderError:
    first, *others = failures
    for other in others:
        first.add_note(str(other))
    return first
