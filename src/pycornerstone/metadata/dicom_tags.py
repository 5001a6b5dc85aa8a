"""The elements that modules are made of: number, value representation and name of each."""

from __future__ import annotations

from pycornerstone.metadata.elements import ElementTable
from pycornerstone.metadata.overlay_tags import OVERLAY_GROUPS, OverlayTag

__all__ = ["KNOWN_TAGS", "PIXEL_DATA_TAGS", "Tag", "describe_tag"]


class Tag(ElementTable):
    """An element that some module reads; see `ElementTable`."""

    TRANSFER_SYNTAX_UID = 0x00020010, "UI", "Transfer Syntax UID"

    DIRECTORY_RECORD_SEQUENCE = 0x00041220, "SQ", "Directory Record Sequence"
    REFERENCED_FILE_ID = 0x00041500, "CS", "Referenced File ID"

    SPECIFIC_CHARACTER_SET = 0x00080005, "CS", "Specific Character Set"
    IMAGE_TYPE = 0x00080008, "CS", "Image Type"
    INSTANCE_CREATION_DATE = 0x00080012, "DA", "Instance Creation Date"
    INSTANCE_CREATION_TIME = 0x00080013, "TM", "Instance Creation Time"
    SOP_CLASS_UID = 0x00080016, "UI", "SOP Class UID"
    SOP_INSTANCE_UID = 0x00080018, "UI", "SOP Instance UID"
    STUDY_DATE = 0x00080020, "DA", "Study Date"
    SERIES_DATE = 0x00080021, "DA", "Series Date"
    ACQUISITION_DATE = 0x00080022, "DA", "Acquisition Date"
    CONTENT_DATE = 0x00080023, "DA", "Content Date"
    ACQUISITION_DATETIME = 0x0008002A, "DT", "Acquisition DateTime"
    STUDY_TIME = 0x00080030, "TM", "Study Time"
    SERIES_TIME = 0x00080031, "TM", "Series Time"
    ACQUISITION_TIME = 0x00080032, "TM", "Acquisition Time"
    CONTENT_TIME = 0x00080033, "TM", "Content Time"
    ACCESSION_NUMBER = 0x00080050, "SH", "Accession Number"
    MODALITY = 0x00080060, "CS", "Modality"
    CODE_VALUE = 0x00080100, "SH", "Code Value"
    CODE_MEANING = 0x00080104, "LO", "Code Meaning"
    LONG_CODE_VALUE = 0x00080119, "UC", "Long Code Value"
    URN_CODE_VALUE = 0x00080120, "UR", "URN Code Value"
    TIMEZONE_OFFSET_FROM_UTC = 0x00080201, "SH", "Timezone Offset From UTC"
    STUDY_DESCRIPTION = 0x00081030, "LO", "Study Description"
    SERIES_DESCRIPTION = 0x0008103E, "LO", "Series Description"
    RECOMMENDED_DISPLAY_FRAME_RATE = 0x00082144, "IS", "Recommended Display Frame Rate"
    AVAILABLE_TRANSFER_SYNTAX_UID = 0x00083002, "UI", "Available Transfer Syntax UID"
    FRAME_TYPE = 0x00089007, "CS", "Frame Type"
    PIXEL_PRESENTATION = 0x00089205, "CS", "Pixel Presentation"

    GE_PET_CREATOR = 0x00090010, "LO", "Private Creator"
    GE_PET_SCAN_DATETIME = 0x0009100D, "DT", "GE PET Scan DateTime"

    PATIENT_NAME = 0x00100010, "PN", "Patient's Name"
    PATIENT_ID = 0x00100020, "LO", "Patient ID"
    PATIENT_BIRTH_DATE = 0x00100030, "DA", "Patient's Birth Date"
    PATIENT_BIRTH_TIME = 0x00100032, "TM", "Patient's Birth Time"
    PATIENT_SEX = 0x00100040, "CS", "Patient's Sex"
    PATIENT_AGE = 0x00101010, "AS", "Patient's Age"
    PATIENT_SIZE = 0x00101020, "DS", "Patient's Size"
    PATIENT_WEIGHT = 0x00101030, "DS", "Patient's Weight"
    ANATOMICAL_ORIENTATION_TYPE = 0x00102210, "CS", "Anatomical Orientation Type"

    CLINICAL_TRIAL_SPONSOR_NAME = 0x00120010, "LO", "Clinical Trial Sponsor Name"
    CLINICAL_TRIAL_PROTOCOL_ID = 0x00120020, "LO", "Clinical Trial Protocol ID"
    CLINICAL_TRIAL_PROTOCOL_NAME = 0x00120021, "LO", "Clinical Trial Protocol Name"
    CLINICAL_TRIAL_SITE_ID = 0x00120030, "LO", "Clinical Trial Site ID"
    CLINICAL_TRIAL_SITE_NAME = 0x00120031, "LO", "Clinical Trial Site Name"
    CLINICAL_TRIAL_SUBJECT_ID = 0x00120040, "LO", "Clinical Trial Subject ID"
    CLINICAL_TRIAL_SUBJECT_READING_ID = 0x00120042, "LO", "Clinical Trial Subject Reading ID"
    CLINICAL_TRIAL_TIME_POINT_ID = 0x00120050, "LO", "Clinical Trial Time Point ID"
    CLINICAL_TRIAL_TIME_POINT_DESCRIPTION = 0x00120051, "ST"
    CLINICAL_TRIAL_COORDINATING_CENTER_NAME = 0x00120060, "LO"

    BODY_PART_EXAMINED = 0x00180015, "CS", "Body Part Examined"
    RADIOPHARMACEUTICAL = 0x00180031, "LO", "Radiopharmaceutical"
    CINE_RATE = 0x00180040, "IS", "Cine Rate"
    SLICE_THICKNESS = 0x00180050, "DS", "Slice Thickness"
    ECHO_TIME = 0x00180081, "DS", "Echo Time"
    INVERSION_TIME = 0x00180082, "DS", "Inversion Time"
    ECHO_NUMBERS = 0x00180086, "IS", "Echo Number(s)"
    SPACING_BETWEEN_SLICES = 0x00180088, "DS", "Spacing Between Slices"
    TRIGGER_TIME = 0x00181060, "DS", "Trigger Time"
    FRAME_TIME = 0x00181063, "DS", "Frame Time"
    FRAME_TIME_VECTOR = 0x00181065, "DS", "Frame Time Vector"
    MULTIPLEX_GROUP_TIME_OFFSET = 0x00181068, "DS", "Multiplex Group Time Offset"
    RADIOPHARMACEUTICAL_START_TIME = 0x00181072, "TM", "Radiopharmaceutical Start Time"
    RADIONUCLIDE_TOTAL_DOSE = 0x00181074, "DS", "Radionuclide Total Dose"
    RADIONUCLIDE_HALF_LIFE = 0x00181075, "DS", "Radionuclide Half Life"
    RADIONUCLIDE_POSITRON_FRACTION = 0x00181076, "DS", "Radionuclide Positron Fraction"
    RADIOPHARMACEUTICAL_START_DATETIME = 0x00181078, "DT", "Radiopharmaceutical Start DateTime"
    CARDIAC_NUMBER_OF_IMAGES = 0x00181090, "IS", "Cardiac Number of Images"
    DISTANCE_SOURCE_TO_DETECTOR = 0x00181110, "DS", "Distance Source to Detector"
    DISTANCE_SOURCE_TO_PATIENT = 0x00181111, "DS", "Distance Source to Patient"
    ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR = 0x00181114, "DS"
    IMAGER_PIXEL_SPACING = 0x00181164, "DS", "Imager Pixel Spacing"
    ACTUAL_FRAME_DURATION = 0x00181242, "IS", "Actual Frame Duration"
    PREFERRED_PLAYBACK_SEQUENCING = 0x00181244, "US", "Preferred Playback Sequencing"
    SHUTTER_SHAPE = 0x00181600, "CS", "Shutter Shape"
    SHUTTER_LEFT_VERTICAL_EDGE = 0x00181602, "IS", "Shutter Left Vertical Edge"
    SHUTTER_RIGHT_VERTICAL_EDGE = 0x00181604, "IS", "Shutter Right Vertical Edge"
    SHUTTER_UPPER_HORIZONTAL_EDGE = 0x00181606, "IS", "Shutter Upper Horizontal Edge"
    SHUTTER_LOWER_HORIZONTAL_EDGE = 0x00181608, "IS", "Shutter Lower Horizontal Edge"
    CENTER_OF_CIRCULAR_SHUTTER = 0x00181610, "IS", "Center of Circular Shutter"
    RADIUS_OF_CIRCULAR_SHUTTER = 0x00181612, "IS", "Radius of Circular Shutter"
    VERTICES_OF_THE_POLYGONAL_SHUTTER = 0x00181620, "IS", "Vertices of the Polygonal Shutter"
    SHUTTER_PRESENTATION_VALUE = 0x00181622, "US", "Shutter Presentation Value"
    SHUTTER_OVERLAY_GROUP = 0x00181623, "US", "Shutter Overlay Group"
    SHUTTER_PRESENTATION_COLOR_CIELAB_VALUE = (
        0x00181624,
        "US",
        "Shutter Presentation Color CIELab Value",
    )
    NOMINAL_SCANNED_PIXEL_SPACING = 0x00182010, "DS", "Nominal Scanned Pixel Spacing"
    SEQUENCE_OF_ULTRASOUND_REGIONS = 0x00186011, "SQ", "Sequence of Ultrasound Regions"
    REGION_SPATIAL_FORMAT = 0x00186012, "US", "Region Spatial Format"
    REGION_DATA_TYPE = 0x00186014, "US", "Region Data Type"
    REGION_FLAGS = 0x00186016, "UL", "Region Flags"
    REGION_LOCATION_MIN_X0 = 0x00186018, "UL", "Region Location Min X0"
    REGION_LOCATION_MIN_Y0 = 0x0018601A, "UL", "Region Location Min Y0"
    REGION_LOCATION_MAX_X1 = 0x0018601C, "UL", "Region Location Max X1"
    REGION_LOCATION_MAX_Y1 = 0x0018601E, "UL", "Region Location Max Y1"
    REFERENCE_PIXEL_X0 = 0x00186020, "SL", "Reference Pixel X0"
    REFERENCE_PIXEL_Y0 = 0x00186022, "SL", "Reference Pixel Y0"
    PHYSICAL_UNITS_X_DIRECTION = 0x00186024, "US", "Physical Units X Direction"
    PHYSICAL_UNITS_Y_DIRECTION = 0x00186026, "US", "Physical Units Y Direction"
    REFERENCE_PIXEL_PHYSICAL_VALUE_X = 0x00186028, "FD", "Reference Pixel Physical Value X"
    REFERENCE_PIXEL_PHYSICAL_VALUE_Y = 0x0018602A, "FD", "Reference Pixel Physical Value Y"
    PHYSICAL_DELTA_X = 0x0018602C, "FD", "Physical Delta X"
    PHYSICAL_DELTA_Y = 0x0018602E, "FD", "Physical Delta Y"
    TRANSDUCER_FREQUENCY = 0x00186030, "UL", "Transducer Frequency"
    FRAME_ACQUISITION_DATETIME = 0x00189074, "DT", "Frame Acquisition DateTime"
    DIFFUSION_GRADIENT_DIRECTION_SEQUENCE = 0x00189076, "SQ"
    EFFECTIVE_ECHO_TIME = 0x00189082, "FD", "Effective Echo Time"
    DIFFUSION_B_VALUE = 0x00189087, "FD", "Diffusion b-value"
    DIFFUSION_GRADIENT_ORIENTATION = 0x00189089, "FD", "Diffusion Gradient Orientation"
    MR_ECHO_SEQUENCE = 0x00189114, "SQ", "MR Echo Sequence"
    MR_DIFFUSION_SEQUENCE = 0x00189117, "SQ", "MR Diffusion Sequence"
    CARDIAC_SYNCHRONIZATION_SEQUENCE = 0x00189118, "SQ", "Cardiac Synchronization Sequence"
    FRAME_REFERENCE_DATETIME = 0x00189151, "DT", "Frame Reference DateTime"
    FRAME_ACQUISITION_DURATION = 0x00189220, "FD", "Frame Acquisition Duration"
    DECAY_CORRECTION_DATETIME = 0x00189701, "DT", "Decay Correction DateTime"
    DECAY_CORRECTED = 0x00189758, "CS", "Decay Corrected"
    ATTENUATION_CORRECTED = 0x00189759, "CS", "Attenuation Corrected"
    MR_IMAGE_FRAME_TYPE_SEQUENCE = 0x00189226, "SQ", "MR Image Frame Type Sequence"
    CT_IMAGE_FRAME_TYPE_SEQUENCE = 0x00189329, "SQ", "CT Image Frame Type Sequence"
    PROJECTION_PIXEL_CALIBRATION_SEQUENCE = 0x00189401, "SQ"
    OBJECT_SPACING_IN_CENTER_OF_BEAM = 0x00189404, "FL", "Object Pixel Spacing in Center of Beam"
    FRAME_DISPLAY_SHUTTER_SEQUENCE = 0x00189472, "SQ", "Frame Display Shutter Sequence"
    X_RAY_3D_FRAME_TYPE_SEQUENCE = 0x00189504, "SQ", "X-Ray 3D Frame Type Sequence"
    PET_FRAME_TYPE_SEQUENCE = 0x00189751, "SQ", "PET Frame Type Sequence"

    SIEMENS_MR_CREATOR = 0x00190010, "LO", "Private Creator"
    SIEMENS_NUMBER_OF_IMAGES_IN_MOSAIC = 0x0019100A, "US", "Siemens Number of Images in Mosaic"
    SIEMENS_B_VALUE = 0x0019100C, "IS", "Siemens B Value"
    SIEMENS_DIFFUSION_GRADIENT_DIRECTION = 0x0019100E, "FD", "Siemens Diffusion Gradient Direction"

    STUDY_INSTANCE_UID = 0x0020000D, "UI", "Study Instance UID"
    SERIES_INSTANCE_UID = 0x0020000E, "UI", "Series Instance UID"
    STUDY_ID = 0x00200010, "SH", "Study ID"
    SERIES_NUMBER = 0x00200011, "IS", "Series Number"
    ACQUISITION_NUMBER = 0x00200012, "IS", "Acquisition Number"
    INSTANCE_NUMBER = 0x00200013, "IS", "Instance Number"
    PATIENT_ORIENTATION = 0x00200020, "CS", "Patient Orientation"
    IMAGE_POSITION_PATIENT = 0x00200032, "DS", "Image Position (Patient)"
    IMAGE_ORIENTATION_PATIENT = 0x00200037, "DS", "Image Orientation (Patient)"
    FRAME_OF_REFERENCE_UID = 0x00200052, "UI", "Frame of Reference UID"
    LATERALITY = 0x00200060, "CS", "Laterality"
    TEMPORAL_POSITION_IDENTIFIER = 0x00200100, "IS", "Temporal Position Identifier"
    POSITION_REFERENCE_INDICATOR = 0x00201040, "LO", "Position Reference Indicator"
    SLICE_LOCATION = 0x00201041, "DS", "Slice Location"
    STACK_ID = 0x00209056, "SH", "Stack ID"
    IN_STACK_POSITION_NUMBER = 0x00209057, "UL", "In-Stack Position Number"
    FRAME_CONTENT_SEQUENCE = 0x00209111, "SQ", "Frame Content Sequence"
    PLANE_POSITION_SEQUENCE = 0x00209113, "SQ", "Plane Position Sequence"
    PLANE_ORIENTATION_SEQUENCE = 0x00209116, "SQ", "Plane Orientation Sequence"
    TEMPORAL_POSITION_INDEX = 0x00209128, "UL", "Temporal Position Index"
    NOMINAL_CARDIAC_TRIGGER_DELAY_TIME = 0x00209153, "FD", "Nominal Cardiac Trigger Delay Time"
    FRAME_ACQUISITION_NUMBER = 0x00209156, "US", "Frame Acquisition Number"
    DIMENSION_INDEX_VALUES = 0x00209157, "UL", "Dimension Index Values"
    CONCATENATION_FRAME_OFFSET_NUMBER = 0x00209228, "UL", "Concatenation Frame Offset Number"
    DIMENSION_ORGANIZATION_TYPE = 0x00209311, "CS", "Dimension Organization Type"

    SAMPLES_PER_PIXEL = 0x00280002, "US", "Samples per Pixel"
    PHOTOMETRIC_INTERPRETATION = 0x00280004, "CS", "Photometric Interpretation"
    PLANAR_CONFIGURATION = 0x00280006, "US", "Planar Configuration"
    NUMBER_OF_FRAMES = 0x00280008, "IS", "Number of Frames"
    ROWS = 0x00280010, "US", "Rows"
    COLUMNS = 0x00280011, "US", "Columns"
    PIXEL_SPACING = 0x00280030, "DS", "Pixel Spacing"
    PIXEL_ASPECT_RATIO = 0x00280034, "IS", "Pixel Aspect Ratio"
    CORRECTED_IMAGE = 0x00280051, "CS", "Corrected Image"
    BITS_ALLOCATED = 0x00280100, "US", "Bits Allocated"
    BITS_STORED = 0x00280101, "US", "Bits Stored"
    HIGH_BIT = 0x00280102, "US", "High Bit"
    PIXEL_REPRESENTATION = 0x00280103, "US", "Pixel Representation"
    SMALLEST_IMAGE_PIXEL_VALUE = 0x00280106, "US", "Smallest Image Pixel Value"
    LARGEST_IMAGE_PIXEL_VALUE = 0x00280107, "US", "Largest Image Pixel Value"
    PIXEL_PADDING_VALUE = 0x00280120, "US", "Pixel Padding Value"
    PIXEL_PADDING_RANGE_LIMIT = 0x00280121, "US", "Pixel Padding Range Limit"
    FLOAT_PIXEL_PADDING_VALUE = 0x00280122, "FL", "Float Pixel Padding Value"
    DOUBLE_FLOAT_PIXEL_PADDING_VALUE = 0x00280123, "FD", "Double Float Pixel Padding Value"
    FLOAT_PIXEL_PADDING_RANGE_LIMIT = 0x00280124, "FL", "Float Pixel Padding Range Limit"
    DOUBLE_FLOAT_PIXEL_PADDING_RANGE_LIMIT = 0x00280125, "FD"
    PIXEL_SPACING_CALIBRATION_TYPE = 0x00280A02, "CS", "Pixel Spacing Calibration Type"
    WINDOW_CENTER = 0x00281050, "DS", "Window Center"
    WINDOW_WIDTH = 0x00281051, "DS", "Window Width"
    RESCALE_INTERCEPT = 0x00281052, "DS", "Rescale Intercept"
    RESCALE_SLOPE = 0x00281053, "DS", "Rescale Slope"
    RESCALE_TYPE = 0x00281054, "LO", "Rescale Type"
    WINDOW_EXPLANATION = 0x00281055, "LO", "Window Center & Width Explanation"
    VOI_LUT_FUNCTION = 0x00281056, "CS", "VOI LUT Function"
    RED_PALETTE_DESCRIPTOR = 0x00281101, "US", "Red Palette Color Lookup Table Descriptor"
    GREEN_PALETTE_DESCRIPTOR = 0x00281102, "US", "Green Palette Color Lookup Table Descriptor"
    BLUE_PALETTE_DESCRIPTOR = 0x00281103, "US", "Blue Palette Color Lookup Table Descriptor"
    ALPHA_PALETTE_DESCRIPTOR = 0x00281104, "US", "Alpha Palette Color Lookup Table Descriptor"
    RED_PALETTE_DATA = 0x00281201, "OW", "Red Palette Color Lookup Table Data"
    GREEN_PALETTE_DATA = 0x00281202, "OW", "Green Palette Color Lookup Table Data"
    BLUE_PALETTE_DATA = 0x00281203, "OW", "Blue Palette Color Lookup Table Data"
    ALPHA_PALETTE_DATA = 0x00281204, "OW", "Alpha Palette Color Lookup Table Data"
    SEGMENTED_RED_PALETTE_DATA = 0x00281221, "OW", "Segmented Red Palette Color Lookup Table Data"
    SEGMENTED_GREEN_PALETTE_DATA = (
        0x00281222,
        "OW",
        "Segmented Green Palette Color Lookup Table Data",
    )
    SEGMENTED_BLUE_PALETTE_DATA = 0x00281223, "OW", "Segmented Blue Palette Color Lookup Table Data"
    SEGMENTED_ALPHA_PALETTE_DATA = (
        0x00281224,
        "OW",
        "Segmented Alpha Palette Color Lookup Table Data",
    )
    ICC_PROFILE = 0x00282000, "OB", "ICC Profile"
    LOSSY_IMAGE_COMPRESSION = 0x00282110, "CS", "Lossy Image Compression"
    LOSSY_IMAGE_COMPRESSION_RATIO = 0x00282112, "DS", "Lossy Image Compression Ratio"
    LOSSY_IMAGE_COMPRESSION_METHOD = 0x00282114, "CS", "Lossy Image Compression Method"
    MODALITY_LUT_SEQUENCE = 0x00283000, "SQ", "Modality LUT Sequence"
    LUT_DESCRIPTOR = 0x00283002, "US", "LUT Descriptor"
    LUT_EXPLANATION = 0x00283003, "LO", "LUT Explanation"
    MODALITY_LUT_TYPE = 0x00283004, "LO", "Modality LUT Type"
    LUT_DATA = 0x00283006, "US", "LUT Data"
    VOI_LUT_SEQUENCE = 0x00283010, "SQ", "VOI LUT Sequence"
    PIXEL_MEASURES_SEQUENCE = 0x00289110, "SQ", "Pixel Measures Sequence"
    FRAME_VOI_LUT_SEQUENCE = 0x00289132, "SQ", "Frame VOI LUT Sequence"
    PIXEL_VALUE_TRANSFORMATION_SEQUENCE = 0x00289145, "SQ", "Pixel Value Transformation Sequence"
    FRAME_PIXEL_DATA_PROPERTIES_SEQUENCE = 0x00289443, "SQ"

    SIEMENS_CSA_CREATOR = 0x00290010, "LO", "Private Creator"
    SIEMENS_CSA_IMAGE_HEADER = 0x00291010, "OB", "Siemens CSA Image Header Info"

    NUMBER_OF_WAVEFORM_CHANNELS = 0x003A0005, "US", "Number of Waveform Channels"
    NUMBER_OF_WAVEFORM_SAMPLES = 0x003A0010, "UL", "Number of Waveform Samples"
    SAMPLING_FREQUENCY = 0x003A001A, "DS", "Sampling Frequency"
    MULTIPLEX_GROUP_LABEL = 0x003A0020, "SH", "Multiplex Group Label"
    CHANNEL_DEFINITION_SEQUENCE = 0x003A0200, "SQ", "Channel Definition Sequence"
    CHANNEL_LABEL = 0x003A0203, "SH", "Channel Label"
    CHANNEL_SOURCE_SEQUENCE = 0x003A0208, "SQ", "Channel Source Sequence"
    CHANNEL_SENSITIVITY = 0x003A0210, "DS", "Channel Sensitivity"
    CHANNEL_SENSITIVITY_UNITS_SEQUENCE = 0x003A0211, "SQ", "Channel Sensitivity Units Sequence"
    CHANNEL_SENSITIVITY_CORRECTION_FACTOR = 0x003A0212, "DS"
    CHANNEL_BASELINE = 0x003A0213, "DS", "Channel Baseline"

    DISTANCE_SOURCE_TO_ENTRANCE = 0x00400306, "DS", "Distance Source to Entrance"
    WHOLE_SLIDE_MICROSCOPY_IMAGE_FRAME_TYPE_SEQUENCE = 0x00400710, "SQ"
    X_OFFSET_IN_SLIDE_COORDINATE_SYSTEM = 0x0040072A, "DS", "X Offset in Slide Coordinate System"
    Y_OFFSET_IN_SLIDE_COORDINATE_SYSTEM = 0x0040073A, "DS", "Y Offset in Slide Coordinate System"
    Z_OFFSET_IN_SLIDE_COORDINATE_SYSTEM = 0x0040074A, "DS", "Z Offset in Slide Coordinate System"
    MEASUREMENT_UNITS_CODE_SEQUENCE = 0x004008EA, "SQ", "Measurement Units Code Sequence"
    PARAMETRIC_MAP_FRAME_TYPE_SEQUENCE = 0x00409092, "SQ"
    REAL_WORLD_VALUE_MAPPING_SEQUENCE = 0x00409096, "SQ", "Real World Value Mapping Sequence"
    LUT_LABEL = 0x00409210, "SH", "LUT Label"
    REAL_WORLD_VALUE_LAST_VALUE_MAPPED = 0x00409211, "US", "Real World Value Last Value Mapped"
    REAL_WORLD_VALUE_LUT_DATA = 0x00409212, "FD", "Real World Value LUT Data"
    DOUBLE_FLOAT_REAL_WORLD_VALUE_LAST_VALUE_MAPPED = 0x00409213, "FD"
    DOUBLE_FLOAT_REAL_WORLD_VALUE_FIRST_VALUE_MAPPED = 0x00409214, "FD"
    REAL_WORLD_VALUE_FIRST_VALUE_MAPPED = 0x00409216, "US", "Real World Value First Value Mapped"
    QUANTITY_DEFINITION_SEQUENCE = 0x00409220, "SQ", "Quantity Definition Sequence"
    REAL_WORLD_VALUE_INTERCEPT = 0x00409224, "FD", "Real World Value Intercept"
    REAL_WORLD_VALUE_SLOPE = 0x00409225, "FD", "Real World Value Slope"
    CONCEPT_NAME_CODE_SEQUENCE = 0x0040A043, "SQ", "Concept Name Code Sequence"
    CONCEPT_CODE_SEQUENCE = 0x0040A168, "SQ", "Concept Code Sequence"

    GE_PARAMETERS_CREATOR = 0x00430010, "LO", "Private Creator"
    GE_B_VALUES = 0x00431039, "IS", "GE B Values"

    TOTAL_PIXEL_MATRIX_COLUMNS = 0x00480006, "UL", "Total Pixel Matrix Columns"
    TOTAL_PIXEL_MATRIX_ROWS = 0x00480007, "UL", "Total Pixel Matrix Rows"
    TOTAL_PIXEL_MATRIX_ORIGIN_SEQUENCE = 0x00480008, "SQ", "Total Pixel Matrix Origin Sequence"
    IMAGE_ORIENTATION_SLIDE = 0x00480102, "DS", "Image Orientation (Slide)"
    OPTICAL_PATH_SEQUENCE = 0x00480105, "SQ", "Optical Path Sequence"
    OPTICAL_PATH_IDENTIFIER = 0x00480106, "SH", "Optical Path Identifier"
    OPTICAL_PATH_IDENTIFICATION_SEQUENCE = 0x00480207, "SQ", "Optical Path Identification Sequence"
    PLANE_POSITION_SLIDE_SEQUENCE = 0x0048021A, "SQ", "Plane Position (Slide) Sequence"
    COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX = 0x0048021E, "SL"
    ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX = 0x0048021F, "SL"
    TOTAL_PIXEL_MATRIX_FOCAL_PLANES = 0x00480303, "UL", "Total Pixel Matrix Focal Planes"

    ENERGY_WINDOW_VECTOR = 0x00540010, "US", "Energy Window Vector"
    RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE = 0x00540016, "SQ"
    DETECTOR_INFORMATION_SEQUENCE = 0x00540022, "SQ", "Detector Information Sequence"
    TIME_SLOT_VECTOR = 0x00540070, "US", "Time Slot Vector"
    SLICE_VECTOR = 0x00540080, "US", "Slice Vector"
    UNITS = 0x00541001, "CS", "Units"
    SUV_TYPE = 0x00541006, "CS", "SUV Type"
    DECAY_CORRECTION = 0x00541102, "CS", "Decay Correction"
    FRAME_REFERENCE_TIME = 0x00541300, "DS", "Frame Reference Time"

    SEGMENTATION_TYPE = 0x00620001, "CS", "Segmentation Type"
    SEGMENT_SEQUENCE = 0x00620002, "SQ", "Segment Sequence"
    SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE = 0x00620003, "SQ"
    SEGMENT_NUMBER = 0x00620004, "US", "Segment Number"
    SEGMENT_LABEL = 0x00620005, "LO", "Segment Label"
    SEGMENT_DESCRIPTION = 0x00620006, "ST", "Segment Description"
    SEGMENT_ALGORITHM_TYPE = 0x00620008, "CS", "Segment Algorithm Type"
    SEGMENT_ALGORITHM_NAME = 0x00620009, "LO", "Segment Algorithm Name"
    SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062000A, "SQ", "Segment Identification Sequence"
    REFERENCED_SEGMENT_NUMBER = 0x0062000B, "US", "Referenced Segment Number"
    RECOMMENDED_DISPLAY_CIELAB_VALUE = 0x0062000D, "US", "Recommended Display CIELab Value"
    MAXIMUM_FRACTIONAL_VALUE = 0x0062000E, "US", "Maximum Fractional Value"
    SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE = 0x0062000F, "SQ"
    SEGMENTATION_FRACTIONAL_TYPE = 0x00620010, "CS", "Segmentation Fractional Type"

    PHILIPS_IMAGING_CREATOR = 0x20010010, "LO", "Private Creator"
    PHILIPS_B_VALUE = 0x20011003, "FL", "Philips Diffusion B-Factor"

    PRESENTATION_LUT_SHAPE = 0x20500020, "CS", "Presentation LUT Shape"

    IMAGE_PLANE_PIXEL_SPACING = 0x30020011, "DS", "Image Plane Pixel Spacing"

    DOSE_UNITS = 0x30040002, "CS", "Dose Units"
    DOSE_TYPE = 0x30040004, "CS", "Dose Type"
    DOSE_SUMMATION_TYPE = 0x3004000A, "CS", "Dose Summation Type"
    GRID_FRAME_OFFSET_VECTOR = 0x3004000C, "DS", "Grid Frame Offset Vector"
    DOSE_GRID_SCALING = 0x3004000E, "DS", "Dose Grid Scaling"

    SHARED_FUNCTIONAL_GROUPS_SEQUENCE = 0x52009229, "SQ", "Shared Functional Groups Sequence"
    PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE = 0x52009230, "SQ", "Per-Frame Functional Groups Sequence"

    WAVEFORM_SEQUENCE = 0x54000100, "SQ", "Waveform Sequence"
    WAVEFORM_BITS_ALLOCATED = 0x54001004, "US", "Waveform Bits Allocated"
    WAVEFORM_SAMPLE_INTERPRETATION = 0x54001006, "CS", "Waveform Sample Interpretation"
    WAVEFORM_PADDING_VALUE = 0x5400100A, "OB", "Waveform Padding Value"
    WAVEFORM_DATA = 0x54001010, "OB", "Waveform Data"

    PHILIPS_PET_CREATOR = 0x70530010, "LO", "Private Creator"
    PHILIPS_SUV_SCALE_FACTOR = 0x70531000, "DS", "Philips SUV Scale Factor"
    PHILIPS_ACTIVITY_CONCENTRATION_SCALE_FACTOR = 0x70531009, "DS"

    EXTENDED_OFFSET_TABLE = 0x7FE00001, "OV", "Extended Offset Table"
    EXTENDED_OFFSET_TABLE_LENGTHS = 0x7FE00002, "OV", "Extended Offset Table Lengths"
    FLOAT_PIXEL_DATA = 0x7FE00008, "OF", "Float Pixel Data"
    DOUBLE_FLOAT_PIXEL_DATA = 0x7FE00009, "OD", "Double Float Pixel Data"
    PIXEL_DATA = 0x7FE00010, "OW", "Pixel Data"


PIXEL_DATA_TAGS = frozenset(
    {
        Tag.FLOAT_PIXEL_DATA,
        Tag.DOUBLE_FLOAT_PIXEL_DATA,
        Tag.PIXEL_DATA,
    }
)
"""The elements that hold samples (PS3.3 C.7.6.3 and C.7.6.24); a data set has one of them."""


KNOWN_TAGS: dict[int, str] = {tag.value: tag.vr for tag in Tag} | {
    tag.of(group): tag.vr for group in OVERLAY_GROUPS for tag in OverlayTag
}
"""Value representation of every element that some module reads, overlays in all their groups."""


def describe_tag(tag: int) -> str:
    """Name an element as people do, for messages.

    Examples
    --------
    >>> describe_tag(0x00280010)
    '(0028,0010) Rows'
    """
    number = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    title = _TITLES.get(tag)
    return f"{number} {title}" if title else number


_TITLES = {tag.value: tag.title for tag in Tag} | {
    tag.of(group): tag.title for group in OVERLAY_GROUPS for tag in OverlayTag
}
