"""Texts of headers that look like a page's own, and messages that no page of ours sends."""

from __future__ import annotations

import json
import random

import pytest
from pydicom import dcmread

import pycornerstone as cs
from pycornerstone.frontends.browser import page_messages
from pycornerstone.frontends.sharing.source import exhibit_of

# A name may have no equals sign, which ends its group of letters (PS3.5 6.2).
NAME = "<b>bold</b>^<script>document.title</script>"
# By how the type of a field is written; those of the first line fit nothing.
WRONG = (None, [], {"a": 1}, "\x00", -(10**400), "9" * 99)
VALUES = {
    "int": (-1, 0, 1, 2, 7, 10**9, -(2**63)),
    "float": (-1e308, -1.0, 0.0, 1e-320, 0.5, 3, 120, 1e308),
    "bool": (True, False),
    "str": ("", "axial", "sagittal", "1x2", "mpr", "hot", "nearest", "average", "../../x", NAME),
    "Vector": ([0, 0, 0], [1e308, -1e308, 0], [1, 0, 0]),
}


def value(chance, written):
    fitting = [one for name, some in VALUES.items() if name in written for one in some]
    return chance.choice(fitting if fitting and chance.random() < 0.95 else WRONG)


@pytest.fixture
def marked(ct_files, tmp_path):
    for path in ct_files[:3]:
        dataset = dcmread(path)
        dataset.PatientName = dataset.SeriesDescription = dataset.StudyDescription = NAME
        dataset.save_as(tmp_path / path.name)
    return tmp_path


def test_texts_of_a_header_are_texts(viewer_of, open_page, marked):
    page = open_page(viewer_of(marked).url)
    page.at_rest()
    page.press("m")
    page.wait(0.5)
    assert "<b>bold</b>" in page.run("() => document.body.innerText")
    assert page.run("() => document.querySelectorAll('b, body script').length") == 0


def kinds():
    return [
        getattr(page_messages, name)
        for name in page_messages.__all__
        if isinstance(getattr(page_messages, name), type)
    ]


@pytest.mark.parametrize("seed", range(1, 5))
def test_messages_that_no_page_sends_end_nothing(desk_page, ct_files, tmp_path, seed):
    with cs.Session() as session:
        page = desk_page(exhibit_of(ct_files, session))
        _fuzz(page, str(tmp_path.parent), random.Random(seed))
        page.close()


def _fuzz(page, folder, chance):
    page.resize(0)
    page.frame()
    for _ in range(1500):
        kind = chance.choice(kinds())
        written = [kind.__annotations__[name] for name in kind.__struct_fields__]
        said = {
            name: value(chance, one)
            for name, one in zip(kind.__struct_encode_fields__, written, strict=True)
            if "None" not in one or chance.random() < 0.5
        }
        page.say_text(json.dumps({"type": kind.__name__} | said))
    for text in ("", "{", "[]", "null", '"a"', "{}", '{"type":"No"}', '{"type":7}', "\x00"):
        page.say_text(text)
    # Whatever was done to it, it does as it is told.
    page.say("SetLayout", name="1x1")
    page.resize(0, size=97)
    page.say("Show", cell=0, series=0)
    header, _ = page.wait(page.frames, lambda frame: frame[0]["width"] == 97)
    assert header["state"]["series"] == 0
    notices = [text["text"] for text in page.texts if text["type"] == "Notice"]
    assert not [text for text in notices if folder in text or "Traceback" in text]
