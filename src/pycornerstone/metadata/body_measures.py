"""What SUV is normalised by: weight, lean and ideal mass, and surface of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.dicom_tags import Tag, describe_tag
from pycornerstone.model.modules.quantities import SUV_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.metadata.dicom_attributes import DicomAttributes

__all__ = ["read_body_measure"]

# Lowest and highest: beyond these the unit is another one, such as grams or centimetres. Mice,
# which are imaged too, weigh 0.02 kg.
_WEIGHT_KG = (0.001, 1000.0)
_SIZE_M = (0.01, 3.0)


def read_body_measure(attributes: DicomAttributes, kind: str) -> float:
    """Compute what one kind of SUV is normalised by.

    Parameters
    ----------
    attributes : DicomAttributes
        The instance.
    kind : str
        A key of `SUV_KINDS`.

    Returns
    -------
    float
        Grams; for ``"bsa"`` square centimetres.

    Raises
    ------
    MetadataError
        If weight, size or sex are missing or cannot be; their values are never in the text.

    References
    ----------
    DICOM PS3.16, (126401, DCM) to (126406, DCM) give the formulas. James, Research on Obesity,
    1976; Janmahasatian et al., Clin Pharmacokinet 44:1051, 2005; Sugawara et al., Radiology
    213:521, 1999 (ideal weight); DuBois and DuBois, Arch Intern Med 17:863, 1916.
    """
    if kind == "ibw":
        size = _read_size(attributes)
        measure = _by_sex(attributes, 48.0 + 1.06 * (size - 152), 45.5 + 0.91 * (size - 152)) * 1e3
    else:
        weight = _read_weight(attributes)
        measure = weight * 1e3 if kind == "bw" else _BY_WEIGHT_AND_SIZE[kind](attributes, weight)
    if not measure > 0:
        raise MetadataError(
            f"there is no {SUV_KINDS[kind]} of a patient with these {_titles(kind)}; see PS3.16, "
            "(126402, DCM) and following, for its formula"
        )
    return measure


def _james(attributes: DicomAttributes, weight: float, male: float) -> float:
    square = (weight / _read_size(attributes)) ** 2
    return _by_sex(attributes, 1.10 * weight - male * square, 1.07 * weight - 148 * square) * 1e3


def _janmahasatian(attributes: DicomAttributes, weight: float) -> float:
    index = weight / (_read_size(attributes) / 100) ** 2
    mass = 9270 * weight
    return _by_sex(attributes, mass / (6680 + 216 * index), mass / (8780 + 244 * index)) * 1e3


def _du_bois(attributes: DicomAttributes, weight: float) -> float:
    return float(71.84 * weight**0.425 * _read_size(attributes) ** 0.725)


_BY_WEIGHT_AND_SIZE: dict[str, Callable[[DicomAttributes, float], float]] = {
    "lbm": lambda attributes, weight: _james(attributes, weight, 120),
    "lbmjames128": lambda attributes, weight: _james(attributes, weight, 128),
    "lbmjanma": _janmahasatian,
    "bsa": _du_bois,
}


def _read_weight(attributes: DicomAttributes) -> float:
    """Read the weight in kilograms."""
    return _measured(attributes, Tag.PATIENT_WEIGHT, _WEIGHT_KG, "kilograms")


def _read_size(attributes: DicomAttributes) -> float:
    """Read the size in centimetres."""
    return _measured(attributes, Tag.PATIENT_SIZE, _SIZE_M, "metres") * 100


def _measured(
    attributes: DicomAttributes, tag: Tag, limits: tuple[float, float], unit: str
) -> float:
    value = attributes.number(tag)
    if value is None:
        raise MetadataError(f"{describe_tag(tag)} is missing")
    if not limits[0] <= value <= limits[1]:
        raise MetadataError(
            f"{describe_tag(tag)} must be from {limits[0]:g} to {limits[1]:g} {unit}, and is not"
        )
    return value


def _by_sex(attributes: DicomAttributes, male: float, female: float) -> float:
    sex = attributes.text(Tag.PATIENT_SEX)
    if sex is None:
        raise MetadataError(f"{describe_tag(Tag.PATIENT_SEX)} is missing")
    if sex not in {"M", "F"}:
        raise MetadataError(
            f"{describe_tag(Tag.PATIENT_SEX)} is neither M nor F, of which alone there are formulas"
        )
    return male if sex == "M" else female


def _titles(kind: str) -> str:
    tags = (Tag.PATIENT_SIZE, Tag.PATIENT_SEX, *(() if kind == "ibw" else (Tag.PATIENT_WEIGHT,)))
    return " and ".join(describe_tag(tag) for tag in tags)
