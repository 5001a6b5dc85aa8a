"""Providers are asked in order, and one that fails is not the end of the query."""

from __future__ import annotations

import logging
import pickle
import threading

import pytest

from pycornerstone.errors import MetadataError, MetadataProviderError
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import (
    GeneralSeriesModule,
    ImagePixelModule,
    ImagePlaneModule,
    InstanceModule,
    Module,
    PatientModule,
    ScalingModule,
)

ID = "custom1:a"


def answering(answer: object):
    def provider(type_name: str, image_id: str) -> object:
        return answer

    return provider


@pytest.fixture
def registry() -> MetadataRegistry:
    return MetadataRegistry()


def test_nobody_knows_anything_at_first(registry):
    assert registry.get(ImagePlaneModule, ID) is None
    assert registry.get("anything", ID) is None


def test_a_provider_is_told_the_name_of_the_type_and_the_image(registry):
    asked = []
    registry.add_provider(lambda type_name, image_id: asked.append((type_name, image_id)))
    registry.get(ImagePixelModule, ID)
    registry.get("imagePixelModule", "other:b")
    registry.get("petIsotopeModule", ID)
    assert asked == [
        ("imagePixelModule", ID),
        ("imagePixelModule", "other:b"),
        ("petIsotopeModule", ID),
    ]


def test_who_knows_no_plane_is_asked_for_a_calibration_too(registry):
    asked = []
    registry.add_provider(lambda type_name, image_id: asked.append((type_name, image_id)))
    assert registry.get(ImagePlaneModule, ID) is None
    assert asked == [("imagePlaneModule", ID), ("calibratedPixelSpacing", ID)]


def test_the_highest_priority_is_asked_first(registry):
    for name, priority in (("low", -1000), ("high", 100), ("middle", 0), ("half", 0.5)):
        registry.add_provider(answering(name), priority)
    assert registry.get("name", ID) == "high"


def test_among_equals_the_newest_is_asked_first(registry):
    registry.add_provider(answering("older"))
    registry.add_provider(answering("newer"))
    assert registry.get("name", ID) == "newer"


def test_the_first_that_knows_answers(registry):
    registry.add_provider(answering("below"), -1)
    registry.add_provider(answering(None), 5)
    assert registry.get("name", ID) == "below"


@pytest.mark.parametrize("answer", [0, "", False, (), {}])
def test_an_answer_that_is_empty_is_an_answer(registry, answer):
    registry.add_provider(answering("below"), -1)
    registry.add_provider(answering(answer))
    assert registry.get("custom", ID) == answer


def test_a_provider_that_is_added_again_keeps_its_place(registry):
    first, second = answering("first"), answering("second")
    registry.add_provider(first, 1)
    registry.add_provider(second, 2)
    registry.add_provider(first, 3)
    assert registry.get("name", ID) == "second"
    registry.remove_provider(first)
    registry.remove_provider(second)
    assert registry.get("name", ID) is None


def test_the_same_method_of_the_same_object_is_the_same_provider(registry):
    class Store:
        def provide(self, type_name: str, image_id: str) -> object:
            return "known"

    store = Store()
    registry.add_provider(store.provide)
    registry.add_provider(store.provide)
    registry.remove_provider(store.provide)
    assert registry.get("name", ID) is None


def test_removing_one_that_is_not_there_changes_nothing(registry):
    registry.add_provider(answering("known"))
    registry.remove_provider(answering("known"))
    assert registry.get("name", ID) == "known"


def test_all_providers_are_removed_at_once(registry):
    registry.add_provider(answering("a"))
    registry.add_provider(answering("b"), 7)
    registry.remove_all_providers()
    assert registry.get("name", ID) is None


def test_what_cannot_be_called_is_no_provider(registry):
    with pytest.raises(MetadataError, match=r"a function of \(type_name, image_id\), got dict"):
        registry.add_provider({"a": 1})


def test_a_module_is_given_as_it_is(registry):
    module = GeneralSeriesModule(modality="CT")
    registry.add_provider(answering(module))
    assert registry.get(GeneralSeriesModule, ID) is module
    assert registry.get("generalSeriesModule", ID) is module


@pytest.mark.parametrize("query", [ImagePlaneModule, "imagePlaneModule"])
def test_a_mapping_becomes_the_module_whichever_way_it_is_asked(registry, query):
    registry.add_provider(answering({"row_cosines": [1, 0, 0], "row_pixel_spacing_mm": 2}))
    assert registry.get(query, ID) == ImagePlaneModule(
        row_cosines=(1.0, 0.0, 0.0), row_pixel_spacing_mm=2.0
    )


def test_what_a_module_is_made_of_may_be_a_mapping_too(registry):
    answers = {
        "scalingModule": {"suvbw": 0.5},
        "overlayPlaneModule": {"overlays": [{"group": 0x6000, "rows": 2, "columns": 3}]},
        "cineModule": {"frame_time_vector_ms": [0, 40]},
        "instance": {"dataset": "a data set"},
    }
    registry.add_provider(lambda type_name, _: answers.get(type_name))
    assert registry.get(ScalingModule, ID).suvbw == 0.5
    assert registry.get("overlayPlaneModule", ID).overlays[0].columns == 3
    assert registry.get("cineModule", ID).frame_time_vector_ms == (0.0, 40.0)
    assert registry.get(InstanceModule, ID).dataset == "a data set"


def test_a_part_of_a_module_that_is_wrong_is_named(registry):
    registry.add_provider(answering({"overlays": [{"group": 0x6000, "rows": "2"}]}))
    with pytest.raises(MetadataProviderError, match="overlays: rows must be a whole number"):
        registry.get("overlayPlaneModule", ID)


def test_a_mapping_under_another_name_passes_unchanged(registry):
    answer = {"suvbw": 0.5}
    registry.add_provider(answering(answer))
    assert registry.get("displaySetModule", ID) is answer


def test_a_module_class_of_the_user_is_asked_for_like_the_others(registry):
    class DoseModule(Module):
        type_name = "doseModule"

    module = DoseModule()
    registry.add_provider(lambda name, _: module if name == "doseModule" else None)
    assert registry.get(DoseModule, ID) is module


@pytest.mark.parametrize("query", [dict, Module, 7, None])
def test_what_is_no_text_and_no_module_class_cannot_be_asked_for(registry, query):
    with pytest.raises(MetadataError, match=r"by text or by a module class such as ImagePlane"):
        registry.get(query, ID)


def fails(type_name: str, image_id: str) -> object:
    raise ValueError("no such slice")


def test_a_failure_that_nobody_makes_up_for_is_raised_with_its_cause(registry):
    registry.add_provider(fails)
    registry.add_provider(answering(None))
    with pytest.raises(
        MetadataProviderError,
        match=r"provider fails failed on 'imagePlaneModule' of custom1:a: ValueError: no such",
    ) as caught:
        registry.get(ImagePlaneModule, ID)
    assert isinstance(caught.value.__cause__, ValueError)
    assert (caught.value.provider, caught.value.image_id) == ("fails", ID)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_a_failure_does_not_end_the_query_and_is_logged_without_what_it_says(registry, caplog):
    registry.add_provider(fails, 10)
    registry.add_provider(answering({"patient_name": "DOE^JANE"}))
    with caplog.at_level(logging.WARNING, "pycornerstone.metadata"):
        assert registry.get(PatientModule, ID) == PatientModule(patient_name="DOE^JANE")
    (record,) = caplog.records
    assert record.getMessage() == (
        "metadata provider fails failed on 'patientModule' with ValueError; another one answered"
    )


def test_a_provider_below_the_answer_is_not_asked(registry, caplog):
    registry.add_provider(answering("known"), 1)
    registry.add_provider(fails)
    assert registry.get("name", ID) == "known"
    assert not caplog.records


def test_of_several_failures_the_first_is_raised_and_the_others_are_its_notes(registry):
    def fails_too(type_name: str, image_id: str) -> object:
        raise KeyError("rows")

    registry.add_provider(fails, 2)
    registry.add_provider(fails_too, 1)
    with pytest.raises(MetadataProviderError, match="provider fails failed") as caught:
        registry.get("name", ID)
    (note,) = caught.value.__notes__
    assert "fails_too failed on 'name' of custom1:a: KeyError: 'rows'" in note


def test_an_error_of_ours_is_told_in_its_own_words(registry):
    def refuses(type_name: str, image_id: str) -> object:
        raise MetadataError("(0028,0010) Rows is missing")

    registry.add_provider(refuses)
    with pytest.raises(
        MetadataProviderError, match=r"of custom1:a: \(0028,0010\) Rows is missing$"
    ):
        registry.get("name", ID)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_the_end_of_the_program_is_no_failure(registry, stop):
    def interrupted(type_name: str, image_id: str) -> object:
        raise stop

    registry.add_provider(interrupted)
    registry.add_provider(answering("below"), -1)
    with pytest.raises(stop):
        registry.get("name", ID)


def test_an_answer_of_the_wrong_kind_is_the_failure_of_its_provider(registry):
    registry.add_provider(answering([1, 2]), 1)
    with pytest.raises(
        MetadataProviderError,
        match=r"it gave list of 2; give ImagePlaneModule, a mapping of its fields, or None",
    ):
        registry.get(ImagePlaneModule, ID)
    registry.add_provider(answering({"slice_thickness_mm": 5}))
    assert registry.get(ImagePlaneModule, ID).slice_thickness_mm == 5


def test_require_gives_what_get_gives(registry):
    registry.add_provider(answering({"modality": "MR"}))
    assert registry.require(GeneralSeriesModule, ID).modality == "MR"
    assert registry.require("generalSeriesModule", ID).modality == "MR"


def test_require_says_who_was_asked(registry):
    registry.add_provider(answering(None))
    with pytest.raises(
        MetadataError,
        match=r"nobody knows 'imagePlaneModule' of custom1:a; asked: .*provider\. Load",
    ) as caught:
        registry.require(ImagePlaneModule, ID)
    assert caught.value.image_id == ID


def test_require_says_that_nobody_is_there_to_be_asked(registry):
    with pytest.raises(MetadataError, match="asked: nobody is registered"):
        registry.require("custom", ID)


def test_a_provider_without_a_name_is_called_by_its_class(registry):
    class Table:
        def __call__(self, type_name: str, image_id: str) -> object:
            raise LookupError("empty")

    registry.add_provider(Table())
    with pytest.raises(MetadataProviderError, match=r"provider \S*Table failed"):
        registry.get("name", ID)


def test_providers_may_come_and_go_while_others_ask(registry):
    registry.add_provider(answering("base"), -1)
    wrong: list[object] = []

    def ask() -> None:
        wrong.extend(
            answer for _ in range(2000) if (answer := registry.get("name", ID)) not in {"base", "x"}
        )

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for thread in askers:
        thread.start()
    for _ in range(200):
        provider = answering("x")
        registry.add_provider(provider)
        registry.remove_provider(provider)
    for thread in askers:
        thread.join()
    assert not wrong
    assert registry.get("name", ID) == "base"
