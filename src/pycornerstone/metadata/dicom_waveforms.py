"""Curves over time, such as an electrocardiogram, from the attributes of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_attributes import if_readable
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.model.modules import EcgChannel, EcgGroup, EcgModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_ecg"]

_T = TypeVar("_T")

# PS3.3 C.10.9.1.5; MB and AB are 8-bit companded, and stay so.
_SAMPLE_TYPES = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (8, "MB"): "u1",
    (8, "AB"): "u1",
    (16, "SS"): "<i2",
    (16, "US"): "<u2",
    (32, "SL"): "<i4",
    (32, "UL"): "<u4",
    (64, "SV"): "<i8",
    (64, "UV"): "<u8",
}


def read_ecg(attributes: DicomAttributes) -> EcgModule | None:
    """Read the waveforms of an instance; None if it has none.

    Raises
    ------
    MetadataError
        If what the samples mean is missing or cannot be read, or there are too few of them; the
        element is named.

    References
    ----------
    DICOM PS3.3 C.10.9 (Waveform Module).
    """
    items = attributes.items(Tag.WAVEFORM_SEQUENCE)
    return EcgModule(tuple(_group(item) for item in items)) if items else None


def _group(item: DicomAttributes) -> EcgGroup:
    samples, padding = _samples(item)
    frequency = item.number(Tag.SAMPLING_FREQUENCY)
    return EcgGroup(
        channels=_channels(item),
        sampling_frequency_hz=_needed(Tag.SAMPLING_FREQUENCY, frequency),
        samples=samples,
        label=if_readable(item.text, Tag.MULTIPLEX_GROUP_LABEL, None),
        time_offset_ms=item.number(Tag.MULTIPLEX_GROUP_TIME_OFFSET) or 0.0,
        padding_value=padding,
    )


def _channels(item: DicomAttributes) -> tuple[EcgChannel, ...]:
    count = _count(item, Tag.NUMBER_OF_WAVEFORM_CHANNELS)
    defined = [_channel(channel) for channel in item.items(Tag.CHANNEL_DEFINITION_SEQUENCE)]
    if len(defined) != count:
        raise MetadataError(
            f"{describe_tag(Tag.CHANNEL_DEFINITION_SEQUENCE)} describes {len(defined)} channels, "
            f"but there are {count}; correct the header"
        )
    return tuple(defined)


def _channel(item: DicomAttributes) -> EcgChannel:
    sensitivity = item.number(Tag.CHANNEL_SENSITIVITY)
    correction = item.number(Tag.CHANNEL_SENSITIVITY_CORRECTION_FACTOR)
    if sensitivity is not None and correction is not None:
        sensitivity *= correction
    return EcgChannel(
        label=if_readable(item.text, Tag.CHANNEL_LABEL, None),
        source=_code(item, Tag.CHANNEL_SOURCE_SEQUENCE, Tag.CODE_MEANING),
        sensitivity=sensitivity,
        sensitivity_unit=_code(item, Tag.CHANNEL_SENSITIVITY_UNITS_SEQUENCE, Tag.CODE_VALUE),
        baseline=item.number(Tag.CHANNEL_BASELINE) or 0.0,
    )


def _code(item: DicomAttributes, sequence: Tag, part: Tag) -> str | None:
    codes = item.items(sequence)
    return if_readable(codes[0].text, part, None) if codes else None


def _samples(item: DicomAttributes) -> tuple[npt.NDArray[np.integer] | None, int | None]:
    """Give the samples, channels first, and the value that is padding."""
    dtype = _sample_type(item)
    shape = (
        _count(item, Tag.NUMBER_OF_WAVEFORM_SAMPLES),
        _count(item, Tag.NUMBER_OF_WAVEFORM_CHANNELS),
    )
    padding = item.data(Tag.WAVEFORM_PADDING_VALUE) or b""
    padding_value = None
    if len(padding) >= dtype.itemsize:
        padding_value = int(np.frombuffer(padding, dtype, count=1)[0])
    data = item.data(Tag.WAVEFORM_DATA)
    if data is None and Tag.WAVEFORM_DATA in item:
        # A server of DICOMweb gives the address only.
        return None, padding_value
    data = data or b""
    needed = shape[0] * shape[1] * dtype.itemsize
    if len(data) < needed:
        raise MetadataError(
            f"{describe_tag(Tag.WAVEFORM_DATA)} has {len(data)} bytes, but {shape[0]} samples of "
            f"{shape[1]} channels need {needed}; the file may be cut off"
        )
    # PS3.3 C.10.9.1.7: all channels of one moment stand together.
    by_moment = np.frombuffer(data, dtype, count=shape[0] * shape[1]).reshape(shape)
    samples = np.ascontiguousarray(by_moment.T).astype(dtype.newbyteorder("="), copy=False)
    samples.flags.writeable = False
    return samples, padding_value


def _sample_type(item: DicomAttributes) -> np.dtype[np.integer]:
    bits = _needed(Tag.WAVEFORM_BITS_ALLOCATED, item.integer(Tag.WAVEFORM_BITS_ALLOCATED))
    kind = item.text(Tag.WAVEFORM_SAMPLE_INTERPRETATION)
    code = _SAMPLE_TYPES.get((bits, _needed(Tag.WAVEFORM_SAMPLE_INTERPRETATION, kind)))
    if code is None:
        raise MetadataError(
            f"{describe_tag(Tag.WAVEFORM_SAMPLE_INTERPRETATION)} {kind!r} is not defined for "
            f"{bits} bits (PS3.3 C.10.9.1.5); correct the header"
        )
    return np.dtype(code)


def _count(item: DicomAttributes, tag: Tag) -> int:
    count = _needed(tag, item.integer(tag))
    if count < 1:
        raise MetadataError(f"{describe_tag(tag)} must be at least 1, found {count}")
    return count


def _needed(tag: Tag, value: _T | None) -> _T:
    if value is None:
        raise MetadataError(f"{describe_tag(tag)} is missing from a waveform; correct the header")
    return value
