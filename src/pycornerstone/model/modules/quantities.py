"""Quantities: activity in the body, dose, and what else stored values stand for in the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pycornerstone.errors import MetadataError
from pycornerstone.model.modules.module import Module

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "SUV_KINDS",
    "PetImageModule",
    "PetIsotopeModule",
    "PetSeriesModule",
    "RadiopharmaceuticalInfo",
    "RealWorldValueMap",
    "RealWorldValueMappingModule",
    "ScalingModule",
]

SUV_KINDS = {
    "bw": "body weight",
    "lbm": "lean body mass",
    "lbmjames128": "lean body mass (James, 128)",
    "lbmjanma": "lean body mass (Janmahasatian)",
    "ibw": "ideal body weight",
    "bsa": "body surface area",
}
"""What SUV may be normalised by: SUV Type (0054,1006) in small letters, and what it is."""


@dataclass(frozen=True, slots=True)
class RadiopharmaceuticalInfo:
    """What was injected: an item of (0054,0016) (PS3.3 C.8.9.2).

    Attributes
    ----------
    radiopharmaceutical : str or None
        (0018,0031).
    start_time, start_datetime : str or None
        (0018,1072) and (0018,1078), as DICOM writes them, TM and DT.
    radionuclide_total_dose_bq : float or None
        (0018,1074).
    radionuclide_half_life_s : float or None
        (0018,1075).
    radionuclide_positron_fraction : float or None
        (0018,1076).
    """

    radiopharmaceutical: str | None = None
    start_time: str | None = None
    start_datetime: str | None = None
    radionuclide_total_dose_bq: float | None = None
    radionuclide_half_life_s: float | None = None
    radionuclide_positron_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class PetIsotopeModule(Module):
    """What was injected (PS3.3 C.8.9.2).

    Attributes
    ----------
    radiopharmaceutical_info : tuple of RadiopharmaceuticalInfo
        Items of the Radiopharmaceutical Information Sequence (0054,0016).
    """

    type_name: ClassVar[str] = "petIsotopeModule"

    radiopharmaceutical_info: tuple[RadiopharmaceuticalInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class PetSeriesModule(Module):
    """What the values of a PET series are (PS3.3 C.8.9.1).

    Attributes
    ----------
    corrected_image : tuple of str
        (0028,0051), such as ``("DECY", "ATTN")``.
    units : str or None
        (0054,1001), such as ``"BQML"``.
    decay_correction : str or None
        (0054,1102): NONE, START or ADMIN.
    suv_type : str or None
        (0054,1006), of values that are SUV already.
    """

    type_name: ClassVar[str] = "petSeriesModule"

    corrected_image: tuple[str, ...] = ()
    units: str | None = None
    decay_correction: str | None = None
    suv_type: str | None = None


@dataclass(frozen=True, slots=True)
class PetImageModule(Module):
    """When a PET image was taken (PS3.3 C.8.9.4).

    Attributes
    ----------
    frame_reference_time_ms : float or None
        (0054,1300), milliseconds from the start of the series.
    actual_frame_duration_ms : float or None
        (0018,1242).
    """

    type_name: ClassVar[str] = "petImageModule"

    frame_reference_time_ms: float | None = None
    actual_frame_duration_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ScalingModule(Module):
    """Factors from modality values to SUV, and from stored values to dose.

    A field ``suv...`` is for the type of SUV that SUV Type (0054,1006) calls so (PS3.3 C.8.9.1).

    Attributes
    ----------
    suvbw : float or None
        From modality values (Bq/ml most often) to the standardised uptake value by body weight,
        g/ml.
    suvlbm, suvlbmjames128, suvlbmjanma : float or None
        The same by lean body mass, g/ml: by James with the multiplier of 120 for men that SUVlbm
        has in DICOM (PS3.16, 126402), by James with his own 128, and by Janmahasatian.
    suvibw : float or None
        By ideal body weight, g/ml (Sugawara).
    suvbsa : float or None
        By body surface area, cm2/ml (DuBois).
    reasons : tuple of str
        Why factors that are None could not be computed: the name of the field, a colon, and a
        sentence that names the elements.
    dose_grid_scaling : float or None
        (3004,000E): from stored values to dose in `dose_units` (PS3.3 C.8.8.3).
    dose_units, dose_type, dose_summation_type : str or None
        (3004,0002), (3004,0004) and (3004,000A).
    """

    type_name: ClassVar[str] = "scalingModule"

    suvbw: float | None = None
    suvlbm: float | None = None
    suvlbmjames128: float | None = None
    suvlbmjanma: float | None = None
    suvibw: float | None = None
    suvbsa: float | None = None
    reasons: tuple[str, ...] = ()
    dose_grid_scaling: float | None = None
    dose_units: str | None = None
    dose_type: str | None = None
    dose_summation_type: str | None = None

    def suv_factor(self, kind: str = "bw") -> float:
        """Give the factor from modality values to SUV.

        Parameters
        ----------
        kind : str
            By what: a key of `SUV_KINDS`.

        Raises
        ------
        MetadataError
            If it could not be computed; the reason names the elements.
        ValueError
            If there is no such kind.
        """
        if kind not in SUV_KINDS:
            raise ValueError(f"SUV is by one of {', '.join(SUV_KINDS)}, got {kind!r}")
        return self._factor(f"suv{kind}", f"SUV by {SUV_KINDS[kind]}", "PT")

    def dose_factor(self) -> float:
        """Give the factor from stored values to dose in `dose_units`.

        Raises
        ------
        MetadataError
            If it is not known; the reason names the element.
        """
        return self._factor("dose_grid_scaling", "dose", "RTDOSE")

    def _factor(self, field: str, title: str, modality: str) -> float:
        factor: float | None = getattr(self, field)
        if factor is None:
            mark = f"{field}: "
            reasons = [text.removeprefix(mark) for text in self.reasons if text.startswith(mark)]
            # Why there is no SUV says nothing of dose, and the other way round.
            of_another = "dose_grid_scaling: " if field.startswith("suv") else "suv"
            reasons = reasons or [t for t in self.reasons if not t.startswith(of_another)]
            because = "; ".join(reasons) or (
                f"nobody knows a factor; headers of (0008,0060) Modality {modality} give one"
            )
            raise MetadataError(f"cannot compute {title}: {because}")
        return factor


@dataclass(frozen=True, slots=True)
class RealWorldValueMap:
    """One meaning of stored values: an item of (0040,9096) (PS3.3 C.7.6.16.2.11).

    Attributes
    ----------
    label, explanation : str or None
        LUT Label (0040,9210) and LUT Explanation (0028,3003).
    unit, unit_meaning : str or None
        Code Value and Code Meaning of (0040,08EA), such as ``"um2/s"`` of UCUM.
    quantity : str or None
        Code Meaning of the quantity in (0040,9220), such as ``"Apparent Diffusion Coefficient"``.
    first_value, last_value : float or None
        Stored values that are mapped: (0040,9216) and (0040,9211), or (0040,9214) and (0040,9213)
        for floats; None where it has no such end.
    slope, intercept : float
        (0040,9225) and (0040,9224).
    lut : tuple of float
        (0040,9212): what `first_value` stands for, what the next value stands for, and so on to
        `last_value`. If there is any, it stands in for slope and intercept.
    """

    label: str | None = None
    explanation: str | None = None
    unit: str | None = None
    unit_meaning: str | None = None
    quantity: str | None = None
    first_value: float | None = None
    last_value: float | None = None
    slope: float = 1.0
    intercept: float = 0.0
    lut: tuple[float, ...] = field(default=(), repr=False)

    def apply(
        self, stored: npt.NDArray[Any], dtype: npt.DTypeLike = np.float64
    ) -> npt.NDArray[np.floating]:
        """Turn stored values into real-world values; what is not mapped becomes NaN.

        Computed in float64: whole numbers beyond 2**53 are rounded to its nearest.
        """
        values = stored.astype(np.float64)
        outside = np.isnan(values)
        if self.first_value is not None:
            outside |= values < self.first_value
        if self.last_value is not None:
            outside |= values > self.last_value
        if self.lut:
            index = np.rint(values - (self.first_value or 0.0))
            outside |= ~((index >= 0) & (index < len(self.lut)))
            index[outside] = 0
            values = np.asarray(self.lut, np.float64)[index.astype(np.intp)]
        else:
            values *= self.slope
            values += self.intercept
        values[outside] = np.nan
        return values.astype(dtype, copy=False)


@dataclass(frozen=True, slots=True)
class RealWorldValueMappingModule(Module):
    """What stored values are in the world, in the order of the header (PS3.3 C.7.6.16.2.11).

    Attributes
    ----------
    maps : tuple of RealWorldValueMap
        Items of (0040,9096) of the frame, of all frames, or of the instance.
    """

    type_name: ClassVar[str] = "realWorldValueMappingModule"

    maps: tuple[RealWorldValueMap, ...] = ()

    def find(self, index_or_label: int | str = 0) -> RealWorldValueMap:
        """Find a map by its place among `maps`, or by its label.

        Raises
        ------
        MetadataError
            If there is none; the labels of those that there are are named.
        """
        if isinstance(index_or_label, str):
            found = [known for known in self.maps if known.label == index_or_label]
            asked = f"labelled {index_or_label!r}"
        else:
            found = list(self.maps[index_or_label:][:1]) if index_or_label >= 0 else []
            asked = f"number {index_or_label}"
        if not found:
            if not self.maps:
                raise MetadataError(
                    "(0040,9096) Real World Value Mapping Sequence has no item that can be read, "
                    "or is missing"
                )
            labels = ", ".join(repr(known.label) for known in self.maps)
            raise MetadataError(
                f"(0040,9096) Real World Value Mapping Sequence has no item {asked}, counted from "
                f"0; labels of those that there are: {labels}"
            )
        return found[0]
