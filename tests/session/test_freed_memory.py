"""Tests of what is done for freed memory to go back to the system."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.session.freed_memory import FreedMemory
from pycornerstone.session.session import Session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc is asked for it")

# glibc takes arrays of 8 MB from its heap, once one of them was freed; or maps each anew, which
# each time costs the pages that it is written to.
LOADING = """
import resource
import sys

import numpy as np

import pycornerstone as cs

rows = int(sys.argv[1])


def made(image_id):
    return cs.Image(image_id, np.ones((rows, rows), np.uint16))


with cs.Session() as session:
    session.register_image_loader("made", made)
    session.load_image("made:a").result(10)

for _ in range(3):
    np.ones(2**23, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(2**23, np.uint8)
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before))
"""


def pages_of_ten_arrays(rows, **environment):
    """Give how many pages ten arrays of 8 MB took, after an image was loaded."""
    untouched = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))
    }
    command = [sys.executable, "-c", LOADING, str(rows)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**untouched, **environment},
        timeout=60,
    )
    return int(done.stdout)


# With huge pages, ten times 4 of them; with others, ten times 2048.
FEW = 10


def test_small_images_do_not_change_what_arrays_cost():
    assert pages_of_ten_arrays(512) < FEW


def test_from_the_first_large_image_on_large_arrays_are_given_back_when_they_are_freed():
    assert pages_of_ten_arrays(2048) > FEW


def test_nothing_is_changed_where_the_environment_says_how_memory_is_to_be_had():
    assert pages_of_ten_arrays(2048, MALLOC_ARENA_MAX="4") < FEW


@pytest.mark.parametrize(
    ("budget_mb", "kept_mb", "part_mb"),
    [(1, 0, 0), (64, 0, 1), (1024, 0, 16), (4096, 0, 48), (4096, 50, 50), (4096, 100, 64)],
)
def test_of_a_budget_a_part_is_left_free_for_it(budget_mb, kept_mb, part_mb):
    freed = FreedMemory(lambda: 0)
    freed.kept = kept_mb * 2**20
    assert freed.part_of(budget_mb * 2**20) == part_mb * 2**20


def test_an_image_comes_though_no_file_can_be_opened_any_more():
    def made(image_id):
        return cs.Image(image_id, np.ones((1024, 1024), np.uint16))

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Session(cache_size_in_bytes=2**23) as session:
        session.register_image_loader("made", made)
        session.load_and_cache_image("made:0").result(10)
        taken = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        try:
            with contextlib.suppress(OSError):
                while len(taken) < 256:
                    taken.append(os.open(os.devnull, os.O_RDONLY))
            with pytest.raises(OSError, match="Too many open files"):
                os.open(os.devnull, os.O_RDONLY)
            loads = [session.load_image(f"made:{number}") for number in range(40)]
            loads += [session.load_and_cache_image(f"made:{number}") for number in range(40)]
            assert [load.exception(timeout=10) for load in loads] == [None] * 80
        finally:
            for descriptor in taken:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
