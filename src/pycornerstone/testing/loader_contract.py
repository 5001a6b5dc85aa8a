"""What every loader promises to the rest of the system, as tests that a loader's author inherits.

pytest is imported at the top: import this module, or ask `pycornerstone.testing` for
`LoaderContract`, in tests only.
"""

# ruff: noqa: S101 - assertions are what it is for

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from pycornerstone.errors import LoadCancelledError, LoaderError
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import ImageId
from pycornerstone.session.session import Session
from pycornerstone.testing.counted_loader import CountedLoader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from pycornerstone.loaders.load_object import ImageLoadObject

__all__ = ["LoaderContract"]


class LoaderContract:
    r"""Inherit it, say which loader and which image, and your loader is tested.

    Needed are the fixtures `loader` and `image_id`. The others are worth having: without
    `missing_image_id` and `broken_image_id`, what your loader does when it fails is not tested.

    Attributes
    ----------
    timeout_s : float
        How long any load may take.
    expected_error : type of Exception
        What a load of the missing and of the broken image must raise; any of them by default.

    Examples
    --------
    A test module of a package that loads portable greymaps::

        from pycornerstone.testing import LoaderContract


        class TestPgmLoader(LoaderContract):
            @pytest.fixture
            def loader(self):
                return PgmLoader()

            @pytest.fixture
            def image_id(self, tmp_path):
                file = tmp_path / "ramp.pgm"
                file.write_bytes(b"P5 3 2 255\n" + bytes(range(6)))
                return f"pgm:{file}"
    """

    timeout_s: ClassVar[float] = 10.0
    expected_error: ClassVar[type[BaseException]] = Exception

    @pytest.fixture
    def loader(self) -> Any:
        """Give the loader: a plain or async function, or an object with `retrieve` and `decode`.

        None stands for the loader that a session finds by itself: a built-in one, or one that an
        installed package announces.
        """
        raise NotImplementedError("a test of a loader needs a fixture 'loader'")

    @pytest.fixture
    def image_id(self) -> str:
        """Give the imageId of an image that the loader can load, as text."""
        raise NotImplementedError("a test of a loader needs a fixture 'image_id'")

    @pytest.fixture
    def missing_image_id(self) -> str | None:
        """Give the imageId of an image that is not there."""
        return None

    @pytest.fixture
    def broken_image_id(self) -> str | None:
        """Give the imageId of something that is there, but is not a readable image."""
        return None

    @pytest.fixture
    def expected_pixels(self) -> npt.ArrayLike | None:
        """Give the stored samples of the image, known from elsewhere."""
        return None

    @pytest.fixture
    def prepared(self, loader: Any, image_id: str) -> Iterator[tuple[Session, CountedLoader]]:
        """Give a session, and the loader with its calls counted, registered there."""
        with Session() as session:
            yield session, _register(session, loader, image_id)

    @pytest.fixture
    def session(self, prepared: tuple[Session, CountedLoader]) -> Session:
        """Give a session that has the loader under the scheme of the imageId."""
        return prepared[0]

    @pytest.fixture
    def counted(self, prepared: tuple[Session, CountedLoader]) -> CountedLoader:
        """Give the loader that the session has, with its calls counted."""
        return prepared[1]

    def test_it_gives_an_image(
        self, session: Session, image_id: str, expected_pixels: npt.ArrayLike | None
    ) -> None:
        """It is an Image of that imageId, not empty, and its pixels cannot be written to."""
        image = self._wait(session.load_and_cache_image(image_id))
        assert isinstance(image, Image)
        assert image.image_id == image_id
        assert image.rows > 0
        assert image.columns > 0
        assert image.size_in_bytes > 0
        assert not image.pixels.flags.writeable, "pixels are shared by all who look at the image"
        assert np.isfinite(image.modality_values()).any(), "no pixel has a value"
        if expected_pixels is not None:
            np.testing.assert_array_equal(image.pixels, expected_pixels)

    def test_it_gives_the_same_pixels_again(self, session: Session, image_id: str) -> None:
        """Two loads that are not cached give equal images that share no state."""
        first = self._wait(session.load_image(image_id))
        second = self._wait(session.load_image(image_id))
        assert first.pixels.dtype == second.pixels.dtype
        np.testing.assert_array_equal(first.pixels, second.pixels)

    def test_a_cached_image_is_not_loaded_again(
        self, session: Session, image_id: str, counted: CountedLoader
    ) -> None:
        """The cache answers for the second time."""
        first = self._wait(session.load_and_cache_image(image_id))
        assert session.cache.get(image_id) is first
        assert self._wait(session.load_and_cache_image(image_id)) is first
        assert counted.calls == 1

    def test_two_who_ask_at_once_share_one_load(
        self, session: Session, image_id: str, counted: CountedLoader
    ) -> None:
        """The loader is called once, and both are given the same image."""
        with counted.held():
            loads = [session.load_and_cache_image(image_id) for _ in range(2)]
        first, second = (self._wait(load) for load in loads)
        assert first is second
        assert counted.calls == 1

    def test_it_can_be_awaited(self, session: Session, image_id: str) -> None:
        """The same object is awaited in any event loop."""

        async def load() -> Image:
            async with asyncio.timeout(self.timeout_s):
                return await session.load_image(image_id)

        assert asyncio.run(load()).image_id == image_id

    def test_a_missing_image_fails_and_is_asked_for_again(
        self, session: Session, missing_image_id: str | None, counted: CountedLoader
    ) -> None:
        """The failure is told, nothing is cached, and the next load runs the loader again."""
        if missing_image_id is None:
            pytest.skip("there is no fixture 'missing_image_id'")
        self._fails_twice(session, missing_image_id, counted)

    def test_a_broken_image_fails_and_is_asked_for_again(
        self, session: Session, broken_image_id: str | None, counted: CountedLoader
    ) -> None:
        """The failure is told, nothing is cached, and the next load runs the loader again."""
        if broken_image_id is None:
            pytest.skip("there is no fixture 'broken_image_id'")
        self._fails_twice(session, broken_image_id, counted)

    def test_a_cancelled_load_settles(
        self, session: Session, image_id: str, counted: CountedLoader
    ) -> None:
        """It ends as cancelled at once, is not cached, and the image can be loaded afterwards."""
        with counted.held():
            load = session.load_and_cache_image(image_id)
            assert session.cancel_load_image(image_id)
            assert isinstance(self._error(load), LoadCancelledError)
        assert session.cache.get(image_id) is None
        assert self._wait(session.load_and_cache_image(image_id)).image_id == image_id

    @pytest.mark.parametrize("after_s", [0.0, 0.001, 0.01])
    def test_a_load_cancelled_on_its_way_does_no_harm(
        self, session: Session, image_id: str, after_s: float
    ) -> None:
        """Whenever it is cancelled, it settles, and the image can be loaded afterwards."""
        load = session.load_image(image_id)
        time.sleep(after_s)
        load.cancel()
        error = self._error(load)
        assert error is None or isinstance(error, LoadCancelledError)
        assert self._wait(session.load_image(image_id)).image_id == image_id

    def test_nothing_is_left_behind(
        self, loader: Any, image_id: str, missing_image_id: str | None
    ) -> None:
        """When the session is closed, threads have ended, and files and connections are closed."""
        gc.collect()
        before = set(threading.enumerate())
        with warnings.catch_warnings(record=True) as left_open:
            warnings.simplefilter("always", ResourceWarning)
            with Session() as session:
                _register(session, loader, image_id)
                self._wait(session.load_and_cache_image(image_id))
                if missing_image_id is not None:
                    self._error(session.load_image(missing_image_id))
            gc.collect()
        assert not [str(w.message) for w in left_open if w.category is ResourceWarning]
        deadline = time.monotonic() + self.timeout_s
        while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not left, "threads go on after the session was closed"

    def _wait(self, load: ImageLoadObject) -> Image:
        error = self._error(load)
        if error is not None:
            raise error
        return load.result()

    def _error(self, load: ImageLoadObject) -> BaseException | None:
        try:
            return load.exception(self.timeout_s)
        except TimeoutError:
            pytest.fail(f"the load of {load.image_id} has not settled after {self.timeout_s} s")

    def _fails_twice(self, session: Session, image_id: str, counted: CountedLoader) -> None:
        for calls in (1, 2):
            error = self._error(session.load_and_cache_image(image_id))
            assert error is not None, f"{image_id} was loaded, but is said to be unreadable"
            assert isinstance(error, self.expected_error)
            assert not isinstance(error, LoaderError), "a loader raises what went wrong"
            assert session.cache.get(image_id) is None
            assert counted.calls == calls


def _register(session: Session, loader: Any, image_id: str) -> CountedLoader:
    scheme = ImageId.parse(image_id).scheme
    counted = CountedLoader(session.loaders.find(scheme) if loader is None else loader)
    session.register_image_loader(scheme, counted.loader)
    return counted
