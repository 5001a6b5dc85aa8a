"""Images of real scanners, drawn pixel by pixel, against pydicom's own modality and VOI stages."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, apply_windowing

from pycornerstone.model.image import Image
from pycornerstone.model.luts import LookupTable, PaletteColorLut, VoiWindow
from pycornerstone.model.modules import ModalityLutModule, VoiLutModule
from pycornerstone.viewports.stack import StackViewport

pytestmark = pytest.mark.testdata


def drawn(shelf, image):
    viewport = StackViewport(image.columns, image.rows, session=shelf, prefetch=False)
    viewport.show_image(image)
    return viewport.render()[..., :3]


def table_of(item):
    _, first, bits = (int(value) for value in item.LUTDescriptor)
    return LookupTable(np.array(item.LUTData, np.uint16), first, bits)


def assert_grey(picture, expected):
    """Equal, but where a value lies in the middle between two greys."""
    assert (picture == picture[..., :1]).all()
    grey = picture[..., 0].astype(int)
    assert np.abs(grey - expected).max() <= 0.5 + 1e-6
    assert len(np.unique(grey)) > 20


@pytest.mark.parametrize(
    "name",
    [
        "dcmqi/data/segmentations/ct-3slice/01.dcm",
        "dcmqi/data/paramaps/pm-example-dcm.zip_/701-ADCb500/000000.dcm",
        "suyashkumar-dicom/testdata/1.dcm",
        "highdicom/data/test_files/dx_image.dcm",
    ],
)
def test_a_window_of_the_header_is_drawn_as_pydicom_maps_it(testdata, shelf, name):
    header = pydicom.dcmread(testdata / name)
    slope = float(header.get("RescaleSlope", 1))
    intercept = float(header.get("RescaleIntercept", 0))
    image = Image(
        "f:1",
        header.pixel_array,
        header.PhotometricInterpretation,
        modality_lut=ModalityLutModule(slope, intercept),
        voi_lut=VoiLutModule((VoiWindow(float(header.WindowCenter), float(header.WindowWidth)),)),
    )
    theirs = apply_windowing(apply_modality_lut(header.pixel_array, header), header)
    # pydicom's output spans what the stored bits can hold, rescaled.
    signed = header.PixelRepresentation
    low = -(2 ** (header.BitsStored - 1)) if signed else 0
    high = low + 2**header.BitsStored - 1
    share = (theirs - (low * slope + intercept)) / ((high - low) * slope)
    # PresentationLUTShape INVERSE and MONOCHROME1 mean the same in these files.
    expected = np.clip(share, 0, 1) * 255
    if header.PhotometricInterpretation == "MONOCHROME1":
        expected = 255 - expected
    assert_grey(drawn(shelf, image), expected)


def test_a_modality_table_is_drawn_as_pydicom_maps_it(testdata, shelf):
    header = pydicom.dcmread(testdata / "pypi-pydicom-data/data_store/data/mlut_18.dcm")
    lut = table_of(header.ModalityLUTSequence[0])
    image = Image("f:m", header.pixel_array, modality_lut=ModalityLutModule(lut=lut))
    theirs = apply_modality_lut(header.pixel_array, header).astype(float)
    expected = (theirs - theirs.min()) / (theirs.max() - theirs.min()) * 255
    assert_grey(drawn(shelf, image), expected)


def test_a_voi_table_is_drawn_as_pydicom_maps_it(testdata, shelf):
    header = pydicom.dcmread(testdata / "pypi-pydicom-data/data_store/data/vlut_04.dcm")
    lut = table_of(header.VOILUTSequence[0])
    image = Image("f:v", header.pixel_array, voi_lut=VoiLutModule(luts=(lut,)))
    expected = apply_voi(header.pixel_array, header).astype(float) / 65535 * 255
    assert_grey(drawn(shelf, image), expected)


def test_a_palette_is_drawn_as_pydicom_maps_it(testdata, shelf):
    name = "pypi-pydicom/pydicom/data/test_files/examples_palette.dcm"
    header = pydicom.dcmread(testdata / name)
    tables = []
    for colour in ("Red", "Green", "Blue"):
        _, first, bits = header[f"{colour}PaletteColorLookupTableDescriptor"].value
        entries = header[f"{colour}PaletteColorLookupTableData"].value
        dtype = np.uint8 if bits == 8 else np.dtype("<u2")
        tables.append(LookupTable(np.frombuffer(entries, dtype), first, bits))
    image = Image("f:p", header.pixel_array, "PALETTE COLOR", palette=PaletteColorLut(*tables))
    theirs = apply_color_lut(header.pixel_array, header)
    expected = theirs >> 8 if theirs.dtype == np.uint16 else theirs
    assert (drawn(shelf, image) == expected).all()


def test_padding_of_a_scanner_is_background(testdata, shelf):
    header = pydicom.dcmread(testdata / "dcmqi/data/segmentations/ct-3slice/01.dcm")
    image = Image("f:c", header.pixel_array, padding_range=(-2000, -2000))
    viewport = StackViewport(512, 512, session=shelf, prefetch=False, background=(0, 0, 255))
    viewport.show_image(image)
    padding = header.pixel_array == header.PixelPaddingValue
    assert 0.1 < padding.mean() < 0.5
    blue = (viewport.render()[..., :3] == [0, 0, 255]).all(axis=-1)
    assert (blue == padding).all()
    # Without the padding, the lowest value is air and not -2000.
    assert viewport.voi_range[0] == header.pixel_array[~padding].min() > -2000
