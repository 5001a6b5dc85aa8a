"""Files that a user holds in memory, and their addresses."""

from __future__ import annotations

import itertools
import re
import threading

from pycornerstone.errors import LoaderError, RetrieveError, SessionClosedError

__all__ = ["HeldBytes"]

_ADDRESS = re.compile(r"bytes:[0-9]+")
# Of the process and not of the session: what one session holds is then nothing in another, where
# a number that starts again would be a different file.
_numbers = itertools.count(1)


class HeldBytes:
    """Bytes by their address, such as ``"bytes:7"``; may be used from any thread."""

    def __init__(self) -> None:
        self._held: dict[str, memoryview] = {}
        self._lock = threading.Lock()
        self._closed = False

    @staticmethod
    def is_address(text: str) -> bool:
        """Say whether a text is the address of held bytes, whoever holds them."""
        return _ADDRESS.fullmatch(text) is not None

    def add(self, data: bytes | bytearray | memoryview) -> str:
        """Hold bytes, without a copy, and give their address.

        Raises
        ------
        LoaderError
            If it is no bytes-like object, or its bytes do not lie side by side.
        SessionClosedError
            After `close`.
        """
        try:
            view = memoryview(data)
        except (BufferError, TypeError, ValueError) as error:
            # A view that was let go of, and some arrays, have no bytes to give.
            raise LoaderError(
                f"the bytes of a file are wanted, got {type(data).__name__}"
            ) from error
        if not view.c_contiguous:
            raise LoaderError("the bytes of a file lie side by side, these do not; copy them")
        # An empty view of several dimensions cannot be cast.
        view = view.cast("B") if view.nbytes else memoryview(b"")
        with self._lock:
            if self._closed:
                raise SessionClosedError("the session is closed; make a new one")
            address = f"bytes:{next(_numbers)}"
            self._held[address] = view.toreadonly()
        return address

    def get(self, address: str) -> memoryview:
        """Give the bytes of an address, read-only.

        Raises
        ------
        RetrieveError
            If this session does not hold them, or not any more.
        """
        with self._lock:
            view = self._held.get(address)
        if view is None:
            raise RetrieveError(
                f"{address} is not held by this session; give the bytes to hold_bytes again, and "
                "use the address that it gives"
            )
        return view

    def holds(self, address: str) -> bool:
        """Say whether there are bytes of this address."""
        with self._lock:
            return address in self._held

    def remove(self, address: str) -> None:
        """Let go of bytes; nothing if they are not held."""
        with self._lock:
            self._held.pop(address, None)

    def close(self) -> None:
        """Let go of all, and hold nothing any more."""
        with self._lock:
            self._closed = True
            self._held.clear()
