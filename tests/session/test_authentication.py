"""Credentials through a whole session: no request goes without them, and none waits for ever."""

from __future__ import annotations

import threading

import pytest

from pycornerstone import BasicAuth, BearerAuth, HttpSettings, HttpStatusError, Session
from pycornerstone.testing import SampleServer, ct_phantom, ct_series, nifti_phantom, png_phantom

ADA = ("ada", "sécret")
PHANTOM = ct_phantom(slices=4, rows=16, columns=16)
SERIES = ct_series(PHANTOM)
FILES = {"a.png": png_phantom(PHANTOM), "a.nii.gz": nifti_phantom(PHANTOM)}
SCHEMES = ["wadors", "wadouri", "web", "http", "nifti"]


@pytest.fixture
def archive():
    with SampleServer(SERIES, FILES, credentials=ADA) as server:
        yield server


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_is_let_in_and_refused(archive, scheme):
    image_id = archive.image_ids(scheme)[0]
    with Session(http=HttpSettings(auth=BasicAuth(*ADA))) as session:
        assert session.load_image(image_id).result(timeout=30).rows == 16
    with Session() as session, pytest.raises(HttpStatusError, match="asks for Basic") as caught:
        session.load_image(image_id).result(timeout=30)
    assert caught.value.status == 401


def test_the_address_alone_may_say_who_one_is(archive):
    address = archive.address.replace("://", "://ada:s%C3%A9cret@")
    for scheme in SCHEMES:
        image_id = archive.image_ids(scheme)[0].replace(archive.address, address)
        with Session() as session:
            assert session.load_image(image_id).result(timeout=30).rows == 16


def test_whole_series_arrays_and_data_sets_are_let_in(archive):
    image_ids = archive.image_ids("wadors")
    with Session(http=HttpSettings(auth=BasicAuth(*ADA))) as session:
        assert session.load_array(image_ids).result(timeout=30).shape == (4, 16, 16)
        image_id = archive.image_ids("wadouri")[0]
        image = session.load_image(image_id).result(timeout=30)
        assert str(image.dataset["Modality"].value) == "CT"


def test_a_token_that_runs_out_meanwhile_is_exchanged():
    tokens, asked = ["one", "two"], []

    def token():
        asked.append(threading.current_thread().name)
        return tokens[len(asked) - 1]

    with (
        SampleServer(SERIES, token="one") as archive,
        Session(http=HttpSettings(auth=BearerAuth(token))) as session,
    ):
        first, *others = archive.image_ids("wadors")
        session.load_image(first).result(timeout=30)
        archive.change_token("two")
        for load in [session.load_image(image_id) for image_id in others]:
            load.result(timeout=30)
    assert len(asked) == 2


def test_a_function_that_never_ends_ends_with_its_time_and_with_the_session(archive):
    go_on = threading.Event()

    def hang(_request):
        go_on.wait(30)
        return {}

    image_id = archive.image_ids("web")[0]
    settings = HttpSettings(auth=hang, total_timeout_s=0.2)
    with Session(http=settings) as session, pytest.raises(OSError, match=r"done within 0\.2 s"):
        session.load_image(image_id).result(timeout=30)
    with Session(http=HttpSettings(auth=hang)) as session:
        load = session.load_image(image_id)
    assert load.done()
    go_on.set()
    assert archive.requests() == 0


def test_a_session_with_settings_that_cannot_work_is_not_made():
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="no origin"):
        Session(http=HttpSettings(auth={"pacs": BasicAuth(*ADA)}))
    assert set(threading.enumerate()) == before
