"""Write ``docs/supported.md``: what is decoded and read, as the tables of the code have it.

``python tools/supported.py`` writes the page; a test of ``tests/house`` says when it is stale.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pycornerstone.codecs.decode import DECODERS
from pycornerstone.codecs.photometric import PHOTOMETRIC_INTERPRETATIONS
from pycornerstone.codecs.sample_layout import MAX_FRAME_BYTES, PACKED_BITS, sample_layout
from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES
from pycornerstone.errors import DecodeError
from pycornerstone.model import luts, modules
from pycornerstone.model.modules import MODULES, ImagePixelModule, Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycornerstone.codecs.transfer_syntaxes import TransferSyntax

_ATTRIBUTES = re.compile(r"^Attributes\n-+\n(.*?)(?=^\S+\n-+\n|\Z)", re.MULTILINE | re.DOTALL)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "supported.md"
# An entry of a numpydoc section: the names, what they are, and lines of text that are indented.
_ENTRY = re.compile(r"^(?P<names>\S.*?) : (?P<kind>.+)\n(?P<text>(?:[ ]{4}.*\n|\n)*)", re.MULTILINE)


_FRAMES = """\
Frames are found by the Extended or the Basic Offset Table where one holds, without a look at the
other frames; else by going through the fragments, once. Part 2 of JPEG 2000 is read where part 1
can decode it.

Where a compressed frame and the header disagree, the frame says how it is compressed and what is
signed is said by the header; a size or a number of samples that differs is an error. For colour,
the frame goes first where it says it: by the JFIF and Adobe markers of lossy JPEG, by components
called R, G and B, and by the component transformation of JPEG 2000. Of lossless JPEG, JPEG-LS and
RLE the header says it.
"""
_BITS = f"""\
Bits Stored (0028,0101) and High Bit (0028,0102) may be any: the other bits are not taken for the
value. Samples of {PACKED_BITS} bits lie without a gap, as ACR-NEMA had them. Float and double float
pixel data are read uncompressed. A frame may have up to {MAX_FRAME_BYTES >> 30} GiB.
"""
_MODULES = """\
Both planar configurations (0028,0006) are read. An ICC profile (0028,2000) comes with the image.
The retired ARGB, HSV and CMYK are refused by name.

## Metadata modules

Each is asked for by its class or by its name: `metadata.get(ImagePlaneModule, image_id)` or
`metadata.get("imagePlaneModule", image_id)`."""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Give the text of the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What is supported"
    yield ""
    yield "Written by `tools/supported.py` from the tables and docstrings of the code; not by hand."
    yield ""
    yield "## Transfer syntaxes"
    yield ""
    yield from _table(
        ("UID", "Name", "How it is read"),
        (
            (f"`{uid}`", syntax.name, _how(syntax))
            for uid, syntax in sorted(TRANSFER_SYNTAXES.items(), key=lambda entry: _key(entry[0]))
        ),
    )
    yield ""
    yield _FRAMES
    yield "## Samples"
    yield ""
    yield from _table(("Bits Allocated (0028,0100)", "Samples", "Array"), _samples())
    yield ""
    yield _BITS
    yield "## Photometric interpretations"
    yield ""
    yield from _table(
        ("(0028,0004)", "Samples per Pixel", "Image", "How"),
        (
            (entry.name, str(entry.samples), entry.becomes, entry.how)
            for entry in PHOTOMETRIC_INTERPRETATIONS.values()
        ),
    )
    yield ""
    yield _MODULES
    for module in MODULES.values():
        yield from _module(module, module.type_name)
    yield ""
    yield "## What modules are made of"
    for value in (getattr(part, name) for part in (modules, luts) for name in part.__all__):
        if isinstance(value, type) and is_dataclass(value) and not issubclass(value, Module):
            yield from _module(value, "")


def _how(syntax: TransferSyntax) -> str:
    decoder = DECODERS.get(syntax.uid)
    if decoder is not None:
        module = import_module(f"pycornerstone.codecs.{decoder.module}")
        text = inspect.getdoc(getattr(module, decoder.function)) or ""
        return text.split("\n", 1)[0]
    if syntax.is_video:
        return "**no**: video"
    return "**no**" if syntax.is_encapsulated else "**no**: it has no pixel data"


def _key(uid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in uid.split("."))


def _samples() -> Iterator[tuple[str, str, str]]:
    for bits in range(1, 65):
        for kind, is_float, representation in (
            ("unsigned", False, 0),
            ("signed", False, 1),
            ("float", True, 0),
        ):
            if bits == 1 and representation:
                continue
            pixel = ImagePixelModule(
                rows=1,
                columns=1,
                bits_allocated=bits,
                bits_stored=bits,
                high_bit=bits - 1,
                pixel_representation=representation,
                is_float=is_float,
            )
            try:
                yield str(bits), kind, str(sample_layout(pixel).dtype)
            except DecodeError:
                continue


def _module(module: type, type_name: str) -> Iterator[str]:
    text = inspect.getdoc(module) or ""
    summary = _flat(text.partition("\n\n")[0])
    yield ""
    yield f"### {module.__name__}" + (f", `{type_name}`" if type_name else "")
    yield ""
    yield summary
    section = _ATTRIBUTES.search(text + "\n")
    if section is None:
        return
    yield ""
    yield from _table(
        ("Field", "Type", "What it is"),
        (
            (
                ", ".join(f"`{name}`" for name in entry["names"].split(", ")),
                _flat(entry["kind"]),
                _flat(entry["text"]),
            )
            for entry in _ENTRY.finditer(section[1])
        ),
    )


def _flat(text: str) -> str:
    """Give text of a docstring in one line, as Markdown."""
    return re.sub(r"`+", "`", " ".join(text.split()))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    main()
