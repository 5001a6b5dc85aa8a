"""A process that damages files in many ways and loads each: an image may come, or a typed error.

``python loading_mutants.py FOLDER COUNT FIRST`` makes mutants FIRST to COUNT of every file of
FOLDER in turn, always the same ones. Before each it prints its number, after it what came of it, so
that whoever reads it knows which one a process died of.
"""

from __future__ import annotations

import logging
import random
import resource
import shutil
import struct
import sys
import time
import warnings
from pathlib import Path

import pycornerstone as cs
from pycornerstone.errors import LoaderError, MetadataProviderError
from pycornerstone.model.limits import LoadLimits
from pycornerstone.model.modules import ImagePlaneModule, NiftiModule, PictureModule, VoiLutModule

MEMORY = 3 * 1024**3
SECONDS = 20
NUMBERS = (0, 1, 2, 7, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# What a bomb is refused by; a mutant that is larger is slow, and shows nothing else.
LIMITS = LoadLimits(picture_bytes=1 << 26, volume_bytes=1 << 26)


def damaged(data: bytes, number: int) -> bytes:
    """Make a mutant by its number."""
    dice = random.Random(number)
    mutant = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        dice.choice((flip_bits, flip_bits, lie, cut_off, cut_out, put_in))(mutant, dice)
    return bytes(mutant)


def flip_bits(data: bytearray, dice: random.Random) -> None:
    """Turn bits over, most of them in the header."""
    for _ in range(dice.choice((1, 4, 32))):
        if data:
            reach = min(len(data), dice.choice((64, 352, len(data))))
            data[dice.randrange(reach)] ^= 1 << dice.randrange(8)


def lie(data: bytearray, dice: random.Random) -> None:
    """Write another number over two or four bytes, in either order."""
    size, code = dice.choice(((2, "H"), (4, "I")))
    if len(data) > size:
        at = dice.randrange(min(len(data) - size, dice.choice((128, 352, len(data)))))
        mask = (1 << 8 * size) - 1
        data[at : at + size] = struct.pack(dice.choice("<>") + code, dice.choice(NUMBERS) & mask)


def cut_off(data: bytearray, dice: random.Random) -> None:
    """Take the end away."""
    if data:
        del data[dice.randrange(len(data)) :]


def cut_out(data: bytearray, dice: random.Random) -> None:
    """Take a piece away."""
    if data:
        start = dice.randrange(len(data))
        del data[start : start + dice.choice((1, 2, 4, 16, 500))]


def put_in(data: bytearray, dice: random.Random) -> None:
    """Put noise between."""
    start = dice.randrange(len(data) + 1)
    data[start:start] = dice.randbytes(dice.choice((1, 2, 4, 16, 100)))


def outcome_of(session: cs.Session, path: Path) -> str:
    """Load all frames and ask for what is known; name what came, or what must not have."""
    is_nifti = path.name.removesuffix(".gz").endswith((".nii", ".hdr", ".img"))
    ask = session.image_ids_from_nifti if is_nifti else session.image_ids_from_web
    listed = ask(path)
    error = listed.exception(timeout=SECONDS)
    if error is not None:
        loaded = session.load_image(f"{'nifti' if is_nifti else 'web'}:{path}")
        return f"{typed(error)}, {typed(loaded.exception(timeout=SECONDS))}"
    names = listed.result()
    kinds = []
    for name in dict.fromkeys((names[0], names[len(names) // 2], names[-1])):
        kinds.append(typed(session.load_image(name).exception(timeout=SECONDS)))
        for module in (ImagePlaneModule, NiftiModule, PictureModule, VoiLutModule):
            try:
                session.metadata.get(module, name)
            except MetadataProviderError as error:
                typed(error)
    return kinds[0]


def typed(error: BaseException | None) -> str:
    """Name the kind of an error; it is raised where it must not have come."""
    if error is None:
        return "Image"
    is_wrapped = isinstance(error, MetadataProviderError | LoaderError)
    told = error.__cause__ if is_wrapped else error
    if not isinstance(told, cs.PyCornerstoneError):
        raise RuntimeError(f"{type(told).__name__}: {error}") from error
    if not str(error).isprintable():
        raise RuntimeError(f"unprintable text {str(error)!r}")
    return type(error).__name__


def main() -> None:
    """Do what the command line says."""
    folder, count, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    files = sorted(path for path in folder.iterdir() if path.is_file())
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    work = folder / "now"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    with cs.Session(decode_threads=1, limits=LIMITS) as session:
        for number in range(first, count * len(files)):
            source = files[number % len(files)]
            # A new name each time, as a new file would have.
            path = work / f"{number}-{source.name}"
            path.write_bytes(damaged(source.read_bytes(), number))
            if source.suffix == ".img":
                shutil.copy(source.with_suffix(".hdr"), path.with_suffix(".hdr"))
            print(number, source.name, end=" ", flush=True)  # noqa: T201 - whoever runs it reads it
            began = time.perf_counter()
            try:
                outcome = outcome_of(session, path)
            except BaseException as error:
                outcome = f"FAILED {type(error).__name__}: {str(error)[:200]!r}"
            seconds = time.perf_counter() - began
            print(f"{seconds:.2f} {outcome}", flush=True)  # noqa: T201 - whoever runs it reads it
            for left in work.iterdir():
                left.unlink()


if __name__ == "__main__":
    main()
