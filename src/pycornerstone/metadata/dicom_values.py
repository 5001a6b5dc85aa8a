"""What the stored values of a DICOM image mean, and which of them are of interest."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_luts import read_lut
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.metadata.functional_groups import find_numbers, frame_sources
from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import ModalityLutModule, PresentationLutModule, VoiLutModule

if TYPE_CHECKING:
    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_modality_lut", "read_presentation_lut", "read_voi_lut"]

_FUNCTIONS = frozenset(VoiFunction)
_SHAPES = frozenset({"IDENTITY", "INVERSE"})
# X-Ray Angiographic and X-Ray Radiofluoroscopic Image Storage.
_PROJECTION_SERIES = frozenset({"1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"})
_log = logging.getLogger("pycornerstone.metadata")


def read_modality_lut(attributes: DicomAttributes, frame: int) -> ModalityLutModule:
    """Read what the stored values of a frame mean; a slope that is absent or 0 is 1.

    Raises
    ------
    MetadataError
        If slope, intercept or table are there and cannot be read: every value would be wrong.

    References
    ----------
    DICOM PS3.3 C.11.1 (Modality LUT Module), C.7.6.16.2.9 (Pixel Value Transformation).
    """
    item = _modality_lut_item(attributes)
    source = _rescale_source(attributes, frame)
    return ModalityLutModule(
        rescale_slope=source.number(Tag.RESCALE_SLOPE) or 1.0,
        rescale_intercept=source.number(Tag.RESCALE_INTERCEPT) or 0.0,
        rescale_type=item.text(Tag.MODALITY_LUT_TYPE) if item else source.text(Tag.RESCALE_TYPE),
        lut=read_lut(item, is_signed=_is_signed(attributes)) if item else None,
    )


def read_voi_lut(attributes: DicomAttributes, frame: int) -> VoiLutModule:
    """Read every window and VOI table of a frame; what cannot be read is left out and logged.

    Windows without a width are none. A function that is not defined is LINEAR.

    References
    ----------
    DICOM PS3.3 C.11.2 (VOI LUT Module), C.7.6.16.2.10 (Frame VOI LUT).
    """
    sources = frame_sources(attributes, frame, Tag.FRAME_VOI_LUT_SEQUENCE)
    windows: list[VoiWindow] = []
    function = VoiFunction.LINEAR
    for source in sources:
        windows = _windows(source)
        if windows:
            function = _function(source)
            break
    items = next((found for s in sources if (found := s.items(Tag.VOI_LUT_SEQUENCE))), ())
    is_signed = _has_signed_values(attributes, frame) if items else False
    tables = (_readable_lut(item, is_signed=is_signed) for item in items)
    return VoiLutModule(tuple(windows), function, tuple(table for table in tables if table))


def read_presentation_lut(attributes: DicomAttributes) -> PresentationLutModule:
    """Read whether low values are drawn dark or bright (PS3.3 C.11.6.1.2); LIN OD is for film."""
    shape = attributes.text(Tag.PRESENTATION_LUT_SHAPE)
    return PresentationLutModule(shape if shape in _SHAPES else None)


def _modality_lut_item(attributes: DicomAttributes) -> DicomAttributes | None:
    """Give the item of the Modality LUT Sequence, if it is meant for display.

    In angiography it leads back to X-ray intensity (PS3.3 C.8.7.1.1.2), and is ignored where such
    images are shown (PS3.4 N.2.5).
    """
    if attributes.text(Tag.SOP_CLASS_UID) in _PROJECTION_SERIES:
        return None
    items = attributes.items(Tag.MODALITY_LUT_SEQUENCE)
    return items[0] if items else None


def _rescale_source(attributes: DicomAttributes, frame: int) -> DicomAttributes:
    sources = frame_sources(attributes, frame, Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE)
    rescale = (Tag.RESCALE_SLOPE, Tag.RESCALE_INTERCEPT)
    return next((s for s in sources if rescale[0] in s or rescale[1] in s), attributes)


def _is_signed(attributes: DicomAttributes) -> bool:
    return attributes.integer(Tag.PIXEL_REPRESENTATION) == 1


def _has_signed_values(attributes: DicomAttributes, frame: int) -> bool:
    """Tell whether values that a VOI table looks up may be negative (PS3.3 C.11.2.1.1)."""
    if _modality_lut_item(attributes) is not None:
        return False
    is_signed = _is_signed(attributes)
    bits = attributes.integer(Tag.BITS_STORED) or attributes.integer(Tag.BITS_ALLOCATED) or 16
    bits = min(max(bits, 1), 64)
    source = _rescale_source(attributes, frame)
    slope = source.number(Tag.RESCALE_SLOPE) or 1.0
    intercept = source.number(Tag.RESCALE_INTERCEPT) or 0.0
    lowest = -(2.0 ** (bits - 1)) if is_signed else 0.0
    highest = 2.0 ** (bits - is_signed) - 1
    return min(lowest * slope, highest * slope) + intercept < 0


def _windows(source: DicomAttributes) -> list[VoiWindow]:
    centers = find_numbers((source,), Tag.WINDOW_CENTER)
    widths = find_numbers((source,), Tag.WINDOW_WIDTH)
    explanations = source.texts(Tag.WINDOW_EXPLANATION)
    return [
        VoiWindow(center, width, explanations[index] if index < len(explanations) else "")
        for index, (center, width) in enumerate(zip(centers, widths, strict=False))
        if width > 0
    ]


def _function(source: DicomAttributes) -> VoiFunction:
    text = source.text(Tag.VOI_LUT_FUNCTION)
    return VoiFunction(text) if text in _FUNCTIONS else VoiFunction.LINEAR


def _readable_lut(item: DicomAttributes, *, is_signed: bool) -> LookupTable | None:
    try:
        return read_lut(item, is_signed=is_signed)
    except MetadataError as error:
        _log.warning("item of %s: %s; left out", describe_tag(Tag.VOI_LUT_SEQUENCE), error.message)
        return None
