"""How HTTP requests are made: time-outs, limits, header fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HttpSettings"]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How requests are made.

    Attributes
    ----------
    connect_timeout_s : float
        How long a connection may take to be made.
    read_timeout_s : float
        How long the server may send nothing.
    total_timeout_s : float or None
        How long a whole request may take; None for as long as bytes arrive.
    max_connections_per_host : int
        Connections to one host and port at once; further requests wait.
    max_body_bytes : int
        What a larger answer is refused at, before memory is taken for it.
    headers : mapping of str to str
        Fields that every request is sent with, to whatever host. ``{"Accept-Encoding": "gzip"}``
        may help where the network is slow and the server quick.
    """

    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    total_timeout_s: float | None = 300.0
    max_connections_per_host: int = 32
    max_body_bytes: int = 4 * 1024**3
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
