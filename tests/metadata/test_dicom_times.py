"""Dates and times: what PS3.5 section 6.2 lets stand in DA, TM and DT."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.metadata.dicom_times import (
    read_date,
    read_datetime,
    read_time,
    read_utc_offset,
)


def seconds(*parts: int) -> float:
    """Count from the same midnight, by Python's own calendar."""
    moment = datetime(*parts, tzinfo=UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.toordinal() * 86400 + (moment - midnight).total_seconds()


@pytest.mark.parametrize("text", ["20240229", "2024.02.29", "20240229 "])
def test_a_date(header, text):
    assert read_date(header({Tag.SERIES_DATE: text}), Tag.SERIES_DATE) == seconds(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "since_midnight"),
    [
        ("131415", 47655),
        ("131415.25", 47655.25),
        ("13:14:15", 47655),
        ("1314", 47640),
        ("235960", 86400),
        ("000000.000000", 0),
        ("131415.", 47655),
    ],
)
def test_a_time(header, text, since_midnight):
    assert read_time(header({Tag.SERIES_TIME: text}), Tag.SERIES_TIME) == since_midnight


@pytest.mark.parametrize(
    "text", ["20240229131415", "20240229131415.00", "20240229131415+0200", " 20240229131415 "]
)
def test_a_date_with_a_time_is_that_of_the_clock_on_the_wall(header, text):
    attributes = header({Tag.ACQUISITION_DATETIME: text})
    assert read_datetime(attributes, Tag.ACQUISITION_DATETIME) == seconds(2024, 2, 29, 13, 14, 15)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("20240229131400", 13),
        ("20240229131400+0200", 13),
        ("20240229131400+0000", 15),
        ("20240229131400.00-0100", 16),
        ("202402291314+1200", 3),
    ],
)
def test_a_moment_by_another_clock_is_given_by_that_which_is_wanted(header, text, hour):
    attributes = header({Tag.ACQUISITION_DATETIME: text})
    moment = seconds(2024, 2, 29, hour, 14)
    assert read_datetime(attributes, Tag.ACQUISITION_DATETIME, 7200.0) == moment


@pytest.mark.parametrize(
    ("tag", "text", "offset"),
    [
        (Tag.TIMEZONE_OFFSET_FROM_UTC, "+0100", 3600),
        (Tag.TIMEZONE_OFFSET_FROM_UTC, "-0530 ", -19800),
        (Tag.TIMEZONE_OFFSET_FROM_UTC, "CET", None),
        (Tag.TIMEZONE_OFFSET_FROM_UTC, "", None),
        (Tag.ACQUISITION_DATETIME, "20240229131415.5+0545", 20700),
        (Tag.ACQUISITION_DATETIME, "20240229131415", None),
    ],
)
def test_how_far_a_clock_is_ahead_of_utc(header, tag, text, offset):
    assert read_utc_offset(header({tag: text}), tag) == offset


def test_two_moments_can_be_subtracted_over_the_end_of_a_year(header):
    first = read_datetime(header({Tag.ACQUISITION_DATETIME: "20231231235930"}), 0x0008002A)
    then = read_datetime(header({Tag.ACQUISITION_DATETIME: "20240101000030.5"}), 0x0008002A)
    assert then - first == 60.5


@pytest.mark.parametrize(
    ("read", "tag"),
    [
        (read_date, Tag.SERIES_DATE),
        (read_time, Tag.SERIES_TIME),
        (read_datetime, Tag.ACQUISITION_DATETIME),
    ],
)
def test_what_is_not_there_is_not_known(header, read, tag):
    assert read(header({}), tag) is None
    assert read(header({tag: ""}), tag) is None


@pytest.mark.parametrize(
    ("read", "tag", "text"),
    [
        (read_date, Tag.SERIES_DATE, "20230229"),
        (read_date, Tag.SERIES_DATE, "20241301"),
        (read_date, Tag.SERIES_DATE, "00000101"),
        (read_date, Tag.SERIES_DATE, "29.02.2024"),
        (read_date, Tag.SERIES_DATE, "20240101-20240102"),
        (read_date, Tag.SERIES_DATE, "\u0662\u0660240101"),
        (read_time, Tag.SERIES_TIME, "13"),
        (read_time, Tag.SERIES_TIME, "24:00:00"),
        (read_time, Tag.SERIES_TIME, "136000"),
        (read_time, Tag.SERIES_TIME, "131461"),
        (read_time, Tag.SERIES_TIME, "1 PM"),
        (read_datetime, Tag.ACQUISITION_DATETIME, "20240229"),
        (read_datetime, Tag.ACQUISITION_DATETIME, "20230229131415"),
        (read_datetime, Tag.ACQUISITION_DATETIME, "20240229 131415"),
    ],
)
def test_what_is_none_is_an_error_that_does_not_say_it(header, read, tag, text):
    with pytest.raises(MetadataError, match=r"^\(0008,00[0-9A-F]{2}\) .* is no ") as caught:
        read(header({tag: text}), tag)
    assert text not in str(caught.value)
    assert tag.title in str(caught.value)
