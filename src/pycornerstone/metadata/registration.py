"""Registrations: how places in one frame of reference are found in another."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.metadata.provider_list import ProviderList

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["RegistrationProvider", "Registrations"]

RegistrationProvider = Callable[[str, str], "npt.ArrayLike | None"]
"""``provider(from_uid, to_uid)`` gives a 4x4 matrix between two frames of reference, or None."""

# Of the volume of a unit cube after the transformation: below, it has no inverse worth the name.
_SMALLEST_VOLUME = 1e-9

_log = logging.getLogger("pycornerstone.metadata")


class Registrations:
    """Transformations between frames of reference; may be used from any thread.

    A frame of reference is named by its UID (0020,0052). What was registered between two holds in
    both directions, and leads on: of A to B and C to B, A to C is made. The fewest steps count.

    Examples
    --------
    >>> import numpy as np
    >>> registrations = Registrations()
    >>> moved = np.eye(4)
    >>> moved[:3, 3] = (10, 0, 0)
    >>> registrations.register("1.2.3", "1.2.4", moved)
    >>> registrations.transform((1, 2, 3), "1.2.4", "1.2.3").tolist()
    [-9.0, 2.0, 3.0]
    """

    def __init__(self) -> None:
        # Replaced whole on every change, so that questions need no lock.
        self._matrices: dict[str, dict[str, npt.NDArray[np.float64]]] = {}
        self._providers: ProviderList[RegistrationProvider] = ProviderList(
            "a registration provider is a function of (from_uid, to_uid)"
        )
        self._lock = threading.Lock()

    def register(self, from_uid: str, to_uid: str, matrix: npt.ArrayLike) -> None:
        """Say where places of one frame of reference are in another; what was said before goes.

        Parameters
        ----------
        from_uid, to_uid : str
            UIDs of the two frames of reference.
        matrix : array_like
            ``(4, 4)``: ``matrix @ (x, y, z, 1)`` of LPS mm in the first is LPS mm in the second. It
            may turn, scale and shear.

        Raises
        ------
        GeometryError
            If `matrix` is no invertible affine transformation, or the two are the same.
        TypeError
            If a UID is no text.
        """
        checked = _checked(matrix)
        for uid in (from_uid, to_uid):
            if not isinstance(uid, str):
                raise TypeError(f"the UID of a frame of reference is a text, got {uid!r}")
        if not (from_uid and to_uid) or from_uid == to_uid:
            raise GeometryError(
                f"two different frames of reference are registered, got {from_uid!r} and {to_uid!r}"
            )
        with self._lock:
            matrices = {uid: dict(others) for uid, others in self._matrices.items()}
            matrices.setdefault(from_uid, {})[to_uid] = checked
            matrices.setdefault(to_uid, {})[from_uid] = _inverse(checked)
            self._matrices = matrices

    def remove(self, from_uid: str, to_uid: str) -> None:
        """Forget what was registered between two, in both directions."""
        with self._lock:
            matrices = {uid: dict(others) for uid, others in self._matrices.items()}
            matrices.get(from_uid, {}).pop(to_uid, None)
            matrices.get(to_uid, {}).pop(from_uid, None)
            self._matrices = matrices

    def update(self, other: Registrations) -> None:
        """Take all that was registered in another, over what is here; its providers not."""
        for from_uid, matrices in other._matrices.items():
            for to_uid, matrix in matrices.items():
                # Each is there in both directions.
                if from_uid < to_uid:
                    self.register(from_uid, to_uid, matrix)

    def add_provider(self, provider: RegistrationProvider, priority: float = 0) -> None:
        """Ask `provider` for what is not registered here.

        Parameters
        ----------
        provider : callable
            Called as ``provider(from_uid, to_uid)`` from any thread; None means that it does not
            know. It is asked for both directions. If it fails, or gives no such matrix, that is
            logged, and the next one is asked.
        priority : float
            Higher is asked earlier, among equals the newest.

        Raises
        ------
        MetadataError
            If `provider` cannot be called.
        """
        self._providers.add(provider, priority)

    def remove_provider(self, provider: RegistrationProvider) -> None:
        """Ask `provider` no longer; nothing happens if it is not there."""
        self._providers.remove(provider)

    def find(self, from_uid: str | None, to_uid: str | None) -> npt.NDArray[np.float64] | None:
        """Give the matrix between two frames of reference.

        Parameters
        ----------
        from_uid, to_uid : str or None
            None is a frame of reference that nobody named: it is like no other, itself included.

        Returns
        -------
        numpy.ndarray or None
            ``(4, 4)`` LPS mm of the first to LPS mm of the second; that of no change if they are
            the same, and None if nobody knows.
        """
        for uid in (from_uid, to_uid):
            if not (uid is None or isinstance(uid, str)):
                raise TypeError(f"the UID of a frame of reference is a text, got {uid!r}")
        if not (from_uid and to_uid):
            return None
        if from_uid == to_uid:
            return np.eye(4)
        found = self._along_a_path(from_uid, to_uid)
        if found is not None:
            return found
        for provider in self._providers:
            found = _asked(provider, from_uid, to_uid)
            if found is None:
                back = _asked(provider, to_uid, from_uid)
                found = None if back is None else _inverse(back)
            if found is not None:
                return found
        return None

    def transform(
        self, points: npt.ArrayLike, from_uid: str | None, to_uid: str | None
    ) -> npt.NDArray[np.float64]:
        """Give ``(..., 3)`` places of one frame of reference in another, LPS mm.

        Raises
        ------
        GeometryError
            If nobody knows how.
        """
        matrix = self.find(from_uid, to_uid)
        if matrix is None:
            raise GeometryError(
                f"frames of reference {from_uid} and {to_uid} are not registered with each other; "
                "register them, or add what a Spatial Registration object says"
            )
        places = np.asarray(points, np.float64)
        return np.asarray(places @ matrix[:3, :3].T + matrix[:3, 3])

    def _along_a_path(self, from_uid: str, to_uid: str) -> npt.NDArray[np.float64] | None:
        matrices = self._matrices
        reached = {from_uid: np.eye(4)}
        waiting = deque([from_uid])
        while waiting:
            uid = waiting.popleft()
            for other, matrix in matrices.get(uid, {}).items():
                if other not in reached:
                    reached[other] = matrix @ reached[uid]
                    waiting.append(other)
            if to_uid in reached:
                return reached[to_uid]
        return None


def _checked(matrix: npt.ArrayLike) -> npt.NDArray[np.float64]:
    try:
        given = np.array(matrix, np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    is_affine = given.shape == (4, 4) and bool(np.isfinite(given).all())
    is_affine = is_affine and given[3].tolist() == [0, 0, 0, 1]
    if not is_affine or abs(float(np.linalg.det(given[:3, :3]))) < _SMALLEST_VOLUME:
        raise GeometryError(
            "a registration is a 4x4 matrix of finite numbers that can be inverted and whose last "
            f"row is 0, 0, 0, 1, got {given.tolist()}"
        )
    given.flags.writeable = False
    return given


def _inverse(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    inverse[3] = (0, 0, 0, 1)
    inverse.flags.writeable = False
    return inverse


def _asked(
    provider: RegistrationProvider, from_uid: str, to_uid: str
) -> npt.NDArray[np.float64] | None:
    try:
        answer = provider(from_uid, to_uid)
        return None if answer is None else _checked(answer)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises
        _log.warning("a registration provider failed with %s", type(error).__name__)
        return None
