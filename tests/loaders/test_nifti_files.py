"""NIfTI from everywhere, in pairs, across any axis, as lists and arrays: against nibabel."""

from __future__ import annotations

import asyncio
import gc
import gzip
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest

from pycornerstone.codecs import gzip as gzip_codec
from pycornerstone.errors import (
    DecodeError,
    HttpStatusError,
    ImageIdError,
    LoaderError,
    PyCornerstoneError,
    RetrieveError,
)
from pycornerstone.loaders import nifti_files, nifti_headers, nifti_volume
from pycornerstone.model.limits import LoadLimits
from pycornerstone.model.modules import (
    ImagePixelModule,
    ImagePlaneModule,
    MultiframeModule,
    NiftiModule,
)
from pycornerstone.session.session import Session

SHAPE = (3, 4, 5, 2)
# One voxel says where it is: 1000 t + 100 i + 10 j + k.
SERIES = np.tensordot(np.int16([100, 10, 1, 1000]), np.indices(SHAPE, np.int16), axes=1)
AFFINE = np.array([[-2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])
WAIT_S = 30


@pytest.fixture
def inflated(monkeypatch):
    """Note every whole decompression, and do it."""
    done = []

    def gunzip(*arguments):
        done.append(threading.current_thread().name)
        return real(*arguments)

    real = nifti_volume.gunzip
    monkeypatch.setattr(nifti_volume, "gunzip", gunzip)
    return done


def single(voxels=SERIES):
    return nibabel.Nifti1Image(voxels, AFFINE).to_bytes()


def pair(voxels=SERIES, image_class=nibabel.Nifti1Pair):
    """Give the bytes of a header and of its voxels, as nibabel writes them."""
    image = image_class(voxels, AFFINE)
    files = image_class.make_file_map(
        {name: nibabel.fileholders.FileHolder(fileobj=None) for name in ("header", "image")}
    )
    import io

    for holder in files.values():
        holder.fileobj = io.BytesIO()
    image.to_file_map(files)
    return tuple(files[name].fileobj.getvalue() for name in ("header", "image"))


def cut(voxels, axis, frame):
    """Cut a slice out of (i, j, k, t), as (rows, columns): the higher of the other axes first."""
    number = "ijk".index(axis)
    volume, index = divmod(frame, voxels.shape[number])
    return np.take(voxels[..., volume], index, axis=number).T


def mapped_in(folder):
    """Give the files of a folder that are in this process's memory."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("what is mapped is known on Linux only")
    lines = maps.read_text(encoding="utf-8").splitlines()
    return {line[line.index(str(folder)) :] for line in lines if str(folder) in line}


def changed(data, at, new):
    """Put other bytes into a header."""
    return data[:at] + new + data[at + len(new) :]


def volumes_in_memory():
    """Count the files that somebody keeps open."""
    # isinstance asks an object for its class, and one of another library may warn at that.
    return sum(type(one) is nifti_volume.NiftiVolume for one in gc.get_objects())


def load(session, image_id):
    return session.load_image(image_id).result(WAIT_S)


# Axes.


@pytest.mark.parametrize("axis", ["i", "j", "k"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_slices_across_any_axis_are_those_of_the_voxels_and_lie_where_the_affine_says(
    session, tmp_path, axis, compress
):
    path = tmp_path / "a.nii"
    path.write_bytes(compress(single()))
    number = "ijk".index(axis)
    across, down = (n for n in range(3) if n != number)
    for frame in range(SHAPE[number] * 2):
        image = load(session, f"nifti:{path}?frame={frame}&axis={axis}")
        np.testing.assert_array_equal(image.pixels, cut(SERIES, axis, frame))
        for column, row in ((0, 0), (2, 1)):
            index = [0, 0, 0, 1]
            index[number] = frame % SHAPE[number]
            index[across], index[down] = column, row
            expected = [-1, -1, 1] * (AFFINE @ index)[:3]
            place = image.geometry.affine @ [column, row, 0, 1]
            np.testing.assert_allclose(place[:3], expected, atol=1e-6)


@pytest.mark.parametrize("axis", ["x", "", "K", "k,j", "3"])
def test_an_axis_that_there_is_not_is_no_imageid(session, tmp_path, axis):
    (tmp_path / "a.nii").write_bytes(single())
    with pytest.raises(ImageIdError, match=f"axis '{axis}' of .* is none of i, j and k"):
        load(session, f"nifti:{tmp_path / 'a.nii'}?axis={axis}")


def test_frames_are_counted_across_the_axis_that_is_asked_for(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(single())
    base = f"nifti:{tmp_path / 'a.nii'}"
    with pytest.raises(ImageIdError, match="it has 6 slices across i, numbered from 0 to 5"):
        load(session, f"{base}?frame=6&axis=i")
    assert session.metadata.get(MultiframeModule, f"{base}?axis=j").number_of_frames == 8
    assert session.metadata.get("frameImageIds", f"{base}?axis=j&frame=3") == tuple(
        f"{base}?frame={frame}&axis=j" for frame in range(8)
    )
    assert session.metadata.get("baseImageId", f"{base}?axis=k&frame=3") == base


def test_a_frame_of_thousands_of_digits_is_no_imageid(session):
    with pytest.raises(ImageIdError, match="more digits than any file has slices"):
        load(session, f"nifti:/a.nii?frame={'9' * 5000}")


def test_an_imageid_without_a_file_says_so(session):
    with pytest.raises(ImageIdError, match="names no file"):
        load(session, "nifti:?frame=2")


# Lists.


@pytest.mark.parametrize("axis", ["i", "j", "k"])
def test_the_slices_of_a_file_are_listed_and_each_of_them_loads(session, tmp_path, axis):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii.gz", axis=axis).result(WAIT_S)
    assert len(image_ids) == SHAPE["ijk".index(axis)] * 2
    assert tuple(image_ids) == session.metadata.get("frameImageIds", image_ids[0])
    for frame, image_id in enumerate(image_ids):
        np.testing.assert_array_equal(load(session, image_id).pixels, cut(SERIES, axis, frame))


def test_points_in_time_are_chosen_in_the_order_that_is_asked_for(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(single())

    def frames(points):
        listed = session.image_ids_from_nifti(tmp_path / "a.nii", time_points=points)
        return [int(image_id.rpartition("=")[2]) for image_id in listed.result(WAIT_S)]

    assert frames(None) == list(range(10))
    assert frames(1) == frames(np.int64(1)) == [5, 6, 7, 8, 9]
    assert frames([1, 0]) == [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]
    assert frames(()) == []


def test_volumes_of_five_dimensions_follow_each_other_along_time_first(session, tmp_path):
    voxels = np.arange(2 * 3 * 4 * 5 * 6, dtype=np.int32).reshape((2, 3, 4, 5, 6), order="F")
    (tmp_path / "a.nii").write_bytes(nibabel.Nifti1Image(voxels, AFFINE).to_bytes())
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii", time_points=[7]).result(WAIT_S)
    assert len(image_ids) == 4
    # The eighth volume: t runs fastest, so it is t = 2 of the second along the fifth axis.
    np.testing.assert_array_equal(load(session, image_ids[3]).pixels, voxels[:, :, 3, 2, 1].T)
    about = session.metadata.get(NiftiModule, image_ids[3])
    assert (about.time_point, about.slice_index) == (7, 3)


@pytest.mark.parametrize("points", [2, -1, [0, 5], ["1"], [1.0]])
def test_a_point_in_time_that_there_is_not_is_told(session, tmp_path, points):
    (tmp_path / "a.nii").write_bytes(single())
    listed = session.image_ids_from_nifti(tmp_path / "a.nii", time_points=points)
    with pytest.raises(ImageIdError, match="is not in the NIfTI file: it has 2, numbered from 0"):
        listed.result(WAIT_S)


def test_a_file_of_this_machine_is_listed_without_reading_it_whole(session, tmp_path, inflated):
    data = gzip.compress(single())
    (tmp_path / "a.nii.gz").write_bytes(data)
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii.gz").result(WAIT_S)
    assert session.metadata.get(ImagePixelModule, image_ids[0]).columns == 3
    assert inflated == []


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_of_a_file_on_a_server_the_beginning_says_all_that_is_asked(session, server, compress):
    noise = np.random.default_rng(0).integers(-9999, 9999, (256, 256, 40), np.int16)
    server.answer("/a", body=compress(single(noise)), content_type="application/octet-stream")
    with pytest.raises(HttpStatusError, match="404"):
        session.image_ids_from_nifti(server.url("/b")).result(WAIT_S)
    image_ids = session.image_ids_from_nifti(server.url("/a")).result(WAIT_S)
    assert image_ids[1] == f"nifti:{server.url('/a')}?frame=1"
    assert len(image_ids) == 40
    # Known before anything was loaded.
    assert session.metadata.get(ImagePlaneModule, image_ids[1]).image_position_lps == (-10, -20, 34)
    np.testing.assert_array_equal(load(session, image_ids[39]).pixels, noise[:, :, 39].T)


def test_a_list_keeps_the_query_of_an_address(session, server):
    server.answer("/a?key=1", body=single())
    image_ids = session.image_ids_from_nifti(server.url("/a?key=1"), axis="j").result(WAIT_S)
    assert image_ids[2] == f"nifti:{server.url('/a?key=1')}&frame=2&axis=j"
    np.testing.assert_array_equal(load(session, image_ids[2]).pixels, SERIES[:, 2, :, 0].T)


def test_extensions_of_a_file_on_a_server_come_with_its_list_however_long(session, server):
    image = nibabel.Nifti1Image(SERIES, AFFINE)
    comment = bytes(range(256)) * 1000
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, comment))
    server.answer("/a", body=gzip.compress(image.to_bytes()))
    image_ids = session.image_ids_from_nifti(server.url("/a")).result(WAIT_S)
    for _ in range(2):
        [extension] = session.metadata.get(NiftiModule, image_ids[0]).extensions
        assert extension.content.startswith(comment)
        # They stay when the file has been read.
        load(session, image_ids[0])


def test_what_is_no_nifti_file_is_not_listed(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(b"%PDF-1.7" * 100)
    with pytest.raises(DecodeError, match="not a NIfTI file"):
        session.image_ids_from_nifti(tmp_path / "a.nii").result(WAIT_S)
    with pytest.raises(RetrieveError, match="there is no file"):
        session.image_ids_from_nifti(tmp_path / "none.nii").result(WAIT_S)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_what_cannot_hold_its_slices_is_not_listed_where_its_length_is_known(
    session, tmp_path, compress
):
    # 3 x 4 x 5 voxels of 16 bits at 32,767 points in time, behind 352 bytes of header.
    lie = changed(single(), 48, struct.pack("<h", 32767))
    (tmp_path / "a.nii").write_bytes(compress(lie))
    for source in (tmp_path / "a.nii", compress(lie)):
        with pytest.raises(DecodeError, match="which need 3932392 bytes, but"):
            session.image_ids_from_nifti(source).result(WAIT_S)
    # What it says may still be asked for.
    image_id = f"nifti:{tmp_path / 'a.nii'}?frame=0"
    assert session.metadata.get(ImagePixelModule, image_id).number_of_frames == 5 * 32767


def test_slices_that_no_file_has_are_not_listed(session, server):
    # Of a file on a server, the length is not known. dim[5] to dim[7], which dim[0] says there are.
    lie = changed(changed(single(), 50, struct.pack("<3h", 32767, 32767, 2)), 40, b"\x07\0")
    server.answer("/a", body=lie, content_type="application/octet-stream")
    # 5 slices of 2 x 32767 x 32767 x 2 points.
    with pytest.raises(DecodeError, match="21473525780 slices across k, more than the 1048576"):
        session.image_ids_from_nifti(server.url("/a")).result(WAIT_S)
    image_ids = session.image_ids_from_nifti(server.url("/a"), time_points=[1]).result(WAIT_S)
    assert len(image_ids) == 5
    assert session.metadata.get("frameImageIds", image_ids[0]) is None


def test_more_slices_than_64_bits_can_count_are_not_listed(session, server):
    image = nibabel.Nifti2Image(SERIES, AFFINE)
    # nifti2.h: dim is eight numbers of 64 bits from byte 16 on.
    lie = changed(image.to_bytes(), 16, struct.pack("<8q", 7, 3, 4, 5, *[2**62] * 4))
    server.answer("/a", body=lie, content_type="application/octet-stream")
    with pytest.raises(DecodeError, match="more than the 1048576"):
        session.image_ids_from_nifti(server.url("/a")).result(WAIT_S)


def test_a_header_that_never_comes_is_not_waited_for(session, server, monkeypatch):
    # Members of gzip that hold nothing, 20 bytes each, and the header behind 600,000 of them.
    monkeypatch.setattr(nifti_headers, "LARGEST_EXTENT", 1 << 16)
    server.answer("/a", body=gzip.compress(b"") * 30_000 + gzip.compress(single()))
    with pytest.raises(DecodeError, match="not a NIfTI file"):
        session.image_ids_from_nifti(server.url("/a")).result(WAIT_S)


# Sources.


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_bytes_load_like_a_file_until_they_are_let_go_of(session, compress):
    address = session.hold_bytes(compress(single()))
    image_id = f"nifti:{address}?frame=7"
    assert session.metadata.get(ImagePixelModule, image_id).rows == 4
    np.testing.assert_array_equal(load(session, image_id).pixels, SERIES[:, :, 2, 1].T)
    session.release_bytes(address)
    with pytest.raises(RetrieveError, match=address):
        load(session, image_id)


def test_what_was_inflated_of_bytes_is_forgotten_with_them(session):
    address = session.hold_bytes(gzip.compress(single()))
    load(session, f"nifti:{address}?frame=8")
    gc.collect()
    before = volumes_in_memory()
    session.release_bytes(address)
    gc.collect()
    assert volumes_in_memory() == before - 1


def test_bytes_are_listed_and_held(session):
    image_ids = session.image_ids_from_nifti(gzip.compress(single())).result(WAIT_S)
    np.testing.assert_array_equal(load(session, image_ids[9]).pixels, SERIES[:, :, 4, 1].T)


def test_a_data_url_loads(session):
    import base64

    text = base64.b64encode(gzip.compress(single())).decode()
    image_id = f"nifti:data:application/gzip;base64,{text}?frame=3&axis=j"
    np.testing.assert_array_equal(load(session, image_id).pixels, SERIES[:, 3, :, 0].T)


def test_files_of_fsspec_load_and_are_opened_once(session, inflated):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/nifti-test/a.nii.gz", gzip.compress(single()))
    address = "memory://nifti-test/a.nii.gz"
    image_ids = session.image_ids_from_nifti(address).result(WAIT_S)
    for frame in (3, 8):
        volume, k = divmod(frame, 5)
        image = load(session, image_ids[frame])
        np.testing.assert_array_equal(image.pixels, SERIES[:, :, k, volume].T)
    assert len(inflated) == 1
    memory.rm("/nifti-test", recursive=True)


def test_files_in_an_archive_are_opened_anew_once_it_changed(session, tmp_path):
    pytest.importorskip("fsspec")
    image_id = f"nifti:zip://brain/a.nii.gz::{(tmp_path / 'a.zip').as_uri()}?frame=3"
    for added in (0, 1):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("brain/a.nii.gz", gzip.compress(single(SERIES + added)))
            archive.comment = b"x" * added
        assert load(session, image_id).pixels[0, 0] == 3 + added


# Pairs.


@pytest.mark.parametrize(
    "image_class", [nibabel.Nifti1Pair, nibabel.Nifti2Pair, nibabel.AnalyzeImage]
)
@pytest.mark.parametrize(
    ("header_name", "voxels_name"),
    [("a.hdr", "a.img"), ("A.HDR", "A.IMG"), ("a.Hdr", "a.Img"), ("a.hdr.gz", "a.img.gz"),
     ("a.hdr", "a.img.gz"), ("a.hdr.gz", "a.img"), ("b.img.hdr", "b.img.img")],
)  # fmt: skip
def test_a_pair_loads_by_the_name_of_either_file(
    session, tmp_path, image_class, header_name, voxels_name
):
    for name, data in zip((header_name, voxels_name), pair(image_class=image_class), strict=True):
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    places = set()
    for name in (header_name, voxels_name):
        image_id = f"nifti:{tmp_path / name}?frame=7"
        # Known before it is loaded.
        assert session.metadata.get(ImagePixelModule, image_id).rows == 4
        image = load(session, image_id)
        np.testing.assert_array_equal(image.pixels, SERIES[:, :, 2, 1].T)
        assert len(session.image_ids_from_nifti(tmp_path / name).result(WAIT_S)) == 10
        places.add(session.metadata.get(ImagePlaneModule, image_id).frame_of_reference_uid)
    assert len(places) == 1


def test_both_files_of_a_pair_share_one_decompression(session, tmp_path, inflated):
    for name, data in zip(("a.hdr", "a.img.gz"), pair(), strict=True):
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    asked = [
        f"nifti:{tmp_path / name}?frame={k}" for k in range(10) for name in ("a.hdr", "a.img.gz")
    ]
    loads = [session.load_image(image_id) for image_id in asked]
    for number, promised in enumerate(loads):
        volume, k = divmod(number // 2, 5)
        np.testing.assert_array_equal(promised.result(WAIT_S).pixels, SERIES[:, :, k, volume].T)
    assert len(inflated) == 1


def test_a_pair_is_opened_once_though_one_of_its_names_is_slower(
    session, tmp_path, inflated, monkeypatch
):
    header, voxels = pair()
    (tmp_path / "a.hdr").write_bytes(header)
    (tmp_path / "a.img.gz").write_bytes(gzip.compress(voxels))
    opened, real = threading.Event(), nifti_files.read_single_header

    def slower_for_voxels(data):
        if gzip_codec.is_gzip(data):
            opened.wait(WAIT_S)
        return real(data)

    monkeypatch.setattr(nifti_files, "read_single_header", slower_for_voxels)
    by_voxels = session.load_image(f"nifti:{tmp_path / 'a.img.gz'}?frame=1")
    load(session, f"nifti:{tmp_path / 'a.hdr'}?frame=0")
    opened.set()
    np.testing.assert_array_equal(by_voxels.result(WAIT_S).pixels, SERIES[:, :, 1, 0].T)
    assert len(inflated) == 1


def test_a_pair_is_opened_anew_when_either_file_changes(session, tmp_path):
    header, voxels = pair()
    (tmp_path / "a.hdr").write_bytes(header)
    (tmp_path / "a.img").write_bytes(voxels)
    image_id = f"nifti:{tmp_path / 'a.hdr'}?frame=1"
    assert load(session, image_id).pixels[0, 0] == 1
    (tmp_path / "a.img").write_bytes(pair(SERIES + 7)[1] + b"\0")
    assert load(session, image_id).pixels[0, 0] == 8
    (tmp_path / "a.hdr").write_bytes(pair(SERIES[:, :, :2])[0] + bytes(8))
    with pytest.raises(ImageIdError, match="it has 4 slices"):
        load(session, f"nifti:{tmp_path / 'a.hdr'}?frame=9")


@pytest.mark.parametrize("named", ["a.hdr", "a.img.gz"])
def test_a_pair_on_a_server_keeps_its_query(session, server, named):
    header, voxels = pair()
    server.answer("/a.hdr?key=1", body=header)
    server.answer("/a.img.gz?key=1", body=gzip.compress(voxels))
    image_ids = session.image_ids_from_nifti(server.url(f"/{named}?key=1")).result(WAIT_S)
    np.testing.assert_array_equal(load(session, image_ids[7]).pixels, SERIES[:, :, 2, 1].T)


def test_a_pair_of_fsspec_loads(session):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for name, data in zip(("b.hdr", "b.img"), pair(), strict=True):
        memory.pipe(f"/nifti-pair/{name}", data)
    image_ids = session.image_ids_from_nifti("memory://nifti-pair/b.img").result(WAIT_S)
    np.testing.assert_array_equal(load(session, image_ids[7]).pixels, SERIES[:, :, 2, 1].T)
    memory.rm("/nifti-pair", recursive=True)


@pytest.mark.parametrize(
    ("there", "missing", "what"), [("a.hdr", "a.img", "voxels"), ("a.img", "a.hdr", "header")]
)
def test_half_a_pair_says_what_was_looked_for(session, tmp_path, there, missing, what):
    data = dict(zip(("a.hdr", "a.img"), pair(), strict=True))[there]
    (tmp_path / there).write_bytes(data)
    expected = (
        rf"one file of a pair, whose {what} would be in .*{missing} or .*{missing}\.gz, which"
    )
    with pytest.raises(RetrieveError, match=expected):
        load(session, f"nifti:{tmp_path / there}")
    if what == "header":
        with pytest.raises(RetrieveError, match=expected):
            session.image_ids_from_nifti(tmp_path / there).result(WAIT_S)
        with pytest.raises(PyCornerstoneError, match=expected):
            session.metadata.get(ImagePixelModule, f"nifti:{tmp_path / there}")


def test_half_a_pair_on_a_server_says_what_was_looked_for(session, server):
    server.answer("/a.hdr", body=pair()[0])
    with pytest.raises(RetrieveError, match=r"voxels would be in http.*/a\.img or .*\.img\.gz"):
        load(session, f"nifti:{server.url('/a.hdr')}")


def test_a_server_that_fails_is_not_taken_for_one_that_lacks_the_file(session, server):
    server.answer("/a.hdr", body=pair()[0])
    server.answer("/a.img", status=401)
    with pytest.raises(HttpStatusError, match="401"):
        load(session, f"nifti:{server.url('/a.hdr')}")


def test_bytes_have_no_other_half(session):
    address = session.hold_bytes(pair()[0])
    with pytest.raises(RetrieveError, match="bytes have no neighbour: give the path or URL"):
        load(session, f"nifti:{address}")


def test_the_header_of_a_pair_by_another_name_says_how_to_name_it(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(pair()[0])
    with pytest.raises(RetrieveError, match=r"is not called \.hdr; name it so"):
        load(session, f"nifti:{tmp_path / 'a.nii'}")


def test_a_single_file_by_the_name_of_a_pair_is_one(session, tmp_path):
    for name in ("a.hdr", "a.img", "b.img.gz"):
        data = single(SERIES + len(name))
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    for name in ("a.hdr", "a.img", "b.img.gz"):
        image_ids = session.image_ids_from_nifti(tmp_path / name).result(WAIT_S)
        image = load(session, image_ids[2])
        np.testing.assert_array_equal(image.pixels, (SERIES + len(name))[:, :, 2, 0].T)


def test_real_pairs_are_read_as_nibabel_reads_them(session, testdata, tmp_path):
    compared = 0
    for path in sorted((*testdata.rglob("*.hdr"), *testdata.rglob("*.hdr.gz"))):
        stem = path.name.partition(".")[0]
        files = {".hdr": path}
        for name in (f"{stem}.img.gz", f"{stem}.img"):
            if path.with_name(name).exists():
                files[".img"] = path.with_name(name)
        if len(files) == 1:
            with pytest.raises(RetrieveError, match="one file of a pair"):
                load(session, f"nifti:{path}")
            continue
        # Pairs of which one is in gzip nibabel does not find.
        for end, file in files.items():
            data = file.read_bytes()
            plain = gzip.decompress(data) if file.name.endswith(".gz") else data
            (tmp_path / (stem + end)).write_bytes(plain)
        known = nibabel.load(tmp_path / f"{stem}.hdr")
        stored = known.dataobj.get_unscaled()
        stored = stored.reshape((*stored.shape, 1, 1)[:3])
        for frame in range(stored.shape[2]):
            image = load(session, f"nifti:{path}?frame={frame}")
            np.testing.assert_array_equal(image.pixels, stored[:, :, frame].T)
            expected = [-1, -1, 1] * (known.affine @ [0, 0, frame, 1])[:3]
            np.testing.assert_allclose(image.geometry.position_lps, expected, atol=1e-4)
        compared += 1
    assert compared >= 2


# Arrays.


@pytest.mark.parametrize("axis", ["i", "j", "k"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_an_array_of_all_slices_is_the_voxels(session, tmp_path, axis, order, compress):
    header = nibabel.Nifti1Header(endianness=order)
    header.set_data_dtype(np.int16)
    image = nibabel.Nifti1Image(SERIES, AFFINE, header)
    (tmp_path / "a.nii").write_bytes(compress(image.to_bytes()))
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii", axis=axis).result(WAIT_S)
    expected = np.stack([cut(SERIES, axis, frame) for frame in range(len(image_ids))])
    array = session.load_array(image_ids).result(WAIT_S)
    assert array.dtype == np.int16
    assert array.dtype.isnative
    assert array.flags.writeable
    np.testing.assert_array_equal(array, expected)
    out = np.zeros_like(expected)
    assert session.load_array(image_ids, out=out).result(WAIT_S) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_an_array_of_complex_slices_holds_magnitudes(session, tmp_path, dtype):
    voxels = (SERIES + 1j * SERIES[::-1]).astype(dtype)
    (tmp_path / "a.nii").write_bytes(nibabel.Nifti1Image(voxels, AFFINE).to_bytes())
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii", time_points=0).result(WAIT_S)
    expected = np.abs(voxels[..., 0]).transpose(2, 1, 0)
    np.testing.assert_array_equal(session.load_array(image_ids).result(WAIT_S), expected)
    out = np.zeros_like(expected)
    session.load_array(image_ids, out=out).result(WAIT_S)
    np.testing.assert_array_equal(out, expected)


def test_an_array_of_colour_slices_has_samples_last(session, tmp_path):
    voxels = np.zeros((3, 4, 5), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    voxels["G"] = SERIES[..., 0] % 251
    (tmp_path / "a.nii.gz").write_bytes(
        gzip.compress(nibabel.Nifti1Image(voxels, AFFINE).to_bytes())
    )
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii.gz").result(WAIT_S)
    array = session.load_array(image_ids).result(WAIT_S)
    assert array.shape == (5, 4, 3, 3)
    np.testing.assert_array_equal(array[..., 1], voxels["G"].transpose(2, 1, 0))
    assert not array[..., ::2].any()


def test_an_array_does_not_change_the_file_that_is_kept(session, tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii.gz").result(WAIT_S)
    session.load_array(image_ids).result(WAIT_S)[...] = -1
    np.testing.assert_array_equal(load(session, image_ids[4]).pixels, SERIES[:, :, 4, 0].T)


def test_images_arrays_and_lists_share_one_decompression(session, tmp_path, inflated):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))
    path = tmp_path / "a.nii.gz"
    ids = {axis: session.image_ids_from_nifti(path, axis=axis).result(WAIT_S) for axis in "ijk"}
    arrays = [session.load_array(of_axis) for of_axis in ids.values()]
    loads = [session.load_image(image_id) for of_axis in ids.values() for image_id in of_axis]
    for promised in (*loads, *arrays):
        promised.result(WAIT_S)
    assert len(loads) > 20
    assert len(inflated) == 1


def test_an_array_of_several_files_has_the_slices_in_the_order_asked_for(session, tmp_path):
    files = [tmp_path / "a.nii", tmp_path / "b.nii.gz"]
    files[0].write_bytes(single())
    files[1].write_bytes(gzip.compress(single(SERIES + 5000)))
    image_ids = [f"nifti:{path}?frame={frame}" for frame in (6, 2) for path in files]
    expected = [cut(SERIES + 5000 * (n % 2), "k", frame) for n, frame in enumerate((6, 6, 2, 2))]
    np.testing.assert_array_equal(session.load_array(image_ids).result(WAIT_S), expected)


def test_an_array_of_a_file_on_a_server_makes_one_request(session, server):
    server.answer("/a.nii.gz", body=gzip.compress(single()))
    image_ids = [f"nifti:{server.url('/a.nii.gz')}?frame={frame}" for frame in range(10)]
    array = session.load_array(image_ids).result(WAIT_S)
    np.testing.assert_array_equal(array[7], SERIES[:, :, 2, 1].T)
    assert server.requests("/a.nii.gz") == 1


def test_slices_that_do_not_fit_an_array_say_so(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(single())
    image_id = f"nifti:{tmp_path / 'a.nii'}"
    with pytest.raises(LoaderError, match="its samples are 4 x 3 int16, but those of the array"):
        session.load_array([image_id], out=np.zeros((1, 4, 3), np.int32)).result(WAIT_S)
    with pytest.raises(LoaderError, match="its samples are"):
        session.load_array([image_id, f"{image_id}?axis=j"]).result(WAIT_S)


def test_an_array_that_cannot_be_had_names_the_slice(session, tmp_path):
    (tmp_path / "a.nii").write_bytes(single())
    image_ids = [f"nifti:{tmp_path / 'a.nii'}?frame={frame}" for frame in (0, 99)]
    with pytest.raises(ImageIdError, match="frame 99 is not in the NIfTI file") as raised:
        session.load_array(image_ids).result(WAIT_S)
    assert raised.value.image_id == image_ids[1]


# What fails, ends and is let go of.


def test_every_slice_of_a_damaged_file_fails_by_name_and_loads_once_it_is_mended(session, tmp_path):
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(single())[:-20])
    image_ids = [f"nifti:{path}?frame={frame}" for frame in range(10)]
    loads = [session.load_image(image_id) for image_id in image_ids]
    for image_id, promised in zip(image_ids, loads, strict=True):
        with pytest.raises(DecodeError) as raised:
            promised.result(WAIT_S)
        assert raised.value.image_id == image_id
    path.write_bytes(gzip.compress(single()))
    for frame, image_id in enumerate(image_ids):
        np.testing.assert_array_equal(load(session, image_id).pixels, cut(SERIES, "k", frame))


def test_dropping_one_slice_of_the_cache_drops_nothing_of_the_others(session, tmp_path, inflated):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))
    image_ids = session.image_ids_from_nifti(tmp_path / "a.nii.gz").result(WAIT_S)
    for image_id in image_ids:
        session.load_and_cache_image(image_id).result(WAIT_S)
    session.cache.remove(image_ids[0])
    assert session.cache.get(image_ids[1]) is not None
    np.testing.assert_array_equal(load(session, image_ids[0]).pixels, SERIES[:, :, 0, 0].T)
    assert len(inflated) == 1


def test_slices_that_wait_for_one_file_take_the_room_of_one(server):
    megabytes_21 = single(np.zeros((256, 256, 160), np.int16))
    server.answer("/a", body=megabytes_21, content_type="application/octet-stream")
    with Session(cache_size_in_bytes=100_000_000) as session:
        address = session.hold_bytes(single(np.zeros((512, 512, 60), np.int16)))
        for frame in range(60):
            session.load_and_cache_image(f"nifti:{address}?frame={frame}").result(WAIT_S)
        assert session.cache.size_in_bytes == 60 * 512 * 512 * 2
        loads = [session.load_image(f"nifti:{server.url('/a')}?frame={n}") for n in range(12)]
        assert [one.result(WAIT_S).columns for one in loads] == [256] * 12
        assert session.cache.size_in_bytes == 60 * 512 * 512 * 2


def test_a_volume_larger_than_the_limit_is_refused_before_it_is_inflated(tmp_path, inflated):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))
    (tmp_path / "a.nii").write_bytes(single())
    with Session(limits=LoadLimits(volume_bytes=500)) as session:
        with pytest.raises(DecodeError, match="more than the 500 that are allowed"):
            load(session, f"nifti:{tmp_path / 'a.nii.gz'}")
        # What is not compressed is never read as a whole.
        assert load(session, f"nifti:{tmp_path / 'a.nii'}").columns == 3
    assert inflated == []


def test_a_closed_session_holds_no_file_open(tmp_path):
    path = tmp_path / "large.nii"
    path.write_bytes(single(np.zeros((256, 256, 64), np.int16)))
    session = Session()
    load(session, f"nifti:{path}?frame=3")
    assert mapped_in(tmp_path) == {str(path)}
    session.close()
    gc.collect()
    assert mapped_in(tmp_path) == set()


def test_no_more_than_some_mapped_files_are_kept_open(session, tmp_path):
    data = single(np.zeros((256, 256, 40), np.int16))
    for number in range(20):
        (tmp_path / f"{number}.nii").write_bytes(data)
        load(session, f"nifti:{tmp_path / f'{number}.nii'}?frame=3")
    mapped = mapped_in(tmp_path)
    assert len(mapped) == 16
    assert str(tmp_path / "19.nii") in mapped


def test_an_event_loop_of_a_users_own_waits_for_slices_and_lists(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(single()))

    async def main():
        with Session() as session:
            image_ids = await session.image_ids_from_nifti(tmp_path / "a.nii.gz")
            return await asyncio.gather(*(session.load_image(one) for one in image_ids))

    images = asyncio.run(main())
    np.testing.assert_array_equal(images[8].pixels, SERIES[:, :, 3, 1].T)


# Inflating.


def test_a_volume_in_blocks_is_read(session, tmp_path):
    # As bgzip and some pipelines write them: members that follow each other (RFC 1952, 2.2).
    data = single()
    blocks = b"".join(gzip.compress(data[at : at + 100]) for at in range(0, len(data), 100))
    (tmp_path / "a.nii.gz").write_bytes(blocks)
    image = load(session, f"nifti:{tmp_path / 'a.nii.gz'}?frame=9")
    np.testing.assert_array_equal(image.pixels, SERIES[:, :, 4, 1].T)


def test_what_follows_a_first_member_that_is_enough_is_not_looked_at():
    data = gzip.compress(b"voxels" * 100)
    assert gzip_codec.gunzip(data * 2, 10_000, 600) == b"voxels" * 100
    assert gzip_codec.gunzip(data * 2, 10_000, 601) == b"voxels" * 200
    assert gzip_codec.gunzip(data * 2, 10_000) == b"voxels" * 200


def test_a_length_beyond_what_so_few_bytes_can_hold_takes_no_memory():
    data = bytearray(gzip.compress(b"a" * 1000))
    data[-4:] = b"\xff\xff\xff\xff"
    with pytest.raises(DecodeError):
        gzip_codec.gunzip(bytes(data), 1 << 40)
    assert zlib.decompress(data[10:-8], -15) == b"a" * 1000
