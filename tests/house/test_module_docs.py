"""Each field of a metadata module is described, with the element that it comes from."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

from pycornerstone.metadata.dicom_tags import KNOWN_TAGS
from pycornerstone.model import modules
from pycornerstone.model.modules import MODULES

NO_DICOM = {
    "calibratedPixelSpacing": "a user measured it",
    "imageUrlModule": "it follows from the imageId",
    "instance": "it is the whole header",
    "niftiModule": "it is NIfTI's",
    "pictureModule": "it is what PNG, JPEG, TIFF and others say",
    "uriModule": "it follows from the imageId",
}
NO_DICOM_PARTS = {"NiftiExtension": "it is NIfTI's"}
NO_ELEMENT = {
    ("FrameModule", "frame_number"): "the imageId says it",
    ("ImagePlaneModule", "spacing_type"): "follows from where the spacing stands",
    ("ImagePlaneModule", "uncalibrated"): "follows from what the user measured",
    ("MultiframeModule", "frame_number"): "the imageId says it",
    ("NmMultiframeGeometryModule", "image_sub_type"): "a value of image_type",
    ("NmMultiframeGeometryModule", "is_reconstructable"): "follows from image_type",
    ("OverlayPlane", "group"): "is the group itself",
    ("OverlayPlaneModule", "overlays"): "their elements are those of OverlayPlane",
    ("ScalingModule", "reasons"): "each names its elements",
    ("ScalingModule", "suvbsa"): "computed",
    ("ScalingModule", "suvbw"): "computed",
    ("ScalingModule", "suvibw"): "computed",
    ("ScalingModule", "suvlbm"): "computed",
    ("ScalingModule", "suvlbmjames128"): "computed",
    ("ScalingModule", "suvlbmjanma"): "computed",
    ("TransferSyntaxModule", "is_video"): "follows from the UID",
    ("WholeSlideModule", "focal_planes"): "counted",
    ("WholeSlideModule", "tiles_across"): "computed",
    ("WholeSlideModule", "tiles_down"): "computed",
}

PARTS = [
    value
    for value in vars(modules).values()
    if dataclasses.is_dataclass(value) and value not in MODULES.values()
]
DESCRIBED = [*MODULES.values(), *PARTS]
OF_DICOM = [
    kind
    for kind in DESCRIBED
    if getattr(kind, "type_name", "") not in NO_DICOM and kind.__name__ not in NO_DICOM_PARTS
]
TAG = re.compile(r"\(([0-9A-F]{2}(?:[0-9A-F]{2}|xx)),([0-9A-F]{4})\)")


def fields_described(kind: type) -> dict[str, str]:
    """Read the section Attributes of a docstring: what is said of each field."""
    text = inspect.getdoc(kind) or ""
    section = text.partition("Attributes\n----------\n")[2]
    described: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if re.match(r"^\w.* : ", line):
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
            described |= dict.fromkeys(names, "")
        elif line.startswith(" "):
            described |= {name: described[name] + line for name in names}
        elif line:
            break
    return described


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.__name__)
def test_every_field_is_described_and_no_other(kind):
    described = fields_described(kind)
    assert set(described) == {field.name for field in dataclasses.fields(kind)}
    assert all(described.values())


@pytest.mark.parametrize("kind", OF_DICOM, ids=lambda kind: kind.__name__)
def test_what_is_of_dicom_names_the_section_of_the_standard(kind):
    assert re.search(r"PS3\.(3 [A-F]\.\d|10 section)", inspect.getdoc(kind))


@pytest.mark.parametrize("kind", OF_DICOM, ids=lambda kind: kind.__name__)
def test_every_field_names_its_element_or_there_is_a_reason_why_not(kind):
    without = {
        name for name, description in fields_described(kind).items() if not TAG.search(description)
    }
    assert without == {name for of, name in NO_ELEMENT if of == kind.__name__}


@pytest.mark.parametrize("kind", OF_DICOM, ids=lambda kind: kind.__name__)
def test_every_element_that_is_named_is_read(kind):
    for group, number in TAG.findall(inspect.getdoc(kind)):
        tag = int(group.replace("xx", "00") + number, 16)
        assert tag in KNOWN_TAGS, f"({group},{number})"
