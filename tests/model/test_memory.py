"""Tests of what is counted as the memory of an image or a volume."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut
from pycornerstone.model.memory import buffer_of
from pycornerstone.model.modules import ModalityLutModule, OverlayPlane, VoiLutModule


def test_a_small_view_holds_the_large_buffer_that_it_is_of():
    whole = np.zeros(1_000_000, np.uint8)
    view = whole[:100].reshape(10, 10)[::2].view()
    view.flags.writeable = False

    assert buffer_of(view) == (id(whole), 1_000_000)
    assert Image("test:a", view).size_in_bytes == 1_000_000


@pytest.mark.parametrize("make", [bytes, bytearray])
def test_samples_in_bytes_hold_all_of_them_through_any_views(make):
    whole = make(5000)
    view = np.frombuffer(memoryview(memoryview(whole)[1000:])[:400], np.uint16).reshape(10, 20)

    assert buffer_of(view) == (id(whole), 5000)
    assert Image("test:a", view).size_in_bytes == 5000


def test_of_a_mapped_file_only_what_is_shown_counts(tmp_path):
    path = tmp_path / "samples"
    path.write_bytes(bytes(100_000))
    mapped = np.memmap(path, np.uint8, "r")
    with path.open("rb") as file:
        own = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    read = np.frombuffer(memoryview(own)[4096:], np.uint8, 600)

    for samples in (mapped[4096:4696], read):
        assert Image("test:a", samples.reshape(20, 30)).size_in_bytes == 600
    first, second = (buffer_of(mapped[k : k + 100]) for k in (0, 100))
    assert first[0] != second[0]


def test_all_that_an_image_keeps_is_counted():
    table = LookupTable(np.zeros(4096, np.uint16))
    small = LookupTable(np.zeros(256, np.uint8))
    image = Image(
        "test:a",
        np.zeros((10, 10), np.uint8),
        modality_lut=ModalityLutModule(lut=table),
        voi_lut=VoiLutModule(luts=(small, LookupTable(np.zeros(16, np.uint16)))),
        palette=PaletteColorLut(*(LookupTable(np.zeros(256, np.uint16)) for _ in "rgb")),
        icc_profile=bytes(500),
        overlays=(OverlayPlane(0x6000, 10, 10, bits=np.zeros((10, 10), bool)),),
    )

    assert image.size_in_bytes == 100 + 8192 + 256 + 32 + 3 * 512 + 500 + 100


def test_what_is_there_once_counts_once():
    table = LookupTable(np.zeros(256, np.uint16))
    image = Image(
        "test:a", np.zeros((10, 10), np.uint8), palette=PaletteColorLut(table, table, table)
    )

    assert image.size_in_bytes == 100 + 512
