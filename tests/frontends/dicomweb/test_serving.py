"""The server itself: heads, options, many at once, memory, and clients that hang up."""

from __future__ import annotations

import contextlib
import gc
import logging
import socket
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import pycornerstone as cs
from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.dicomweb.serving import serve_dicomweb

SLICES, SIDE = 300, 256
PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
ORIGIN = "https://viewer.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A series of 300 slices, 39 MB."""
    folder = tmp_path_factory.mktemp("series")
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "2.25.1", "2.25.1.1"
    dataset.FrameOfReferenceUID = "2.25.1.2"
    dataset.Modality, dataset.PatientID = "CT", "A"
    dataset.ImageOrientationPatient, dataset.PixelSpacing = [1, 0, 0, 0, 1, 0], [1, 1]
    dataset.Rows = dataset.Columns = SIDE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    for k in range(SLICES):
        dataset.SOPInstanceUID = f"2.25.1.1.{k + 1}"
        dataset.InstanceNumber = k + 1
        dataset.ImagePositionPatient = [0, 0, k]
        dataset.PixelData = np.full(SIDE * SIDE, k, "<u2").tobytes()
        dataset["PixelData"].VR = "OW"
        dataset.save_as(folder / f"{k:03}.dcm", enforce_file_format=True)
    return folder


@pytest.fixture(scope="module")
def served(serve, folder):
    return serve(folder, allowed_origins=[ORIGIN])


SERIES = "/dicom-web/studies/2.25.1/series/2.25.1.1"
INSTANCE = f"{SERIES}/instances/2.25.1.1.7"


def begin(served, path, accept):
    """Ask by a socket of our own, which can be let go of."""
    host, _, port = urlsplit(served.server.address).netloc.partition(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        f"Authorization: Bearer {served.server.token}",
        f"Accept: {accept}",
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def test_a_series_of_300_files_is_sent_without_being_held(served, folder):
    served.get(INSTANCE, "application/dicom")
    tracemalloc.start()
    try:
        with contextlib.closing(begin(served, SERIES, PARTS)) as connection:
            total = 0
            while data := connection.recv(1 << 16):
                total += len(data)
                if b"--\r\n\r\n0\r\n" in data or data.endswith(b"0\r\n\r\n"):
                    break
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    files = sum(path.stat().st_size for path in folder.iterdir())
    assert total > files > 39_000_000
    assert peak < files / 4


def test_its_parts_are_the_files(served, folder):
    parts = served.get(SERIES, PARTS).parts
    assert len(parts) == SLICES
    want = sorted(path.read_bytes() for path in folder.iterdir())
    assert sorted(body for _, body in parts) == want


def test_who_hangs_up_leaves_nothing_behind(served, folder, caplog):
    def open_files():
        found = set()
        for link in descriptors.iterdir():
            with contextlib.suppress(OSError):
                found.add(link.readlink())
        return [path for path in found if path.is_relative_to(folder)]

    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux says which files are open")
    with caplog.at_level(logging.INFO, "pycornerstone"):
        for _ in range(5):
            connection = begin(served, SERIES, PARTS)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            connection.close()
        until = time.monotonic() + 20
        while open_files() and time.monotonic() < until:
            gc.collect()
            time.sleep(0.05)
    assert open_files() == []
    assert caplog.records == []
    assert served.get("/dicom-web/studies").status == 200


def test_a_head_is_the_answer_without_its_body(served):
    for path, accept in (
        ("/dicom-web/studies", None),
        (INSTANCE + "/metadata", None),
        (INSTANCE, "application/dicom"),
        (INSTANCE + "/frames/1", "application/octet-stream"),
        (INSTANCE + "/rendered", "image/png"),
    ):
        got = served.get(path, accept)
        head = served.get(path, accept, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        for name in ("Content-Type", "Content-Length"):
            assert head.headers[name] == got.headers[name], path
    head = served.get(SERIES, PARTS, method="HEAD")
    assert (head.status, head.body) == (200, b"")


def test_options_say_what_may_be_asked(served):
    answer = served.get(INSTANCE, method="OPTIONS")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert served.get(INSTANCE, method="OPTIONS", Authorization="Bearer no").status == 401
    asked = served.get(
        INSTANCE,
        method="OPTIONS",
        Authorization="",
        Origin=ORIGIN,
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )
    assert asked.status == 204
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert served.get(INSTANCE, method="OPTIONS", Origin="https://other.example").status == 403
    for method in ("POST", "PUT", "DELETE"):
        assert served.get(INSTANCE, method=method).status == 405


def test_files_are_given_in_ranges(served, folder):
    whole = served.get(INSTANCE, "application/dicom").body
    part = served.get(INSTANCE, "application/dicom", Range="bytes=128-131")
    assert (part.status, part.body) == (206, b"DICM")
    assert part.headers["Content-Range"] == f"bytes 128-131/{len(whole)}"


def test_many_are_answered_at_once(served):
    def ask(k):
        where = f"{SERIES}/instances/2.25.1.1.{k + 1}/frames/1"
        answer = served.get(where, "application/octet-stream")
        return set(np.frombuffer(answer.body, "<u2"))

    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(ask, range(48))) == [{k} for k in range(48)]
    busy = [one for one in threading.enumerate() if "AnyIO worker" in one.name]
    assert len(busy) <= 40


def test_every_series_of_a_viewer_that_starts_is_found(served):
    """The requests of OHIF's data source, in their order."""
    fields = "includefield=00081030%2C00080060"
    studies = served.get(f"/dicom-web/studies?limit=101&offset=0&fuzzymatching=false&{fields}")
    [study] = studies.json
    uid = study["0020000D"]["Value"][0]
    fields = "includefield=0008103E%2C00200011%2C00080021"
    [series] = served.get(f"/dicom-web/studies/{uid}/series?{fields}").json
    where = f"/dicom-web/studies/{uid}/series/{series['0020000E']['Value'][0]}"
    metadata = served.get(where + "/metadata", "application/dicom+json").json
    assert len(metadata) == SLICES == series["00201209"]["Value"][0]
    uid = metadata[0]["00080018"]["Value"][0]
    accept = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
    [(kind, body)] = served.get(f"{where}/instances/{uid}/frames/1", accept).parts
    assert kind == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    assert len(body) == 2 * SIDE * SIDE


def test_a_folder_without_anything_to_serve_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("text")
    with cs.Session() as session, pytest.raises(PyCornerstoneError, match="nothing to serve"):
        serve_dicomweb(tmp_path, session=session)


def test_a_folder_of_reports_alone_is_served(serve, testdata, tmp_path, path_of):
    report = testdata / "dcmqi/data/sr-example/sr.dcm"
    (tmp_path / "report").write_bytes(report.read_bytes())
    served = serve(tmp_path)
    where = path_of(pydicom.dcmread(report))
    assert served.get(where, "application/dicom").body == report.read_bytes()
