from pycornerstone import metadata
from pycornerstone._version import __version__
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
from pycornerstone.exchange.labelled_array import to_xarray
from pycornerstone.exchange.nifti_image import from_nibabel, to_nibabel
from pycornerstone.exchange.simpleitk import from_simpleitk, to_simpleitk
from pycornerstone.exchange.tensor import to_torch
from pycornerstone.exchange.volume_files import save_volume
from pycornerstone.frontends.browser.serving import Viewer, view
from pycornerstone.loaders.array_load_object import ArrayLoadObject
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
from pycornerstone.loaders.list_request import ImageIdsRequest, ListRequest
from pycornerstone.loaders.load_object import ImageLoadObject, LoadProgress
from pycornerstone.loaders.protocol import ImageLoader, LoadOptions
from pycornerstone.loaders.registry import AnyLoader
from pycornerstone.loaders.wado_uri_address import wado_uri_image_id
from pycornerstone.metadata.dicom_registration import registrations_from
from pycornerstone.metadata.registration import Registrations
from pycornerstone.metadata.series.rules import SplitRule
from pycornerstone.model.derived_volumes import (
    decimated,
    derived_volume,
    labelmap_volume,
    sub_volume,
)
from pycornerstone.model.display_set import DisplaySet, DisplaySetKind, DisplaySets
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
    MosaicModule,
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
    TimingModule,
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
from pycornerstone.model.volume_series import TimeOperator, VolumeSeries
from pycornerstone.rendering.lines import Line, draw_lines
from pycornerstone.rendering.volumes.cut import Slab, SlabMode
from pycornerstone.rendering.volumes.labels import LabelStyle
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
    load_bulk_data,
    load_image,
    load_in_stages,
    load_volume,
    load_volume_series,
    open_display_sets,
    register_image_loader,
    register_unknown_image_loader,
    register_volume_loader,
    release_bytes,
    search_instances,
    search_series,
    search_studies,
    unregister_all_image_loaders,
    unregister_image_loader,
)
from pycornerstone.session.display_sets.requests import DisplaySetsRequest
from pycornerstone.session.events import EventBus
from pycornerstone.session.session import Session
from pycornerstone.session.stages import StagedLoadObject
from pycornerstone.session.volumes.load_object import VolumeLoadObject, VolumeSeriesLoadObject
from pycornerstone.viewports.camera import Camera
from pycornerstone.viewports.presentation import Presentation
from pycornerstone.viewports.reference_lines import reference_line
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.stack_sync import StackSync, SyncBy
from pycornerstone.viewports.volumes.crosshairs import Crosshairs
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.linking import Link, LinkKind, link
from pycornerstone.viewports.volumes.orientation import Orientation
from pycornerstone.viewports.volumes.viewport import VolumeViewport
from pycornerstone.viewports.volumes.volumes_request import VolumesRequest

cache: Cache
events: EventBus

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
    "Crosshairs",
    "DecodeError",
    "DiskCache",
    "DisplaySet",
    "DisplaySetKind",
    "DisplaySets",
    "DisplaySetsRequest",
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
    "LabelStyle",
    "Line",
    "Link",
    "LinkKind",
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
    "MosaicModule",
    "MultiframeModule",
    "NiftiExtension",
    "NiftiModule",
    "NmMultiframeGeometryModule",
    "Orientation",
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
    "Registrations",
    "RequestType",
    "RetrieveError",
    "RetrieveStage",
    "ScalingModule",
    "Segment",
    "SegmentationModule",
    "Session",
    "SessionClosedError",
    "Slab",
    "SlabMode",
    "SopCommonModule",
    "SpacingType",
    "SplitRule",
    "StackSync",
    "StackViewport",
    "StagedLoadObject",
    "SyncBy",
    "TileMapModule",
    "TimeOperator",
    "TimingModule",
    "TlsSettings",
    "TransferError",
    "TransferSyntaxModule",
    "UltrasoundEnhancedRegionModule",
    "UltrasoundRegion",
    "UnknownSchemeError",
    "UnsupportedEncodingError",
    "UriModule",
    "Viewer",
    "VoiFunction",
    "VoiLutModule",
    "VoiWindow",
    "Volume",
    "VolumeInput",
    "VolumeLoadObject",
    "VolumeSeries",
    "VolumeSeriesLoadObject",
    "VolumeViewport",
    "VolumesRequest",
    "WholeSlideModule",
    "__version__",
    "cache",
    "cancel_load_image",
    "cancel_load_images",
    "change_priority",
    "close_default_session",
    "configure_default_session",
    "decimated",
    "default_session",
    "derived_volume",
    "draw_lines",
    "events",
    "from_nibabel",
    "from_simpleitk",
    "generate_volume_id",
    "hold_bytes",
    "image_ids_from_dicomweb",
    "image_ids_from_nifti",
    "image_ids_from_web",
    "labelmap_volume",
    "link",
    "load_and_cache_image",
    "load_and_cache_images",
    "load_array",
    "load_bulk_data",
    "load_image",
    "load_in_stages",
    "load_volume",
    "load_volume_series",
    "metadata",
    "open_display_sets",
    "reference_line",
    "register_image_loader",
    "register_unknown_image_loader",
    "register_volume_loader",
    "registrations_from",
    "release_bytes",
    "save_volume",
    "search_instances",
    "search_series",
    "search_studies",
    "sub_volume",
    "to_nibabel",
    "to_simpleitk",
    "to_torch",
    "to_xarray",
    "unregister_all_image_loaders",
    "unregister_image_loader",
    "view",
    "wado_uri_image_id",
]
