"""Every NIfTI file of the test data through the public way, held against nibabel.

No file is left out in silence: `NO_IMAGES` says of each one that is none why, and the files are
counted.
"""

from __future__ import annotations

import gzip
import logging
import re
import shutil
import warnings
from collections import Counter

import nibabel
import numpy as np
import pytest

from pycornerstone.errors import DecodeError, PyCornerstoneError, RetrieveError
from pycornerstone.model.modules import (
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
    NiftiModule,
    VoiLutModule,
)
from pycornerstone.session.session import Session

NAMES = (".nii", ".hdr", ".img")
FOLDERS = (
    "dcm_qa_enh", "dcm_qa_ts", "monai", "nifti-rs", "pypi-dipy", "pypi-nibabel", "pypi-nilearn",
)  # fmt: skip
# nibabel counts towards Right, Anterior, Superior; DICOM towards Left, Posterior, Superior.
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
# A header without the voxels that it is the header of, and what crashed another reader once.
NO_IMAGES = {
    "avg152T1_LR_nifti.hdr.gz": (RetrieveError, r"avg152T1_LR_nifti\.img"),
    "analyze.hdr": (RetrieveError, r"analyze\.img"),
    "nifti1.hdr": (RetrieveError, r"nifti1\.img"),
    "nifti2.hdr": (RetrieveError, r"nifti2\.img"),
    "crash-08123ef33416bd6f0c5fa63d44b681b8581d62a0": (DecodeError, "NIfTI"),
    # No size of a header that there is, and datatype -9510.
    "crash-1.nii": (DecodeError, "not a NIfTI file"),
    "crash-98aa054390f8d3f932f190dc22ef62c6ff2d6619": (DecodeError, "NIfTI"),
    "crash-d03c6346fe83a026738f6b8cd2a9335a3f8cb158": (DecodeError, "NIfTI"),
    "crash-ed7d46344d7efb3b9f0c374d66d2e02f66cc447d.nii": (DecodeError, "not a NIfTI file"),
}
# One half in gzip, one not: nibabel wants both the same, and is given a folder where they are.
HALVES = ("minimal2.hdr", "minimal2.img.gz")


@pytest.fixture(scope="module")
def files(testdata):
    """Every file that is NIfTI or Analyze by its name or by its folder."""
    found = [
        path
        for folder in FOLDERS
        for path in sorted((testdata / folder).rglob("*"))
        if path.is_file()
        and (path.name.removesuffix(".gz").endswith(NAMES) or "fuzz_artifacts" in path.parts)
    ]
    assert len(found) == 65
    return found


@pytest.fixture(scope="module")
def good(files, tmp_path_factory):
    """Those that are images, each with what nibabel reads."""
    unpacked = tmp_path_factory.mktemp("pair")
    read = []
    for path in files:
        if path.name in NO_IMAGES:
            continue
        told = path
        if path.name in HALVES:
            header = path.with_name(HALVES[0])
            told = unpacked / header.name
            shutil.copy(header, told)
            packed = path.with_name(HALVES[1]).read_bytes()
            told.with_suffix(".img").write_bytes(gzip.decompress(packed))
        read.append((path, reference(told)))
    return read


@pytest.fixture(scope="module")
def session():
    with Session() as session:
        yield session


def reference(path):
    """What nibabel reads, without its warnings of what is odd."""
    # CIFTI-2 is an image of six dimensions, and something else of nibabel's.
    kind = nibabel.Nifti2Image if ".dconn." in path.name else nibabel
    level = nibabel.imageglobals.logger.level
    nibabel.imageglobals.logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return (kind.from_filename if kind is nibabel.Nifti2Image else kind.load)(path)
    finally:
        nibabel.imageglobals.logger.setLevel(level)


def frames_of(voxels, axis="k"):
    """Slices across an axis, ``(frames, rows, columns[, samples])``, in the order of the file."""
    if voxels.dtype.names:
        voxels = np.stack([voxels[name] for name in voxels.dtype.names], axis=-1)
        samples = voxels.shape[-1:]
        voxels = voxels.reshape(*volumes_shape(voxels.shape[:-1]), *samples, order="A")
    else:
        samples = ()
        # Both sides are in Fortran's order: i is the fastest, the last axis the slowest.
        voxels = voxels.reshape(volumes_shape(voxels.shape), order="F")
    across = "ijk".index(axis)
    voxels = np.moveaxis(voxels, [3, across], [0, 1])
    # What is left of i, j, k is in that order; rows run along the later one.
    voxels = np.swapaxes(voxels, 2, 3)
    return voxels.reshape(-1, *voxels.shape[2:4], *samples)


def volumes_shape(shape):
    """Sizes along i, j and k, and how many volumes there are."""
    sizes = (*shape, 1, 1, 1)[:3]
    return (*sizes, int(np.prod(shape[3:], dtype=int)))


def index_of(axis, frame, sizes):
    """Where pixels (0, 0), (0, last) and (last, 0) of a frame are: indices (i, j, k)."""
    across = "ijk".index(axis)
    along_columns, along_rows = (n for n in range(3) if n != across)
    corners = np.zeros((3, 3))
    corners[:, across] = frame % sizes[across]
    corners[1, along_columns] = sizes[along_columns] - 1
    corners[2, along_rows] = sizes[along_rows] - 1
    return corners


def corners_of(plane):
    """Where a plane says that pixels (0, 0), (0, last) and (last, 0) are, LPS mm."""
    origin = np.asarray(plane.image_position_lps)
    row = np.asarray(plane.row_cosines) * plane.column_pixel_spacing_mm * (plane.columns - 1)
    column = np.asarray(plane.column_cosines) * plane.row_pixel_spacing_mm * (plane.rows - 1)
    return np.stack([origin, origin + row, origin + column])


def image_ids(session, path, axis="k"):
    return session.image_ids_from_nifti(path, axis=axis).result(timeout=60)


def test_every_slice_has_the_stored_values_that_nibabel_reads(good, session, report):
    equal = Counter()
    for path, expected in good:
        stored = np.asarray(expected.dataobj.get_unscaled())
        if np.iscomplexobj(stored):
            stored = np.abs(stored)
        wanted = frames_of(stored)
        names = image_ids(session, path)
        assert names[0] == f"nifti:{path}?frame=0"
        assert len(names) == len(wanted), path
        for number, (name, samples) in enumerate(zip(names, wanted, strict=True)):
            # Of long series the first, the last, and some between; the array has them all.
            if len(names) > 60 and number % 37 and number != len(names) - 1:
                continue
            image = session.load_image(name).result(timeout=60)
            assert image.pixels.dtype == samples.dtype.newbyteorder("="), path
            np.testing.assert_array_equal(image.pixels, samples, err_msg=name)
        array = session.load_array(names).result(timeout=60)
        np.testing.assert_array_equal(array, wanted, err_msg=str(path))
        equal[kind_of(expected)] += 1

    report("NIfTI files with the voxels of nibabel", equal)
    assert equal.total() == 65 - len(NO_IMAGES)
    # Two are two-dimensional and complex, three in red, green and blue.
    assert equal["complex64"] == equal["complex128"] == 1
    assert equal["RGB"] == 2
    assert equal["RGBA"] == 1


def test_every_slice_has_the_values_that_nibabel_scales_to(good, session, report):
    scaled = Counter()
    for path, expected in good:
        values = np.asanyarray(expected.dataobj)
        if values.dtype.names or np.iscomplexobj(values):
            continue
        wanted = frames_of(values)
        names = image_ids(session, path)
        for number in {0, len(names) // 2, len(names) - 1}:
            image = session.load_image(names[number]).result(timeout=60)
            np.testing.assert_allclose(
                image.modality_values(np.float64), wanted[number], rtol=1e-6, err_msg=str(path)
            )
        is_scaled = (expected.dataobj.slope, expected.dataobj.inter) != (1, 0)
        scaled["scaled" if is_scaled else "as stored"] += 1

    report("NIfTI files with the values of nibabel", scaled)
    assert scaled["scaled"] >= 3


@pytest.mark.parametrize("axis", ["i", "j"])
def test_slices_across_the_other_axes_have_the_voxels_of_nibabel(good, session, axis):
    for path, expected in good:
        stored = np.asarray(expected.dataobj.get_unscaled())
        if np.iscomplexobj(stored):
            stored = np.abs(stored)
        names = image_ids(session, path, axis)
        wanted = frames_of(stored, axis)
        assert len(names) == len(wanted), path
        array = session.load_array(names).result(timeout=60)
        np.testing.assert_array_equal(array, wanted, err_msg=str(path))
        last = session.load_image(names[-1]).result(timeout=60)
        np.testing.assert_array_equal(last.pixels, wanted[-1], err_msg=str(path))


@pytest.mark.parametrize("axis", ["i", "j", "k"])
def test_every_plane_lies_where_the_affine_says(good, session, axis):
    planes = 0
    for path, expected in good:
        affine = LPS @ expected.affine
        sizes = volumes_shape(expected.shape)[:3]
        names = image_ids(session, path, axis)
        for number, name in enumerate(names):
            plane = session.metadata.require(ImagePlaneModule, name)
            indices = np.c_[index_of(axis, number, sizes), np.ones(3)]
            wanted = (affine @ indices.T).T[:, :3]
            np.testing.assert_allclose(corners_of(plane), wanted, atol=1e-3, err_msg=name)
            spacing = np.linalg.norm(affine[:3, :3], axis=0)
            along = [n for n in range(3) if n != "ijk".index(axis)]
            assert plane.column_pixel_spacing_mm == pytest.approx(spacing[along[0]], rel=1e-5)
            assert plane.row_pixel_spacing_mm == pytest.approx(spacing[along[1]], rel=1e-5)
            planes += 1
    assert planes > 1000


def test_every_slice_says_what_it_is_a_slice_of(good, session):
    for path, expected in good:
        sizes = volumes_shape(expected.shape)
        names = image_ids(session, path)
        for number in {0, len(names) // 3, len(names) - 1}:
            about = session.metadata.require(NiftiModule, names[number])
            assert (about.frame_number, about.axis) == (number, "k")
            assert (about.slice_index, about.time_point) == (
                number % sizes[2],
                number // sizes[2],
            )
            assert about.sizes[: len(expected.shape)] == expected.shape
            assert set(about.sizes[len(expected.shape) :]) <= {1}
            pixel = session.metadata.require(ImagePixelModule, names[number])
            assert (pixel.columns, pixel.rows) == sizes[:2]
            frames = session.metadata.require(MultiframeModule, names[number])
            assert frames.number_of_frames == len(names)


def test_one_point_in_time_is_one_volume(good, session):
    several = 0
    for path, expected in good:
        sizes = volumes_shape(expected.shape)
        if sizes[3] == 1:
            continue
        last = sizes[3] - 1
        chosen = session.image_ids_from_nifti(path, time_points=[last]).result(timeout=60)
        array = session.load_array(chosen).result(timeout=60)
        stored = frames_of(np.asarray(expected.dataobj.get_unscaled()))
        np.testing.assert_array_equal(array, stored[-sizes[2] :], err_msg=str(path))
        with pytest.raises(PyCornerstoneError):
            session.image_ids_from_nifti(path, time_points=[last + 1]).result(timeout=60)
        several += 1
    assert several >= 8


def test_cal_min_and_cal_max_are_the_window(good, session, report):
    windows = Counter()
    for path, expected in good:
        lower, upper = float(expected.header["cal_min"]), float(expected.header["cal_max"])
        name = image_ids(session, path)[0]
        told = session.metadata.get(VoiLutModule, name)
        if not upper > lower:
            about = session.metadata.require(NiftiModule, name)
            assert about.calibration_range is None, path
            continue
        (window,) = told.windows
        assert window.bounds(told.function) == pytest.approx((lower, upper), rel=1e-6)
        windows[path.name] += 1

    report("NIfTI files with a window of their own", windows)
    assert set(windows) == {"example4d.nii.gz", "example_nifti2.nii.gz", "functional.nii"}


def test_header_extensions_are_kept(good, session, report):
    kept = Counter()
    for path, expected in good:
        name = image_ids(session, path)[0]
        extensions = session.metadata.require(NiftiModule, name).extensions
        # nibabel reads on where voxels begin, and takes CIFTI's for itself.
        if ".dconn." in path.name:
            assert [one.code for one in extensions] == [32]
            assert b"<CIFTI" in extensions[0].content
            kept["CIFTI"] += 1
            continue
        wanted = getattr(expected.header, "extensions", [])
        assert [one.code for one in extensions] == [one.get_code() for one in wanted], path
        for ours, theirs in zip(extensions, wanted, strict=True):
            # It cuts the padding off.
            raw = theirs._mangle(theirs.get_content())
            raw = raw.encode() if isinstance(raw, str) else raw
            assert ours.content.rstrip(b"\0") == raw.rstrip(b"\0"), path
            kept[str(ours.code)] += 1

    report("extensions of NIfTI files", kept)
    assert kept.total() >= 6


def test_files_that_are_no_images_say_why(files, session, report):
    refused = Counter()
    for path in files:
        if path.name not in NO_IMAGES:
            continue
        kind, message = NO_IMAGES[path.name]
        for ask in (session.image_ids_from_nifti, lambda path: session.load_image(f"nifti:{path}")):
            # A header alone is read, and its voxels are missed when they are asked for.
            error = ask(path).exception(timeout=60)
            if error is None and ask == session.image_ids_from_nifti:
                assert path.name.removesuffix(".gz").endswith(".hdr")
                continue
            assert isinstance(error, kind), (path, error)
            assert re.search(message, str(error)), (path, str(error))
        refused[kind.__name__] += 1

    report("NIfTI files with a typed error", refused)
    assert refused.total() == len(NO_IMAGES)


def kind_of(expected):
    """Name the samples of a file."""
    dtype = expected.get_data_dtype()
    return "".join(dtype.names) if dtype.names else dtype.name
