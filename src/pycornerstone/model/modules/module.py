"""What all modules have in common."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["Module"]


class Module:
    """What all modules are: frozen values that know their name."""

    __slots__ = ()
    type_name: ClassVar[str]
