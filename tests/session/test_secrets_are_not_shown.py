"""Passwords and tokens in imageIds: they reach no error, no log and no repr."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import traceback

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.model.encoded_frame import EncodedFrame
from pycornerstone.model.events import Event, ViewportNewImageSet
from pycornerstone.model.image_id import split_frame
from pycornerstone.retrieve.headers import Headers
from pycornerstone.retrieve.http_response import HttpResponse
from pycornerstone.viewports.stack_request import StackRequest, checked_stack

IMAGE_IDS = [
    "test:http://ada:secret@pacs/a",
    "test:http://pacs/a?token=secret",
    "test:zip://a::s3://ada:secret@bucket/a.zip",
    # An image in its address is a patient's.
    "test:data:image/png;base64,secret+secret/secret==",
    "test:data:text/plain,a%20secret,%20in%20words",
]


def image_of(image_id):
    return cs.Image(image_id, np.zeros((2, 3), np.uint8))


def fail(*_):
    raise ValueError("no such thing")


def told_by(function, *arguments):
    """All that is printed of an error that nobody catches."""
    try:
        function(*arguments)
    except Exception as error:
        return [repr(error), *traceback.format_exception(error)]
    pytest.fail("nothing was raised")


def load_objects(image_id):
    promise = concurrent.futures.Future()
    load = cs.ImageLoadObject(promise, fail, image_id=image_id)
    yield repr(load)
    yield from told_by(load.result, 0)
    load.add_done_callback(fail)
    load.add_partial_callback(fail)
    load.report_partial(image_of(image_id))
    load.cancel()
    yield repr(load)


def loops_that_have_closed(image_id):
    loop = asyncio.new_event_loop()
    load = cs.ImageLoadObject(loop.create_future(), image_id=image_id)
    loop.close()
    load.cancel()
    yield repr(load)


def images(image_id):
    image = image_of(image_id)
    yield repr(image)
    yield from told_by(getattr, image, "dataset")
    yield from told_by(cs.Image, image_id, np.zeros(3))
    yield from told_by(cs.Image, image_id, np.zeros((2, 2, 3)).astype(complex))


def image_ids(image_id):
    yield repr(cs.ImageId.parse(image_id))
    yield from told_by(cs.ImageId.parse, image_id.removeprefix("test"))
    yield from told_by(split_frame, f"{image_id}{'&' if '?' in image_id else '?'}frame=0")
    yield from told_by(cs.generate_volume_id, image_id)
    yield from told_by(checked_stack, image_id)


def frames_and_answers(image_id):
    yield repr(EncodedFrame(image_id, b"", "image/png"))
    yield repr(HttpResponse(image_id.removeprefix("test:"), 200, Headers(()), b""))
    yield repr(cs.AuthRequest("GET", image_id, {"Authorization": "secret"}))


def metadata(image_id):
    with cs.Session() as session:
        yield from told_by(session.metadata.require, "imagePlaneModule", image_id)

        def provider(_type_name, image_id):
            raise cs.MetadataError(f"nothing is known of {image_id}")

        session.metadata.add_provider(provider, 1)
        # The error of the provider is its own; that it is told of is ours.
        with pytest.raises(cs.MetadataError) as caught:
            session.metadata.get("imagePlaneModule", image_id)
        yield str(caught.value)
        yield repr(caught.value)


def loads(image_id):
    loaders = {
        "fails": fail,
        "is refused": lambda _: (_ for _ in ()).throw(cs.LoaderError("no")),
        "gives no image": lambda _: "image",
        "gives another": lambda _: cs.ImageLoadObject.rejected(ValueError("no")),
    }
    for loader in loaders.values():
        with cs.Session() as session:
            told = []
            for event in Event:
                session.events.subscribe(event, told.append)
            session.register_image_loader("test", loader)
            yield from told_by(session.load_image(image_id).result, 5)
            yield from told_by(session.load_array([image_id]).result, 5)
            assert told
            yield from map(repr, told)


def loads_in_a_circle(image_id):
    with cs.Session() as session:
        session.register_image_loader("test", lambda i: session.load_image(i).result(5))
        yield from told_by(session.load_image(image_id).result, 5)


def loads_by_stages(image_id):
    with cs.Session() as session:
        session.register_image_loader("test", fail)
        session.metadata.add_provider(fail, 1)
        (error,) = session.load_in_stages([image_id]).result(5).values()
        yield from traceback.format_exception(error)


def images_that_the_cache_fails_on(image_id):
    with cs.Session() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(session.cache, "put", fail)
        session.register_image_loader("test", image_of)
        yield repr(session.load_and_cache_image(image_id).result(5))


def stacks(image_id):
    with cs.Session() as session:
        load = StackRequest(image_id, 0, is_new_stack=True)
        yield from told_by(load.wait, 0)
        load.give_up()
        yield from traceback.format_exception(load.error)
        session.events.subscribe(Event.VIEWPORT_NEW_IMAGE_SET, fail)
        detail = ViewportNewImageSet("viewport", (image_id,))
        yield repr(detail)
        session.events.emit(detail)


@pytest.mark.parametrize(
    "told",
    [
        load_objects,
        loops_that_have_closed,
        images,
        image_ids,
        frames_and_answers,
        metadata,
        loads,
        loads_in_a_circle,
        loads_by_stages,
        images_that_the_cache_fails_on,
        stacks,
    ],
)
@pytest.mark.parametrize("image_id", IMAGE_IDS)
def test_what_is_secret_in_an_image_id_is_not_shown(told, image_id, caplog):
    caplog.set_level(logging.DEBUG, logger="pycornerstone")
    texts = list(told(image_id))
    assert texts
    for text in (*texts, caplog.text):
        assert "secret" not in text.replace("test_secrets_are_not_shown", "")
