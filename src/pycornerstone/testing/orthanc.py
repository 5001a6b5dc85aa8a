"""Orthanc, an image archive that many have, started for a test and taken away after it.

Debian and Ubuntu: ``apt-get install --no-install-recommends orthanc orthanc-dicomweb``. The plugin
orthanc-gdcm is left out on purpose: it crashes on JPEG 2000.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["INSTALL_LINE", "OrthancServer"]

INSTALL_LINE = "apt-get install --no-install-recommends orthanc orthanc-dicomweb"
"""What brings Orthanc and its DICOMweb plugin on Debian and Ubuntu."""

_DICOMWEB_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_READY_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 10.0
# The port is found free and then given away; another process may be quicker.
_ATTEMPTS = 3


class OrthancServer:
    """An empty Orthanc with DICOMweb on a free port of 127.0.0.1.

    It answers this machine only, has no DICOM port, and keeps what it is given in a temporary
    folder that goes with it. Use it by ``with``.

    Parameters
    ----------
    credentials : tuple of str, optional
        User name and password without which it answers with 401; by default it asks for none.

    Examples
    --------
    >>> with OrthancServer() as orthanc:  # doctest: +SKIP
    ...     orthanc.upload(Path("a.dcm").read_bytes())
    ...     url = orthanc.dicomweb_url + "/studies"
    """

    def __init__(self, *, credentials: tuple[str, str] | None = None) -> None:
        self._credentials = credentials
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._port = 0

    @staticmethod
    def missing() -> str | None:
        """Say what is not installed and how to get it; None if all is there."""
        if shutil.which("Orthanc", path=_search_path()) is None:
            return f"Orthanc is not installed; {INSTALL_LINE}"
        if not _DICOMWEB_PLUGIN.exists():
            return f"the DICOMweb plugin of Orthanc is not installed; {INSTALL_LINE}"
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """``http://127.0.0.1:PORT``.

        Raises
        ------
        RuntimeError
            If it is not running.
        """
        if self._process is None:
            raise RuntimeError("Orthanc is not running; use it by 'with' or start()")
        return f"http://127.0.0.1:{self._port}"

    @property
    def dicomweb_url(self) -> str:
        """Base of WADO-RS and QIDO-RS; ``/studies`` comes after it."""
        return self.address + "/dicom-web"

    @property
    def wado_uri_url(self) -> str:
        """Address of WADO-URI; ``?requestType=WADO&...`` comes after it."""
        return self.address + "/wado"

    def start(self) -> None:
        """Start it; returns when it answers.

        Raises
        ------
        RuntimeError
            If it is not installed, runs already, or does not start; the end of its log is told.
        """
        if self._process is not None:
            raise RuntimeError(f"Orthanc is running already at {self.address}")
        missing = self.missing()
        if missing is not None:
            raise RuntimeError(missing)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._start()
            except RuntimeError:
                self.close()
                if attempt == _ATTEMPTS:
                    raise
            except BaseException:
                self.close()
                raise
            else:
                return

    def upload(self, data: bytes) -> str:
        """Store a DICOM Part 10 file, and give the address of the file as Orthanc has it.

        Raises
        ------
        RuntimeError
            If Orthanc does not take it.
        """
        url = f"{self.address}/instances"
        try:
            with self._open(url, data, timeout_s=30) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"Orthanc does not take it: {error.read()!r}") from error
        return f"{self.address}{answer['Path']}/file"

    def close(self) -> None:
        """Stop it and remove what it kept; closing twice is nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pycornerstone-orthanc-")
        folder = Path(self._folder.name)
        self._port = _free_port()
        configuration = folder / "configuration.json"
        configuration.write_text(
            json.dumps(_configuration(folder, self._port, self._credentials)), encoding="utf-8"
        )
        log = folder / "log.txt"
        executable = shutil.which("Orthanc", path=_search_path()) or "Orthanc"
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - found above, with our configuration
                [executable, str(configuration)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"Orthanc did not start; its log ends with:\n{end}")
            time.sleep(0.02)

    def _open(self, url: str, data: bytes | None = None, *, timeout_s: float) -> HTTPResponse:
        request = urllib.request.Request(url, data)  # noqa: S310 - http alone
        if self._credentials is not None:
            pair = base64.b64encode(":".join(self._credentials).encode()).decode("ascii")
            request.add_header("Authorization", f"Basic {pair}")
        response: HTTPResponse
        response = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310 - http alone
        return response

    def _answers(self) -> bool:
        try:
            # An answer of DICOMweb, so that the plugin is there too.
            with self._open(f"{self.dicomweb_url}/studies", timeout_s=5) as response:
                return bool(response.status in {200, 204})
        except OSError:
            return False


def _configuration(folder: Path, port: int, credentials: tuple[str, str] | None) -> dict[str, Any]:
    return {
        "Name": "pycornerstone",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "TemporaryDirectory": str(folder),
        "HttpPort": port,
        "HttpServerEnabled": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": credentials is not None,
        "RegisteredUsers": dict([credentials] if credentials else []),
        "DicomServerEnabled": False,
        "Plugins": [str(_DICOMWEB_PLUGIN)],
        "DicomWeb": {
            "Enable": True,
            "Root": "/dicom-web/",
            "EnableWado": True,
            "WadoRoot": "/wado",
        },
        "OverwriteInstances": True,
        "KeepAlive": True,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _search_path() -> str:
    # Debian installs it among the programs of the system, which are on the path of root alone.
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
