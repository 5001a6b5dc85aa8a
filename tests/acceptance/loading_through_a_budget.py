"""A process that loads more than its cache may hold, and says what memory it took.

``python loading_through_a_budget.py BUDGET FILE``: the file has one imageId a line, in rounds that
are each larger than the budget. It prints bytes: of the process with an empty cache, and the most
while it loaded.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from pathlib import Path

import numpy as np

import pycornerstone as cs
from pycornerstone.model.events import Event

_AT_ONCE = 200
_SAMPLED_EVERY_S = 0.002


def memory() -> int:
    """Give the memory of this process that is no file's, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say what memory a process has")


class Peak:
    """The most memory while it is entered."""

    def __enter__(self):
        self.most = memory()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def _sample(self):
        while not self._is_over.wait(_SAMPLED_EVERY_S):
            self.most = max(self.most, memory())


def made(image_id):
    """Make an image of as many bytes as its address says, slowly, as a loader of anybody's."""
    rows = int(image_id.split(":")[1].split("/")[0])
    time.sleep(0.002)
    pixels = np.empty((rows, rows), np.uint16)
    pixels[:] = 7
    return cs.Image(image_id, pixels)


def load_all(session, image_ids):
    """Ask for everything, some ahead, hold nothing of it, and give the sizes of what came.

    Whoever holds the promise of an image holds its memory, too; it is not the cache's any more.
    """
    under_way, sizes, changed = set(), [], threading.Condition()

    def come(event):
        with changed:
            under_way.discard(event.image.image_id)
            sizes.append(event.image.size_in_bytes)
            changed.notify_all()

    def wait(condition):
        with changed:
            if not changed.wait_for(condition, timeout=60):
                raise TimeoutError(f"{under_way} have not come")

    stop = session.events.subscribe(Event.IMAGE_LOADED, come)
    for image_id in image_ids:
        # Two who ask at the same time are told of one load.
        wait(lambda: len(under_way) < _AT_ONCE and image_id not in under_way)  # noqa: B023 - now
        with changed:
            under_way.add(image_id)
        session.load_and_cache_image(image_id)
    wait(lambda: not under_way)
    stop()
    return sizes


def main(budget, image_ids):
    with cs.Session(cache_size_in_bytes=budget) as session:
        session.register_image_loader("made", made)
        # What loading takes, of which nothing is kept: modules, threads, connections, headers, and
        # one image at a time with the bytes that it is made of.
        for image_id in dict.fromkeys(image_ids):
            session.load_image(image_id).result(60)
        session.load_and_cache_image(image_ids[0]).result(60)
        session.cache.purge()
        with Peak() as alone:
            for image_id in image_ids[:20]:
                session.load_image(image_id).result(60)
        with Peak() as peak:
            sizes = load_all(session, image_ids)
        held = session.cache.size_in_bytes
        session.cache.purge()
        gc.collect()
        session.cache._freed._give_back()
        sys.stdout.write(
            json.dumps(
                {
                    "base": alone.most,
                    "peak": peak.most,
                    "came": len(sizes),
                    "taken": sum(sizes),
                    "held": held,
                    "largest": max(sizes),
                    "left": memory(),
                }
            )
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).read_text().split())
