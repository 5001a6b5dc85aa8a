"""Whatever is done to a cache in whatever order, its sums are right and its budget is kept."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pycornerstone.errors import CacheSizeExceededError
from pycornerstone.model.events import (
    ImageCacheImageAdded,
    ImageCacheImageRemoved,
    VolumeCacheVolumeAdded,
    VolumeCacheVolumeRemoved,
)
from pycornerstone.model.image import Image, ImageQuality
from pycornerstone.model.modules import OverlayPlane
from pycornerstone.model.volume import Volume
from pycornerstone.session.cache import Cache

BUDGET = 100
ADDED = (ImageCacheImageAdded, VolumeCacheVolumeAdded)
REMOVED = (ImageCacheImageRemoved, VolumeCacheVolumeRemoved)

names = st.sampled_from("abcdefgh")


def base(array):
    return id(array if array.base is None else array.base)


class CacheMachine(RuleBasedStateMachine):
    """A cache, and a plain account of what it must hold."""

    def __init__(self):
        super().__init__()
        self.events = []
        self.cache = Cache(BUDGET, self.events.append)
        self.arrays = [np.zeros((4, 1, 10), np.uint8), np.zeros((2, 2, 10), np.uint8)]
        self.profiles = [bytes(7), bytes(11)]
        self.bits = np.zeros((1, 13), bool)
        self.pins = {}
        self.volume_pins = {}
        self.reservations = []

    @rule(name=names, size=st.integers(1, 120), quality=st.sampled_from([6, 8]))
    def put(self, name, size, quality):
        pixels = np.zeros((1, size), np.uint8)
        self._put(Image(f"test:{name}", pixels, quality=ImageQuality(quality)))

    @rule(name=names, array=st.integers(0, 1), k=st.integers(0, 1), profile=st.integers(0, 1))
    def put_a_view(self, name, array, k, profile):
        pixels, icc = self.arrays[array][k], self.profiles[profile]
        planes = (OverlayPlane(0x6000, 1, 13, bits=self.bits),)
        self._put(Image(f"test:{name}", pixels, icc_profile=icc, overlays=planes))

    def _put(self, image):
        before = self.cache.get(image.image_id)
        held = self._contents()
        is_refused = False
        try:
            is_kept = self.cache.put(image)
        except CacheSizeExceededError:
            is_refused = True
        if is_refused:
            assert self._contents() == held
        elif is_kept:
            assert self.cache.get(image.image_id) is image
        else:
            assert before.quality > image.quality
            assert self.cache.get(image.image_id) is before

    @rule(name=names, array=st.integers(0, 1))
    def put_volume(self, name, array):
        volume = Volume(name, self.arrays[array])
        held = self._contents()
        try:
            self.cache.put_volume(volume)
        except CacheSizeExceededError:
            assert self._contents() == held
        else:
            assert self.cache.get_volume(name) is volume

    @rule(name=names)
    def exchange(self, name):
        image = self.cache.get(f"test:{name}")
        if image is not None:
            other = image.replace(modality="CT", icc_profile=None)
            assert self.cache.exchange(other)
            assert self.cache.get(f"test:{name}") is other

    @rule(name=names)
    def get(self, name):
        self.cache.get(f"test:{name}")
        self.cache.get_volume(name)

    @rule(name=names)
    def remove(self, name):
        self.cache.remove(f"test:{name}")
        assert f"test:{name}" not in self.cache

    @rule(name=names)
    def remove_volume(self, name):
        self.cache.remove_volume(name)
        assert name not in self.cache.volume_ids()

    @rule(name=names)
    def pin(self, name):
        self.cache.pin(f"test:{name}")
        self.pins[f"test:{name}"] = self.pins.get(f"test:{name}", 0) + 1

    @rule(name=names)
    def unpin(self, name):
        self.cache.unpin(f"test:{name}")
        self.pins[f"test:{name}"] = max(self.pins.get(f"test:{name}", 0) - 1, 0)

    @rule(name=names)
    def pin_volume(self, name):
        self.cache.pin_volume(name)
        self.volume_pins[name] = self.volume_pins.get(name, 0) + 1

    @rule(name=names)
    def unpin_volume(self, name):
        self.cache.unpin_volume(name)
        self.volume_pins[name] = max(self.volume_pins.get(name, 0) - 1, 0)

    @rule(encoded=st.integers(0, 60), decoded=st.integers(0, 60))
    def reserve(self, encoded, decoded):
        self.reservations.append(self.cache.reserve(encoded=encoded, decoded=decoded))

    @rule(data=st.data())
    def release(self, data):
        if self.reservations:
            which = data.draw(st.integers(0, len(self.reservations) - 1))
            self.reservations.pop(which).release()

    @rule()
    def purge(self):
        self.cache.purge()
        assert self.cache.size_in_bytes == 0

    def _images(self):
        return [entry.kept for entry in self.cache._images.values()]

    def _volumes(self):
        return [entry.kept for entry in self.cache._volumes.values()]

    def _contents(self):
        return {(id(kept)) for kept in (*self._images(), *self._volumes())}

    def _memory(self, images, volumes):
        held = {}
        for image in images:
            base = image.pixels if image.pixels.base is None else image.pixels.base
            held[id(base)] = base.nbytes
            if image.icc_profile:
                held[id(image.icc_profile)] = len(image.icc_profile)
            for plane in image.overlays or ():
                held[id(plane.bits)] = plane.bits.nbytes
        for volume in volumes:
            held[id(volume.voxels.base)] = volume.voxels.base.nbytes
        return held

    @invariant()
    def used_is_the_sum_over_what_is_held(self):
        memory = self._memory(self._images(), self._volumes())
        assert self.cache.size_in_bytes == sum(memory.values())

    def _memory_in_use(self):
        used = {base(i.pixels) for i in self._images() if self.pins.get(i.image_id)}
        return used | {base(v.voxels) for v in self._volumes() if self.volume_pins.get(v.volume_id)}

    def _idle_memory(self):
        all_of_it = {base(i.pixels) for i in self._images()}
        all_of_it |= {base(v.voxels) for v in self._volumes()}
        return all_of_it - self._memory_in_use()

    @invariant()
    def what_is_in_use_is_what_is_pinned_and_what_shares_its_samples(self):
        images, volumes = self._images(), self._volumes()
        used = self._memory_in_use()
        memory = self._memory(
            [i for i in images if base(i.pixels) in used],
            [v for v in volumes if base(v.voxels) in used],
        )
        free = BUDGET - sum(memory.values())
        assert self.cache.is_cacheable(free)
        assert not self.cache.is_cacheable(free + 1)

    @invariant()
    def the_budget_is_kept(self):
        assert self.cache.size_in_bytes <= BUDGET

    @invariant()
    def what_is_on_its_way_exceeds_it_by_one_image_unless_the_rest_is_in_use(self):
        encoded = sum(reservation.encoded for reservation in self.reservations)
        decoded = [reservation.decoded for reservation in self.reservations]
        assert self.cache.reserved_in_bytes == encoded + sum(decoded)
        taken = self.cache.size_in_bytes + encoded + sum(decoded) - max(decoded, default=0)
        # What was put last is not thrown out at once: then it is the one image.
        assert taken <= BUDGET or len(self._idle_memory()) <= 1

    @invariant()
    def events_add_up(self):
        count = {}
        for event in self.events:
            name = getattr(event, "volume_id", None) or event.image_id
            step = 1 if isinstance(event, ADDED) else -1
            assert isinstance(event, ADDED + REMOVED)
            count[name] = count.get(name, 0) + step
            assert count[name] in {0, 1}
        kept = {*self.cache.image_ids(), *self.cache.volume_ids()}
        assert {name for name, number in count.items() if number} == kept


TestCacheMachine = CacheMachine.TestCase
TestCacheMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
