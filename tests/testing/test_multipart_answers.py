from __future__ import annotations

import email

import pytest

from pycornerstone.testing.multipart_answers import acceptable_form, multipart_body

JPEG_LS, EXPLICIT = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "multipart"),
        ("*/*", "multipart"),
        ('multipart/related; type="image/jls"', "multipart"),
        ("multipart/related;type=image/jls", "multipart"),
        ('Multipart/Related; Type="image/jls"; transfer-syntax=*', "multipart"),
        (f'multipart/related; type="image/jls"; transfer-syntax={JPEG_LS}', "multipart"),
        # The parameter inside of the quotes, as some servers write it.
        ('multipart/related; type="application/octet-stream"; transfer-syntax=*', "multipart"),
        ("image/jls", "single"),
        ("application/octet-stream", "single"),
        ("text/html, image/jls;q=0.5", "single"),
        (f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}', None),
        ('multipart/related; type="image/jp2"', None),
        ("image/png", None),
        ("text/html", None),
    ],
)
def test_what_is_acceptable(accept, form):
    assert acceptable_form(accept, "image/jls", JPEG_LS) == form


def test_files_are_not_sent_to_who_asks_for_octets():
    asked = 'multipart/related; type="application/octet-stream"'
    assert acceptable_form(asked, "application/dicom", EXPLICIT) is None
    assert acceptable_form("application/dicom", "application/dicom", EXPLICIT) == "single"


def test_a_multipart_body_is_read_by_a_mail_parser():
    # RFC 2387 is MIME, so Python's parser of mail can judge it.
    body = multipart_body([b"one", b"", b"\x00\x01"], "image/jls", JPEG_LS)
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--").decode()
    head = f'Content-Type: multipart/related; type="image/jls"; boundary={boundary}\r\n\r\n'
    message = email.message_from_bytes(head.encode() + body)
    parts = message.get_payload()
    assert [part.get_payload(decode=True) for part in parts] == [b"one", b"", b"\x00\x01"]
    assert {part.get_content_type() for part in parts} == {"image/jls"}
    assert {part.get_param("transfer-syntax") for part in parts} == {JPEG_LS}
    assert [part["Content-Length"] for part in parts] == ["3", "0", "2"]
    assert not message.defects
