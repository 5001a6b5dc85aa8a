"""A session: everything that has state, in one place that can be made, used and closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pycornerstone.loaders.protocol import LoaderContext, LoadOptions
from pycornerstone.loaders.registry import AnyLoader, LoaderRegistry
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.image_addresses import ImageAddresses
from pycornerstone.metadata.registry import MetadataRegistry, Provider
from pycornerstone.model.image_id import several
from pycornerstone.model.limits import LoadLimits
from pycornerstone.retrieve.http import HttpRetriever, HttpSettings
from pycornerstone.session.array_load import ArraySources
from pycornerstone.session.array_loads import ArrayLoads
from pycornerstone.session.cache import DEFAULT_SIZE_IN_BYTES, Cache
from pycornerstone.session.dicomweb_questions import DicomwebQuestions
from pycornerstone.session.dicomweb_requests import DicomwebRequests
from pycornerstone.session.display_sets.requests import DisplaySetQuestions, DisplaySetRequests
from pycornerstone.session.events import EventBus
from pycornerstone.session.file_metadata import FileMetadata
from pycornerstone.session.file_questions import FileQuestions
from pycornerstone.session.file_requests import FileRequests
from pycornerstone.session.image_loads import ImageLoads, ImageSources
from pycornerstone.session.list_requests import ListRequests
from pycornerstone.session.load_memory import LoadsMemory
from pycornerstone.session.new_workers import THREADS, new_workers
from pycornerstone.session.stages import load_in_stages
from pycornerstone.session.volumes.sources import VolumeSources
from pycornerstone.session.volumes.volume_loads import VolumeLoads
from pycornerstone.session.volumes.volume_questions import VolumeQuestions
from pycornerstone.session.workers import usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    import numpy.typing as npt

    from pycornerstone.loaders.array_load_object import ArrayLoadObject
    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.model.requests import RequestType
    from pycornerstone.model.retrieve_stages import RetrieveStage
    from pycornerstone.retrieve.disk_cache import DiskCache
    from pycornerstone.session.stages import StagedLoadObject

__all__ = ["BUILT_IN_PRIORITY", "Session"]

BUILT_IN_PRIORITY = -1000
"""Of the providers that come with pycornerstone: any user's provider answers before them."""

_DEFAULT_OPTIONS = LoadOptions()


class Session(DicomwebQuestions, DisplaySetQuestions, FileQuestions, VolumeQuestions):
    """Loaders, metadata, cache, pools and events that belong together; two share nothing.

    Use it as a context manager, or close it: that ends its threads and its connections, and
    settles whatever is still loading.

    Parameters
    ----------
    cache_size_in_bytes : int
        Budget of the cache; 3 GiB by default.
    decode_threads : int, optional
        Images decoded at once; by default one a core that the process may use.
    http : HttpSettings, optional
        Time-outs, headers and limits of everything that goes over HTTP.
    metadata : MetadataRegistry, optional
        Providers to go on with; by default a registry of its own.
    disk_cache : DiskCache, optional
        Where answers of servers are kept for further sessions; by default nothing touches the disk.
    limits : LoadLimits, optional
        How large what is loaded may be.

    Raises
    ------
    ValueError
        If `decode_threads` or `cache_size_in_bytes` is less than 1.

    Attributes
    ----------
    loaders : LoaderRegistry
        Who loads which scheme.
    metadata : MetadataRegistry
        What is known of images.
    dicom_headers : DicomHeaders
        DICOM headers that were read or given, by the imageId of their instance.
    cache : Cache
        Images at hand.
    events : EventBus
        Who is told of what happens.
    retrieval_pool, loader_pool, decode_pool : RequestPool
        What waits; loaders that are one function, and do both; what computes.

    Examples
    --------
    >>> import numpy as np
    >>> from pycornerstone.model.image import Image
    >>> with Session() as session:
    ...     session.register_image_loader("ramp", lambda i: Image(i, np.arange(6).reshape(2, 3)))
    ...     session.load_image("ramp:small").result().pixels.shape
    (2, 3)
    """

    def __init__(
        self,
        *,
        cache_size_in_bytes: int = DEFAULT_SIZE_IN_BYTES,
        decode_threads: int | None = None,
        http: HttpSettings | None = None,
        metadata: MetadataRegistry | None = None,
        disk_cache: DiskCache | None = None,
        limits: LoadLimits | None = None,
    ) -> None:
        # More threads than cores cost: 200 local slices took 167 ms on four, 124 ms on two.
        threads = usable_cores() if decode_threads is None else decode_threads
        if threads < 1:
            raise ValueError(f"at least 1 thread must decode, got decode_threads={threads}")
        self.events = EventBus()
        self.cache = Cache(cache_size_in_bytes, self.events.emit)
        self.metadata = MetadataRegistry() if metadata is None else metadata
        self.dicom_headers = DicomHeaders()
        self._http = HttpRetriever(http or HttpSettings(), disk_cache)
        context = LoaderContext(
            self.metadata,
            self.dicom_headers,
            self._http,
            self._has_only_its_providers,
            limits or LoadLimits(),
        )
        self.loaders = LoaderRegistry(context)
        self._providers: tuple[Provider, ...] = (
            ImageAddresses(self.metadata).provide,
            self.dicom_headers.provide,
            FileMetadata(self.loaders).provide,
        )
        for provider in self._providers:
            self.metadata.add_provider(provider, BUILT_IN_PRIORITY)
        memory = LoadsMemory(self.cache, self._begin_more)
        workers = self._workers = new_workers(threads, memory.may_begin)
        self.retrieval_pool = workers.retrieval_pool
        self.loader_pool = workers.loader_pool
        self.decode_pool = workers.decode_pool
        self._image_loads = ImageLoads(
            ImageSources(
                self.loaders,
                self.metadata,
                self.cache,
                self.events,
                self._workers,
                self._has_only_its_providers,
                memory,
            )
        )
        self._array_loads = ArrayLoads(
            ArraySources(self.loaders, self.cache, self.load_image, self._workers, threads)
        )
        self._volume_sources = VolumeSources(
            context, self.loaders, self.cache, self.events, workers, self._array_loads
        )
        self._volumes = VolumeLoads(self._volume_sources)
        self._lists = ListRequests(self._workers)
        self._dicomweb = DicomwebRequests(context, self._lists)
        self._files = FileRequests(context, self.loaders, self._lists)
        self._display_sets = DisplaySetRequests(
            context, self.loaders, self._lists, self.load_and_cache_image
        )
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def disk_cache(self) -> DiskCache | None:
        """Where answers of servers are kept for further sessions; may be set at any time."""
        return self._http.disk_cache

    @disk_cache.setter
    def disk_cache(self, cache: DiskCache | None) -> None:
        self._http.disk_cache = cache

    def register_image_loader(self, scheme: str, loader: AnyLoader) -> None:
        """Let `loader` answer for every ``scheme:...`` imageId of this session.

        Parameters
        ----------
        scheme : str
            Text before the first colon of an imageId.
        loader : callable or ImageLoader
            ``(image_id)`` or ``(image_id, options)``, plain or async, giving an `Image`, an
            awaitable of one, or an `ImageLoadObject`; or an object with `retrieve` and `decode`.
            A plain function is called in a thread and may block.

        Raises
        ------
        LoaderError
            If it is no scheme, or no loader.
        """
        self.loaders.register(scheme, loader)

    def load_image(self, image_id: str, options: LoadOptions = _DEFAULT_OPTIONS) -> ImageLoadObject:
        """Load an image; what the cache has is given, but nothing is kept there.

        Everyone who asks for the same image at the same time shares one load. Whatever goes wrong
        is told by the object that is given, never raised here.

        Parameters
        ----------
        image_id : str
            Such as ``"dicomfile:/data/a.dcm"``.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        ImageLoadObject
            At once; await it, or wait for its `result`.
        """
        return self._image_loads.load(image_id, options, keep=False)

    def load_and_cache_image(
        self, image_id: str, options: LoadOptions = _DEFAULT_OPTIONS
    ) -> ImageLoadObject:
        """Load an image and keep it in the cache; see `load_image`."""
        return self._image_loads.load(image_id, options, keep=True)

    def load_and_cache_images(
        self, image_ids: Iterable[str], options: LoadOptions = _DEFAULT_OPTIONS
    ) -> list[ImageLoadObject]:
        """Load several images and keep them; one object an imageId, in their order.

        Raises
        ------
        ImageIdError
            If `image_ids` is one text.
        """
        return [self.load_and_cache_image(image_id, options) for image_id in several(image_ids)]

    def load_array(
        self,
        image_ids: Iterable[str],
        out: npt.NDArray[Any] | None = None,
        options: LoadOptions = _DEFAULT_OPTIONS,
    ) -> ArrayLoadObject:
        """Load images into one array: their stored samples, as `Image.pixels` would hold them.

        Whatever goes wrong is told by the object that is given, never raised here. The first error
        ends the whole, and says of which image it is.

        Nothing is cached; what the cache has is copied from there. Samples of local DICOM files
        are read straight into the array, and no event tells of them; their headers answer
        `metadata` afterwards. Images of other loaders go the way of `load_image`.

        Parameters
        ----------
        image_ids : iterable of str
            In the order of the array. Images must be of one shape and one dtype.
        out : numpy.ndarray, optional
            Where they go, ``(images, rows, columns)`` or ``(images, rows, columns, 3)``, or 4 with
            alpha, of their own dtype; what it holds after an error is undefined. By default a new
            array.
        options : LoadOptions
            Why it is asked for, and in which order. What is more urgent is done in between.

        Returns
        -------
        ArrayLoadObject
            At once; await it, or wait for its `result`, which is the array.
        """
        return self._array_loads.load(image_ids, out, options)

    def load_in_stages(
        self, image_ids: Iterable[str], stages: Sequence[RetrieveStage] | str | None = None
    ) -> StagedLoadObject:
        """Load a list of images into the cache by stages: soon a few, then all, then good ones.

        A failure stops no other image. IMAGE_RETRIEVAL_STAGE tells when a stage is over.

        Parameters
        ----------
        image_ids : iterable of str
            In the order in which they are looked at. Only those that the cache has room for stay.
        stages : sequence of RetrieveStage or str, optional
            ``"interleaved"``, ``"sequential"`` or ``"single"``; by default what a metadata provider
            says (`ImageRetrieveConfigurationModule`), else ``"interleaved"``.

        Returns
        -------
        StagedLoadObject
            At once; it becomes what failed, by imageId.

        Raises
        ------
        ImageIdError
            If `image_ids` is one text.
        ValueError
            If there are no stages by that name.
        """
        return load_in_stages(self, several(image_ids), stages)

    def cancel_load_image(self, image_id: str) -> bool:
        """Cancel the load of an image for all who wait for it; False if there is none."""
        return bool(self._image_loads.cancel([image_id]))

    def cancel_load_images(self, image_ids: Iterable[str]) -> int:
        """Cancel several loads, and say how many there were."""
        return self._image_loads.cancel(several(image_ids))

    def change_priority(
        self, image_ids: Iterable[str], request_type: RequestType, priority: int = 0
    ) -> int:
        """Want images that are loading sooner or later: in the queues, and on the wire.

        It holds for all who wait for them; `ImageLoadObject.change_priority` is for one of them.

        Parameters
        ----------
        image_ids : iterable of str
            What is not loading is left out.
        request_type : RequestType
            Why they are wanted now.
        priority : int
            Order within the type, lowest first.

        Returns
        -------
        int
            How many were loading.

        Raises
        ------
        ImageIdError
            If `image_ids` is one text.
        """
        return self._image_loads.change_priority(several(image_ids), request_type, priority)

    def close(self) -> None:
        """Settle what is loading with SessionClosedError, and end all threads and connections.

        Closing twice is nothing. A decoder that runs is waited for.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._volumes.close()
        self._image_loads.close()
        self._array_loads.close()
        self._lists.close()
        self._files.close()
        # A thread of the session's that closes it cannot wait for its own end.
        wait = not threading.current_thread().name.startswith(THREADS)
        self._workers.event_loop.close(self._http.close, wait=wait)
        if self.disk_cache is not None:
            self.disk_cache.close()
        self._workers.shutdown(wait=wait)
        self.cache.purge()
        for provider in self._providers:
            self.metadata.remove_provider(provider)
        self.events.clear()

    def _begin_more(self) -> None:
        self.retrieval_pool.pump()
        self.loader_pool.pump()

    def _has_only_its_providers(self) -> bool:
        return self.metadata.asks_only(self._providers)
