"""The arrays that a session is loading."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import SessionClosedError
from pycornerstone.loaders.array_load_object import ArrayLoadObject
from pycornerstone.session.array_load import ArrayLoad

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.loaders.protocol import LoadOptions
    from pycornerstone.session.array_load import ArraySources
    from pycornerstone.session.array_plan import ArrayPlan

__all__ = ["ArrayLoads"]


class ArrayLoads:
    """Begins them, and ends them with their session.

    Parameters
    ----------
    sources : ArraySources
        What images come from.
    """

    def __init__(self, sources: ArraySources) -> None:
        self._sources = sources
        self._loads: set[ArrayLoad] = set()
        self._closed = False
        self._lock = Lock()

    def load(
        self,
        image_ids: Iterable[str],
        out: npt.NDArray[Any] | None,
        options: LoadOptions,
        plan: ArrayPlan | None = None,
    ) -> ArrayLoadObject:
        """Begin to load images into one array; see `Session.load_array`.

        Parameters
        ----------
        image_ids, out, options
            As there.
        plan : ArrayPlan, optional
            In which order, and what is done otherwise.
        """
        try:
            load = ArrayLoad(image_ids, out, options, self._sources, self._forget, plan)
        except Exception as error:  # noqa: BLE001 - all that goes wrong is told by the load object
            return ArrayLoadObject.rejected(error)
        with self._lock:
            is_closed = self._closed
            if not is_closed:
                self._loads.add(load)
        if is_closed:
            load.end(SessionClosedError("the session is closed; make a new one"))
        else:
            load.start()
        return load.promised

    def close(self) -> None:
        """Settle what is loading with SessionClosedError, and begin nothing any more."""
        with self._lock:
            self._closed = True
            loads = list(self._loads)
        for load in loads:
            load.end(SessionClosedError("the session was closed while the array was loading"))

    def _forget(self, load: ArrayLoad) -> None:
        with self._lock:
            self._loads.discard(load)
