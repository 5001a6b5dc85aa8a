"""``pycornerstone serve``: images by DICOMweb."""

from __future__ import annotations

import contextlib
import warnings
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from pycornerstone.frontends.cli.http_options import HttpOptions
from pycornerstone.frontends.cli.view import terminated_as_interrupted
from pycornerstone.session.session import Session

__all__ = ["serve"]

_HTTP = HttpOptions()
_MOST_LINES = 10


def serve(
    sources: Annotated[list[str], Parameter(name="SOURCE", allow_leading_hyphen=False)],
    /,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: Annotated[str | None, Parameter(show_default=False)] = None,
    no_token: Annotated[bool, Parameter(negative=())] = False,
    allow_origin: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    allow_host: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    http: HttpOptions = _HTTP,
) -> None:
    """Serve images by DICOMweb to other viewers, until Ctrl-C: QIDO-RS, WADO-RS and WADO-URI.

    Nothing is served but what is named here, and nothing is written or stored.

    Parameters
    ----------
    sources
        A folder, a ZIP archive, a DICOMDIR, files (DICOM, NIfTI, pictures), the address of a study
        or series at a DICOMweb server, or imageIds; also several.
    host
        Where it listens; by default this machine alone reaches it. Nothing is encrypted: from
        elsewhere, come through SSH or a proxy with TLS.
    port
        Where it listens; 0 for any that is free.
    token
        What clients send as "Authorization: Bearer ..."; by default a new one each time. Other
        users of this machine may see one that is given here.
    no_token
        Answer every program of this machine, whoever runs it: for viewers that send no token.
    allow_origin
        Whose pages may ask, such as http://localhost:3000; several may be given.
    allow_host
        Name by which a proxy asks; several may be given.
    http
        What is asked for over HTTP.
    """
    from pycornerstone.frontends.dicomweb.serving import serve_dicomweb

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    source = sources[0] if len(sources) == 1 else sources
    # They have values of files in them.
    warnings.filterwarnings("ignore", module="pydicom")
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(Session(http=http.settings()))
        server = stack.enter_context(
            serve_dicomweb(
                source,
                session=session,
                host=host,
                port=port,
                token=token,
                needs_token=not no_token,
                allowed_origins=allow_origin,
                allowed_hosts=allow_host,
            )
        )
        stack.enter_context(terminated_as_interrupted())
        with contextlib.suppress(KeyboardInterrupt):
            console.print(f"DICOMweb: {server.dicomweb_url}")
            console.print(f"WADO-URI: {server.wado_uri_url}")
            if not no_token:
                console.print(f"Token:    {server.token}")
            for line in server.not_served[:_MOST_LINES]:
                console.print(line)
            console.print("Ctrl-C ends it.")
            server.wait()
            return
    console.print("ended")
