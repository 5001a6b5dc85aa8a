"""Text of DICOM elements: Specific Character Set (0008,0005) says what its bytes mean."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

__all__ = ["decode_text"]

# PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5: the defined terms, "ISO_IR" and "ISO 2022 IR" alike.
_CODECS = {
    "": "latin-1",
    "6": "latin-1",
    "13": "shift-jis",
    "58": "gb2312",
    "87": "iso2022-jp",
    "100": "latin-1",
    "101": "iso8859-2",
    "109": "iso8859-3",
    "110": "iso8859-4",
    "126": "iso8859-7",
    "127": "iso8859-6",
    "138": "iso8859-8",
    "144": "iso8859-5",
    "148": "iso8859-9",
    "149": "euc-kr",
    "159": "iso2022-jp-2",
    "166": "iso8859-11",
    "192": "utf-8",
    "203": "iso8859-15",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
# PS3.3 tables C.12-3 and C.12-4: what an escape sequence switches to.
_ESCAPES = {
    b"\x1b(B": "latin-1",
    b"\x1b(J": "shift-jis",
    b"\x1b)I": "shift-jis",
    b"\x1b-A": "latin-1",
    b"\x1b-B": "iso8859-2",
    b"\x1b-C": "iso8859-3",
    b"\x1b-D": "iso8859-4",
    b"\x1b-F": "iso8859-7",
    b"\x1b-G": "iso8859-6",
    b"\x1b-H": "iso8859-8",
    b"\x1b-L": "iso8859-5",
    b"\x1b-M": "iso8859-9",
    b"\x1b-T": "iso8859-11",
    b"\x1b-b": "iso8859-15",
    b"\x1b$)A": "gb2312",
    b"\x1b$)C": "euc-kr",
}
# Python's codecs read these two themselves, escape sequence and all.
_JAPANESE = (b"\x1b$B", b"\x1b$(D")
_RUN = re.compile(rb"\x1b?[^\x1b]+|\x1b")
# "ISO_IR 100" and "ISO 2022 IR 100"; writers put blank, hyphen and underscore where they like.
_TERM = re.compile(r"ISO[ _-]?(?:2022[ _-]?)?(?:IR[ _-]?)?(?=[0-9G])")
_log = logging.getLogger("pycornerstone.metadata")


def decode_text(
    data: bytes, character_sets: tuple[str, ...] = (), *, is_person_name: bool = False
) -> str:
    """Turn the bytes of a text element into text.

    Parameters
    ----------
    data : bytes
        The whole value, backslashes and padding included.
    character_sets : tuple of str
        Values of Specific Character Set (0008,0005). None means ASCII, read as Latin-1 because
        many writers forget to say so; so does a term that DICOM does not define, which is logged.
    is_person_name : bool
        The value representation is PN, where ``^`` and ``=`` also end a switched character set.

    Returns
    -------
    str
        The text; bytes that the character set does not have become U+FFFD.

    References
    ----------
    DICOM PS3.5 sections 6.1.2.4 and 6.1.2.5 (code extensions), PS3.3 C.12.1.1.2 (defined terms).
    """
    if b"\x1b" not in data:
        if data.isascii():
            return data.decode("ascii")
        return data.decode(_first_codec(character_sets), "replace")
    first = _first_codec(character_sets)
    delimiters = rb"[\\\t\n\f\r^=]" if is_person_name else rb"[\\\t\n\f\r]"
    return "".join(_decode_run(run, first, delimiters) for run in _RUN.findall(data))


def _first_codec(character_sets: tuple[str, ...]) -> str:
    return _codec(character_sets[0]) if character_sets else "latin-1"


@lru_cache(maxsize=64)
def _codec(term: str) -> str:
    """Give Python's name of a character set; of a term that is none it is logged once."""
    codec = _CODECS.get(_TERM.sub("", term.upper(), count=1))
    if codec is None:
        _log.warning(
            "(0008,0005) Specific Character Set is %.20r, which PS3.3 C.12.1.1.2 does not define; "
            "text is read as Latin-1",
            term,
        )
    return codec or "latin-1"


def _decode_run(run: bytes, first: str, delimiters: bytes) -> str:
    """Read from one escape sequence to the next."""
    if not run.startswith(b"\x1b"):
        return run.decode(first, "replace")
    if run.startswith(_JAPANESE):
        return run.decode("iso2022-jp-2", "replace")
    escape = next((known for known in _ESCAPES if run.startswith(known)), b"")
    codec = _ESCAPES.get(escape, first)
    text = run[len(escape) :]
    # A delimiter brings back the first character set (PS3.5 section 6.1.2.5.3).
    end = re.search(delimiters, text)
    if end is None:
        return text.decode(codec, "replace")
    return text[: end.start()].decode(codec, "replace") + text[end.start() :].decode(
        first, "replace"
    )
