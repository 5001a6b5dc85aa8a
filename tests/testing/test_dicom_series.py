from __future__ import annotations

import io

import cv2
import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.encaps import generate_frames
from pydicom.uid import UID

from pycornerstone.testing.dicom_series import (
    ct_series,
    secondary_capture,
    write_ct_series,
)
from pycornerstone.testing.frame_encoders import TRANSFER_SYNTAXES
from pycornerstone.testing.phantoms import ct_phantom

PHANTOM = ct_phantom(3, 120, 128, noise_hu=5)
# SimpleITK reads these slowly or with faults; pydicom reads them without a codec.
READ_BY_PYDICOM = {
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
}


def hounsfield_of(data: bytes, folder) -> np.ndarray:
    dataset = pydicom.dcmread(io.BytesIO(data))
    if dataset.file_meta.TransferSyntaxUID in READ_BY_PYDICOM:
        return dataset.pixel_array.astype(int) + int(dataset.RescaleIntercept)
    path = folder / "a.dcm"
    path.write_bytes(data)
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))[0].astype(int)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("transfer_syntax_uid", TRANSFER_SYNTAXES)
def test_other_readers_find_the_hounsfield_units(transfer_syntax_uid, signed, tmp_path):
    files = ct_series(PHANTOM, transfer_syntax_uid, signed=signed)
    assert len(files) == 3
    y, x = np.mgrid[:120, :128]
    in_field = np.hypot(x - 63.5, y - 59.5) <= 64
    for data, drawn in zip(files, PHANTOM.hounsfield, strict=True):
        expected = drawn
        assert pydicom.dcmread(io.BytesIO(data)).file_meta.TransferSyntaxUID == transfer_syntax_uid
        found = hounsfield_of(data, tmp_path)
        if signed:
            # Outside of the round field of view the stored value is -2000, and -3024 after rescale.
            assert set(found[~in_field].tolist()) == {-3024}
            found, expected = found[in_field], drawn[in_field]
        np.testing.assert_array_equal(found, expected)


def test_a_series_stands_where_the_phantom_says(tmp_path):
    paths = write_ct_series(tmp_path / "series", PHANTOM)
    assert [path.name for path in paths] == ["0001.dcm", "0002.dcm", "0003.dcm"]
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in paths])
    volume = reader.Execute()
    assert volume.GetSpacing() == pytest.approx((3.125, 3.125, 5))
    assert volume.GetOrigin() == pytest.approx(PHANTOM.position_lps(0))
    assert volume.GetDirection() == pytest.approx((1, 0, 0, 0, 1, 0, 0, 0, 1))
    clean = ct_phantom(3, 120, 128)
    assert clean.known
    for region in clean.known:
        index = volume.TransformPhysicalPointToIndex(region.position_lps)
        assert abs(volume[index] - region.hounsfield) < 25, region.name


def test_all_that_a_viewer_needs_is_in_the_header():
    image = pydicom.dcmread(io.BytesIO(ct_series(PHANTOM, series_number=4)[1]))
    assert image.SOPClassUID.name == "CT Image Storage"
    assert image.Modality == "CT"
    assert str(image.PatientName) == "Phantom^CT"
    assert image.PatientPosition == "HFS"
    assert (image.SeriesNumber, image.InstanceNumber) == (4, 2)
    assert list(image.WindowCenter) == [40, 400, -600]
    assert list(image.WindowWidth) == [400, 1800, 1500]
    assert list(image.WindowCenterWidthExplanation) == ["SOFT TISSUE", "BONE", "LUNG"]
    assert (image.RescaleSlope, image.RescaleIntercept, image.RescaleType) == (1, -1024, "HU")
    assert (image.BitsAllocated, image.BitsStored, image.HighBit) == (16, 12, 11)
    assert image.PixelRepresentation == 0
    assert image.SliceLocation == image.ImagePositionPatient[2] == 0
    signed = pydicom.dcmread(io.BytesIO(ct_series(PHANTOM, signed=True)[1]))
    assert (signed.BitsStored, signed.PixelRepresentation) == (16, 1)
    assert signed["PixelPaddingValue"].VR == "SS"
    assert signed.PixelPaddingValue == -2000


@pytest.mark.parametrize(
    ("transfer_syntax_uid", "marker", "at"),
    [
        # Sample precision P of the frame header (ITU-T T.81 B.2.2, T.87 C.2.2).
        ("1.2.840.10008.1.2.4.70", b"\xff\xc3", 4),
        ("1.2.840.10008.1.2.4.80", b"\xff\xf7", 4),
        # Ssiz, precision less one, after 36 bytes of the SIZ segment (ITU-T T.800 A.5.1).
        ("1.2.840.10008.1.2.4.90", b"\xff\x51", 40),
        ("1.2.840.10008.1.2.4.201", b"\xff\x51", 40),
    ],
)
def test_bits_stored_is_the_precision_of_the_codestream(transfer_syntax_uid, marker, at):
    image = pydicom.dcmread(io.BytesIO(ct_series(PHANTOM, transfer_syntax_uid)[0]))
    frame = next(generate_frames(image.PixelData, number_of_frames=1))
    precision = frame[frame.index(marker) + at] + (1 if marker == b"\xff\x51" else 0)
    assert image.BitsStored == precision
    assert image.HighBit == precision - 1


def test_files_are_the_same_each_time_and_uids_are_not_shared():
    assert ct_series(PHANTOM) == ct_series(PHANTOM)
    different = [
        ct_series(PHANTOM),
        ct_series(PHANTOM, signed=True),
        ct_series(PHANTOM, series_number=2),
        ct_series(PHANTOM, "1.2.840.10008.1.2.5"),
        ct_series(ct_phantom(4, 120, 128, noise_hu=5)),
        ct_series(ct_phantom(3, 120, 128)),
    ]
    images = [pydicom.dcmread(io.BytesIO(data)) for series in different for data in series]
    assert all(UID(image.SOPInstanceUID).is_valid for image in images)
    assert len({image.SOPInstanceUID for image in images}) == len(images)
    assert len({image.SeriesInstanceUID for image in images}) == len(different)
    assert len({image.StudyInstanceUID for image in images}) == 1
    assert len({image.FrameOfReferenceUID for image in images}) == 1


def test_captures_are_one_file_of_jpeg_frames_in_the_soft_tissue_window():
    capture = pydicom.dcmread(io.BytesIO(secondary_capture(PHANTOM, quality=95)))
    assert capture.file_meta.TransferSyntaxUID.name == "JPEG Baseline (Process 1)"
    assert capture.NumberOfFrames == 3
    assert (capture.BitsAllocated, capture.BitsStored) == (8, 8)
    assert capture.LossyImageCompression == "01"
    frames = list(generate_frames(capture.PixelData, number_of_frames=3))
    assert len(frames) == 3
    for frame, hounsfield in zip(frames, PHANTOM.hounsfield, strict=True):
        greys = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_UNCHANGED)
        # PS3.3 C.11.2.1.2.1 with center 40 and width 400.
        expected = np.clip(((hounsfield - 39.5) / 399 + 0.5) * 255, 0, 255)
        assert np.abs(greys - expected).mean() < 3


def test_a_transfer_syntax_without_an_encoder_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no encoder for transfer syntax '1\.2\.3'; there are 1"):
        ct_series(PHANTOM, "1.2.3")
