"""Elements as DICOM JSON from headers that the session has: searches read no file again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.frontends.dicomweb.attributes import person_name
from pycornerstone.metadata.dicom_tags import KNOWN_TAGS

if TYPE_CHECKING:
    from pycornerstone.metadata.part10_attributes import Part10Attributes

__all__ = ["quick_element"]

_TEXTS = frozenset(
    {"AE", "AS", "CS", "DA", "DT", "LO", "LT", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
_WHOLE_NUMBERS = frozenset({"IS", "SL", "SS", "UL", "US"})
_CHARACTER_SET = 0x00080005


def quick_element(header: Part10Attributes, tag: int) -> dict[str, Any] | None:
    """Give an element of a header in the DICOM JSON model (PS3.18 F.2); None if it is not there.

    Raises
    ------
    LookupError
        If it is one that such headers do not keep, or whose value takes more than a look.
    MetadataError
        If its value cannot be read.
    """
    from pydicom.datadict import dictionary_VR

    if tag not in KNOWN_TAGS or tag >> 16 <= 0x0002:
        raise LookupError(tag)
    found = header.elements.get(tag)
    if found is None:
        return None
    if " or " in dictionary_VR(tag):
        # Whether it is signed goes by another element where the VR is implicit.
        raise LookupError(tag)
    vr = found[0] or KNOWN_TAGS[tag]
    if tag == _CHARACTER_SET:
        # JSON is UTF-8 (F.2.1).
        return {"vr": vr, "Value": ["ISO_IR 192"]}
    if vr == "PN":
        values: list[Any] = [person_name(str(one)) for one in header.values(tag)]
    elif vr in _TEXTS:
        values = [one or None for one in header.texts(tag)]
    elif vr in _WHOLE_NUMBERS:
        values = list(header.integers(tag))
    elif vr == "DS":
        values = list(header.numbers(tag))
    else:
        raise LookupError(tag)
    return {"vr": vr, "Value": values} if values else {"vr": vr}
