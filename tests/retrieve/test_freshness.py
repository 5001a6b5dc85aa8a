"""What RFC 9111 and DICOM say of keeping an answer and giving it again."""

from __future__ import annotations

import math

import pytest

from pycornerstone.retrieve import freshness
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http_response import HttpResponse

PACS = "https://pacs/dicom-web"
INSTANCE = f"{PACS}/studies/1.2/series/3.4/instances/5.6"
FRAME = f"{INSTANCE}/frames/1"
OCTETS = {"content-type": 'multipart/related; type="application/octet-stream"; boundary=b'}
PARTS = 'multipart/related; boundary="b"'
JSON = {"content-type": "application/dicom+json"}
DICOM = {"content-type": "application/dicom"}
NOW = 1_700_000_000.0
# RFC 9110, section 5.6.7: `date -u -d @1700000000`.
NOW_AS_DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
AN_HOUR_AGO = "Tue, 14 Nov 2023 21:13:20 GMT"
IN_AN_HOUR = "Tue, 14 Nov 2023 23:13:20 GMT"


@pytest.mark.parametrize(
    ("url", "fields", "seconds"),
    [
        # What the server says.
        (FRAME, OCTETS | {"cache-control": "max-age=60"}, 60),
        (FRAME, OCTETS | {"cache-control": 'private, Max-Age = "60"'}, 60),
        (FRAME, OCTETS | {"cache-control": "max-age=60, no-cache"}, 0),
        (FRAME, OCTETS | {"cache-control": "max-age=ten"}, 0),
        (FRAME, OCTETS | {"cache-control": "max-age=-5"}, 0),
        (FRAME, OCTETS | {"cache-control": "max-age=99999999999999999999999"}, 2**31),
        (FRAME, OCTETS | {"pragma": "no-cache"}, 0),
        (FRAME, OCTETS | {"pragma": "no-cache", "cache-control": "max-age=5"}, 5),
        (FRAME, OCTETS | {"expires": IN_AN_HOUR, "date": NOW_AS_DATE}, 3600),
        (FRAME, OCTETS | {"expires": AN_HOUR_AGO, "date": NOW_AS_DATE}, 0),
        (FRAME, OCTETS | {"expires": "0", "date": NOW_AS_DATE}, 0),
        (FRAME, {"expires": IN_AN_HOUR, "date": NOW_AS_DATE, "cache-control": "max-age=9"}, 9),
        # RFC 9111, section 5.2.2.10: s-maxage is for shared caches, which this is not.
        (FRAME, OCTETS | {"cache-control": "s-maxage=60", "etag": '"a"'}, 0),
        # What it gives to be asked by.
        (FRAME, OCTETS | {"etag": '"a"'}, 0),
        (FRAME, OCTETS | {"last-modified": AN_HOUR_AGO}, 0),
        # It says nothing: instances do not change.
        (FRAME, OCTETS, math.inf),
        (f"{INSTANCE}/frames/1,2,3?accept=x", OCTETS, math.inf),
        (INSTANCE, DICOM, math.inf),
        (f"{INSTANCE}/bulkdata/28,1201", OCTETS, math.inf),
        (f"{INSTANCE}/bulk/28,1201", {"content-type": "application/octet-stream"}, math.inf),
        (f"{PACS}/wado?requestType=WADO&objectUID=5.6", DICOM, math.inf),
        # But what is said of them, or drawn of them, may; and a series may grow.
        (f"{INSTANCE}/metadata", JSON, 0),
        (f"{INSTANCE}/rendered", {"content-type": "image/jpeg"}, 0),
        (f"{INSTANCE}/frames/1/rendered", {"content-type": "image/jpeg"}, 0),
        (f"{PACS}/studies/1.2/series/3.4/metadata", JSON, 0),
        (f"{PACS}/studies/1.2/series/3.4", OCTETS, 0),
        (f"{PACS}/wado?requestType=WADO&objectUID=5.6", {"content-type": "image/jpeg"}, 0),
        ("https://host/picture.png", {"content-type": "image/png"}, 0),
        # Another kind of thing than a frame is: an excuse, or a page to log in.
        (FRAME, {"content-type": "text/plain"}, 0),
        (FRAME, JSON, 0),
    ],
)  # fmt: skip
def test_how_old_an_answer_may_become(url, fields, seconds):
    assert freshness.lifetime_s(url, fields) == seconds


@pytest.mark.parametrize(
    ("fields", "stored_at", "seconds"),
    [
        ({}, NOW - 100, 100),
        ({"age": "50"}, NOW - 100, 150),
        # It was made an hour before it came: RFC 9111, section 4.2.3.
        ({"date": AN_HOUR_AGO}, NOW, 3600),
        ({"date": AN_HOUR_AGO, "age": "4000"}, NOW, 4000),
        ({"date": IN_AN_HOUR}, NOW - 100, 100),
        ({"date": "yesterday", "age": "old"}, NOW - 100, 100),
        # The clock was set back since: nobody knows.
        ({}, NOW + 1000, math.inf),
    ],
)
def test_how_old_an_answer_is(fields, stored_at, seconds):
    assert freshness.age_s(fields, stored_at, NOW) == seconds


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"etag": 'W/"a"'}, {"If-None-Match": 'W/"a"'}),
        # RFC 9110, section 13.1.3: a date is not looked at beside a tag.
        ({"etag": '"a"', "last-modified": AN_HOUR_AGO}, {"If-None-Match": '"a"'}),
        ({"last-modified": AN_HOUR_AGO}, {"If-Modified-Since": AN_HOUR_AGO}),
        ({}, {}),
    ],
)
def test_by_what_the_server_is_asked_whether_it_holds(fields, sent):
    assert freshness.conditions(fields) == sent


@pytest.mark.parametrize(
    ("url", "headers", "may"),
    [
        (FRAME, {}, True),
        (FRAME, {"Accept": "*/*", "Accept-Encoding": "gzip"}, True),
        (f"{PACS}/studies/1.2/series/3.4/metadata", {}, True),
        (FRAME, {"RANGE": "bytes=0-99"}, False),
        (FRAME, {"If-None-Match": '"a"'}, False),
        (FRAME, {"cache-control": "no-cache"}, False),
        (FRAME, {"Cache-Control": "max-age=0, no-store"}, False),
        # PS3.18, table 10.6.1-1: the addresses of searches.
        (f"{PACS}/studies?PatientID=1", {}, False),
        (f"{PACS}/studies/", {}, False),
        (f"{PACS}/series", {}, False),
        (f"{PACS}/instances?limit=1", {}, False),
        (f"{PACS}/studies/1.2/series?includefield=all", {}, False),
        (f"{PACS}/studies/1.2/series/3.4/instances", {}, False),
    ],
)
def test_which_requests_the_cache_looks_at(url, headers, may):
    assert freshness.asks_for_a_representation(url, headers) is may


def answer(body=b"x", status=200, **fields):
    names = ((name.replace("_", "-"), value) for name, value in fields.items())
    return HttpResponse(FRAME, status, Headers(names), body)


@pytest.mark.parametrize(
    ("given", "may"),
    [
        (answer(), True),
        (answer(cache_control="private, max-age=0"), True),
        (answer(cache_control="No-Store"), False),
        (answer(status=206), False),
        (answer(vary="*"), False),
        (answer(vary="Accept"), True),
        (answer(content_type="text/html; charset=utf-8"), False),
        (answer(b"--b\r\n\r\nx\r\n--b--", content_type=PARTS), True),
        (answer(b"--b\r\n\r\nx\r\n--b--\r\n\r\n", content_type=PARTS), True),
        (answer(b"--b\r\n\r\nx\r\n--b\r\n\r\ny", content_type=PARTS), False),
        (answer(b"--b\r\n\r\nx", content_type="multipart/related"), True),
    ],
)
def test_which_answers_may_be_kept(given, may):
    assert freshness.may_be_kept(given) is may


@pytest.mark.parametrize(
    ("control", "may"),
    [("", True), ("max-age=0", True), ("must-revalidate", False), ("max-age=9, no-cache", False)],
)
def test_a_server_may_forbid_that_it_is_not_asked(control, may):
    assert freshness.may_be_given_unasked({"cache-control": control}) is may


def test_cookies_and_tokens_are_not_kept():
    fields = Headers([("ETag", '"a"'), ("Set-Cookie", "s=1"), ("X-Token", "abc"), ("Server", "x")])
    assert freshness.fields_to_keep(fields) == {"etag": '"a"'}


def test_a_304_renews_all_but_what_the_body_is():
    kept = {"content-type": "image/png", "etag": '"a"', "age": "9", "cache-control": "max-age=1"}
    newer = Headers([("Content-Type", "text/html"), ("Cache-Control", "max-age=2")])
    assert freshness.updated(kept, newer) == {
        "content-type": "image/png",
        "etag": '"a"',
        "cache-control": "max-age=2",
    }


def test_vary_names_what_else_chose_the_answer():
    fields = {"vary": "Accept-Encoding, X-Size , Authorization,Accept-Language"}
    assert freshness.varying_names(fields) == ["accept-language", "x-size"]
