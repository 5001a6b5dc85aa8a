"""A server on which every kind of address fails in every way, or nearly does."""

from __future__ import annotations

import ctypes
import gzip
import json
import re
import sys
import urllib.request

import pytest

from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.misbehaving_server import MisbehavingServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import png_phantom

EACH = 5
"""How many imageIds there are of each kind and fault."""


def faults(body, content_type, path):
    """Give answers by name: those that are good in the end, and those that are not."""
    good = {"body": body, "content_type": content_type}
    zipped = {"body": gzip.compress(body), "headers": {"Content-Encoding": "gzip"}}
    return {
        "good": good,
        "late": {**good, "delay_s": 0.02},
        "chunked": {**good, "chunked": True},
        "gzip": {**good, **zipped},
        "redirect": {"status": 302, "headers": {"Location": path.format("good")}},
        "twice": good,
        "cut": {**good, "cut_after": 40},
        "short": {**good, "stated_length": len(body) - 9, "after_end": b"HTTP"},
        "wrong": {"body": b"<html>", "content_type": "text/html"},
        # The same as good where there are no parts.
        "boundary": {**good, "content_type": re.sub("boundary=.*", "boundary=other", content_type)},
        "notgzip": {**good, "headers": {"Content-Encoding": "gzip"}},
        "endless": {**good, "body": body * 20, "endless": True},
        "stranger": {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}},
        "refused": {"status": 403},
        "gone": {"status": 404},
        "many": {"status": 429, "headers": {"Retry-After": "0"}},
        "later": {"status": 429, "headers": {"Retry-After": "3600"}},
        "busy": {"status": 503},
        "loop": {"status": 302, "headers": {"Location": path.format("loop")}},
        "dropped": {"drop": True},
        "hangs": {"hang": True},
    }


class FaultyArchive(MisbehavingServer):
    """Pictures, files by WADO-URI, frames by WADO-RS, and searches; addresses name the fault."""

    def __init__(self):
        super().__init__()
        self.names = {}
        self._in_the_end = []

    def add(self, kind, path, body, content_type):
        """Answer in every way at a path in which ``{}`` is the fault."""
        told = faults(body, content_type, path)
        for name, answer in told.items():
            self.answer(path.format(name), **answer)
        self._in_the_end.append((path.format("twice"), told["twice"]))
        self.names[kind] = [path.format(name) for name in told]

    def fail_twice_again(self):
        """Answer 500 to the next two requests at each address that is good at the third."""
        for path, answer in self._in_the_end:
            self.answer(path, status=500, times=2)
            self.answer(path, **answer)

    def forget_requests(self):
        """Let go of what is noted of each request, which else grows as long as there are any."""
        with self._change():
            self._received.clear()

    def image_ids(self, scheme):
        """Give several imageIds of each fault."""
        form = {"web": "?{}", "wadouri": "?requestType=WADO&n={}", "wadors": "/frames/{}"}
        return [
            f"{scheme}:{self.url(path)}{form[scheme].format(number)}"
            for path in self.names[scheme]
            for number in range(1, EACH + 1)
        ]


def fetched(url, accept="*/*"):
    """Give body and Content-Type of an answer of a server that does what it should."""
    asked = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(asked) as answer:
        return answer.read(), answer.headers["Content-Type"]


@pytest.fixture
def report(request, capsys):
    """Print a line about what was counted."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def line(what, counts):
        total = sum(counts.values())
        each = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        with capsys.disabled():
            reporter.write_line(f"\n  {total} {what}: {each}")

    return line


class Allocated(ctypes.Structure):
    """What glibc says that its ``malloc`` gave out: ``struct mallinfo2``."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


@pytest.fixture
def live_bytes():
    """Give at most how many bytes are in use, which the size of a process only hints at.

    A process keeps what was freed between what is in use: one that has done much else grows and
    shrinks by tens of MB though it holds the same.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        pytest.skip("this C library does not say what is in use: needs glibc 2.33")
    library.mallinfo2.restype = Allocated

    def count():
        of_c = library.mallinfo2()
        # Python tells the number of its small objects only; none is over 512 bytes.
        return of_c.uordblks + of_c.hblkhd + 512 * sys.getallocatedblocks()

    return count


@pytest.fixture(scope="module")
def faulty():
    (instance,) = ct_series(ct_phantom(1, 32, 32))
    with SampleServer([instance]) as sound, FaultyArchive() as server:
        url = sound.image_ids("wadors")[0].removeprefix("wadors:").rpartition("/frames/")[0]
        # In the place of SOP Instance UIDs.
        instances = url.removeprefix(sound.address).rpartition("/")[0]
        text, json_type = fetched(f"{url}/metadata")
        (attributes,) = json.loads(text)
        attributes["00280008"] = {"vr": "IS", "Value": [EACH]}
        metadata = json.dumps([attributes]).encode()
        server.add("web", "/{}.png", png_phantom(ct_phantom(2, 32, 32)), "image/png")
        server.add("wadouri", "/wado/{}", instance, "application/dicom")
        server.add("searches", "/{}/studies", *fetched(f"{sound.dicomweb_url}/studies"))
        for number in range(1, EACH + 1):
            path = f"{instances}/{{}}/frames/{number}"
            server.add("frames", path, *fetched(f"{url}/frames/1"))
        # Two faults are of the metadata, too; the others are of frames alone.
        told = faults(metadata, json_type, f"{instances}/{{}}/metadata")
        for name in told:
            is_bad = name in {"stranger", "endless"}
            server.answer(f"{instances}/{name}/metadata", **told[name if is_bad else "good"])
        server.names["wadors"] = [f"{instances}/{name}" for name in told]
        yield server
