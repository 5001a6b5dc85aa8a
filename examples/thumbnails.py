"""Thumbnails of everything in a folder, without a display: ``python thumbnails.py FOLDER OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import pycornerstone as cs

SIZE = 128


def main(folder: Path, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    drawn = 0
    with cs.Session() as session:
        options = cs.LoadOptions(cs.RequestType.THUMBNAIL)
        loads = [session.load_image(f"dicomfile:{file}", options) for file in files]
        for file, load in zip(files, loads, strict=True):
            try:
                image = load.result()
            except cs.PyCornerstoneError as error:
                print(f"left out {file.name}: {error.message}")
                continue
            viewport = cs.StackViewport(SIZE, SIZE, session=session, prefetch=False)
            viewport.show_image(image)
            viewport.save(out / f"{file.stem}.png")
            drawn += 1
    print(f"drew {drawn} of {len(files)} files")
    return drawn


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
