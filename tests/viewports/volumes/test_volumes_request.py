"""What setting volumes gives: a promise of them, and what becomes of loads that are not wanted."""

from __future__ import annotations

import asyncio
import gc
import weakref

import numpy as np
import pytest

from pycornerstone.errors import (
    DecodeError,
    GeometryError,
    LoadCancelledError,
    UnknownSchemeError,
)
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_geometry import VolumeGeometry
from pycornerstone.session.session import Session
from pycornerstone.session.volumes.load_object import VolumeLoadObject, VolumeProgress
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.viewports.volumes.inputs import VolumeInput
from pycornerstone.viewports.volumes.viewport import VolumeViewport

SHAPE = (3, 4, 5)


def flat(value, name="v", frame="1.2"):
    voxels = np.full(SHAPE, value, np.int16)
    return Volume(name, voxels, geometry=VolumeGeometry(SHAPE, np.eye(4), frame))


def coming(volume):
    """Give the load of a volume whose first slice is there."""
    progress = VolumeProgress(volume.volume_id, SHAPE[0], lambda call: call())
    progress.loaded = np.array([True, False, False])
    progress.volume = volume
    return VolumeLoadObject(progress), progress


def settle(load, progress, outcome):
    """End a load as a session does: a failed one lets go of its volume first."""
    if isinstance(outcome, BaseException):
        progress.give_up()
    else:
        progress.loaded = np.ones(SHAPE[0], np.bool_)
    load.settle(outcome)


@pytest.fixture
def viewport(shelf):
    return VolumeViewport(5, 4, session=shelf, viewport_id="v")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    write_ct_series(folder, ct_phantom(slices=5, rows=16, columns=16))
    return folder


@pytest.fixture
def session():
    with Session() as session:
        yield session


def test_volumes_at_hand_are_on_show_at_once(viewport):
    volumes = flat(1, "a"), flat(2, "b")
    assert viewport.set_volumes(volumes).result(0) == volumes
    assert viewport.add_volumes([flat(3, "c")]).result(0)[0].volume_id == "c"
    assert viewport.set_volumes([]).result(0) == ()


def test_volumes_that_load_are_promised_until_the_last_is_whole(viewport):
    low, high = flat(1, "a"), flat(2, "b")
    (first, one), (second, other) = coming(low), coming(high)
    promised = viewport.set_volumes([flat(0, "c"), second, first])
    settle(first, one, low)
    assert not promised.done()
    settle(second, other, high)
    assert [volume.volume_id for volume in promised.result(0)] == ["c", "b", "a"]


def test_a_load_that_fails_is_told_at_once_by_the_promise(viewport):
    (first, one), (second, _) = coming(flat(1, "a")), coming(flat(2, "b"))
    promised = viewport.set_volumes([first, second])
    settle(first, one, DecodeError("slice 2 is broken"))
    with pytest.raises(DecodeError, match="slice 2 is broken"):
        promised.result(0)


def test_setting_others_ends_the_promise_and_leaves_loads_that_were_given_alone(viewport):
    load, _ = coming(flat(1, "a"))
    promised = viewport.set_volumes([load])
    viewport.set_volumes([flat(2, "b")])
    with pytest.raises(LoadCancelledError, match="other volumes were asked for"):
        promised.result(0)
    assert not load.done()


@pytest.mark.parametrize("how", ["remove", "close"])
def test_what_is_shown_no_longer_is_promised_no_longer(viewport, how):
    promised = viewport.set_volumes([coming(flat(1, "a"))[0]])
    if how == "remove":
        viewport.remove_volumes(["a"])
    else:
        viewport.close()
    assert promised.cancelled()


def test_adding_volumes_leaves_the_promise_of_the_others_alone(viewport):
    volume = flat(1, "a")
    load, progress = coming(volume)
    promised = viewport.set_volumes([load])
    viewport.add_volumes([flat(2, "b")])
    settle(load, progress, volume)
    assert promised.result(0)[0].volume_id == "a"


def test_a_volume_of_another_frame_of_reference_fails_the_promise_when_it_is_known(viewport):
    volume = flat(1, "b", frame="9.9")
    load, progress = coming(volume)
    progress.volume = None
    promised = viewport.set_volumes([flat(1, "a"), load])
    progress.volume = volume
    settle(load, progress, volume)
    with pytest.raises(GeometryError, match="'b' lies in another frame of reference"):
        promised.result(0)


def test_a_promise_is_kept_even_if_its_viewport_is_forgotten(shelf):
    volume = flat(1, "a")
    load, progress = coming(volume)
    promised = VolumeViewport(5, 4, session=shelf).set_volumes([load])
    gc.collect()
    settle(load, progress, volume)
    assert promised.result(0) == (volume,)


def test_what_a_failed_load_had_brought_is_let_go_of(viewport):
    voxels = np.full(SHAPE, 7, np.int16)
    load, progress = coming(flat(1, "a").replace(voxels=voxels))
    viewport.set_volumes([load])
    viewport.render(0)
    array = weakref.ref(voxels)
    del voxels
    settle(load, progress, DecodeError("slice 2 is broken"))
    gc.collect()
    assert array() is None
    assert viewport.volumes == ()
    assert (viewport.render(0)[..., :3] == 0).all()
    with pytest.raises(DecodeError, match="slice 2 is broken"):
        viewport.render()


def test_the_next_volume_is_looked_at_where_the_first_has_failed(viewport):
    load, progress = coming(flat(1, "a"))
    viewport.set_volumes([load, flat(200, "b")])
    viewport.set_properties("b", voi_range=(0, 255))
    settle(load, progress, DecodeError("slice 2 is broken"))
    assert viewport.number_of_slices == 3
    assert (viewport.render(0)[..., 0] == 200).all()


def test_a_volume_that_is_replaced_is_not_kept_by_what_was_promised_for_another(viewport):
    promised = viewport.set_volumes([flat(1, "a")])
    gone = weakref.ref(promised.result(0)[0].voxels)
    del promised
    viewport.set_volumes([flat(2, "b")])
    gc.collect()
    assert gone() is None


def test_new_volumes_are_drawn_as_their_headers_say(viewport):
    viewport.set_volumes([flat(1, "a")])
    viewport.set_properties(voi_range=(0, 5), colormap="hotIron", invert=True)
    viewport.set_zoom(3)
    viewport.set_slab(2)
    viewport.set_volumes([flat(1, "a")])
    shown = viewport.properties()
    assert (shown.voi_range, shown.colormap.name, shown.invert) == (None, "gray", False)
    assert viewport.zoom == 1
    assert viewport.slab is not None


@pytest.mark.parametrize("kind", ["display set", "imageIds", "generator", "input", "volumeId"])
def test_the_session_loads_what_is_not_there(session, folder, kind):
    sets = session.open_display_sets(folder).result()
    image_ids = sets[0].image_ids
    session.register_volume_loader("made", lambda name: flat(1, name))
    given = {
        "display set": sets[0],
        "imageIds": list(image_ids[::-1]),
        "generator": iter(image_ids),
        "input": VolumeInput(image_ids, properties={"invert": True}),
        "volumeId": "made:a",
    }[kind]
    viewport = VolumeViewport(16, 16, session=session)

    async def wait():
        return await viewport.set_volumes([given])

    (volume,) = asyncio.run(wait())
    assert volume.shape == (SHAPE if kind == "volumeId" else (5, 16, 16))
    assert viewport.volumes[0] is volume
    assert viewport.properties().invert == (kind == "input")


def test_a_load_that_the_viewport_began_ends_with_it(session, folder):
    image_ids = session.open_display_sets(folder).result()[0].image_ids
    started = asyncio.Event()

    async def never(name):
        started.set()
        await asyncio.Event().wait()

    session.register_volume_loader("slow", never)
    viewport = VolumeViewport(16, 16, session=session)
    promised = viewport.set_volumes(["slow:a"])
    viewport.set_volumes([image_ids]).result(10)
    assert promised.cancelled()
    # Another one is loaded anew, and cancelled by its promise.
    again = viewport.set_volumes(["slow:a"])
    assert again.cancel()
    with pytest.raises(LoadCancelledError):
        viewport.render(5)


def test_what_cannot_be_loaded_is_told_by_the_promise(session):
    viewport = VolumeViewport(16, 16, session=session)
    with pytest.raises(UnknownSchemeError, match="no loader of volumes for scheme 'foo'"):
        viewport.set_volumes(["foo:a"]).result(5)
    with pytest.raises(GeometryError, match="at least one image"):
        viewport.set_volumes([[], []]).result(5)


@pytest.mark.parametrize("given", ["a:b", 5, flat(1), VolumeInput(flat(1))])
def test_volumes_are_given_as_a_list(viewport, given):
    with pytest.raises(TypeError, match=r"a list of volumes, got .*brackets"):
        viewport.set_volumes(given)


@pytest.mark.parametrize("given", [None, [1, 2], b"a:b", np.zeros((2, 3, 4)), [flat(1)]])
def test_what_is_no_volume_is_refused(viewport, given):
    with pytest.raises(TypeError, match=r"shows a Volume, .* got "):
        viewport.set_volumes([given])


def test_the_world_is_that_of_the_first_volume_without_a_registration(viewport):
    assert viewport.frame_of_reference_uid is None
    moved = VolumeInput(flat(1, "a", frame="9.9"), np.eye(4))
    viewport.set_volumes([moved])
    assert viewport.frame_of_reference_uid is None
    viewport.add_volumes([flat(1, "b", frame=None), flat(1, "c", frame="1.3")])
    assert viewport.frame_of_reference_uid == "1.3"


def test_a_viewport_says_whose_events_tell_of_it(viewport, shelf):
    assert viewport.events is shelf.events
