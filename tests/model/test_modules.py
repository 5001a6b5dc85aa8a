"""Modules say what is known, and what stands in for the rest."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pycornerstone.model import modules
from pycornerstone.model.luts import LookupTable
from pycornerstone.model.modules import (
    MODULES,
    ImagePixelModule,
    ImagePlaneModule,
    ModalityLutModule,
    Module,
)


def test_every_module_is_in_the_table_by_its_name():
    defined = {
        value
        for value in vars(modules).values()
        if isinstance(value, type) and issubclass(value, Module) and value is not Module
    }
    assert set(MODULES.values()) == defined
    assert all(name == module.type_name for name, module in MODULES.items())


@pytest.mark.parametrize("module", MODULES.values(), ids=str)
def test_a_module_cannot_be_changed(module):
    fields = dataclasses.fields(module)
    needed = {
        field.name: None
        for field in fields
        if field.default is field.default_factory is dataclasses.MISSING
    }
    made = module(**needed)
    field = fields[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, field, None)


def test_a_plane_that_is_known_is_no_default():
    plane = ImagePlaneModule(
        image_position_lps=(1.0, 2.0, 3.0),
        row_cosines=(0.0, 1.0, 0.0),
        column_cosines=(0.0, 0.0, -1.0),
        row_pixel_spacing_mm=0.5,
        column_pixel_spacing_mm=0.25,
    ).geometry
    assert not plane.position_is_default
    assert not plane.orientation_is_default
    assert not plane.spacing_is_default
    # PS3.3 equation C.7.6.2.1-1: column index along the row cosines, row index down the columns.
    assert (plane.affine @ [4, 2, 0, 1]).tolist() == [1.0, 3.0, 2.0, 1.0]


def test_a_plane_that_is_not_known_is_at_the_origin_and_says_so():
    plane = ImagePlaneModule().geometry
    assert plane.position_is_default
    assert plane.orientation_is_default
    assert plane.spacing_is_default
    assert plane.affine.tolist() == np.eye(4).tolist()


def test_one_spacing_stands_in_for_the_other_but_is_not_known():
    plane = ImagePlaneModule(row_pixel_spacing_mm=0.5).geometry
    assert (plane.row_pixel_spacing_mm, plane.column_pixel_spacing_mm) == (0.5, 0.5)
    assert plane.spacing_is_default


def test_half_an_orientation_is_none():
    assert ImagePlaneModule(row_cosines=(0.0, 1.0, 0.0)).geometry.orientation_is_default


# PS3.3 C.7.5.1.1.2: both ends of the range are padding, whichever is the higher.
@pytest.mark.parametrize(
    ("value", "limit", "padding"),
    [
        (None, None, None),
        (None, 5.0, None),
        (-2000.0, None, (-2000.0, -2000.0)),
        (-2000.0, -1990.0, (-2000.0, -1990.0)),
        (4095.0, 4000.0, (4000.0, 4095.0)),
    ],
)
def test_padding_is_a_range(value, limit, padding):
    pixel = ImagePixelModule(
        rows=1, columns=1, pixel_padding_value=value, pixel_padding_range_limit=limit
    )
    assert pixel.padding_range == padding


def test_modality_values_are_slope_times_stored_plus_intercept():
    lut = ModalityLutModule(rescale_slope=0.5, rescale_intercept=-1024)
    values = lut.apply(np.array([0, 4095], np.uint16))
    assert values.tolist() == [-1024.0, 1023.5]
    assert values.dtype == np.float32
    assert not lut.is_identity


def test_stored_values_are_modality_values_where_nothing_is_said():
    assert ModalityLutModule().is_identity
    stored = np.array([-3, 7], np.int16)
    assert ModalityLutModule().apply(stored, np.float64).tolist() == [-3.0, 7.0]


def test_a_table_stands_in_for_slope_and_intercept():
    table = LookupTable(np.array([5, 6, 7], np.uint16), first_mapped=-1)
    lut = ModalityLutModule(rescale_slope=9, lut=table)
    # PS3.3 C.11.1.1.1: below the first value the first entry, above the last the last.
    assert lut.apply(np.array([-9, -1, 0, 1, 9], np.int16)).tolist() == [5, 5, 6, 7, 7]
