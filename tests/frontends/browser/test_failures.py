"""What the user of the page reads of a failure has no names of files and servers in it."""

from __future__ import annotations

import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.failures import CannotShowError, said_of, without_names


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("there is no file '/home/Doe John/a.dcm'; check the path", "'…'"),
        ("there is no file 'doe.dcm' in '/home/Doe John'; check the path", None),
        ("there is no file /home/doe/a.dcm; check the path", None),
        (r"C:\data\Doe.dcm could not be read: denied", "… could not be read: denied"),
        (r"\\server\Doe\a.dcm is empty", "… is empty"),
        ("file doe/a.dcm is empty", "file … is empty"),
        ("nothing knows dicomfile:/data/doe.dcm?frame=2", "nothing knows …"),
        (
            "GET http://doe.example:80/studies/1.2 gave HTTP 404 Not Found",
            "GET … gave HTTP 404 Not Found",
        ),
        ('"~/doe.dcm" names a home folder that is not there', "… names a home folder that is not"),
    ],
)
def test_names_of_files_and_servers_are_left_out(text, wanted):
    said = without_names(text)
    assert "doe" not in said.lower()
    assert "…" in said
    if wanted is not None:
        assert wanted.strip("'") in said


@pytest.mark.parametrize(
    "text",
    [
        "PET is in g/ml, 1.5 mm apart; see PS3.3 C.7.6",
        "the viewer needs an extra: pip install 'pycornerstone[viewer]'",
        "no loader for scheme 'foo'; registered: dicomfile, wadors. Did you mean 'bar'?",
        "the transfer syntax 1.2.840.10008.1.2.4.90 is unknown",
        "raise cache.max_size_in_bytes or unpin what is no longer shown",
    ],
)
def test_the_rest_stays_as_it_is(text):
    assert without_names(text) == text


def test_the_image_that_was_loaded_is_not_named_though_its_path_has_spaces():
    error = cs.RetrieveError("file /data/Doe John/CT 1 is empty; copy the file CT 1 again")
    error.image_id = "dicomfile:/data/Doe John/CT 1?frame=3"
    assert said_of(error) == "file … is empty; copy the file … again"
    assert "Doe" not in said_of(error)


def test_of_errors_of_others_only_the_kind_is_said():
    assert said_of(OSError("/data/doe.dcm")) == "that went wrong (OSError)"
    assert said_of(CannotShowError("there is no such series")) == "there is no such series"


def test_a_text_ends_somewhere():
    assert len(said_of(cs.DecodeError("a" * 5000))) <= 401
