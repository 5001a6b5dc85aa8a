"""The command line: ``pycornerstone info``, ``render`` and ``demo``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cyclopts import App

from pycornerstone._version import __version__
from pycornerstone.errors import (
    DecodeError,
    ImageIdError,
    PyCornerstoneError,
    RetrieveError,
    UnknownSchemeError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EXIT_CODES", "app", "main"]

EXIT_CODES = {
    ImageIdError: 2,
    UnknownSchemeError: 2,
    RetrieveError: 3,
    DecodeError: 4,
    PyCornerstoneError: 1,
}
"""What the process ends with; the first class that fits counts. 130 is an interruption."""

_HELP = """Look at medical images from wherever they are, by their imageId.

An imageId is a scheme, a colon and an address:

  dicomfile:/data/scan.dcm           a DICOM file; frame 3 of it is dicomfile:/data/scan.dcm?frame=3
  wadouri:https://host/wado?...      a DICOM file by WADO-URI or plain HTTP
  wadors:https://host/.../frames/1   one frame by WADO-RS
  nifti:/data/brain.nii.gz?frame=80  one slice of a NIfTI file, counted from 0
  web:/data/photo.png                a PNG or JPEG, as a file or by HTTP
  /data/scan.dcm                     a plain path is looked into

Exit codes: 0 done, 1 failed, 2 no such imageId or option, 3 it did not arrive, 4 it is no readable
image, 130 interrupted. With PYCORNERSTONE_TRACEBACK=1 an unexpected failure shows its traceback.
"""

app = App(
    name="pycornerstone",
    help=_HELP,
    help_format="plaintext",
    version=__version__,
    version_flags=["--version"],
)
app.command("pycornerstone.frontends.cli.info:info")
app.command("pycornerstone.frontends.cli.render:render")
app.command("pycornerstone.frontends.cli.demo:demo")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process; errors are told in one line, not a traceback."""
    try:
        app(arguments)
    except PyCornerstoneError as error:
        print(f"pycornerstone: {error}", file=sys.stderr)  # noqa: T201 - that is what it is for
        sys.exit(next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind)))
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain when it flushes.
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        print(f"pycornerstone: {error.strerror or error}{where}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        print("pycornerstone: interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except Exception as error:
        # What a user's own loader raised, or a value that a viewport does not take.
        if os.environ.get("PYCORNERSTONE_TRACEBACK"):
            raise
        notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        print(f"pycornerstone: {str(error) or type(error).__name__}{notes}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
