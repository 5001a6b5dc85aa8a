"""What a header says besides samples and place: units, intent, acquisition, text; by nifti1.h."""

from __future__ import annotations

import math

import nibabel
import numpy as np
import pytest

from pycornerstone.metadata.nifti import read_nifti_header

CLASSES = {1: nibabel.Nifti1Header, 2: nibabel.Nifti2Header}
BOTH = pytest.mark.parametrize("version", [1, 2])


def about(version=1, order="<", **fields):
    """Read what a header says that nibabel wrote, some fields of it changed."""
    header = CLASSES[version](endianness=order)
    header.set_data_shape((3, 4, 5, 6))
    header["magic"] = b"n+%d" % version
    header["vox_offset"] = 352 if version == 1 else 544
    for name, value in fields.items():
        header[name] = value
    return read_nifti_header(header.binaryblock).about


@BOTH
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_nibabel_writes_is_read(version, order):
    header = CLASSES[version](endianness=order)
    header.set_data_shape((3, 4, 5, 6))
    header["magic"] = b"n+%d" % version
    header.set_xyzt_units("micron", "msec")
    header.set_zooms((2, 3, 4, 500))
    header.set_intent("t test", (7,), name="contrast")
    header.set_dim_info(freq=1, phase=0, slice=2)
    header["slice_code"] = 3
    header.set_slice_duration(20)
    header["toffset"] = 250
    header["descrip"] = b"made by hand"
    header["aux_file"] = b"none.txt"
    header["cal_min"], header["cal_max"] = -1, 3
    header.set_qform(np.diag([2, 3, 4, 1]), code="scanner")
    module = read_nifti_header(header.binaryblock).about
    assert (module.version, module.datatype) == (version, 16)
    assert module.sizes == (3, 4, 5, 6, 1, 1, 1)
    assert (module.spatial_unit, module.time_unit) == ("micron", "s")
    assert module.time_step == pytest.approx(0.5)
    assert module.time_offset == pytest.approx(0.25)
    assert module.slice_duration == pytest.approx(0.02)
    assert (module.intent_code, module.intent_name) == (3, "contrast")
    assert module.intent_parameters == (7, 0, 0)
    assert (module.frequency_axis, module.phase_axis, module.slice_axis) == (1, 0, 2)
    assert module.slice_code == 3
    assert (module.description, module.auxiliary_file) == ("made by hand", "none.txt")
    assert module.calibration_range == (-1, 3)
    assert (module.qform_code, module.sform_code) == (1, 0)
    # Microns in millimetres, and towards Left and Posterior.
    np.testing.assert_allclose(module.qform_lps, np.diag([-0.002, -0.003, 0.004, 1]), atol=1e-9)
    assert module.sform_lps is None


@pytest.mark.parametrize(
    ("code", "unit", "step"),
    [
        # nifti1.h, NIFTI_UNITS_*: sec, msec, usec, hz, ppm, rads.
        (8, "s", 2),
        (16, "s", 2e-3),
        (24, "s", 2e-6),
        (32, "Hz", 2),
        (40, "ppm", 2),
        (48, "rad/s", 2),
        (0, None, 2),
        (56, None, 2),
    ],
)
@BOTH
def test_times_are_seconds_and_other_units_are_kept(version, code, unit, step):
    module = about(version, xyzt_units=code | 2, pixdim=[1, 1, 1, 1, 2, 1, 1, 1])
    assert module.time_unit == unit
    assert module.time_step == pytest.approx(step)
    assert module.spatial_unit == "mm"


@pytest.mark.parametrize(
    ("code", "unit"), [(0, None), (1, "m"), (2, "mm"), (3, "micron"), (4, None), (8, None)]
)
def test_the_unit_of_length_is_the_one_of_the_header(code, unit):
    assert about(xyzt_units=code).spatial_unit == unit


@pytest.mark.parametrize("step", [0, -1, math.nan, math.inf])
def test_a_step_that_is_none_is_not_known(step):
    assert about(pixdim=[1, 1, 1, 1, step, 1, 1, 1]).time_step is None


def test_a_volume_without_time_has_no_step():
    assert about(dim=[3, 3, 4, 5, 1, 1, 1, 1], pixdim=[1] * 8).time_step is None


def test_times_that_are_no_numbers_are_not_known():
    module = about(toffset=math.nan, slice_duration=math.inf)
    assert module.time_offset is None
    assert module.slice_duration is None


def test_axes_that_are_not_said_are_none():
    module = about(dim_info=0)
    assert (module.frequency_axis, module.phase_axis, module.slice_axis) == (None, None, None)


def test_text_that_is_no_utf_8_is_still_text():
    assert about(descrip=b"M\xfcller \xff").description == "M\ufffdller \ufffd"


def test_text_ends_at_the_first_nul():
    assert about(descrip=b"visible\0 hidden").description == "visible"


def test_what_may_name_a_patient_is_not_shown_by_the_header():
    header = CLASSES[1]()
    header.set_data_shape((3, 4, 5))
    header["descrip"] = b"Jane Doe"
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    assert "Jane" not in repr(read_nifti_header(header.binaryblock))


def test_what_may_name_a_patient_is_not_shown():
    module = about(descrip=b"Jane Doe", aux_file=b"Doe.txt", intent_name=b"Jane")
    assert module.intent_name == "Jane"
    assert "Jane" not in repr(module)
    assert "Doe" not in repr(module)
