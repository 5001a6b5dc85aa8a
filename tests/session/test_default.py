"""Tests of the session that module-level functions act on."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.testing import SampleServer, ct_phantom, ct_series


@pytest.fixture(autouse=True)
def _fresh_default_session():
    cs.close_default_session()
    yield
    cs.close_default_session()
    cs.configure_default_session()


def image_of(image_id):
    return cs.Image(image_id, np.full((2, 3), 7))


def test_the_default_session_is_made_as_one_says(tmp_path):
    with SampleServer(credentials=("ada", "secret")) as server:
        for instance in ct_series(ct_phantom(2, 8, 8)):
            server.add_instance(instance)
        image_ids = server.image_ids("wadors")
        with pytest.raises(cs.HttpStatusError, match="401"):
            cs.load_image(image_ids[0]).result(10)
        with pytest.raises(RuntimeError, match="close_default_session"):
            cs.configure_default_session()

        cs.close_default_session()
        cs.configure_default_session(
            http=cs.HttpSettings(auth=cs.BasicAuth("ada", "secret")),
            cache_size_in_bytes=10_000_000,
            disk_cache=cs.DiskCache(tmp_path),
        )
        assert cs.load_array(image_ids).result(10).shape == (2, 8, 8)
        assert cs.cache.max_size_in_bytes == 10_000_000
        assert cs.default_session().disk_cache is not None
        # The one that comes after it is made in the same way.
        cs.close_default_session()
        assert cs.load_image(image_ids[0]).result(10).rows == 8


def test_module_level_functions_act_on_one_session():
    cs.register_image_loader("test", image_of)
    image = cs.load_and_cache_image("test:a").result(timeout=5)

    assert cs.default_session() is cs.default_session()
    assert cs.default_session().cache.get("test:a") is image
    assert cs.cache is cs.default_session().cache
    assert cs.events is cs.default_session().events
    assert [load.result(5) for load in cs.load_and_cache_images(["test:a"])] == [image]
    assert not cs.cancel_load_image("test:a")
    assert cs.cancel_load_images(["test:a"]) == 0

    assert cs.register_unknown_image_loader(image_of) is None
    assert cs.load_image("unknown:a").result(timeout=5).rows == 2
    cs.unregister_all_image_loaders()
    with pytest.raises(cs.UnknownSchemeError, match="'unknown'"):
        cs.load_image("unknown:b").result(timeout=5)
    cs.register_image_loader("test", image_of)
    cs.unregister_image_loader("test")
    with pytest.raises(cs.UnknownSchemeError, match="'test'"):
        cs.load_image("test:b").result(timeout=5)


def test_providers_may_be_added_before_the_session_is_made():
    known = {"generalSeriesModule": {"modality": "US"}}
    cs.metadata.add_provider(lambda type_name, image_id: known.get(type_name))
    cs.register_image_loader("test", image_of)

    assert cs.load_image("test:a").result(timeout=5).modality == "US"
    assert cs.metadata.get(cs.GeneralSeriesModule, "test:a").modality == "US"
    assert cs.metadata.require(cs.GeneralSeriesModule, "test:a").modality == "US"
    with pytest.raises(cs.MetadataError, match="imagePlaneModule"):
        cs.metadata.require("imagePlaneModule", "test:a")


def test_a_closed_default_session_is_followed_by_an_empty_one():
    first = cs.default_session()
    cs.register_image_loader("test", image_of)
    cs.metadata.add_provider(image_of)
    cs.close_default_session()

    assert cs.default_session() is not first
    with pytest.raises(cs.UnknownSchemeError, match="'test'"):
        cs.load_image("test:a").result(timeout=5)


def test_a_process_that_never_closes_it_still_ends():
    program = (
        "import pycornerstone as cs, numpy as np, asyncio\n"
        "async def load(i):\n    return cs.Image(i, np.zeros((2, 3)))\n"
        "cs.register_image_loader('t', load)\n"
        "print(cs.load_image('t:a').result().rows)\n"
        "async def hang(i):\n    await asyncio.sleep(1000)\n"
        "cs.register_image_loader('h', hang)\n"
        "cs.load_image('h:a')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


WAITING = {
    "listener": (
        "cs.events.subscribe('IMAGE_LOADED', lambda d: cs.load_image('h:a').result())\n"
        "cs.load_image('t:a')"
    ),
    "callback": (
        "cs.load_image('t:a').add_done_callback(lambda load: cs.load_image('h:a').result())"
    ),
    # It goes on when the default session is closed already.
    "late callback": (
        "cs.load_image('t:a').add_done_callback("
        "lambda load: (time.sleep(1), cs.load_image('h:a').result()))"
    ),
    "loader": (
        "cs.register_image_loader('n', lambda i: cs.load_image('h:a').result())\n"
        "cs.load_image('n:a')"
    ),
}


@pytest.mark.parametrize("waits", WAITING.values(), ids=WAITING)
def test_a_process_ends_though_something_waits_for_what_never_comes(waits):
    program = (
        "import pycornerstone as cs, numpy as np, asyncio, time\n"
        "async def load(i):\n    return cs.Image(i, np.zeros((2, 3)))\n"
        "async def hang(i):\n    await asyncio.sleep(1000)\n"
        "cs.register_image_loader('t', load)\n"
        "cs.register_image_loader('h', hang)\n"
        f"{waits}\ntime.sleep(0.3)\nprint('end')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )

    assert (done.returncode, done.stdout) == (0, "end\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_a_session_of_its_own():
    program = (
        "import os, sys, warnings, pycornerstone as cs, numpy as np\n"
        "warnings.simplefilter('ignore')\n"
        "def load(i):\n    return cs.Image(i, np.zeros((2, 3)))\n"
        "cs.register_image_loader('t', load)\n"
        "cs.load_image('t:a').result()\n"
        "if os.fork() == 0:\n"
        "    cs.register_image_loader('t', load)\n"
        "    print(cs.load_image('t:b').result(10).rows, flush=True)\n"
        "    os._exit(0)\n"
        "print(os.wait()[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )

    assert (done.stdout, done.stderr) == ("2\n0\n", "")


def test_priorities_of_the_default_session_change():
    assert cs.change_priority(["test:nothing"], cs.RequestType.PREFETCH) == 0
