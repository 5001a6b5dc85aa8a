"""A real archive that wants to know who asks, alone and behind what redirects to it."""

from __future__ import annotations

import base64

import pytest

from pycornerstone import BasicAuth, BearerAuth, HttpSettings, HttpStatusError, Session
from pycornerstone.testing import ct_phantom, ct_series
from pycornerstone.testing.orthanc import OrthancServer

pytestmark = pytest.mark.orthanc

ADA = ("ada", "sécret")


@pytest.fixture(scope="module")
def closed():
    missing = OrthancServer.missing()
    if missing is not None:
        pytest.skip(missing)
    with OrthancServer(credentials=ADA) as orthanc:
        (data,) = ct_series(ct_phantom(1, 16, 16))
        orthanc.file_url = orthanc.upload(data)
        yield orthanc


def rows(image_id, auth):
    with Session(http=HttpSettings(auth=auth)) as session:
        return session.load_image(image_id).result(timeout=30).rows


def test_whoever_it_knows_is_let_in(closed):
    assert rows(f"wadouri:{closed.file_url}", BasicAuth(*ADA)) == 16


@pytest.mark.parametrize("auth", [None, BasicAuth("ada", "wrong"), BearerAuth("abc")])
def test_others_are_told_what_it_wants(closed, auth):
    with pytest.raises(
        HttpStatusError, match="it asks for Basic, realm 'Orthanc Secure Area'"
    ) as e:
        rows(f"wadouri:{closed.file_url}", auth)
    assert e.value.status == 401


def test_a_function_is_asked_again(closed):
    passwords = iter(["old", ADA[1]])

    def auth(_request):
        pair = base64.b64encode(f"ada:{next(passwords)}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    assert rows(f"wadouri:{closed.file_url}", auth) == 16
    assert next(passwords, None) is None
