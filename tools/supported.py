"""Write ``docs/supported.md``: what is decoded and read, as the tables of the code have it.

``python tools/supported.py`` writes the page; a test of ``tests/house`` says when it is stale.
"""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nibabel.nifti1 import data_type_codes

from pycornerstone.codecs.decode import DECODERS
from pycornerstone.codecs.media_kinds import PICTURES
from pycornerstone.codecs.photometric import PHOTOMETRIC_INTERPRETATIONS
from pycornerstone.codecs.pictures import PICTURE_READERS
from pycornerstone.codecs.sample_layout import MAX_FRAME_BYTES, PACKED_BITS, sample_layout
from pycornerstone.codecs.transfer_syntaxes import TRANSFER_SYNTAXES
from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.metadata.nifti_samples import is_complex, pixel_dtype, sample_type
from pycornerstone.model import luts, modules
from pycornerstone.model.limits import LoadLimits
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
_COLOR = """\
Both planar configurations (0028,0006) are read. An ICC profile (0028,2000) comes with the image.
The retired ARGB, HSV and CMYK are refused by name.
"""
_PICTURES = f"""\
Known by their content, whatever their name. tifffile and Pillow come with
`pip install 'pycornerstone[images]'`; where Pillow is named beside imagecodecs, animations need it.
A frame may have samples of {LoadLimits().picture_bytes >> 30} GiB, unless the `LoadLimits` of a
session say otherwise.
"""
_NIFTI = f"""\
In both byte orders, of NIfTI-1, NIfTI-2 and Analyze 7.5, in single files and pairs. Scaling is the
modality LUT of the image; it is not applied to RGB and RGBA, and applied to complex samples before
their magnitude is taken. A compressed file may hold {LoadLimits().volume_bytes >> 30} GiB, unless
the `LoadLimits` of a session say otherwise; others have no limit.
"""
_MODULES = """\
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
    yield _COLOR
    yield "## Pictures"
    yield ""
    yield from _table(("Format", "How it is read", "By"), _pictures())
    yield ""
    yield _PICTURES
    yield "## Samples of NIfTI"
    yield ""
    yield from _table(("datatype", "Name", "Image"), _nifti_samples())
    yield ""
    yield _NIFTI
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


def _pictures() -> Iterator[tuple[str, str, str]]:
    kinds = {re.sub(r"^an? | picture$", "", kind): kind for kind in PICTURES | set(PICTURE_READERS)}
    for name, kind in sorted(kinds.items(), key=lambda entry: entry[0].lower()):
        reader = PICTURE_READERS.get(kind)
        if reader is None:
            yield name, "**no**", ""
            continue
        module = import_module(f"pycornerstone.codecs.{reader.module}")
        text = inspect.getdoc(getattr(module, reader.function)) or ""
        libraries = sorted(_libraries(module.__name__, set()), key=str.lower)
        yield name, text.split("\n", 1)[0], ", ".join(libraries)


def _libraries(module: str, seen: set[str]) -> set[str]:
    """Find the decoding libraries that a module of ours imports, itself or through others."""
    seen.add(module)
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(import_module(module)))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        found |= {name for name in names if name in {"imagecodecs", "tifffile"}}
        if "pycornerstone.codecs.pillow_file" in names:
            found.add("Pillow")
        ours = {name for name in names if name.startswith("pycornerstone.codecs.")} - seen
        for name in ours:
            found |= _libraries(name, seen)
    return found


def _nifti_samples() -> Iterator[tuple[str, str, str]]:
    rows: dict[int, tuple[str, str, str]] = {}
    # What NIfTI has, and then what Analyze has besides.
    for version in (1, 0):
        for code in range(4096):
            becomes = _nifti_samples_of(code, version)
            if becomes and code not in rows:
                name = data_type_codes.label.get(code, f"{becomes}, of Analyze as SPM writes it")
                rows[code] = str(code), name, becomes
    yield from rows.values()


def _nifti_samples_of(code: int, version: int) -> str:
    try:
        dtype, samples = sample_type(code, "<", version)
    except UnsupportedEncodingError as error:
        return f"**no**: {error.message.partition(': ')[2].partition(';')[0]}"
    except DecodeError:
        return ""
    note = {1: ", the magnitude" if is_complex(dtype) else "", 3: ", RGB", 4: ", RGBA"}[samples]
    return f"{pixel_dtype(dtype)}{note}"


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
