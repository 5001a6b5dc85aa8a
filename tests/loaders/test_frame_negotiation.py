"""Which transfer syntax a server is asked for."""

from __future__ import annotations

import asyncio

import pytest

from pycornerstone.errors import HttpStatusError
from pycornerstone.loaders.frame_negotiation import FrameNegotiation

URL = "https://pacs/studies/1/series/2/instances/3/frames/1"
STORED, PREFERRED, EXPLICIT = "stored", "preferred", "explicit"


def form_of(accept: str) -> str:
    if "transfer-syntax=*" in accept:
        return STORED
    return PREFERRED if "," in accept else EXPLICIT


class Server:
    """It answers each form with a status, most often 200."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses
        self.asked: list[str] = []
        self.final: list[bool] = []

    async def fetch(self, headers, final_statuses):
        form = form_of(headers["Accept"]) if headers else "none"
        self.asked.append(form)
        self.final.append(500 in final_statuses)
        status = self.statuses.get(form, 200)
        if status != 200:
            raise HttpStatusError(URL, status, "")
        return form

    def ask(self, negotiation, series="2", url=URL):
        self.asked = []
        self.final = []
        return asyncio.run(negotiation.ask(url, series, self.fetch))


@pytest.mark.parametrize("status", [400, 406, 415, 501])
def test_what_a_server_can_send_is_remembered_for_a_series(status):
    server, negotiation = Server(stored=status), FrameNegotiation()
    assert server.ask(negotiation) == PREFERRED
    assert server.asked == [STORED, PREFERRED]
    assert server.ask(negotiation) == PREFERRED
    assert server.asked == [PREFERRED]
    # Another series may be stored otherwise.
    server.ask(negotiation, "9")
    assert server.asked == [STORED, PREFERRED]


def test_a_fault_that_passes_does_not_turn_a_series_into_a_transcoded_one():
    server, negotiation = Server(stored=500), FrameNegotiation()
    assert server.ask(negotiation) == PREFERRED
    server.statuses = {}
    assert server.ask(negotiation) == STORED
    server.statuses = {"stored": 500}
    assert server.ask(negotiation) == PREFERRED
    assert server.ask(negotiation) == PREFERRED
    assert server.asked == [STORED, PREFERRED]
    # Twice without an answer in between: it is the answer.
    assert server.ask(negotiation) == PREFERRED
    assert server.asked == [PREFERRED]


def test_what_is_remembered_is_forgotten_after_a_while():
    now = 0.0
    server, negotiation = Server(stored=406), FrameNegotiation(lambda: now)
    server.ask(negotiation)
    now = 599.0
    server.ask(negotiation)
    assert server.asked == [PREFERRED]
    now = 601.0
    server.statuses = {}
    assert server.ask(negotiation) == STORED


def test_a_server_that_knows_no_lists_is_asked_for_little_endian_alone():
    server, negotiation = Server(stored=406, preferred=400), FrameNegotiation()
    assert server.ask(negotiation) == EXPLICIT
    assert server.asked == [STORED, PREFERRED, EXPLICIT]
    assert server.ask(negotiation) == EXPLICIT
    assert server.asked == [EXPLICIT]
    server.ask(negotiation, "9")
    assert server.asked == [STORED, EXPLICIT]
    server.ask(negotiation, "9", URL.replace("pacs", "other"))
    assert server.asked == [EXPLICIT]


def test_only_the_last_form_is_repeated_by_the_transport():
    server, negotiation = Server(stored=500, preferred=500, explicit=500), FrameNegotiation()
    with pytest.raises(HttpStatusError, match="500"):
        server.ask(negotiation)
    assert server.final == [True, True, False]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 503])
def test_other_statuses_are_no_word_on_the_form(status):
    server = Server(stored=status)
    with pytest.raises(HttpStatusError, match=str(status)):
        server.ask(FrameNegotiation())
    assert server.asked == [STORED]


def test_an_address_that_says_what_it_accepts_is_left_to_it():
    server = Server()
    assert server.ask(FrameNegotiation(), url=URL + "?Accept=image/jls") == "none"
