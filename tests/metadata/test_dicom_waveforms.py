"""Waveforms are what pydicom reads of them, and damaged ones name the element."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.waveforms import multiplex_array

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_waveforms import read_ecg
from pycornerstone.metadata.part10 import read_part10

FILE = "pypi-pydicom/pydicom/data/test_files/waveform_ecg.dcm"


def test_a_real_electrocardiogram_is_as_pydicom_reads_it(testdata):
    ecg = read_ecg(read_part10((testdata / FILE).read_bytes()).attributes)
    dataset = pydicom.dcmread(testdata / FILE)
    assert len(ecg.groups) == len(dataset.WaveformSequence) == 2
    for index, (group, item) in enumerate(zip(ecg.groups, dataset.WaveformSequence, strict=True)):
        stored = multiplex_array(dataset, index, as_raw=True)
        assert group.samples.dtype == stored.dtype
        np.testing.assert_array_equal(group.samples, stored.T)
        # pydicom works in floats of 64 bits, in the same order.
        np.testing.assert_array_equal(group.values(), multiplex_array(dataset, index, False).T)
        assert group.label == item.MultiplexGroupLabel
        assert group.sampling_frequency_hz == item.SamplingFrequency
        named = [c.ChannelSourceSequence[0].CodeMeaning for c in item.ChannelDefinitionSequence]
        assert [channel.source for channel in group.channels] == named
        assert {channel.sensitivity_unit for channel in group.channels} == {"uV"}


WAVEFORM = {
    Tag.MULTIPLEX_GROUP_LABEL: "RHYTHM",
    Tag.MULTIPLEX_GROUP_TIME_OFFSET: "20",
    Tag.NUMBER_OF_WAVEFORM_CHANNELS: 2,
    Tag.NUMBER_OF_WAVEFORM_SAMPLES: 3,
    Tag.SAMPLING_FREQUENCY: "250",
    Tag.CHANNEL_DEFINITION_SEQUENCE: [
        {
            Tag.CHANNEL_LABEL: "A",
            Tag.CHANNEL_SENSITIVITY: "2",
            Tag.CHANNEL_SENSITIVITY_CORRECTION_FACTOR: "1.5",
            Tag.CHANNEL_BASELINE: "-1",
        },
        {},
    ],
    Tag.WAVEFORM_BITS_ALLOCATED: 16,
    Tag.WAVEFORM_SAMPLE_INTERPRETATION: "SS",
    Tag.WAVEFORM_PADDING_VALUE: b"\x00\x80",
    Tag.WAVEFORM_DATA: np.array([1, 10, -2, 20, -32768, 30], "<i2").tobytes(),
}


def ecg_of(header, **changes):
    elements = dict(WAVEFORM)
    for name, value in changes.items():
        elements[Tag[name]] = value
    without_none = {tag: value for tag, value in elements.items() if value is not None}
    return read_ecg(header({Tag.WAVEFORM_SEQUENCE: [without_none]}))


def test_samples_of_one_moment_stand_together_and_become_channels(header):
    (group,) = ecg_of(header).groups
    assert group.samples.tolist() == [[1, -2, -32768], [10, 20, 30]]
    assert not group.samples.flags.writeable
    assert group.padding_value == -32768
    assert (group.label, group.time_offset_ms) == ("RHYTHM", 20.0)
    assert [channel.label for channel in group.channels] == ["A", None]
    # By hand: 1 * 2 * 1.5 - 1 = 2, -2 * 3 - 1 = -7; the last is padding.
    np.testing.assert_array_equal(group.values(), [[2, -7, np.nan], [10, 20, 30]])


@pytest.mark.parametrize(
    ("bits", "kind", "dtype"),
    [(8, "SB", "i1"), (8, "UB", "u1"), (8, "MB", "u1"), (32, "SL", "<i4"), (64, "UV", "<u8")],
)
def test_samples_may_have_8_to_64_bits(header, bits, kind, dtype):
    data = np.array([1, 2, 3, 4, 5, 100], dtype)
    ecg = ecg_of(
        header,
        WAVEFORM_BITS_ALLOCATED=bits,
        WAVEFORM_SAMPLE_INTERPRETATION=kind,
        WAVEFORM_PADDING_VALUE=None,
        WAVEFORM_DATA=data.tobytes(),
    )
    assert ecg.groups[0].samples.tolist() == [[1, 3, 5], [2, 4, 100]]
    assert ecg.groups[0].samples.dtype == np.dtype(dtype)


def test_an_image_has_no_waveforms(header):
    assert read_ecg(header({})) is None
    assert read_ecg(header({Tag.WAVEFORM_SEQUENCE: []})) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"NUMBER_OF_WAVEFORM_CHANNELS": None}, r"\(003A,0005\) .* is missing from a waveform"),
        ({"NUMBER_OF_WAVEFORM_SAMPLES": 0}, r"\(003A,0010\) .* must be at least 1, found 0"),
        ({"SAMPLING_FREQUENCY": None}, r"\(003A,001A\) Sampling Frequency is missing"),
        ({"SAMPLING_FREQUENCY": "fast"}, r"\(003A,001A\) Sampling Frequency must be a decimal"),
        ({"WAVEFORM_BITS_ALLOCATED": 12}, r"\(5400,1006\) .* 'SS' is not defined for 12 bits"),
        ({"WAVEFORM_SAMPLE_INTERPRETATION": None}, r"\(5400,1006\) .* is missing"),
        ({"WAVEFORM_DATA": b"\0" * 11}, r"\(5400,1010\) .* 11 bytes, but 3 samples of 2 .* 12"),
        ({"WAVEFORM_DATA": None}, r"\(5400,1010\) Waveform Data has 0 bytes"),
        (
            {"NUMBER_OF_WAVEFORM_SAMPLES": 4_000_000_000},
            r"\(5400,1010\) Waveform Data has 12 bytes",
        ),
        (
            {"CHANNEL_DEFINITION_SEQUENCE": [{}]},
            r"\(003A,0200\) .* describes 1 channels, but there are 2",
        ),
    ],
)
def test_a_damaged_waveform_names_the_element(header, changes, message):
    with pytest.raises(MetadataError, match=message):
        ecg_of(header, **changes)


def test_samples_that_a_server_keeps_are_not_there(header):
    elements = {tag: value for tag, value in WAVEFORM.items() if tag is not Tag.WAVEFORM_DATA}
    attributes = header({Tag.WAVEFORM_SEQUENCE: [elements]})
    item = attributes._object["54000100"]["Value"][0]
    item["54001010"] = {"vr": "OW", "BulkDataURI": "https://pacs/bulk/1"}
    (group,) = read_ecg(JsonAttributes(attributes._object)).groups
    assert group.samples is None
    with pytest.raises(MetadataError, match=r"\(5400,1010\) Waveform Data is not in the header"):
        group.values()
