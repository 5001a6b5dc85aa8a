"""Orthanc, started for tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pycornerstone.testing.dicom_series import ct_series
from pycornerstone.testing.orthanc import INSTALL_LINE, OrthancServer
from pycornerstone.testing.phantoms import ct_phantom

pytestmark = pytest.mark.orthanc


def test_it_keeps_what_is_uploaded(orthanc):
    (data,) = ct_series(ct_phantom(1, 16, 16))
    url = orthanc.upload(data)
    with urllib.request.urlopen(url, timeout=10) as response:
        assert response.read() == data
    with urllib.request.urlopen(orthanc.dicomweb_url + "/studies", timeout=10) as response:
        assert len(json.load(response)) >= 1


def test_it_refuses_what_is_no_dicom(orthanc):
    with pytest.raises(RuntimeError, match="Orthanc does not take it: "):
        orthanc.upload(b"not DICOM")


def test_it_is_gone_after_it_was_stopped(orthanc):
    with OrthancServer() as other:
        address = other.address
        folder = Path(other._folder.name)
        assert folder.is_dir()
        with pytest.raises(
            RuntimeError, match=r"Orthanc is running already at http://127\.0\.0\.1:"
        ):
            other.start()
    assert not folder.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=5)
    other.close()
    with pytest.raises(RuntimeError, match="Orthanc is not running; use it by 'with' or start"):
        _ = other.dicomweb_url


def test_nothing_is_left_when_it_does_not_start(orthanc, monkeypatch, tmp_path):
    broken = tmp_path / "bin"
    broken.mkdir()
    program = broken / "Orthanc"
    program.write_text("#!/bin/sh\necho it is broken\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken), prepend=":")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(RuntimeError, match=r"did not start; its log ends with:\nit is broken"):
        OrthancServer().start()
    assert list(tmp_path.iterdir()) == [broken]


def test_what_is_missing_is_said_with_the_line_that_brings_it(monkeypatch, tmp_path):
    monkeypatch.setattr("pycornerstone.testing.orthanc._search_path", lambda: str(tmp_path))
    missing = OrthancServer.missing()
    assert missing == f"Orthanc is not installed; {INSTALL_LINE}"
    with pytest.raises(RuntimeError, match="Orthanc is not installed; apt-get install"):
        OrthancServer().start()


def test_a_missing_plugin_is_said(orthanc, monkeypatch, tmp_path):
    monkeypatch.setattr("pycornerstone.testing.orthanc._DICOMWEB_PLUGIN", tmp_path / "none.so")
    assert OrthancServer.missing() == (
        f"the DICOMweb plugin of Orthanc is not installed; {INSTALL_LINE}"
    )
