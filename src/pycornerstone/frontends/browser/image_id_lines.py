"""Lists of imageIds as short lines of Python: what they have in common is written once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pycornerstone.session.session import Session

__all__ = ["image_id_lines"]

_WIDEST = 96
_FEWEST = 3
_NUMBER = re.compile(r"0|[1-9]\d*")
# Where an address may be cut: what is left is then the name of a file, or a number.
_AFTER = "/\\=:"


def image_id_lines(name: str, image_ids: Sequence[str], session: Session) -> Iterator[str]:
    """Give the lines that make a list of imageIds.

    Parameters
    ----------
    name : str
        Of the list.
    image_ids : sequence of str
        What is in it.
    session : Session
        Which schemes it loads by itself.
    """
    shown = [without_credentials(image_id) for image_id in image_ids]
    if shown != list(image_ids):
        yield "# Credentials in these addresses are left out; give them by pc.HttpSettings."
    yield from _told_of_schemes(image_ids, session)
    if len(shown) < _FEWEST:
        yield from _listed(name, shown)
        return
    prefix = _prefix(shown)
    rest = [image_id[len(prefix) :] for image_id in shown]
    suffix = _common(text[::-1] for text in rest)[::-1].lstrip("0123456789")
    parts = [text[: len(text) - len(suffix)] for text in rest]
    after = f" + {suffix!r}" if suffix else ""
    first = _first_of_run(parts)
    if first is not None:
        numbers = f"range({first}, {first + len(parts)})"
        yield f"{name} = [{prefix!r} + str(k){after} for k in {numbers}]"
        return
    if not prefix:
        yield from _listed(name, shown)
        return
    yield from _listed(f"{name}_names", parts)
    yield f"{name} = [{prefix!r} + name{after} for name in {name}_names]"


def _told_of_schemes(image_ids: Sequence[str], session: Session) -> Iterator[str]:
    schemes = sorted({image_id.partition(":")[0] for image_id in image_ids})
    for scheme in schemes:
        if scheme.startswith("given-"):
            yield "# These were given to the viewer without a file: put your own in their place."
        elif not session.loaders.is_built_in(scheme):
            yield f"# First: pc.register_image_loader({scheme!r}, your_loader)"


def _common(texts: Iterable[str]) -> str:
    """Give what all begin with."""
    ordered = sorted(texts)
    first, last = ordered[0], ordered[-1]
    differing = (at for at, pair in enumerate(zip(first, last, strict=False)) if len({*pair}) > 1)
    return first[: next(differing, len(first))]


def _prefix(texts: Iterable[str]) -> str:
    common = _common(texts)
    end = max((common.rfind(mark) for mark in _AFTER), default=-1)
    return common[: end + 1]


def _first_of_run(parts: Sequence[str]) -> int | None:
    """Give the first of numbers that follow on each other; None if they are none."""
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    numbers = [int(part) for part in parts]
    is_run = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return numbers[0] if is_run else None


def _listed(name: str, texts: Sequence[str]) -> Iterator[str]:
    yield f"{name} = ["
    line = "   "
    for text in texts:
        word = f" {text!r},"
        if len(line) + len(word) > _WIDEST and line.strip():
            yield line
            line = "   "
        line += word
    if line.strip():
        yield line
    yield "]"
