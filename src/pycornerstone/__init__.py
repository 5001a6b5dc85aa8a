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
    from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
    from pycornerstone.loaders.list_request import ImageIdsRequest, ListRequest
    from pycornerstone.loaders.load_object import ImageLoadObject, LoadProgress
    from pycornerstone.loaders.protocol import ImageLoader, LoadOptions
    from pycornerstone.loaders.registry import AnyLoader
    from pycornerstone.loaders.wado_uri_address import wado_uri_image_id
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.events import Event
    from pycornerstone.model.geometry import PlaneGeometry
    from pycornerstone.model.image import Image, ImageQuality
    from pycornerstone.model.image_id import ImageId
    from pycornerstone.model.limits import LoadLimits
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
        NiftiExtension,
        NiftiModule,
        NmMultiframeGeometryModule,
        OverlayPlane,
        OverlayPlaneModule,
        PatientModule,
        PatientStudyModule,
        PetImageModule,
        PetIsotopeModule,
        PetSeriesModule,
        PictureModule,
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
    from pycornerstone.model.retrieve_stages import (
        INTERLEAVED,
        SEQUENTIAL,
        SINGLE,
        ImageRetrieveConfigurationModule,
        RetrieveStage,
    )
    from pycornerstone.model.volume import Volume, generate_volume_id
    from pycornerstone.retrieve.disk_cache import DiskCache
    from pycornerstone.retrieve.http import HttpSettings
    from pycornerstone.retrieve.http_auth import AuthRequest, BasicAuth, BearerAuth
    from pycornerstone.retrieve.tls import TlsSettings
    from pycornerstone.session.cache import Cache
    from pycornerstone.session.default import (
        close_default_session,
        configure_default_session,
        default_session,
    )
    from pycornerstone.session.default_functions import (
        cancel_load_image,
        cancel_load_images,
        change_priority,
        hold_bytes,
        image_ids_from_dicomweb,
        image_ids_from_nifti,
        image_ids_from_web,
        load_and_cache_image,
        load_and_cache_images,
        load_array,
        load_image,
        load_in_stages,
        register_image_loader,
        register_unknown_image_loader,
        release_bytes,
        search_instances,
        search_series,
        search_studies,
        unregister_all_image_loaders,
        unregister_image_loader,
    )
    from pycornerstone.session.events import EventBus
    from pycornerstone.session.session import Session
    from pycornerstone.session.stages import StagedLoadObject
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
    "loaders.list_request": "ListRequest ImageIdsRequest",
    "loaders.dicomweb_results": "FoundInstance FoundSeries FoundStudy",
    "loaders.load_object": "ImageLoadObject LoadProgress",
    "loaders.protocol": "ImageLoader LoadOptions",
    "loaders.registry": "AnyLoader",
    "loaders.wado_uri_address": "wado_uri_image_id",
    "model.encoded_frame": "EncodedFrame",
    "model.events": "Event",
    "model.geometry": "PlaneGeometry",
    "model.image": "Image ImageQuality",
    "model.image_id": "ImageId",
    "model.limits": "LoadLimits",
    "model.luts": "LookupTable PaletteColorLut VoiFunction VoiWindow",
    "model.modules": """
        CalibratedPixelSpacing CalibrationModule CineModule ClinicalTrialModule
        DisplayShutterModule EcgChannel EcgGroup EcgModule FrameModule
        FrameOfReferenceModule GeneralImageModule GeneralSeriesModule GeneralStudyModule
        ImagePixelModule ImagePlaneModule ImageUrlModule InstanceModule ModalityLutModule
        MultiframeModule NiftiExtension NiftiModule NmMultiframeGeometryModule OverlayPlane
        OverlayPlaneModule PatientModule PatientStudyModule PetImageModule PetIsotopeModule
        PetSeriesModule PictureModule
        PresentationLutModule RadiopharmaceuticalInfo RealWorldValueMap
        RealWorldValueMappingModule ScalingModule Segment SegmentationModule SopCommonModule
        SpacingType TileMapModule TransferSyntaxModule UltrasoundEnhancedRegionModule
        UltrasoundRegion UriModule VoiLutModule WholeSlideModule
    """,
    "model.requests": "RequestType",
    "model.retrieve_stages": """
        INTERLEAVED SEQUENTIAL SINGLE ImageRetrieveConfigurationModule RetrieveStage
    """,
    "model.volume": "Volume generate_volume_id",
    "retrieve.disk_cache": "DiskCache",
    "retrieve.http": "HttpSettings",
    "retrieve.http_auth": "AuthRequest BasicAuth BearerAuth",
    "retrieve.tls": "TlsSettings",
    "session.cache": "Cache",
    "session.default": "close_default_session configure_default_session default_session",
    "session.default_functions": """
        cancel_load_image cancel_load_images change_priority hold_bytes image_ids_from_dicomweb
        image_ids_from_nifti image_ids_from_web load_and_cache_image load_and_cache_images
        load_array load_image load_in_stages
        register_image_loader register_unknown_image_loader release_bytes search_instances
        search_series search_studies unregister_all_image_loaders unregister_image_loader
    """,
    "session.events": "EventBus",
    "session.session": "Session",
    "session.stages": "StagedLoadObject",
    "viewports.camera": "Camera",
    "viewports.presentation": "Presentation",
    "viewports.stack": "StackViewport",
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names.split()}

__all__ = [
    "INTERLEAVED",
    "SEQUENTIAL",
    "SINGLE",
    "AnyLoader",
    "ArrayLoadObject",
    "AuthRequest",
    "BasicAuth",
    "BearerAuth",
    "Cache",
    "CacheSizeExceededError",
    "CalibratedPixelSpacing",
    "CalibrationModule",
    "Camera",
    "CineModule",
    "ClinicalTrialModule",
    "ContentTypeError",
    "DecodeError",
    "DiskCache",
    "DisplayShutterModule",
    "EcgChannel",
    "EcgGroup",
    "EcgModule",
    "EncodedFrame",
    "Event",
    "EventBus",
    "FoundInstance",
    "FoundSeries",
    "FoundStudy",
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
    "ImageIdsRequest",
    "ImageLoadObject",
    "ImageLoader",
    "ImagePixelModule",
    "ImagePlaneModule",
    "ImageQuality",
    "ImageRetrieveConfigurationModule",
    "ImageUrlModule",
    "InstanceModule",
    "ListRequest",
    "LoadCancelledError",
    "LoadLimits",
    "LoadOptions",
    "LoadProgress",
    "LoaderError",
    "LookupTable",
    "MetadataError",
    "MetadataProviderError",
    "MissingExtraError",
    "ModalityLutModule",
    "MultiframeModule",
    "NiftiExtension",
    "NiftiModule",
    "NmMultiframeGeometryModule",
    "OverlayPlane",
    "OverlayPlaneModule",
    "PaletteColorLut",
    "PatientModule",
    "PatientStudyModule",
    "PetImageModule",
    "PetIsotopeModule",
    "PetSeriesModule",
    "PictureModule",
    "PlaneGeometry",
    "Presentation",
    "PresentationLutModule",
    "PyCornerstoneError",
    "RadiopharmaceuticalInfo",
    "RealWorldValueMap",
    "RealWorldValueMappingModule",
    "RequestType",
    "RetrieveError",
    "RetrieveStage",
    "ScalingModule",
    "Segment",
    "SegmentationModule",
    "Session",
    "SessionClosedError",
    "SopCommonModule",
    "SpacingType",
    "StackViewport",
    "StagedLoadObject",
    "TileMapModule",
    "TlsSettings",
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
    "Volume",
    "WholeSlideModule",
    "__version__",
    "cache",
    "cancel_load_image",
    "cancel_load_images",
    "change_priority",
    "close_default_session",
    "configure_default_session",
    "default_session",
    "events",
    "generate_volume_id",
    "hold_bytes",
    "image_ids_from_dicomweb",
    "image_ids_from_nifti",
    "image_ids_from_web",
    "load_and_cache_image",
    "load_and_cache_images",
    "load_array",
    "load_image",
    "load_in_stages",
    "metadata",
    "register_image_loader",
    "register_unknown_image_loader",
    "release_bytes",
    "search_instances",
    "search_series",
    "search_studies",
    "unregister_all_image_loaders",
    "unregister_image_loader",
    "wado_uri_image_id",
]


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
