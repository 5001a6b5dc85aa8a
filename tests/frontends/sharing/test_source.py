"""What the viewer is started with: everything that is shown can be loaded by its session."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

import pycornerstone as cs
from pycornerstone.frontends.sharing.source import exhibit_of
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.dicomweb_server import SampleServer
from pycornerstone.testing.phantoms import ct_phantom
from pycornerstone.testing.pictures import nifti_phantom, png_phantom

PHANTOM = ct_phantom(slices=5, rows=32, columns=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_ct_series(folder / "ct", PHANTOM)
    (folder / "a.nii.gz").write_bytes(nifti_phantom(PHANTOM))
    (folder / "a.png").write_bytes(png_phantom(PHANTOM))
    (folder / "notes.txt").write_text("none")
    return folder


@pytest.fixture
def session():
    with cs.Session() as session:
        yield session


def kinds(exhibit):
    return sorted((str(one.kind), one.number_of_images) for one in exhibit.display_sets)


def archive(folder):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in (folder / "ct").iterdir():
            file.write(path, path.name)
    return data.getvalue()


def test_a_folder_is_listed_with_what_is_left_out_of_it(folder, session):
    exhibit = exhibit_of(folder, session)
    assert exhibit.title == folder.name
    assert kinds(exhibit) == [("single image", 1), ("volume", 5), ("volume", 5)]
    # The page begins with the first, which is that of the study.
    assert exhibit.display_sets[0].modality == "CT"
    assert len(exhibit.left_out) == 1
    assert exhibit.left_out[0].startswith("1 left out: ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ct", [("volume", 5)]),
        ("a.nii.gz", [("volume", 5)]),
        ("a.png", [("single image", 1)]),
    ],
)
def test_each_kind_of_file_is_shown_under_its_name(folder, session, name, expected):
    exhibit = exhibit_of(str(folder / name), session)
    assert kinds(exhibit) == expected
    assert exhibit.title == name


def test_a_zip_archive_is_shown_unless_it_is_unpacked(folder, session):
    assert kinds(exhibit_of(archive(folder), session)) == [("volume", 5)]


def test_files_of_one_series_are_one_volume(folder, session):
    files = sorted((folder / "ct").iterdir())
    exhibit = exhibit_of(files, session)
    assert kinds(exhibit) == [("volume", 5)]
    assert exhibit.title == f"{files[0].name} and 4 more"


def test_a_study_of_a_dicomweb_server_is_shown_under_the_name_of_its_host(folder, session):
    with SampleServer(sorted((folder / "ct").iterdir())) as server:
        [study] = session.search_studies(server.dicomweb_url).result()
        address = f"{server.dicomweb_url}/studies/{study.study_instance_uid}"
        exhibit = exhibit_of(address, session)
        assert kinds(exhibit) == [("volume", 5)]
        assert exhibit.title == "127.0.0.1"


def test_image_ids_of_a_loader_of_ones_own_are_shown(session):
    ramp = np.arange(12).reshape(3, 4)
    session.register_image_loader("ramp", lambda image_id: cs.Image(image_id, ramp))
    exhibit = exhibit_of(["ramp:a", "ramp:b"], session)
    assert sorted(name for one in exhibit.display_sets for name in one.image_ids) == [
        "ramp:a",
        "ramp:b",
    ]


def test_a_volume_of_an_array_is_loaded_by_its_session(session):
    voxels = np.arange(24).reshape(2, 3, 4)
    exhibit = exhibit_of(cs.Volume("mine", voxels), session)
    [shown] = exhibit.display_sets
    loaded = session.load_volume(shown).result()
    assert np.shares_memory(loaded.voxels, voxels)
    image = session.load_image(shown.image_ids[1]).result()
    np.testing.assert_array_equal(image.pixels, voxels[1])


def test_a_derived_volume_is_not_taken_for_what_it_was_made_of(folder, session):
    loaded = session.load_volume([f"dicomfile:{p}" for p in (folder / "ct").iterdir()]).result()
    derived = loaded.replace(voxels=loaded.voxels + 1, volume_id="brighter")
    [own] = exhibit_of(loaded, session).display_sets
    [other] = exhibit_of(derived, session).display_sets
    # The one has what its header says, the other what was computed.
    assert own.image_ids == loaded.image_ids
    shown = session.load_volume(other).result()
    np.testing.assert_array_equal(shown.voxels, loaded.voxels + 1)


def test_several_things_that_python_holds_are_shown_together(folder, session):
    volume = cs.Volume("mine", np.zeros((2, 3, 4)))
    image = cs.Image("mine:1", np.arange(6).reshape(2, 3))
    exhibit = exhibit_of([volume, image, folder / "a.png"], session)
    assert kinds(exhibit) == [("single image", 1), ("single image", 1), ("volume", 2)]
    [name] = exhibit.display_sets[1].image_ids
    assert session.load_image(name).result().pixels.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_what_was_given_is_let_go_of_at_the_end(session):
    exhibit = exhibit_of(cs.Volume("mine", np.zeros((2, 3, 4))), session)
    [shown] = exhibit.display_sets
    exhibit.close()
    session.cache.purge()
    with pytest.raises(cs.UnknownSchemeError, match="given-"):
        session.load_image(shown.image_ids[0]).result()


def test_a_stack_on_show_is_shown_with_all_its_images(folder, session):
    viewport = cs.StackViewport(8, 8, session=session)
    # In the order that somebody chose.
    names = [f"dicomfile:{path}" for path in sorted((folder / "ct").iterdir())[2:]]
    names = [*names[1:], names[0]]
    viewport.set_stack(names, 2).result()
    exhibit = exhibit_of(viewport, session)
    [shown] = exhibit.display_sets
    assert list(shown.image_ids) == names
    assert session.load_volume(shown).result().shape == (3, 32, 24)
    assert exhibit.viewport is viewport


def test_an_image_that_no_loader_knows_is_shown(session):
    viewport = cs.StackViewport(8, 8, session=session)
    viewport.show_image(cs.Image("nobody:1", np.arange(6).reshape(2, 3)))
    [shown] = exhibit_of(viewport, session).display_sets
    [name] = shown.image_ids
    assert session.load_image(name).result().pixels.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_volumes_over_each_other_are_all_listed(session):
    with cs.VolumeViewport(8, 8, session=session) as viewport:
        below, above = (cs.Volume(name, np.zeros((2, 3, 4))) for name in ("a", "b"))
        viewport.set_volumes([below, above]).result()
        assert kinds(exhibit_of(viewport, session)) == [("volume", 2), ("volume", 2)]


def test_what_is_not_there_is_said(tmp_path, session):
    with pytest.raises(cs.RetrieveError, match="is not there"):
        exhibit_of(tmp_path / "nothing", session)
    with pytest.raises(cs.LoaderError, match="no image to show"):
        exhibit_of(tmp_path, session)
    with pytest.raises(cs.LoaderError, match="can be shown, got int"):
        exhibit_of(3, session)


def test_a_volume_that_is_larger_than_the_cache_is_shown_all_the_same():
    voxels = (np.arange(40 * 100 * 100) % 997).astype(np.int16).reshape(40, 100, 100)
    with cs.Session() as session:
        session.cache.max_size_in_bytes = 200_000
        volume = cs.Volume("large", voxels)
        exhibit = exhibit_of(volume, session)
        [found] = exhibit.display_sets
        given = exhibit.volumes[found.display_set_id]
        np.testing.assert_array_equal(given.voxels, voxels)
        for k in (0, 17, 39):
            image = session.load_image(found.image_ids[k]).result(20)
            np.testing.assert_array_equal(image.pixels, voxels[k])
        # No slice holds the whole of it, nor does the cache think so.
        assert session.cache.size_in_bytes <= 200_000
        exhibit.close()
