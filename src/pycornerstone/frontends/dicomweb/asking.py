"""What a request says: what it accepts, which frames, and by which address we are called."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from pycornerstone.errors import MissingExtraError
from pycornerstone.frontends.dicomweb.accepting import accepts

try:
    from starlette.exceptions import HTTPException
except ImportError as error:
    raise MissingExtraError("the DICOMweb server", "viewer") from error

if TYPE_CHECKING:
    from starlette.requests import Request

    from pycornerstone.frontends.dicomweb.catalogue import Catalogue
    from pycornerstone.frontends.dicomweb.instances import Instance

__all__ = [
    "BASE_PATH",
    "DICOM",
    "DICOM_JSON",
    "accept_of",
    "asked_instances",
    "base_url",
    "byte_range",
    "check_takes_json",
    "frame_numbers",
    "parameters",
]

BASE_PATH = "/dicom-web"
"""Where studies begin."""
DICOM, DICOM_JSON = "application/dicom", "application/dicom+json"
_MOST_FRAMES = 4096
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def accept_of(request: Request) -> str:
    """Give the Accept header, or the parameter of that name."""
    # PS3.18 section 8.3.3.1: what cannot set a header says it in the address.
    named = ",".join(request.query_params.getlist("accept"))
    return named or ",".join(request.headers.getlist("accept"))


def check_takes_json(request: Request) -> None:
    """Raise 406 if DICOM JSON is not accepted."""
    accept = accept_of(request)
    if accepts(accept, DICOM_JSON) is None and accepts(accept, "application/json") is None:
        raise HTTPException(406, f"there is {DICOM_JSON}")


def parameters(request: Request) -> list[tuple[str, str]]:
    """Give the parameters of the address, but the token."""
    return [(name, text) for name, text in request.query_params.multi_items() if name != "token"]


def asked_instances(catalogue: Catalogue, request: Request) -> tuple[Instance, ...]:
    """Give those of the study, series or instance of the path; 404 if there are none."""
    names = request.path_params
    found = catalogue.find(names["study"], names.get("series"), names.get("instance"))
    if not found:
        raise HTTPException(404, "there is no such study, series or instance")
    return found


def frame_numbers(text: str, count: int) -> list[int]:
    """Read numbers of frames; 400 if they are none, 404 if there are none of these."""
    parts = text.split(",")
    if len(parts) > _MOST_FRAMES or not all(p.isascii() and p.isdigit() for p in parts):
        raise HTTPException(400, "frames are numbers from 1, with commas between them")
    numbers = [int(part[:9]) for part in parts]
    if count == 0:
        raise HTTPException(404, "the instance holds no image")
    if not all(1 <= number <= count for number in numbers):
        raise HTTPException(404, f"the instance has {count} frames")
    return numbers


def byte_range(request: Request, length: int) -> tuple[int, int] | None:
    """Give the first byte that is asked for and the one behind the last; None for all of them.

    Raises 416 if there are none of these. Of several ranges, all is given (RFC 9110 section 14.2).
    """
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        first, end = int(found[1]), min(int(found[2] or length - 1) + 1, length)
        if found[2] and int(found[2]) < first:
            return None
    else:
        first, end = max(0, length - int(found[2])), length
    if first >= end:
        headers = {"content-range": f"bytes */{length}"}
        raise HTTPException(416, f"there are {length} bytes", headers)
    return first, end


def base_url(request: Request) -> str:
    """Give the address of the service, as the client calls it."""
    # The guard has found the name to be one of this machine.
    url, before = request.url, request.scope.get("root_path", "")
    netloc = url.netloc
    if url.port is None and _is_this_machine(url.hostname or ""):
        # Some clients leave out in `Host` at which port they ask.
        _, port = request.scope.get("server") or ("", None)
        netloc = netloc if port is None else f"{netloc.rstrip(':')}:{port}"
    return f"{url.scheme}://{netloc}{before}{BASE_PATH}"


def _is_this_machine(name: str) -> bool:
    """Say whether no proxy of another name is between."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    return True
