"""What a load is to those who do its steps, and to those who are told how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Coroutine

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.model.events import Event
    from pycornerstone.model.image import Image
    from pycornerstone.retrieve.errand import Errand
    from pycornerstone.session.load_memory import LoadMemory
    from pycornerstone.session.request_pool import RequestPool

__all__ = ["LoadKeeper", "RunningLoad"]

T = TypeVar("T")


class RunningLoad(Protocol):
    """A load under way; `session.load.Load` is one, and says what each of these does."""

    image_id: str
    errand: Errand
    keep: bool
    depth: int
    memory: LoadMemory
    decache: Callable[[], object] | None
    promised: ImageLoadObject | None

    @property
    def has_ended(self) -> bool:
        """Whether its outcome is known."""

    @property
    def options(self) -> LoadOptions:
        """How it is asked for by now."""

    def callers(self) -> list[ImageLoadObject]:
        """Give those who wait for it."""

    def queue(
        self,
        pool: RequestPool,
        start: Callable[[], concurrent.futures.Future[Any]],
        done: Callable[[concurrent.futures.Future[Any]], object],
    ) -> None:
        """Queue a step."""

    def call(
        self, function: Callable[..., Any], *arguments: object
    ) -> concurrent.futures.Future[Any]:
        """Call what may wait."""

    def submit(
        self,
        executor: concurrent.futures.Executor,
        function: Callable[..., Any],
        *arguments: object,
    ) -> concurrent.futures.Future[Any]:
        """Call it in a thread of `executor`."""

    def on_behalf(self, function: Callable[..., T], *arguments: object) -> T:
        """Call it so that what it loads or fetches is on behalf of this load."""

    def inside(self, function: Callable[..., T], *arguments: object) -> T:
        """Call it so, unless the load has ended."""

    def keep_unstarted(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Keep what a loader wants to be run."""

    def take_unstarted(self) -> Coroutine[Any, Any, Any]:
        """Give it, to be run."""

    def can_decode_partials(self, decode: Callable[[Any], Image]) -> None:
        """Know how to make an image of a frame that is not whole."""

    def show_partial(self, image: Image) -> None:
        """Have an image shown that is not whole."""

    def end(self, outcome: Image | BaseException) -> None:
        """End it with an image or an error."""

    def end_with(self, future: concurrent.futures.Future[Any]) -> None:
        """End it with what a step that is done has given."""

    def settle(self, outcome: Image | BaseException) -> None:
        """Tell every caller."""


class LoadKeeper(Protocol):
    """Who begins loads, and is told how they go on."""

    def finish(self, load: RunningLoad, outcome: Image | BaseException) -> object:
        """Go on with what it has ended with; called once."""

    def hears(self, event: Event) -> bool:
        """Say whether somebody listens to this."""

    def emit_partial(self, load: RunningLoad, image: Image) -> object:
        """Tell of an image that can be shown before all of it is there; it may wait."""

    def emit_progress(self, load: RunningLoad, progress: tuple[int, int | None]) -> object:
        """Tell of bytes that have arrived; it may wait."""

    def urgency_changed(self, load: RunningLoad) -> object:
        """Let what its loader waits for be as urgent."""

    def let_go(self, waiting: str, load: RunningLoad) -> object:
        """Know that a loader that asked for it waits for it no more."""
