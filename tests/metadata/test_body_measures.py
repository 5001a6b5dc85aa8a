"""What SUV is normalised by, by the formulas of PS3.16."""

from __future__ import annotations

import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.body_measures import read_body_measure
from pycornerstone.metadata.dicom_tags import Tag
from pycornerstone.model.modules.quantities import SUV_KINDS

MAN = {Tag.PATIENT_WEIGHT: "80", Tag.PATIENT_SIZE: "2", Tag.PATIENT_SEX: "M"}


# By hand, of 80 kg and 200 cm, so that (80 / 200) ** 2 = 0.16 and the body mass index is 20. A man:
# it is 88 less 120 or 128 times 0.16, 741600 over 6680 + 4320, and 48 + 1.06 * 48. A woman:
# it is 85.6 less 148 times 0.16, 741600 over 8780 + 4880, and 45.5 + 0.91 * 48.
@pytest.mark.parametrize(
    ("kind", "sex", "grams"),
    [
        ("bw", "M", 80000),
        ("lbm", "M", 68800),
        ("lbmjames128", "M", 67520),
        ("lbmjanma", "M", 67418.1818),
        ("ibw", "M", 98880),
        ("bw", "F", 80000),
        ("lbm", "F", 61920),
        ("lbmjames128", "F", 61920),
        ("lbmjanma", "F", 54289.8975),
        ("ibw", "F", 89180),
    ],
)
def test_a_mass_in_grams(header, kind, sex, grams):
    attributes = header({**MAN, Tag.PATIENT_SEX: sex})
    assert read_body_measure(attributes, kind) == pytest.approx(grams, rel=1e-8)


def test_the_surface_of_a_body_in_square_centimetres(header):
    # By hand: of 100 kg and 100 cm it is 71.84 times 10 ** 0.85 times 10 ** 1.45; the product of
    # the last two is 10 ** 2.3, 199.52623.
    attributes = header({Tag.PATIENT_WEIGHT: "100", Tag.PATIENT_SIZE: "1"})
    assert read_body_measure(attributes, "bsa") == pytest.approx(14333.964, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("bw", {Tag.PATIENT_WEIGHT}),
        ("lbm", set(MAN)),
        ("lbmjames128", set(MAN)),
        ("lbmjanma", set(MAN)),
        ("ibw", {Tag.PATIENT_SIZE, Tag.PATIENT_SEX}),
        ("bsa", {Tag.PATIENT_WEIGHT, Tag.PATIENT_SIZE}),
    ],
)
def test_what_is_missing_is_named_and_what_is_not_needed_is_not_asked_for(header, kind, needed):
    assert kind in SUV_KINDS
    assert read_body_measure(header({tag: MAN[tag] for tag in needed}), kind) > 0
    for tag in needed:
        without = header({other: MAN[other] for other in needed - {tag}})
        with pytest.raises(MetadataError, match=rf"^\(0010,....\) {tag.title} is missing$"):
            read_body_measure(without, kind)


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({Tag.PATIENT_WEIGHT: "0"}, "Weight must be from 0.001 to 1000 kilograms"),
        ({Tag.PATIENT_WEIGHT: "-70"}, "Weight must be from 0.001"),
        ({Tag.PATIENT_WEIGHT: "70321"}, "Weight must be from 0.001"),
        ({Tag.PATIENT_WEIGHT: "heavy"}, "Weight must be a decimal string"),
        ({Tag.PATIENT_SIZE: "0"}, "Size must be from 0.01 to 3 metres"),
        ({Tag.PATIENT_SIZE: "173"}, "Size must be from 0.01 to 3 metres"),
        ({Tag.PATIENT_SEX: "O"}, "Sex is neither M nor F"),
        ({Tag.PATIENT_SEX: "Ostrich"}, "Sex is neither M nor F"),
        ({Tag.PATIENT_WEIGHT: "300", Tag.PATIENT_SIZE: "1.2"}, "there is no lean body mass of a"),
    ],
)
def test_what_cannot_be_is_an_error_that_does_not_say_the_value(header, elements, message):
    with pytest.raises(MetadataError, match=message) as caught:
        read_body_measure(header({**MAN, **elements}), "lbm")
    for value in {"70321", "173", "heavy", "Ostrich", "300"} & set(elements.values()):
        assert value not in str(caught.value)


def test_children_have_no_ideal_weight(header):
    with pytest.raises(MetadataError, match="there is no ideal body weight of a patient with the"):
        read_body_measure(header({**MAN, Tag.PATIENT_SIZE: "1.0"}), "ibw")
