"""What a NIfTI header says besides samples, scaling and place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pycornerstone.metadata.nifti_geometry import SPATIAL_UNITS, qform, sform
from pycornerstone.model.modules import NiftiModule

if TYPE_CHECKING:
    from pycornerstone.metadata.nifti_fields import NiftiFields
    from pycornerstone.model.modules import NiftiExtension

__all__ = ["calibration_range", "read_about"]

# nifti1.h, ``xyzt_units & 0x38``: name, and how many of it make one; times become seconds.
_TIME_UNITS = {
    8: ("s", 1.0),
    16: ("s", 1e-3),
    24: ("s", 1e-6),
    32: ("Hz", 1.0),
    40: ("ppm", 1.0),
    48: ("rad/s", 1.0),
}


def read_about(
    fields: NiftiFields, sizes: tuple[int, ...], extensions: tuple[NiftiExtension, ...]
) -> NiftiModule:
    """Read it, for the first slice along k.

    Parameters
    ----------
    fields : NiftiFields
        Of the header.
    sizes : tuple of int
        Voxels along the seven axes.
    extensions : tuple of NiftiExtension
        Of the header.
    """
    if fields.version == 0:
        return NiftiModule(
            version=0,
            sizes=sizes,
            datatype=fields.integer("datatype"),
            calibration_range=calibration_range(fields),
            description=fields.text("descrip"),
            auxiliary_file=fields.text("aux_file"),
        )
    units = fields.integer("xyzt_units")
    time_unit, seconds = _TIME_UNITS.get(units & 0x38, (None, 1.0))
    step = float(fields.numbers("pixdim")[4])
    p1, p2, p3 = fields.numbers("intent_p").tolist()
    axes = fields.integer("dim_info")
    return NiftiModule(
        version=fields.version,
        sizes=sizes,
        datatype=fields.integer("datatype"),
        time_step=_finite(step * seconds) if fields.integers("dim")[0] >= 4 and step > 0 else None,
        time_offset=_finite(fields.number("toffset") * seconds),
        time_unit=time_unit,
        spatial_unit=SPATIAL_UNITS.get(units & 0x07, (None, 1.0))[0],
        intent_code=fields.integer("intent_code"),
        intent_name=fields.text("intent_name"),
        intent_parameters=(p1, p2, p3),
        calibration_range=calibration_range(fields),
        qform_code=fields.integer("qform_code"),
        sform_code=fields.integer("sform_code"),
        qform_lps=qform(fields),
        sform_lps=sform(fields),
        slice_code=fields.integer("slice_code"),
        slice_duration=_finite(fields.number("slice_duration") * seconds) or None,
        frequency_axis=_axis(axes),
        phase_axis=_axis(axes >> 2),
        slice_axis=_axis(axes >> 4),
        description=fields.text("descrip"),
        auxiliary_file=fields.text("aux_file"),
        extensions=extensions,
    )


def calibration_range(fields: NiftiFields) -> tuple[float, float] | None:
    """Give ``cal_min`` and ``cal_max`` where the second is above the first."""
    lower, upper = fields.number("cal_min"), fields.number("cal_max")
    return (lower, upper) if math.isfinite(upper - lower) and upper > lower else None


def _axis(bits: int) -> int | None:
    return (bits & 0x03) - 1 if bits & 0x03 else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
