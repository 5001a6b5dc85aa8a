"""A process that loads and lists imageIds one after the other, and says what each took.

``python loading_measured.py LIMITS FILE``: the file has one imageId a line; LIMITS is JSON, for
`LoadLimits`. The first line that it prints says that it is ready, each further one is JSON: the
kind of error or of image, its text, the seconds, and the bytes that memory grew by at its most.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path

import pycornerstone as cs
from pycornerstone.model.limits import LoadLimits
from pycornerstone.retrieve.http_settings import HttpSettings

# No bomb may take the machine with it.
MEMORY = 6 * 1024**3
SECONDS = 60


def memory(what: str) -> int:
    """Give a line of what Linux says of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say what memory a process has")


def main() -> None:
    """Do what the command line says."""
    limits = LoadLimits(**json.loads(sys.argv[1]))
    image_ids = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with cs.Session(limits=limits, decode_threads=1, http=HttpSettings()) as session:
        for image_id in image_ids:
            # From here on the most is what it is now.
            Path("/proc/self/clear_refs").write_text("5")
            before, began = memory("VmRSS"), time.perf_counter()
            error = session.load_image(image_id).exception(timeout=SECONDS)
            # A list takes no more than a header, and must not believe it either.
            scheme, _, address = image_id.removesuffix("?frame=0").partition(":")
            is_nifti = scheme == "nifti"
            ask = session.image_ids_from_nifti if is_nifti else session.image_ids_from_web
            listed = ask(address).exception(timeout=SECONDS)
            if not isinstance(listed, cs.PyCornerstoneError | None):
                raise listed
            seconds = time.perf_counter() - began
            kind = "Image" if error is None else type(error).__name__
            grown = memory("VmHWM") - before
            print(json.dumps([kind, str(error), seconds, grown]), flush=True)  # noqa: T201 - whoever runs it reads it


if __name__ == "__main__":
    main()
