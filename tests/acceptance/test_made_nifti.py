"""What there is no real NIfTI file of, through the public way: files made by nibabel."""

from __future__ import annotations

import gzip
import itertools
import zipfile

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import UnsupportedEncodingError
from pycornerstone.model.modules import ImagePlaneModule, NiftiModule
from pycornerstone.session.session import Session

# nifti1.h, "datatype": all that NumPy has, but for 1 bit and 128 bits.
TYPES = (
    "u1", "i2", "i4", "f4", "c8", "f8", "i1", "u2", "u4", "i8", "u8", "c16",
)  # fmt: skip
RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([*RGB.descr, ("A", "u1")])
SHAPE = (5, 4, 3)
# Oblique and sheared, and of another size along each axis.
AFFINE = np.array([[2.0, 0.3, -0.4, 10], [-0.2, 3.0, 0.5, -20], [0.1, -0.6, 4.0, 30], [0, 0, 0, 1]])
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@pytest.fixture
def session():
    with Session() as session:
        yield session


def voxels_of(dtype, shape=SHAPE):
    """Noise over most of the range of a type."""
    dice = np.random.default_rng(7)
    if dtype.names:
        raw = dice.integers(0, 256, (*shape, dtype.itemsize), np.uint8)
        return raw.view(dtype).reshape(shape)
    if dtype.kind in "iu":
        most = np.iinfo(dtype)
        return dice.integers(most.min, most.max, shape, dtype.newbyteorder("="), endpoint=True)
    noise = dice.normal(0, 1000, shape)
    if dtype.kind == "c":
        return (noise + 1j * dice.normal(0, 1000, shape)).astype(dtype)
    return noise.astype(dtype)


def made(kind, dtype, order, folder, **header):
    """Write a file by nibabel."""
    names = {
        nibabel.Nifti1Pair: "a.img",
        nibabel.Nifti2Pair: "a.img",
        nibabel.AnalyzeImage: "a.img",
    }
    told = kind.header_class(endianness=order)
    told.set_data_dtype(dtype)
    image = kind(voxels_of(dtype), AFFINE, told)
    for name, value in header.items():
        image.header[name] = value
    path = folder / names.get(kind, "a.nii")
    image.to_filename(path)
    return path


def stacked(values):
    """Slices as ``(k, j, i)``, of colours with their samples last."""
    if values.dtype.names:
        values = np.stack([values[name] for name in values.dtype.names], axis=-1)
    return np.swapaxes(values, 0, 2)


KINDS = (nibabel.Nifti1Image, nibabel.Nifti2Image, nibabel.Nifti1Pair, nibabel.Nifti2Pair)


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_in_both_byte_orders(kind, session, tmp_path):
    for dtype, order in itertools.product([*map(np.dtype, TYPES), RGB, RGBA], "<>"):
        path = made(kind, dtype, order, tmp_path)
        read = nibabel.load(path)
        assert read.header.endianness == order
        stored = read.dataobj.get_unscaled()
        wanted = stacked(np.abs(stored) if dtype.kind == "c" else stored)

        names = session.image_ids_from_nifti(path).result(timeout=20)
        array = session.load_array(names).result(timeout=20)

        assert array.dtype == wanted.dtype.newbyteorder("="), (dtype, order)
        np.testing.assert_array_equal(array, wanted, err_msg=f"{dtype} {order}")
        for name, samples in zip(names, wanted, strict=True):
            image = session.load_image(name).result(timeout=20)
            np.testing.assert_array_equal(image.pixels, samples, err_msg=f"{dtype} {order}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("slope", "intercept"), [(2.5, -100), (0, 7), (np.nan, 7), (-1, 0)])
def test_slope_and_intercept_by_the_rule_of_the_standard(kind, slope, intercept, session, tmp_path):
    path = made(kind, np.dtype("i2"), "<", tmp_path)
    header = path.with_suffix(".hdr") if path.suffix == ".img" else path
    data = bytearray(header.read_bytes())
    told = kind.header_class(bytes(data[: kind.header_class.template_dtype.itemsize]))
    # nibabel writes a slope for itself, and so it is written over.
    told["scl_slope"], told["scl_inter"] = slope, intercept
    data[: len(told.binaryblock)] = told.binaryblock
    header.write_bytes(data)
    wanted = stacked(np.asanyarray(nibabel.load(path).dataobj))

    image = session.load_image(f"nifti:{path}?frame=1").result(timeout=20)

    np.testing.assert_allclose(image.modality_values(np.float64), wanted[1], rtol=1e-6)


@pytest.mark.parametrize(("code", "mm"), [(0, 1), (1, 1000), (2, 1), (3, 0.001)])
@pytest.mark.parametrize("axis", ["i", "j", "k"])
def test_sheared_planes_in_every_unit(code, mm, axis, session, tmp_path):
    path = made(nibabel.Nifti1Image, np.dtype("i2"), "<", tmp_path, xyzt_units=code)
    affine = np.diag([mm, mm, mm, 1]) @ LPS @ nibabel.load(path).affine
    across = "ijk".index(axis)
    low, high = (n for n in range(3) if n != across)

    names = session.image_ids_from_nifti(path, axis=axis).result(timeout=20)

    assert len(names) == SHAPE[across]
    for number, name in enumerate(names):
        plane = session.metadata.require(ImagePlaneModule, name)
        for column, row in itertools.product((0, 1, 3), (0, 2)):
            index = np.zeros(4)
            index[[across, low, high, 3]] = number, column, row, 1
            place = (
                np.asarray(plane.image_position_lps)
                + column * plane.column_pixel_spacing_mm * np.asarray(plane.row_cosines)
                + row * plane.row_pixel_spacing_mm * np.asarray(plane.column_cosines)
            )
            np.testing.assert_allclose(place, (affine @ index)[:3], rtol=1e-5, atol=1e-4 * mm)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("flips", [*itertools.product((1, -1), repeat=3)])
def test_a_file_turned_by_half_lies_where_nibabel_lays_it(kind, flips, session, tmp_path):
    # Half turns, and mirrored, at the farthest voxel of a head; its qform counts.
    affine = np.diag([*np.multiply(flips, [0.9, 1.1, 1.3]), 1.0])
    image = kind(np.zeros((256, 256, 180), np.uint8), affine)
    image.set_sform(None, 0)
    image.set_qform(affine, 1)
    path = tmp_path / "a.nii"
    image.to_filename(path)
    wanted = LPS @ nibabel.load(path).affine @ [255, 255, 179, 1]

    plane = session.metadata.require(ImagePlaneModule, f"nifti:{path}?frame=179")

    place = plane.geometry.affine @ [255, 255, 0, 1]
    np.testing.assert_allclose(place, wanted, atol=1e-3)


def test_points_in_time_of_five_dimensions(session, tmp_path):
    voxels = voxels_of(np.dtype("i2"), (5, 4, 3, 2, 6))
    path = tmp_path / "a.nii"
    nibabel.Nifti1Image(voxels, AFFINE).to_filename(path)

    everything = session.image_ids_from_nifti(path).result(timeout=20)
    some = session.image_ids_from_nifti(path, time_points=[3, 10]).result(timeout=20)

    assert len(everything) == 3 * 2 * 6
    for number, name in enumerate(everything):
        fourth, fifth = number // 3 % 2, number // 6
        image = session.load_image(name).result(timeout=20)
        np.testing.assert_array_equal(image.pixels, voxels[:, :, number % 3, fourth, fifth].T)
    assert some == [everything[3 * point + k] for point in (3, 10) for k in range(3)]
    about = session.metadata.require(NiftiModule, some[-1])
    assert (about.time_point, about.slice_index, about.frame_number) == (10, 2, 32)


def test_analyze(session, tmp_path):
    for dtype, order in itertools.product(("u1", "i2", "i4", "f4", "f8", "c8"), "<>"):
        path = made(nibabel.AnalyzeImage, np.dtype(dtype), order, tmp_path)
        read = nibabel.load(path)
        wanted = np.asanyarray(read.dataobj)
        wanted = stacked(np.abs(wanted) if dtype == "c8" else wanted)
        for asked in (path, path.with_suffix(".hdr")):
            names = session.image_ids_from_nifti(asked).result(timeout=20)
            array = session.load_array(names).result(timeout=20)
            np.testing.assert_array_equal(array, wanted, err_msg=f"{dtype} {order}")
        plane = session.metadata.require(ImagePlaneModule, names[1])
        place = (LPS @ read.affine @ [0, 0, 1, 1])[:3]
        np.testing.assert_allclose(plane.image_position_lps, place, atol=1e-3)
        assert session.metadata.require(NiftiModule, names[0]).version == 0


def test_one_bit_a_voxel_says_what_is_supported(session, tmp_path):
    path = made(nibabel.Nifti1Image, np.dtype("u1"), "<", tmp_path)
    data = bytearray(path.read_bytes())
    # datatype and bitpix, at 70 and 72.
    data[70:74] = np.array([1, 1], "<i2").tobytes()
    path.write_bytes(data)
    error = session.load_image(f"nifti:{path}?frame=0").exception(timeout=20)
    assert isinstance(error, UnsupportedEncodingError)


def test_wherever_a_file_is_it_is_the_same(session, tmp_path, testdata):
    import base64

    import fsspec

    path = testdata / "pypi-nibabel/nibabel-5.4.2/nibabel/tests/data/example4d.nii.gz"
    packed = path.read_bytes()
    wanted = np.asarray(nibabel.load(path).dataobj.get_unscaled())[:, :, 5, 1].T
    plain = tmp_path / "a b#c.nii"
    plain.write_bytes(gzip.decompress(packed))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(plain, "inner.nii")
    with fsspec.open("memory://brain/a.nii.gz", "wb") as file:
        file.write(packed)
    sources = [
        path,
        str(path),
        plain,
        packed,
        gzip.decompress(packed),
        bytearray(packed),
        memoryview(packed),
        "memory://brain/a.nii.gz",
        f"zip://inner.nii::{tmp_path}/a.zip",
        path.as_uri(),
        f"data:application/gzip;base64,{base64.b64encode(packed).decode()}",
    ]
    for source in sources:
        names = session.image_ids_from_nifti(source).result(timeout=20)
        assert len(names) == 48
        image = session.load_image(names[24 + 5]).result(timeout=20)
        np.testing.assert_array_equal(image.pixels, wanted)
        plane = session.metadata.require(ImagePlaneModule, names[29])
        assert plane.image_position_lps is not None
