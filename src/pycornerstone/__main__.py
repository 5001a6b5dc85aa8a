"""``python -m pycornerstone``: the command line."""

from __future__ import annotations

from pycornerstone.frontends.cli import main

if __name__ == "__main__":
    main()
