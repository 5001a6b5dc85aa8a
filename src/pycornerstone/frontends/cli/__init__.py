"""The command line: ``pycornerstone info``, ``render``, ``view`` and ``demo``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from cyclopts import App

from pycornerstone._version import __version__
from pycornerstone.errors import PyCornerstoneError
from pycornerstone.frontends.cli.failures import exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "main"]

_HELP = """Look at medical images from wherever they are, by their imageId.

An imageId is a scheme, a colon and an address:

  dicomfile:/data/a.dcm             a DICOM file; ?frame=3 for one of many
  wadouri:https://host/wado?...     a DICOM file by WADO-URI or plain HTTP
  wadors:https://host/.../frames/1  one frame by WADO-RS
  nifti:/data/a.nii.gz?frame=80     one slice of a NIfTI file, from 0
  web:/data/a.tif#frame=2           a picture, or a page of it, from 1
  /data/a.dcm, https://host/a.nii   a plain path or URL is looked into: all of
                                    its slices or pages, or the one that is
                                    named behind it as above

Exit codes: 0 done, 1 failed, 2 no such imageId or option, 3 it did not
arrive, 4 it is no readable image, 130 interrupted. PYCORNERSTONE_TRACEBACK=1
in the environment shows the traceback of an unexpected failure.
"""

app = App(
    name="pycornerstone",
    help=_HELP,
    help_format="plaintext",
    version=__version__,
    version_flags=["--version"],
)
# Imported when they are run, so that their one line for the list stands here.
app.command("pycornerstone.frontends.cli.info:info", help="Say what images are.")
app.command("pycornerstone.frontends.cli.render:render", help="Draw images into a PNG.")
app.command("pycornerstone.frontends.cli.view:view", help="Show images on a page in a browser.")
app.command("pycornerstone.frontends.cli.serve:serve", help="Serve images by DICOMweb.")
app.command("pycornerstone.frontends.cli.demo:demo", help="See it work, on a sample study.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process; errors are told in one line, not a traceback."""
    try:
        app(arguments)
    except PyCornerstoneError as error:
        _say(str(error))
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain when it flushes.
        sys.stderr.close()
        sys.exit(141)
    except ValueError as error:
        _say(str(error))
        sys.exit(2)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        _say(f"{error.strerror or error}{where}")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(130)
    except Exception as error:
        # What a user's own loader raised, or a value that a viewport does not take.
        if os.environ.get("PYCORNERSTONE_TRACEBACK"):
            raise
        notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        _say(f"{str(error) or type(error).__name__}{notes}")
        sys.exit(1)


def _say(text: str) -> None:
    print(f"pycornerstone: {text}", file=sys.stderr)  # noqa: T201 - that is what it is for
