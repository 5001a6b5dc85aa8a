"""Where a server listens."""

from __future__ import annotations

import socket

__all__ = ["listen", "shown_host"]

_LARGEST_PORT = 0xFFFF


def listen(host: str, port: int, *, who: str) -> socket.socket:
    """Listen there; what is asked for from now on waits until it is answered.

    Parameters
    ----------
    host : str
        A name or an address of this machine.
    port : int
        0 is any that is free.
    who : str
        What listens, for the text of an error: ``"the viewer"``.

    Raises
    ------
    OSError
        If nothing can, with the address in it.
    ValueError
        If there is no such port.
    """
    if not 0 <= port <= _LARGEST_PORT:
        raise ValueError(f"a port is 0 to {_LARGEST_PORT}, and 0 is any that is free; got {port}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        problem = error.strerror or str(error)
        raise OSError(
            error.errno,
            f"{who} cannot listen at {shown_host(host)}:{port}: {problem}; "
            "take another port, or 0 for any that is free",
        ) from error


def shown_host(host: str) -> str:
    """Give the name by which a client of this machine reaches an address that is listened at."""
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - to know it, not to listen there
        return "127.0.0.1" if host != "::" else "[::1]"
    return f"[{host}]" if ":" in host else host
