"""The letters at the edges of a radiograph, as the page has them."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pydicom
import pytest

import pycornerstone as cs
from pycornerstone.frontends.browser.edges import letters_of

_EDGES = """() => ['left', 'right', 'top', 'bottom']
    .map((edge) => document.querySelector(`#cells .edge.${edge}`).textContent)"""


def radiograph(path, orientation, **attributes):
    """Write a chest as a plate gives it: no position, no orientation in space."""
    image = pydicom.Dataset()
    image.SOPClassUID = pydicom.uid.ComputedRadiographyImageStorage
    image.SOPInstanceUID = pydicom.uid.generate_uid(entropy_srcs=[path.name])
    image.StudyInstanceUID, image.SeriesInstanceUID = "2.25.1", "2.25.2"
    image.Modality = "CR"
    image.PatientOrientation = orientation
    image.Rows, image.Columns = 48, 32
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = np.arange(48 * 32, dtype=np.uint16).astype(np.uint8).tobytes()
    for name, value in attributes.items():
        setattr(image, name, value)
    image.file_meta = pydicom.dataset.FileMetaDataset()
    image.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    path.write_bytes(buffer.getvalue())
    return path


@pytest.fixture
def shown(tmp_path):
    with cs.Session() as session, cs.StackViewport(64, 64, session=session) as viewport:
        plates = itertools.count()

        def letters(orientation, **attributes):
            path = radiograph(tmp_path / f"plate-{next(plates)}.dcm", orientation, **attributes)
            viewport.set_stack([f"dicomfile:{path}"]).result()
            return lambda: letters_of(viewport, session)

        letters.viewport = viewport
        yield letters


def test_a_radiograph_turns_with_its_letters(shown):
    # PS3.3 C.7.6.1.1.1: rows lead to the left of the patient, columns to the feet.
    letters = shown(["L", "F"])
    assert letters() == ("R", "L", "H", "F")
    shown.viewport.set_rotation(90)
    # Clockwise: what was at the left is at the top.
    assert letters() == ("F", "H", "R", "L")
    shown.viewport.set_rotation(0)
    shown.viewport.flip(horizontal=True)
    assert letters() == ("L", "R", "H", "F")
    shown.viewport.flip(horizontal=True, vertical=True)
    assert letters() == ("L", "R", "F", "H")


def test_pixels_that_are_no_squares_turn_as_they_are_seen(shown):
    letters = shown(["L", "F"], ImagerPixelSpacing=[2, 0.5])
    shown.viewport.set_rotation(30)
    assert letters() == ("RF", "LH", "HR", "FL")


def test_letters_of_a_horse_are_those_of_quadrupeds(shown):
    assert shown(["PA", "DI"], AnatomicalOrientationType="QUADRUPED")() == ("D", "PA", "PR", "DI")
    # Of a human, palmar is no direction: back and front at once.
    assert shown(["PA", "DI"])() == ("", "", "", "")


def test_a_plate_that_says_nothing_has_no_letters(shown):
    assert shown("")() == ("", "", "", "")


def test_a_place_in_space_is_asked_first(shown):
    # Contradicts what it says of itself; what is measured counts.
    letters = shown(
        ["R", "F"],
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
    )
    assert letters() == ("R", "L", "A", "P")


def test_the_page_turns_the_letters_with_the_picture(page_of, tmp_path):
    page = page_of(radiograph(tmp_path / "plate.dcm", ["L", "F"]))
    page.at_rest()
    assert page.run(_EDGES) == ["R", "L", "H", "F"]
    page.press("r")
    page.at_rest()
    assert page.run(_EDGES) == ["F", "H", "R", "L"]
    page.press("h")
    page.at_rest()
    assert page.run(_EDGES) == ["H", "F", "R", "L"]
    page.press("0", "v")
    page.at_rest()
    assert page.run(_EDGES) == ["R", "L", "F", "H"]
