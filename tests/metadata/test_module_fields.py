"""A mapping of fields becomes a module, or says which field is wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pycornerstone.errors import MetadataError
from pycornerstone.metadata.module_fields import _CONVERTERS, _NESTED, module_from_answer
from pycornerstone.model.luts import LookupTable, VoiFunction, VoiWindow
from pycornerstone.model.modules import (
    MODULES,
    CalibratedPixelSpacing,
    DisplayShutterModule,
    EcgChannel,
    EcgModule,
    GeneralImageModule,
    ImagePixelModule,
    ImagePlaneModule,
    InstanceModule,
    ModalityLutModule,
    NiftiModule,
    OverlayPlane,
    OverlayPlaneModule,
    PatientModule,
    PatientStudyModule,
    RealWorldValueMappingModule,
    SpacingType,
    VoiLutModule,
)


@pytest.mark.parametrize("module", MODULES.values(), ids=str)
def test_every_field_of_every_module_is_checked(module):
    for field in dataclasses.fields(module):
        assert field.type.removesuffix(" | None") in _CONVERTERS, field


@pytest.mark.parametrize("nested", _NESTED.values(), ids=lambda nested: nested.__name__)
def test_every_field_of_what_modules_are_made_of_is_checked(nested):
    for field in dataclasses.fields(nested):
        assert field.type.removesuffix(" | None") in _CONVERTERS, field


def test_what_has_fields_itself_may_be_a_mapping_of_them():
    plane = OverlayPlane(0x6002, 2, 3)
    drawn = [[0, 1, 0], [1, 0, 0]]
    module = module_from_answer(
        OverlayPlaneModule,
        {"overlays": [{"group": 0x6000, "rows": 2, "columns": 3, "bits": drawn}, plane]},
    )
    assert module.overlays[1] is plane
    assert module.overlays[0].bits.dtype == np.bool_
    assert module.overlays[0].bits.tolist() == [[False, True, False], [True, False, False]]
    lead = {"label": "I", "sensitivity": 5}
    group = {"channels": [lead], "sampling_frequency_hz": 500, "samples": [[1, -2, 3]]}
    ecg = module_from_answer(EcgModule, {"groups": [group]})
    assert ecg.groups[0].channels == (EcgChannel("I", sensitivity=5.0),)
    assert ecg.groups[0].samples.tolist() == [[1, -2, 3]]
    mapping = {"maps": [{"label": "ADC", "slope": 2}]}
    adc = module_from_answer(RealWorldValueMappingModule, mapping).maps[0]
    assert (adc.label, adc.slope, adc.intercept) == ("ADC", 2.0, 0.0)


def test_points_are_pairs_and_kinds_may_be_text():
    shutter = {"shapes": ["POLYGONAL"], "vertices": [(1, 2), np.array([3, 4])], "center": [5, 6]}
    assert module_from_answer(DisplayShutterModule, shutter) == DisplayShutterModule(
        shapes=("POLYGONAL",), vertices=((1, 2), (3, 4)), center=(5, 6)
    )
    spacing = module_from_answer(CalibratedPixelSpacing, {"spacing_type": "PROJECTED"})
    assert spacing.spacing_type is SpacingType.PROJECTED


def test_a_data_set_is_taken_as_it_is():
    dataset = object()
    assert module_from_answer(InstanceModule, {"dataset": dataset}).dataset is dataset


@pytest.mark.parametrize(
    "vector", [(1, 0, 0), [1, 0, 0], np.array([1, 0, 0]), iter([1.0, np.float32(0), np.int16(0)])]
)
def test_a_direction_is_any_three_numbers(vector):
    module = module_from_answer(ImagePlaneModule, {"row_cosines": vector})
    assert module.row_cosines == (1.0, 0.0, 0.0)
    assert {type(value) for value in module.row_cosines} == {float}


def test_none_is_unknown():
    assert module_from_answer(ImagePlaneModule, {"row_cosines": None, "rows": None}) == (
        ImagePlaneModule()
    )


def test_windows_may_be_pairs_and_have_names():
    module = module_from_answer(
        VoiLutModule,
        {"windows": [(40, 400), [300, 1500, "BONE"], VoiWindow(1, 2)], "function": "SIGMOID"},
    )
    assert module.windows == (
        VoiWindow(40.0, 400.0),
        VoiWindow(300.0, 1500.0, "BONE"),
        VoiWindow(1, 2),
    )
    assert module.function is VoiFunction.SIGMOID


def test_numbers_may_be_of_any_kind():
    module = module_from_answer(
        ImagePixelModule, {"rows": np.uint16(3), "columns": 4.0, "pixel_padding_value": 7}
    )
    assert (module.rows, module.columns, module.pixel_padding_value) == (3, 4, 7.0)
    assert type(module.rows) is type(module.columns) is int
    assert type(module.pixel_padding_value) is float


def test_texts_tables_and_bytes_are_kept_as_they_are():
    table = LookupTable(np.arange(4, dtype=np.uint8))
    assert module_from_answer(ModalityLutModule, {"lut": table}).lut is table
    module = module_from_answer(GeneralImageModule, {"image_type": ["ORIGINAL", "PRIMARY"]})
    assert module.image_type == ("ORIGINAL", "PRIMARY")
    pixel = {"rows": 1, "columns": 1, "icc_profile": b"x", "is_float": True}
    assert module_from_answer(ImagePixelModule, pixel).icc_profile == b"x"


@pytest.mark.parametrize(
    ("module", "answer", "message"),
    [
        (
            ImagePlaneModule,
            {"rowPixelSpacing": 1},
            r"ImagePlaneModule has no field 'rowPixelSpacing'; it has .*'row_pixel_spacing_mm'",
        ),
        (PatientStudyModule, {7: 1}, r"has no field 7; it has patient_age, .*patient_sex$"),
        (
            ImagePlaneModule,
            {"row_cosines": (1, 0)},
            r"row_cosines must be 3 numbers, got tuple of 2",
        ),
        (ImagePlaneModule, {"row_cosines": "100"}, "row_cosines must be 3 numbers, got str"),
        (ImagePlaneModule, {"row_cosines": 5}, "row_cosines must be 3 numbers, got int"),
        (
            ImagePlaneModule,
            {"slice_location_mm": "5"},
            "slice_location_mm must be a number, got str",
        ),
        (ImagePixelModule, {"rows": 2.5, "columns": 1}, "rows must be a whole number, got float"),
        (ImagePixelModule, {"rows": float("inf"), "columns": 1}, "rows must be a whole number"),
        (ImagePixelModule, {"rows": float("nan"), "columns": 1}, "rows must be a whole number"),
        (
            ImagePixelModule,
            {"rows": None, "columns": 1},
            "rows must be a whole number, got NoneType",
        ),
        (ImagePixelModule, {"rows": 2}, "ImagePixelModule needs columns$"),
        (ImagePixelModule, {}, "ImagePixelModule needs rows and columns$"),
        (ImagePixelModule, {"is_float": 1}, "is_float must be True or False, got int"),
        (ImagePixelModule, {"palette": [1]}, "palette must be a PaletteColorLut, got list of 1"),
        (
            VoiLutModule,
            {"windows": (40, 400)},
            r"windows must be windows or \(center, width\) pairs",
        ),
        (VoiLutModule, {"windows": [(40,)]}, "windows must be windows or"),
        (VoiLutModule, {"windows": [(40, 400, 3)]}, "windows must be windows or"),
        (VoiLutModule, {"windows": [(40, 400, "a", "b")]}, "windows must be windows or"),
        (VoiLutModule, {"function": "LINEAL"}, "function must be one of LINEAR, LINEAR_EXACT, SIG"),
        (GeneralImageModule, {"image_type": "ORIGINAL"}, "image_type must be texts, got str"),
        (
            OverlayPlaneModule,
            {"overlays": [{"group": 0x6000, "rows": 2, "columns": "3"}]},
            "overlays: columns must be a whole number, got str",
        ),
        (OverlayPlaneModule, {"overlays": [{"rows": 2}]}, "overlays: OverlayPlane needs group and"),
        (
            OverlayPlaneModule,
            {"overlays": [7]},
            "overlays must be a list of OverlayPlane or mappings of its fields, got list of 1",
        ),
        (DisplayShutterModule, {"center": (1, 2, 3)}, "center must be 2 whole numbers"),
        (DisplayShutterModule, {"vertices": [1, 2]}, "vertices must be pairs of whole numbers"),
        (
            CalibratedPixelSpacing,
            {"spacing_type": "GUESSED"},
            "spacing_type must be one of PATIENT",
        ),
        (
            EcgModule,
            {"groups": [{"channels": [], "sampling_frequency_hz": 1, "samples": [0.5]}]},
            "groups: samples must be an array of whole numbers, got list of 1",
        ),
        (PatientModule, [("patient_id", "1")], "it gave list of 1; give PatientModule, a mapping"),
        (PatientModule, GeneralImageModule(), "it gave GeneralImageModule; give PatientModule"),
    ],
)
def test_what_is_wrong_is_said(module, answer, message):
    with pytest.raises(MetadataError, match=message):
        module_from_answer(module, answer)


def test_values_are_never_in_the_text():
    with pytest.raises(MetadataError) as caught:
        module_from_answer(PatientModule, {"patient_name": ["DOE", "JANE"]})
    assert str(caught.value) == "patient_name must be text, got list of 2"


def test_a_transform_is_four_rows_of_four_numbers():
    answer = {"version": 1, "sizes": [2, 2, 2], "datatype": 4, "qform_lps": np.eye(4).tolist()}
    module = module_from_answer(NiftiModule, answer)
    assert module.qform_lps.dtype == np.float64
    np.testing.assert_array_equal(module.qform_lps, np.eye(4))
    with pytest.raises(MetadataError, match="qform_lps must be 4 x 4 numbers"):
        module_from_answer(NiftiModule, answer | {"qform_lps": [1, 2, 3]})
    with pytest.raises(MetadataError, match="qform_lps must be 4 x 4 numbers"):
        module_from_answer(NiftiModule, answer | {"qform_lps": [["1"] * 4] * 4})
