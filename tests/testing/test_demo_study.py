from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest

from pycornerstone.session.session import Session
from pycornerstone.testing.demo_study import DemoStudy
from pycornerstone.testing.phantoms import ct_phantom


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> DemoStudy:
    return DemoStudy.build(tmp_path_factory.mktemp("demo") / "study")


def test_every_kind_of_image_is_there(study):
    dicom = [entry for entry in study.entries if entry.kind == "dicom"]
    syntaxes = {pydicom.dcmread(entry.files[0]).file_meta.TransferSyntaxUID for entry in dicom}
    assert syntaxes >= {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.201",
    }
    colours = {pydicom.dcmread(entry.files[0]).PhotometricInterpretation for entry in dicom}
    assert colours >= {"MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL_422", "YBR_RCT"}
    assert max(entry.frames for entry in dicom) == 30
    assert {entry.kind for entry in study.entries} == {"dicom", "picture", "nifti"}
    assert all(path.is_relative_to(study.folder) for e in study.entries for path in e.files)
    assert len({entry.label for entry in study.entries}) == len(study.entries)


def test_without_a_server_there_are_image_ids_of_files(study):
    for entry in study.entries:
        scheme = {"dicom": "dicomfile", "picture": "web", "nifti": "nifti"}[entry.kind]
        found = entry.image_ids()
        assert found.keys() == {scheme}
        assert len(found[scheme]) == len(entry.files) * entry.frames
        assert found[scheme][0].startswith(f"{scheme}:{entry.files[0]}")


def test_frames_count_from_one_and_nifti_slices_from_zero(study):
    cine = next(entry for entry in study.entries if entry.frames == 30)
    (path,) = cine.files
    assert cine.image_ids()["dicomfile"][::29] == [
        f"dicomfile:{path}?frame=1",
        f"dicomfile:{path}?frame=30",
    ]
    volume = next(entry for entry in study.entries if entry.kind == "nifti")
    assert volume.image_ids()["nifti"][0] == f"nifti:{volume.files[0]}?frame=0"
    assert len(volume.image_ids()["nifti"]) == 48


def test_a_server_has_as_many_images_by_every_scheme(study):
    with study.server() as server:
        for entry in study.entries:
            found = entry.image_ids(server)
            schemes = {
                "dicom": {"dicomfile", "wadors", "wadouri", "dicomweb"},
                "picture": {"web", "http"},
                "nifti": {"nifti"},
            }
            assert found.keys() == schemes[entry.kind]
            for scheme, image_ids in found.items():
                assert len(image_ids) == len(entry.files) * entry.frames, (entry.label, scheme)
                if scheme != "dicomfile":
                    assert all(server.address in image_id for image_id in image_ids)


def test_every_image_id_is_loaded_and_all_schemes_give_the_same_samples(study):
    with study.server() as server, Session() as session:
        for entry in study.entries:
            images = {
                scheme: session.load_image(image_ids[len(image_ids) // 2]).result(timeout=30)
                for scheme, image_ids in entry.image_ids(server).items()
            }
            first, *others = images.values()
            for other in others:
                np.testing.assert_array_equal(other.pixels, first.pixels, entry.label)
                assert other.photometric_interpretation == first.photometric_interpretation


def test_the_phantom_has_its_hounsfield_units_through_every_syntax(study):
    short, whole = ct_phantom(5), ct_phantom(24)
    phantoms = [e for e in study.entries if e.label.startswith("CT phantom")]
    assert len(phantoms) == 8
    with Session() as session:
        for entry in phantoms:
            expected = whole if len(entry.files) == 24 else short
            loads = [session.load_image(i) for i in entry.image_ids()["dicomfile"]]
            found = np.stack([load.result(timeout=30).modality_values() for load in loads])
            for region in expected.known:
                values = found[expected.known_voxels(region)]
                # Noise of 6 HU: the mean of hundreds of voxels is within one.
                limit = 6 * 5 / np.sqrt(values.size)
                assert abs(values.mean() - region.hounsfield) < limit, (entry.label, region.name)


def test_it_is_built_once(study):
    times = {path: path.stat().st_mtime_ns for e in study.entries for path in e.files}
    again = DemoStudy.build(str(study.folder))
    assert again == study
    assert {path: path.stat().st_mtime_ns for path in times} == times


@pytest.mark.parametrize("fault", ["missing file", "older version", "broken table", "no table"])
def test_what_is_not_whole_is_built_anew(study, fault, tmp_path, monkeypatch):
    table = json.loads((study.folder / "demo-study.json").read_text())
    folder = tmp_path / "demo"
    folder.mkdir()
    for entry in table["entries"]:
        for name in entry["files"]:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).symlink_to(study.folder / name)
    if fault == "missing file":
        (folder / table["entries"][0]["files"][0]).unlink()
    if fault == "older version":
        table["version"] = 0
    text = "{" if fault == "broken table" else json.dumps(table)
    if fault != "no table":
        (folder / "demo-study.json").write_text(text)
    built = DemoStudy.build(folder)
    assert [entry.label for entry in built.entries] == [entry.label for entry in study.entries]
    for entry, same in zip(built.entries, study.entries, strict=True):
        for path, original in zip(entry.files, same.files, strict=True):
            assert not path.is_symlink(), "each file was written again"
            assert path.read_bytes() == original.read_bytes()


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        DemoStudy.build(tmp_path / "file" / "study")
