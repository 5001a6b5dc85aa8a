"""Rules of a user's own by which images become display sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import MetadataError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.given_values import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from pycornerstone.model.slice_facts import SliceFacts

__all__ = ["SplitRule", "apply_rule"]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Which images of a series are sets of their own, and how they are parted.

    Rules are asked before anything else is looked at, in their order; an image goes by the first
    that matches it.

    Attributes
    ----------
    name : str
        What the sets' `reason` says.
    matches : callable
        Given the `SliceFacts` of an image, whether the rule is for it.
    group_by : callable or None
        Given the same, what images of one set have in common: text, a number, a tuple. None for
        one set a series.
    kind : DisplaySetKind or None
        As what they are shown; None where it is found out as for all others, and images that are
        not alike are parted further.

    Raises
    ------
    TypeError
        If the name is no text, one cannot be called, or there is no such kind.

    Examples
    --------
    >>> derived = SplitRule("derived", matches=lambda image: "DERIVED" in image.image_type)
    >>> by_echo = SplitRule(
    ...     "echo",
    ...     matches=lambda image: "EchoTime" in image.times,
    ...     group_by=lambda image: image.times["EchoTime"],
    ... )
    """

    name: str
    matches: Callable[[SliceFacts], bool]
    group_by: Callable[[SliceFacts], Hashable] | None = None
    kind: DisplaySetKind | None = None

    def __post_init__(self) -> None:
        text_of(self.name, "the name of a rule")
        given: Any
        for name, given in (("matches", self.matches), ("group_by", self.group_by)):
            if not callable(given) and (given is not None or name == "matches"):
                raise TypeError(f"{name} of a rule is called with an image's facts, got {given!r}")
        if not (self.kind is None or isinstance(self.kind, DisplaySetKind)):
            raise TypeError(f"the kind of a rule is a DisplaySetKind, got {self.kind!r}")


def apply_rule(
    rule: SplitRule, facts: Sequence[SliceFacts]
) -> tuple[list[list[SliceFacts]], list[SliceFacts]]:
    """Give the sets that a rule makes of images, and the images that it is not for.

    Raises
    ------
    MetadataError
        If one of its functions raises, or gives what cannot be compared.
    """
    groups: dict[Hashable, list[SliceFacts]] = {}
    others: list[SliceFacts] = []
    for one in facts:
        try:
            if not rule.matches(one):
                others.append(one)
                continue
            key = None if rule.group_by is None else rule.group_by(one)
            groups.setdefault(key, []).append(one)
        except Exception as error:
            raise MetadataError(
                f"the split rule {rule.name!r} failed with {type(error).__name__}; its functions "
                "take the SliceFacts of an image, and give whether it matches and what it is "
                "grouped by"
            ) from error
    return list(groups.values()), others
