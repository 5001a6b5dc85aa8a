"""Headers by WADO-RS: what is asked for, how often, and what is fetched with them."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from pycornerstone.errors import HttpStatusError, RetrieveError
from pycornerstone.loaders import dicomweb_headers
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.protocol import LoaderContext
from pycornerstone.loaders.unparsed_metadata import parse_in_pieces
from pycornerstone.metadata.dicom_headers import DicomHeaders
from pycornerstone.metadata.registry import MetadataRegistry
from pycornerstone.model.modules import RealWorldValueMappingModule, VoiLutModule
from pycornerstone.retrieve.http import HttpRetriever
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.testing.misbehaving_server import MisbehavingServer

JSON = "application/dicom+json"
SERIES = "/studies/1/series/2"


def instance(uid: str, **elements: object) -> dict[str, object]:
    return {
        "00080018": {"vr": "UI", "Value": [uid]},
        "00280010": {"vr": "US", "Value": [2]},
        "00280011": {"vr": "US", "Value": [3]},
        "00280008": {"vr": "IS", "Value": [2]},
        "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
        **elements,
    }


def answer(server: MisbehavingServer, path: str, *found: object, **more) -> None:
    server.answer(path, body=json.dumps(found).encode(), content_type=JSON, **more)


def base(server: MisbehavingServer, uid: str) -> str:
    return f"wadors:{server.address}{SERIES}/instances/{uid}"


def run(use):
    """Call `use` with headers and their context, and close the connections after it."""

    async def main():
        metadata, headers = MetadataRegistry(), DicomHeaders()
        metadata.add_provider(headers.provide)
        context = LoaderContext(
            metadata, headers, HttpRetriever(HttpSettings(max_retries=0, proxy=""))
        )
        try:
            return await use(DicomwebHeaders(context), context)
        finally:
            await context.http.close()

    return asyncio.run(main())


def test_instances_may_come_in_any_order(server):
    uids = ["5", "3", "4"]
    answer(server, SERIES + "/metadata", *map(instance, uids))

    async def use(headers, context):
        await headers.bring(base(server, "4"))
        return [
            context.dicom_headers.get(base(server, uid)).text(0x00080018) for uid in sorted(uids)
        ]

    assert run(use) == ["3", "4", "5"]
    assert server.requests() == 1


def test_those_who_ask_together_share_one_request(server):
    answer(server, SERIES + "/metadata", *(instance(str(n)) for n in range(20)), delay_s=0.1)

    async def use(headers, context):
        await asyncio.gather(*(headers.bring(base(server, str(n))) for n in range(20)))

    run(use)
    assert server.requests() == 1


def test_a_series_that_failed_is_asked_for_again_after_a_while(server, monkeypatch):
    monkeypatch.setattr(dicomweb_headers, "_ASKED_AGAIN_AFTER_S", 0.5)
    server.answer(SERIES + "/metadata", status=503, times=1)
    answer(server, SERIES + "/metadata", instance("3"), instance("4"), instance("5"))
    for uid in ("3", "4"):
        answer(server, f"{SERIES}/instances/{uid}/metadata", instance(uid))

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        await headers.bring(base(server, "4"))
        assert server.requests(SERIES + "/metadata") == 1
        await asyncio.sleep(0.5)
        await headers.bring(base(server, "5"))

    run(use)
    assert server.requests(SERIES + "/metadata") == 2
    assert server.requests() == 4


def test_a_header_that_was_let_go_of_comes_back(server, monkeypatch):
    answer(server, SERIES + "/metadata", instance("3"))
    answer(server, f"{SERIES}/instances/3/metadata", instance("3"))

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        context.dicom_headers.discard(base(server, "3"))
        await headers.bring(base(server, "3"))
        assert base(server, "3") in context.dicom_headers

    run(use)
    assert server.requests() == 2


@pytest.mark.parametrize("level", ["series", "instance"])
def test_what_a_user_added_meanwhile_stays(server, level):
    path = SERIES if level == "series" else f"{SERIES}/instances/3"
    answer(server, path + "/metadata", instance("3"), delay_s=0.2)
    mine = instance("3", **{"00280010": {"vr": "US", "Value": [77]}})

    async def use(headers, context):
        bringing = asyncio.create_task(headers.bring(base(server, "3")))
        await asyncio.to_thread(server.wait_until, lambda: server.requests(path + "/metadata") == 1)
        context.dicom_headers.add_json(base(server, "3"), mine)
        await bringing
        return context.dicom_headers.get(base(server, "3")).integer(0x00280010)

    assert run(use) == 77


LUT = {"00283002": {"vr": "US", "Value": [2, 0, 16]}}


def lut(address: str) -> dict[str, object]:
    return {**LUT, "00283006": {"vr": "OW", "BulkDataURI": address}}


def sequence(*items: object) -> dict[str, object]:
    return {"vr": "SQ", "Value": list(items)}


def test_luts_in_functional_groups_are_fetched_each_once(server):
    # PS3.3 C.7.6.16.2.10b: VOI LUT Sequence in the Frame VOI LUT Sequence of a frame.
    def frame(address: str) -> dict[str, object]:
        return {"00289132": sequence({"00283010": sequence(lut(address))})}

    per_frame = sequence(frame("../../../../bulk/a"), frame("/bulk/b"), frame("/bulk/a"))
    answer(server, SERIES + "/metadata", instance("3", **{"52009230": per_frame}))
    server.answer("/bulk/a", body=np.array([1, 2], "<u2").tobytes())
    server.answer("/bulk/b", body=np.array([3, 4], "<u2").tobytes())

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        assert headers.is_complete(base(server, "3"))
        return [
            context.metadata.get(VoiLutModule, f"{base(server, '3')}/frames/{n}").luts[0].entries
            for n in (1, 2, 3)
        ]

    assert [entries.tolist() for entries in run(use)] == [[1, 2], [3, 4], [1, 2]]
    assert server.requests() == 3


def test_luts_in_shared_functional_groups_are_fetched(server):
    shared = sequence({"00289132": sequence({"00283010": sequence(lut("/bulk/a"))})})
    answer(
        server,
        SERIES + "/metadata",
        instance("3", **{"52009229": shared, "52009230": sequence({}, {})}),
    )
    server.answer("/bulk/a", body=np.array([1, 2], "<u2").tobytes())

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        return context.metadata.get(VoiLutModule, f"{base(server, '3')}/frames/2").luts[0]

    assert run(use).entries.tolist() == [1, 2]


def test_real_world_values_are_fetched_as_numbers(server):
    # PS3.3 C.7.6.16.2.11: doubles.
    item = {
        "00409216": {"vr": "US", "Value": [0]},
        "00409211": {"vr": "US", "Value": [2]},
        "00409212": {"vr": "FD", "BulkDataURI": "/bulk/values"},
    }
    answer(server, SERIES + "/metadata", instance("3", **{"00409096": sequence(item)}))
    server.answer("/bulk/values", body=np.array([0.5, 1.5, 2.5], "<f8").tobytes())

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        return context.metadata.get(RealWorldValueMappingModule, base(server, "3"))

    (mapping,) = run(use).maps
    assert mapping.apply(np.array([0, 1, 2], np.uint16)).tolist() == [0.5, 1.5, 2.5]


def test_tables_that_a_user_named_are_fetched_too(server):
    server.answer("/bulk/a", body=np.array([1, 2], "<u2").tobytes())
    mine = instance("3", **{"00283010": sequence(lut("/bulk/a"))})
    before = json.dumps(mine)

    async def use(headers, context):
        context.dicom_headers.add_json(base(server, "3"), mine)
        assert not headers.is_complete(base(server, "3"))
        await headers.bring(base(server, "3"))
        return context.metadata.get(VoiLutModule, base(server, "3")).luts[0]

    assert run(use).entries.tolist() == [1, 2]
    assert json.dumps(mine) == before
    assert server.requests() == 1


def test_a_table_that_could_not_be_had_is_asked_for_again(server):
    answer(server, SERIES + "/metadata", instance("3", **{"00283010": sequence(lut("/bulk/a"))}))
    server.answer("/bulk/a", status=404, times=1)
    server.answer("/bulk/a", body=np.array([1, 2], "<u2").tobytes())

    async def use(headers, context):
        with pytest.raises(HttpStatusError):
            await headers.bring(base(server, "3"))
        await headers.bring(base(server, "3"))
        return context.metadata.get(VoiLutModule, base(server, "3")).luts[0]

    assert run(use).entries.tolist() == [1, 2]


def test_what_an_image_can_be_shown_without_is_asked_for_once(server, caplog):
    overlay = {"60003000": {"vr": "OW", "BulkDataURI": "/bulk/overlay"}}
    answer(server, SERIES + "/metadata", instance("3", **overlay))

    async def use(headers, context):
        await headers.bring(base(server, "3"))
        assert headers.is_complete(base(server, "3"))
        await headers.bring(base(server, "3"))

    run(use)
    assert server.requests("/bulk/overlay") == 1
    assert "(6000,3000) is left out" in caplog.text


def test_a_table_at_another_server_is_not_fetched_from_within_groups_either(server):
    with MisbehavingServer() as other:
        shared = sequence({"00289132": sequence({"00283010": sequence(lut(other.url("/a")))})})
        answer(server, SERIES + "/metadata", instance("3", **{"52009229": shared}))

        async def use(headers, context):
            with pytest.raises(RetrieveError, match="which is not the server that they came from"):
                await headers.bring(base(server, "3"))

        run(use)
        assert other.requests() == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"52009230": {"vr": "SQ", "Value": [None, 3, {}]}},
        {"52009230": {"vr": "SQ", "Value": "x"}},
        {"00283010": 7},
        {"00283010": {"vr": "SQ", "Value": [{"00283006": {"BulkDataURI": 5}}]}},
        {"00281201": {"vr": "OW", "BulkDataURI": ["a"]}},
    ],
)
def test_broken_metadata_name_no_tables(server, broken):
    answer(server, SERIES + "/metadata", instance("3", **broken))

    async def use(headers, context):
        await headers.bring(base(server, "3"))

    run(use)
    assert server.requests() == 1


def test_other_work_goes_on_while_megabytes_are_parsed():
    element = {f"0029{n:04X}": {"vr": "LO", "Value": [f"{n}" * 10]} for n in range(0x1000, 0x1060)}
    many = [instance(f"1.{n}", **element) for n in range(3000)]
    body = json.dumps(many).encode()
    turns = 0

    async def main():
        async def count_turns():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count_turns())
        parsed = await asyncio.to_thread(lambda: [one.found for one in parse_in_pieces(body)])
        counting.cancel()
        return parsed

    assert asyncio.run(main()) == many
    # The parser lets no other thread run: of one piece there would be a turn before, one after.
    assert turns > 10
