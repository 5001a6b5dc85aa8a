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
from typing import Any

from pycornerstone._version import __version__ as __version__

_NAMES_IN = {
    "errors": """
        CacheSizeExceededError ContentTypeError DecodeError HttpStatusError ImageIdError
        LoadCancelledError LoaderError MetadataError MetadataProviderError MissingExtraError
        PyCornerstoneError RetrieveError SessionClosedError TransferError UnknownSchemeError
        UnsupportedEncodingError
    """,
    "exchange.labelled_array": "to_xarray",
    "exchange.nifti_image": "from_nibabel to_nibabel",
    "exchange.simpleitk": "from_simpleitk to_simpleitk",
    "exchange.tensor": "to_torch",
    "exchange.volume_files": "save_volume",
    "frontends.browser.serving": "Viewer view",
    "loaders.array_load_object": "ArrayLoadObject",
    "loaders.list_request": "ListRequest ImageIdsRequest",
    "loaders.dicomweb_results": "FoundInstance FoundSeries FoundStudy",
    "loaders.load_object": "ImageLoadObject LoadProgress",
    "loaders.protocol": "ImageLoader LoadOptions",
    "loaders.registry": "AnyLoader",
    "loaders.wado_uri_address": "wado_uri_image_id",
    "metadata.dicom_registration": "registrations_from",
    "metadata.registration": "Registrations",
    "metadata.series.rules": "SplitRule",
    "model.display_set": "DisplaySet DisplaySetKind DisplaySets",
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
        MosaicModule MultiframeModule NiftiExtension NiftiModule NmMultiframeGeometryModule
        OverlayPlane OverlayPlaneModule PatientModule PatientStudyModule PetImageModule
        PetIsotopeModule PetSeriesModule PictureModule PresentationLutModule
        RadiopharmaceuticalInfo RealWorldValueMap
        RealWorldValueMappingModule ScalingModule Segment SegmentationModule SopCommonModule
        SpacingType TileMapModule TimingModule TransferSyntaxModule UltrasoundEnhancedRegionModule
        UltrasoundRegion UriModule VoiLutModule WholeSlideModule
    """,
    "model.requests": "RequestType",
    "model.retrieve_stages": """
        INTERLEAVED SEQUENTIAL SINGLE ImageRetrieveConfigurationModule RetrieveStage
    """,
    "model.volume": "Volume generate_volume_id",
    "model.volume_series": "TimeOperator VolumeSeries",
    "model.derived_volumes": "decimated derived_volume labelmap_volume sub_volume",
    "retrieve.disk_cache": "DiskCache",
    "retrieve.http": "HttpSettings",
    "retrieve.http_auth": "AuthRequest BasicAuth BearerAuth",
    "retrieve.tls": "TlsSettings",
    "session.cache": "Cache",
    "session.default": "close_default_session configure_default_session default_session",
    "session.default_functions": """
        cancel_load_image cancel_load_images change_priority hold_bytes image_ids_from_dicomweb
        image_ids_from_nifti image_ids_from_web load_and_cache_image load_and_cache_images
        load_array load_bulk_data load_image load_in_stages load_volume
        load_volume_series open_display_sets register_image_loader
        register_unknown_image_loader register_volume_loader release_bytes
        search_instances search_series search_studies
        unregister_all_image_loaders unregister_image_loader
    """,
    "rendering.volumes.cut": "Slab SlabMode",
    "rendering.volumes.labels": "LabelStyle",
    "session.display_sets.requests": "DisplaySetsRequest",
    "session.events": "EventBus",
    "session.session": "Session",
    "session.stages": "StagedLoadObject",
    "session.volumes.load_object": "VolumeLoadObject VolumeSeriesLoadObject",
    "rendering.lines": "Line draw_lines",
    "viewports.reference_lines": "reference_line",
    "viewports.stack_sync": "StackSync SyncBy",
    "viewports.volumes.crosshairs": "Crosshairs",
    "viewports.volumes.linking": "Link LinkKind link",
    "viewports.camera": "Camera",
    "viewports.presentation": "Presentation",
    "viewports.stack": "StackViewport",
    "viewports.volumes.inputs": "VolumeInput",
    "viewports.volumes.orientation": "Orientation",
    "viewports.volumes.viewport": "VolumeViewport",
    "viewports.volumes.volumes_request": "VolumesRequest",
}
_MODULE_OF = {name: module for module, names in _NAMES_IN.items() for name in names.split()}

# Of the default session that there is at the time, but for the version and the module.
_FOUND_BY_NAME = ("__version__", "cache", "events", "metadata")

# Type checkers and editors read `__init__.pyi`, which spells all of these out.
__all__ = list(_MODULE_OF)
__all__ += list(_FOUND_BY_NAME)


def _default() -> Any:
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
