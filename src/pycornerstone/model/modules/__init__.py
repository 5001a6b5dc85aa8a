"""What is known of an image: the modules of PS3.3, as frozen values.

Each class is a type that `metadata.get` can be asked for; its `type_name` is the same question as
text, as Cornerstone3D asks it. A field is None where nobody knows.
"""

from __future__ import annotations

from pycornerstone.model.modules.calibration import (
    CalibratedPixelSpacing,
    CalibrationModule,
    SpacingType,
    UltrasoundEnhancedRegionModule,
    UltrasoundRegion,
)
from pycornerstone.model.modules.display import (
    DisplayShutterModule,
    OverlayPlane,
    OverlayPlaneModule,
)
from pycornerstone.model.modules.files import (
    NiftiExtension,
    NiftiModule,
    PictureModule,
)
from pycornerstone.model.modules.frames import (
    CineModule,
    FrameModule,
    MultiframeModule,
    NmMultiframeGeometryModule,
    Segment,
    SegmentationModule,
)
from pycornerstone.model.modules.greys import (
    ModalityLutModule,
    PresentationLutModule,
    VoiLutModule,
)
from pycornerstone.model.modules.instance import (
    EcgChannel,
    EcgGroup,
    EcgModule,
    ImageUrlModule,
    InstanceModule,
    UriModule,
)
from pycornerstone.model.modules.module import (
    Module,
)
from pycornerstone.model.modules.mosaic import (
    MosaicModule,
)
from pycornerstone.model.modules.pixels import (
    ImagePixelModule,
    TransferSyntaxModule,
)
from pycornerstone.model.modules.plane import (
    ImagePlaneModule,
)
from pycornerstone.model.modules.quantities import (
    PetImageModule,
    PetIsotopeModule,
    PetSeriesModule,
    RadiopharmaceuticalInfo,
    RealWorldValueMap,
    RealWorldValueMappingModule,
    ScalingModule,
)
from pycornerstone.model.modules.study import (
    ClinicalTrialModule,
    FrameOfReferenceModule,
    GeneralImageModule,
    GeneralSeriesModule,
    GeneralStudyModule,
    PatientModule,
    PatientStudyModule,
    SopCommonModule,
)
from pycornerstone.model.modules.tiles import (
    TileMapModule,
    WholeSlideModule,
)
from pycornerstone.model.modules.timing import (
    TimingModule,
)

__all__ = [
    "MODULES",
    "CalibratedPixelSpacing",
    "CalibrationModule",
    "CineModule",
    "ClinicalTrialModule",
    "DisplayShutterModule",
    "EcgChannel",
    "EcgGroup",
    "EcgModule",
    "FrameModule",
    "FrameOfReferenceModule",
    "GeneralImageModule",
    "GeneralSeriesModule",
    "GeneralStudyModule",
    "ImagePixelModule",
    "ImagePlaneModule",
    "ImageUrlModule",
    "InstanceModule",
    "ModalityLutModule",
    "Module",
    "MosaicModule",
    "MultiframeModule",
    "NiftiExtension",
    "NiftiModule",
    "NmMultiframeGeometryModule",
    "OverlayPlane",
    "OverlayPlaneModule",
    "PatientModule",
    "PatientStudyModule",
    "PetImageModule",
    "PetIsotopeModule",
    "PetSeriesModule",
    "PictureModule",
    "PresentationLutModule",
    "RadiopharmaceuticalInfo",
    "RealWorldValueMap",
    "RealWorldValueMappingModule",
    "ScalingModule",
    "Segment",
    "SegmentationModule",
    "SopCommonModule",
    "SpacingType",
    "TileMapModule",
    "TimingModule",
    "TransferSyntaxModule",
    "UltrasoundEnhancedRegionModule",
    "UltrasoundRegion",
    "UriModule",
    "VoiLutModule",
    "WholeSlideModule",
]

MODULES: dict[str, type[Module]] = {
    module.type_name: module
    for module in (
        CalibratedPixelSpacing,
        CalibrationModule,
        CineModule,
        ClinicalTrialModule,
        DisplayShutterModule,
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
        NiftiModule,
        NmMultiframeGeometryModule,
        OverlayPlaneModule,
        PatientModule,
        PatientStudyModule,
        PetImageModule,
        PetIsotopeModule,
        PetSeriesModule,
        PictureModule,
        PresentationLutModule,
        RealWorldValueMappingModule,
        ScalingModule,
        SegmentationModule,
        SopCommonModule,
        TileMapModule,
        TimingModule,
        TransferSyntaxModule,
        UltrasoundEnhancedRegionModule,
        UriModule,
        VoiLutModule,
        WholeSlideModule,
    )
}
"""Every typed module by its name."""
