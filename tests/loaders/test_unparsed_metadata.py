"""Metadata that are parsed when somebody asks."""

from __future__ import annotations

import json
import pickle
import threading

import pytest

from pycornerstone.errors import DecodeError
from pycornerstone.loaders.unparsed_metadata import UnparsedAttributes, parse_in_pieces
from pycornerstone.metadata.dicom_json import JsonAttributes
from pycornerstone.metadata.pydicom_datasets import dataset_of_attributes

FOUND = {
    "00080060": {"vr": "CS", "Value": ["CT"]},
    "00281201": {"vr": "OW", "BulkDataURI": "../bulk/1"},
}
WRITTEN = json.dumps(FOUND).encode()
URL = "https://pacs/studies/1/series/2/metadata"


def test_it_says_what_parsed_ones_say():
    unparsed = UnparsedAttributes(WRITTEN, URL)
    assert unparsed.text(0x00080060) == "CT"
    assert 0x00281201 in unparsed
    assert 0x00281202 not in unparsed
    assert dataset_of_attributes(UnparsedAttributes(WRITTEN, URL)).Modality == "CT"


def test_addresses_are_relative_to_the_metadata():
    unparsed = UnparsedAttributes(WRITTEN, URL)
    assert unparsed.bulk_data_uri(0x00281201) == "https://pacs/studies/1/series/bulk/1"


@pytest.mark.parametrize("asked_before", [False, True])
def test_it_travels_to_another_process(asked_before):
    unparsed = UnparsedAttributes(WRITTEN, URL)
    if asked_before:
        unparsed.text(0x00080060)
    travelled = pickle.loads(pickle.dumps(unparsed))
    assert travelled.text(0x00080060) == "CT"
    assert travelled.json_object == unparsed.json_object


def test_threads_may_ask_at_once():
    for _ in range(50):
        unparsed = UnparsedAttributes(WRITTEN, URL)
        together, said = threading.Barrier(4), []

        def ask(one=unparsed, together=together, said=said):
            together.wait()
            said.append(one.text(0x00080060))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == ["CT"] * 4


def test_pieces_are_the_data_sets_and_their_text():
    body = b"[" + WRITTEN + b" ,\n " + b"{}" + b"]"
    pieces = list(parse_in_pieces(body))
    assert [piece.found for piece in pieces] == [FOUND, {}]
    assert [json.loads(piece.written) for piece in pieces] == [FOUND, {}]
    assert JsonAttributes(pieces[0].found).text(0x00080060) == "CT"


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf[" + WRITTEN + b"]", WRITTEN])
def test_a_mark_before_it_and_a_single_one_are_read_too(body):
    assert [piece.found for piece in parse_in_pieces(body)] == [FOUND]


@pytest.mark.parametrize(
    "body", [b"[", b"[[{}]]", b"[1]", b'["a"]', b"[{}, null]", b'[{"a": }]', b"\xff"]
)
def test_what_is_no_dicom_json_is_an_error(body):
    with pytest.raises(DecodeError, match="not DICOM JSON"):
        list(parse_in_pieces(body))
