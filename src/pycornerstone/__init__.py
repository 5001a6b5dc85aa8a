"""Any medical image by its imageId: as an array, on screen, or on a server.

An image is asked for by its imageId, such as ``"dicomfile:/data/a.dcm"``; the loader of its scheme
brings and decodes it; a viewport shows it::

    import pycornerstone as cs

    image = cs.load_and_cache_image("dicomfile:/data/a.dcm").result()
    viewport = cs.StackViewport(512, 512)
    viewport.set_stack(["dicomfile:/data/a.dcm"])
    viewport.save("a.png")

The functions here act on a default session, made on first use; `Session` makes others. Importing
this package imports NumPy and the standard library, and each other library when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pycornerstone._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone import metadata
    from pycornerstone.errors import (
        CacheSizeExceededError,
        ContentTypeError,
        DecodeError,
        HttpStatusError,
        ImageIdError,
        LoadCancelledError,
        LoaderError,
        MetadataError,
        MetadataProviderError,
        MissingExtraError,
        PyCornerstoneError,
        RetrieveError,
        SessionClosedError,
        TransferError,
        UnknownSchemeError,
        UnsupportedEncodingError,
    )
    from pycornerstone.loaders.array_load_object import ArrayLoadObject
    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import ImageLoader, LoadOptions
    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.events import Event
    from pycornerstone.model.geometry import PlaneGeometry
    from pycornerstone.model.image import Image, ImageQuality
    from pycornerstone.model.image_id import ImageId
    from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiFunction, VoiWindow
    from pycornerstone.model.modules import (
        CalibratedPixelSpacing,
        CalibrationModule,
        CineModule,
        ClinicalTrialModule,
        DisplayShutterModule,
        EcgChannel,
        EcgGroup,
        EcgModule,
        FrameModule,
        FrameOfReferenceModule,
        GeneralImageModule,
        GeneralSeriesModule,
        GeneralStudyModule,
        ImagePixelModule,
        ImagePlaneModule,
        ImageUrlModule,
        InstanceModule,
        ModalityLutModule,
        MultiframeModule,
        NmMultiframeGeometryModule,
        OverlayPlane,
        OverlayPlaneModule,
        PatientModule,
        PatientStudyModule,
        PetImageModule,
        PetIsotopeModule,
        PetSeriesModule,
        PresentationLutModule,
        RadiopharmaceuticalInfo,
        RealWorldValueMap,
        RealWorldValueMappingModule,
        ScalingModule,
        Segment,
        SegmentationModule,
        SopCommonModule,
        SpacingType,
        TileMapModule,
        TransferSyntaxModule,
        UltrasoundEnhancedRegionModule,
        UltrasoundRegion,
        UriModule,
        VoiLutModule,
        WholeSlideModule,
    )
    from pycornerstone.model.requests import RequestType
    from pycornerstone.retrieve.http import HttpSettings
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.default import close_default_session, default_session
    from pycornerstone.session.events import EventBus
    from pycornerstone.session.session import Session
    from pycornerstone.viewports.camera import Camera
    from pycornerstone.viewports.presentation import Presentation
    from pycornerstone.viewports.stack import StackViewport

    cache: Cache
    events: EventBus

_NAMES_IN = {
    "errors": """
        CacheSizeExceededError ContentTypeError DecodeError HttpStatusError ImageIdError
        LoadCancelledError LoaderError MetadataError MetadataProviderError MissingExtraError
        PyCornerstoneError RetrieveError SessionClosedError TransferError UnknownSchemeError
        UnsupportedEncodingError
    """,
    "loaders.array_load_object": "ArrayLoadObject",
    "loaders.load_object": "ImageLoadObject",
    "loaders.protocol": "ImageLoader LoadOptions",
    "loaders.registry": "AnyLoader",
    "model.encoded_frame": "EncodedFrame",
    "model.events": "Event",
    "model.geometry": "PlaneGeometry",
    "model.image": "Image ImageQuality",
    "model.image_id": "ImageId",
    "model.luts": "LookupTable PaletteColorLut VoiFunction VoiWindow",
    "model.modules": """
        CalibratedPixelSpacing CalibrationModule CineModule ClinicalTrialModule
        DisplayShutterModule EcgChannel EcgGroup EcgModule FrameModule
        FrameOfReferenceModule GeneralImageModule GeneralSeriesModule GeneralStudyModule
        ImagePixelModule ImagePlaneModule ImageUrlModule InstanceModule ModalityLutModule
        MultiframeModule NmMultiframeGeometryModule OverlayPlane OverlayPlaneModule
        PatientModule PatientStudyModule PetImageModule PetIsotopeModule PetSeriesModule
        PresentationLutModule RadiopharmaceuticalInfo RealWorldValueMap
        RealWorldValueMappingModule ScalingModule Segment SegmentationModule SopCommonModule
        SpacingType TileMapModule TransferSyntaxModule UltrasoundEnhancedRegionModule
        UltrasoundRegion UriModule VoiLutModule WholeSlideModule
    """,
    "model.requests": "RequestType",
    "retrieve.http": "HttpSettings",
    "session.cache": "Cache",
    "session.default": "close_default_session default_session",
    "session.events": "EventBus",
    "session.session": "Session",
    "viewports.camera": "Camera",
    "viewports.presentation": "Presentation",
    "viewports.stack": "StackViewport",
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names.split()}

__all__ = [
    "AnyLoader",
    "ArrayLoadObject",
    "Cache",
    "CacheSizeExceededError",
    "CalibratedPixelSpacing",
    "CalibrationModule",
    "Camera",
    "CineModule",
    "ClinicalTrialModule",
    "ContentTypeError",
    "DecodeError",
    "DisplayShutterModule",
    "EcgChannel",
    "EcgGroup",
    "EcgModule",
    "EncodedFrame",
    "Event",
    "EventBus",
    "FrameModule",
    "FrameOfReferenceModule",
    "GeneralImageModule",
    "GeneralSeriesModule",
    "GeneralStudyModule",
    "HttpSettings",
    "HttpStatusError",
    "Image",
    "ImageId",
    "ImageIdError",
    "ImageLoadObject",
    "ImageLoader",
    "ImagePixelModule",
    "ImagePlaneModule",
    "ImageQuality",
    "ImageUrlModule",
    "InstanceModule",
    "LoadCancelledError",
    "LoadOptions",
    "LoaderError",
    "LookupTable",
    "MetadataError",
    "MetadataProviderError",
    "MissingExtraError",
    "ModalityLutModule",
    "MultiframeModule",
    "NmMultiframeGeometryModule",
    "OverlayPlane",
    "OverlayPlaneModule",
    "PaletteColorLut",
    "PatientModule",
    "PatientStudyModule",
    "PetImageModule",
    "PetIsotopeModule",
    "PetSeriesModule",
    "PlaneGeometry",
    "Presentation",
    "PresentationLutModule",
    "PyCornerstoneError",
    "RadiopharmaceuticalInfo",
    "RealWorldValueMap",
    "RealWorldValueMappingModule",
    "RequestType",
    "RetrieveError",
    "ScalingModule",
    "Segment",
    "SegmentationModule",
    "Session",
    "SessionClosedError",
    "SopCommonModule",
    "SpacingType",
    "StackViewport",
    "TileMapModule",
    "TransferError",
    "TransferSyntaxModule",
    "UltrasoundEnhancedRegionModule",
    "UltrasoundRegion",
    "UnknownSchemeError",
    "UnsupportedEncodingError",
    "UriModule",
    "VoiFunction",
    "VoiLutModule",
    "VoiWindow",
    "WholeSlideModule",
    "__version__",
    "cache",
    "cancel_load_image",
    "cancel_load_images",
    "close_default_session",
    "default_session",
    "events",
    "load_and_cache_image",
    "load_and_cache_images",
    "load_array",
    "load_image",
    "metadata",
    "register_image_loader",
    "register_unknown_image_loader",
    "unregister_all_image_loaders",
    "unregister_image_loader",
]


def load_image(image_id: str, options: LoadOptions | None = None) -> ImageLoadObject:
    """Load an image by the default session; see `Session.load_image`."""
    session = _default()
    return (
        session.load_image(image_id) if options is None else session.load_image(image_id, options)
    )


def load_and_cache_image(image_id: str, options: LoadOptions | None = None) -> ImageLoadObject:
    """Load an image and keep it in the default session; see `Session.load_and_cache_image`."""
    session = _default()
    if options is None:
        return session.load_and_cache_image(image_id)
    return session.load_and_cache_image(image_id, options)


def load_and_cache_images(
    image_ids: Iterable[str], options: LoadOptions | None = None
) -> list[ImageLoadObject]:
    """Load several images and keep them; one object an imageId, in their order."""
    session = _default()
    if options is None:
        return session.load_and_cache_images(image_ids)
    return session.load_and_cache_images(image_ids, options)


def load_array(
    image_ids: Iterable[str],
    out: npt.NDArray[Any] | None = None,
    options: LoadOptions | None = None,
) -> ArrayLoadObject:
    """Load images into one array by the default session; see `Session.load_array`."""
    session = _default()
    if options is None:
        return session.load_array(image_ids, out)
    return session.load_array(image_ids, out, options)


def cancel_load_image(image_id: str) -> bool:
    """Cancel the load of an image for all who wait for it; False if there is none."""
    return _default().cancel_load_image(image_id)


def cancel_load_images(image_ids: Iterable[str]) -> int:
    """Cancel several loads, and say how many there were."""
    return _default().cancel_load_images(image_ids)


def register_image_loader(scheme: str, loader: AnyLoader) -> None:
    """Let `loader` answer for every ``scheme:...`` imageId; see `Session.register_image_loader`."""
    _default().register_image_loader(scheme, loader)


def register_unknown_image_loader(loader: AnyLoader | None) -> AnyLoader | None:
    """Let `loader` answer for every scheme that has none; gives the one that did before."""
    return _default().loaders.register_unknown(loader)


def unregister_image_loader(scheme: str) -> None:
    """Forget the loader that was registered for `scheme`; UnknownSchemeError if there was none."""
    _default().loaders.unregister(scheme)


def unregister_all_image_loaders() -> None:
    """Forget every loader that was registered; the built-in ones still answer."""
    _default().loaders.unregister_all()


def _default() -> Session:
    # Imported here, since a session brings in what importing this package must not.
    from pycornerstone.session.default import default_session

    return default_session()


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        module = importlib.import_module(f"{__name__}.{_MODULE_OF[name]}")
        value = globals()[name] = getattr(module, name)
        return value
    if name == "metadata":
        return importlib.import_module(f"{__name__}.metadata")
    if name in {"cache", "events"}:
        # Of the default session that there is now, so it is not kept here.
        return getattr(_default(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
