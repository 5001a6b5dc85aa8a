"""Points in time on the page: chosen by keys and by the panel, measured, run through, and kept."""

from __future__ import annotations

import re

import nibabel
import numpy as np
import pytest

_HIDDEN = "() => document.querySelector('[aria-label=\"Time point\"]').hidden"
_TEXTS = "() => [...document.querySelectorAll('#cells .annotation text')].map(t => t.textContent)"


@pytest.fixture(scope="module")
def four_d(tmp_path_factory):
    path = tmp_path_factory.mktemp("time") / "bold.nii"
    i, j, k = np.indices((20, 18, 6))
    points = [(1000 * t + 100 * k + 3 * i + j).astype(np.int16) for t in range(5)]
    image = nibabel.Nifti1Image(np.stack(points, axis=-1), np.diag((-3.0, -3.0, 4.0, 1.0)))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    return path


@pytest.fixture
def page(page_of, four_d):
    opened = page_of(four_d)
    opened.at_rest()
    return opened


def choose(page, name):
    page.use(lambda tab: tab.get_by_role("radio", name=name).check(force=True))


def text_with(page, words):
    """Wait for the server's values, and give what is written then."""
    page.wait_for(
        "([words]) => document.querySelector('#cells .annotation text')"
        "?.textContent.includes(words)",
        words,
    )
    [text] = page.run(_TEXTS)
    return text


def test_keys_go_through_time_and_show_what_python_draws(page, drawn_by):
    assert not page.run(_HIDDEN)
    page.click((0.5, 0.5))
    page.press(".", ".", ".", ",")
    page.wait_for("() => /Time 3 \\/ 5/.test(document.querySelector('#cells').textContent)")
    state = page.at_rest()
    assert (state["timePoint"], state["sliceIndex"]) == (2, 3)
    lines = page.ask("AskPython", cell=0)["python"]
    np.testing.assert_array_equal(page.canvas(), drawn_by(lines))


def test_the_panel_chooses_and_a_page_that_is_loaded_again_goes_on_there(page):
    page.say("Change", cell=0, orientation="coronal")
    page.at_rest()
    page.push("Time point")
    page.use(lambda tab: tab.get_by_label("Time point, of 5").fill("4"))
    page.press("Enter")
    assert page.at_rest()["timePoint"] == 3
    page.push(re.compile("^On$"))
    before = page.at_rest()
    assert before["timePoint"] == 4
    drawn = page.canvas()
    page.wait(0.5)
    page.use(lambda tab: tab.reload())
    page.wait_for("() => document.querySelector('#cells canvas')?.dataset.atRest === 'true'")
    after = page.at_rest()
    assert after == before
    np.testing.assert_array_equal(page.canvas(), drawn)


def test_a_region_has_the_values_of_the_point_in_time_on_show(page):
    page.click((0.5, 0.5))
    page.press("d")
    page.drag((0.45, 0.45), (0.55, 0.55))
    page.at_rest()
    first = re.search(r"Mean (\d+) ", text_with(page, "Mean"))
    page.press("w", ".")
    # Each point in time is 1000 brighter than the one before.
    assert "Time 2 / 5" in page.at_rest()["overlay"]["bottomLeft"]
    text_with(page, f"Mean {int(first[1]) + 1000} ")
    page.press(",")
    text_with(page, f"Mean {first[1]} ")


def test_a_cine_runs_through_time_where_that_is_chosen(page):
    index = page.state()["sliceIndex"]
    page.push("Speed of the run")
    choose(page, "Time")
    page.push("Run")
    seen = set()
    for _ in range(60):
        page.wait(0.1)
        state = page.state()
        assert state["sliceIndex"] == index
        seen.add(state["timePoint"])
        if seen == set(range(5)):
            break
    assert seen == set(range(5))
    assert page.state()["isCineOverTime"]
    page.press("Escape")
    page.click((0.5, 0.5))
    page.press("Space")
    assert page.at_rest()["framesPerSecond"] == 0


def test_without_points_in_time_there_is_nothing_to_choose(page_of, ct_files):
    page = page_of(ct_files[0].parent)
    page.at_rest()
    assert page.run(_HIDDEN)
    page.click((0.5, 0.5))
    page.press(".")
    assert page.at_rest()["timePoint"] == 0
    assert "StepTime" not in {message["type"] for message in page.sent}
