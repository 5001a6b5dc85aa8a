"""Serve the DICOM, picture and NIfTI files of a folder in a process of its own.

``python -m pycornerstone.testing FOLDER`` prints one line of JSON: the address, and the imageIds by
scheme. It ends when its standard input does, so that whoever started it cannot leave it behind. A
benchmark uses it: a server in the same process would share the interpreter with what is measured.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pycornerstone.testing.dicomweb_server import SampleServer

_SCHEMES = ("wadors", "wadouri", "dicomweb", "web", "http", "nifti")


def main(arguments: list[str]) -> int:
    """Serve until standard input ends."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m pycornerstone.testing FOLDER\n")
        return 2
    server = SampleServer()
    for path in sorted(Path(arguments[0]).rglob("*")):
        if path.suffix == ".dcm":
            server.add_instance(path)
        elif path.is_file():
            server.add_file(path.relative_to(arguments[0]).as_posix(), path)
    with server:
        line = {
            "address": server.address,
            "image_ids": {scheme: server.image_ids(scheme) for scheme in _SCHEMES},
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
