"""Analyze 7.5 headers, against the reader that nibabel takes for them: that of SPM2."""

from __future__ import annotations

import math
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nibabel.spm2analyze import Spm2AnalyzeHeader

from pycornerstone.errors import DecodeError, UnsupportedEncodingError
from pycornerstone.metadata.nifti import header_extent, read_nifti_header
from pycornerstone.metadata.nifti_modules import read_nifti_module
from pycornerstone.metadata.nifti_slices import NiftiSlices


def analyze(order="<", shape=(3, 4, 5), **fields):
    """Give a header of int16 voxels as nibabel writes it for SPM2, some fields changed."""
    header = Spm2AnalyzeHeader(endianness=order)
    header.set_data_shape(shape)
    header.set_data_dtype(np.int16)
    header.set_zooms((2, 3, 4, 1)[: len(shape)])
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order):
    header = read_nifti_header(analyze(order, (3, 4, 5, 6)))
    assert (header.version, header.is_pair, header.data_offset) == (0, True, 0)
    assert header.sizes == (3, 4, 5, 6, 1, 1, 1)
    assert header.dtype == np.dtype(f"{order}i2")
    assert header_extent(analyze(order)) == 348


def test_the_headers_of_all_three_kinds_are_read():
    for kind in (nibabel.AnalyzeHeader, nibabel.Spm99AnalyzeHeader, Spm2AnalyzeHeader):
        header = kind()
        header.set_data_shape((3, 4, 5))
        assert read_nifti_header(header.binaryblock).sizes[:3] == (3, 4, 5)


@given(
    shape=st.lists(st.integers(1, 200), min_size=1, max_size=4),
    sizes=st.tuples(*[st.floats(0.125, 50, width=32)] * 3),
    origin=st.tuples(*[st.integers(-300, 500)] * 3),
)
# At both ends of what nibabel takes for an origin: -n and 2n are past them.
@example(shape=[3, 4, 5], sizes=(1, 1, 1), origin=(-3, 1, 1))
@example(shape=[3, 4, 5], sizes=(1, 1, 1), origin=(-2, 7, 9))
@example(shape=[3, 4, 5], sizes=(1, 1, 1), origin=(1, 1, 10))
def test_voxels_lie_where_nibabel_says(shape, sizes, origin):
    data = analyze(shape=shape, pixdim=[0, *sizes, 1, 0, 0, 0], origin=[*origin, 0, 0])
    header = read_nifti_header(data)
    known = Spm2AnalyzeHeader(data)
    expected = np.diag([-1, -1, 1, 1]) @ (
        known.get_best_affine() if len(shape) >= 3 else _affine_of_three(known)
    )
    np.testing.assert_allclose(header.affine_lps, expected, atol=1e-4)


def _affine_of_three(known):
    # nibabel reads sizes of axes that dim[0] does not count, which a file may leave at 0.
    dimensions = int(known["dim"][0])
    known = known.copy()
    known["pixdim"][dimensions + 1 : 4] = 1
    known["dim"][dimensions + 1 : 4] = 1
    return known.get_best_affine()


@pytest.mark.parametrize(
    "fields",
    [
        {"scl_slope": 2},
        {"scl_slope": 0.5, "scl_inter": -3},
        {"scl_slope": 2, "scl_inter": math.nan},
        {"scl_slope": 0, "scl_inter": 7},
        {"scl_slope": math.nan},
        {"scl_slope": 0, "glmax": 110, "glmin": 10, "cal_max": 0.75, "cal_min": 0.25},
        {"scl_slope": 0, "glmax": 10, "glmin": 10, "cal_max": 0.75, "cal_min": 0.25},
        {"scl_slope": 0, "glmax": 110, "glmin": 10},
    ],
)
def test_values_are_scaled_as_nibabel_scales_them(fields):
    data = analyze(**fields)
    header = read_nifti_header(data)
    slope, intercept = Spm2AnalyzeHeader(data).get_slope_inter()
    assert header.slope == pytest.approx(1 if slope is None else slope)
    assert header.intercept == pytest.approx(intercept or 0)


def test_a_calibrated_range_that_is_not_finite_scales_nothing():
    header = read_nifti_header(analyze(scl_slope=0, glmax=1, cal_max=math.inf))
    assert (header.slope, header.intercept) == (1, 0)


def test_the_calibrated_range_is_the_display_range():
    header = read_nifti_header(analyze(cal_max=9, cal_min=-1))
    assert header.display_range == (-1, 9)
    assert header.about.calibration_range == (-1, 9)


def test_what_analyze_has_of_nifti_is_told():
    about = read_nifti_header(analyze(descrip=b"a scan", aux_file=b"x")).about
    assert (about.version, about.datatype, about.sizes[:3]) == (0, 4, (3, 4, 5))
    assert (about.description, about.auxiliary_file) == ("a scan", "x")
    assert (about.time_unit, about.spatial_unit, about.extensions) == (None, None, ())


def test_slices_have_the_voxels_of_nibabel(tmp_path):
    voxels = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    # Without the .mat file that nibabel writes beside those of SPM.
    nibabel.save(nibabel.AnalyzeImage(voxels, np.diag([-2, 3, 4, 1])), tmp_path / "a.img")
    known = nibabel.load(tmp_path / "a.img")
    header = read_nifti_header((tmp_path / "a.hdr").read_bytes())
    data = (tmp_path / "a.img").read_bytes()
    slices = NiftiSlices(header)
    for k in range(5):
        stored = slices.samples(data, k)
        lut = read_nifti_module("modalityLutModule", slices, k)
        values = stored * lut.rescale_slope + lut.rescale_intercept
        np.testing.assert_allclose(values, np.asanyarray(known.dataobj)[..., k].T)


def test_a_header_of_348_bytes_that_holds_nothing_is_refused():
    with pytest.raises(DecodeError, match=r"dim\[0\] of the NIfTI header is 0"):
        read_nifti_header(struct.pack("<i", 348).ljust(348, b"\0"))
    with pytest.raises(UnsupportedEncodingError, match="1-bit"):
        read_nifti_header(analyze(datatype=1))


@given(st.binary(min_size=348, max_size=348), st.sampled_from("<>"))
def test_any_348_bytes_are_a_header_or_an_error_of_ours(noise, order):
    data = bytearray(noise)
    data[:4] = struct.pack(f"{order}i", 348)
    data[40:56] = struct.pack(f"{order}8h", 4, 3, 4, 5, 6, 1, 1, 1)
    data[70:72] = struct.pack(f"{order}h", 4)
    # vox_offset, which may lie outside every file, and what would be the magic of NIfTI.
    data[108:112] = data[344:348] = bytes(4)
    header = read_nifti_header(bytes(data))
    assert header.affine_lps is None or np.isfinite(header.affine_lps).all()
    assert math.isfinite(header.slope)
    assert math.isfinite(header.intercept)
