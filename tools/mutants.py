"""Damage real DICOM files in many ways and load each: an image may come, or a typed error.

``python tools/mutants.py --count 10000 --jobs 2 FOLDER`` takes the files of FOLDER, which has the
manifest of the test data; of one in eight it takes the header only, as DICOM JSON. Mutants are made
by `tools/damage.py`, by number, so that one that fails can be made
again: ``--only 4711``. Worker processes load them under a limit of memory; one that crashes or does
not come back is ended, its mutant is named, and another goes on.

Prints as JSON how many mutants became what, and ends with 1 if any became what it must not.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import multiprocessing.connection
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from damage import json_mutant, mutant

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from pycornerstone.session.session import Session

LARGEST_FILE = 400_000
SECONDS_A_MUTANT = 20
MEMORY = 3 * 1024**3


@dataclass(eq=False)
class Worker:
    """A process, the mutants it was given, and the one that it is at since when."""

    process: multiprocessing.process.BaseProcess
    numbers: list[int]
    now: int | None = None
    begun: float = 0.0


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="load damaged DICOM files")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int)
    arguments = parser.parse_args()
    files = sources(arguments.folder)
    if arguments.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(outcome_of(files, arguments.only, Path(folder), is_told=True))  # noqa: T201 - whoever runs it reads it
        return 0
    numbers = list(range(arguments.first, arguments.first + arguments.count))
    started = time.perf_counter()
    loading = Run(files, numbers, arguments.jobs)
    loading.finish()
    print(  # noqa: T201 - whoever runs it reads it
        json.dumps(
            {
                "files": len(files),
                "mutants": sum(loading.outcomes.values()),
                "outcomes": dict(loading.outcomes.most_common()),
                "failures": loading.failures,
                "slowest": round(loading.slowest, 2),
                "seconds": round(time.perf_counter() - started, 1),
            },
            indent=1,
        )
    )
    return 1 if loading.failures else 0


def sources(folder: Path) -> list[Path]:
    """Give the DICOM files that are small enough, in the order of the manifest."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "dicom"]
    return [
        folder / row["source"] / row["path"] for row in rows if int(row["bytes"]) <= LARGEST_FILE
    ]


def outcome_of(files: list[Path], number: int, folder: Path, *, is_told: bool = False) -> str:
    """Load a mutant in every way; give the kind of what came, or what must not have."""
    from pycornerstone.errors import PyCornerstoneError

    # One in eight is a header as a DICOMweb server would give it, the others are files.
    try:
        if number % 8 == 7:
            name, header, data = json_mutant(files, number)
            if is_told:
                print(f"mutant {number}, DICOM JSON of {name}: {header}")  # noqa: T201 - whoever runs it reads it
            return load_header(header, data)
        name, data = mutant(files, number)
        if is_told:
            print(f"mutant {number} of {name}, {len(data)} bytes")  # noqa: T201 - whoever runs it reads it
        path = folder / "mutant.dcm"
        path.write_bytes(data)
        return load_whole(path)
    except PyCornerstoneError as error:
        return kind_of(error)
    except BaseException as error:
        if is_told:
            raise
        return f"FAILED: {type(error).__name__}: {str(error)[:200]}"


def kind_of(error: BaseException | None) -> str:
    """Name the kind of an error; it is raised where it must not have come."""
    from pycornerstone.errors import LoaderError, MetadataProviderError, PyCornerstoneError

    if error is None:
        return "Image"
    # What our own metadata or loaders raise is named by another error, as a user's would be.
    is_wrapped = isinstance(error, MetadataProviderError | LoaderError)
    told = error.__cause__ if is_wrapped else error
    is_typed = isinstance(told, PyCornerstoneError)
    if not is_typed:
        raise RuntimeError(f"{type(told).__name__}: {error}") from error
    if not str(error).isprintable():
        raise RuntimeError(f"unprintable text {str(error)!r}")
    return type(error).__name__


def load_whole(path: Path) -> str:
    """Load the first frame and the last, one by one and into an array, and ask for all of it."""
    import numpy as np

    import pycornerstone as cs
    from pycornerstone.model.modules import MultiframeModule

    kinds = []
    with cs.Session(decode_threads=1) as session:
        frames = 1
        for frame in (1, 0):
            frame = frame or frames  # noqa: PLW2901 - the last is known after the first
            image_id = f"dicomfile:{path}" + (f"?frame={frame}" if frame > 1 else "")
            kinds.append(load_image(session, image_id))
            known = ask_all(session, image_id).get(MultiframeModule.type_name)
            frames = known.number_of_frames if known is not None else frames
            array = session.load_array([image_id])
            kind = kind_of(array.exception(SECONDS_A_MUTANT * 2))
            # An array needs nothing but the samples, and an image may fail at something else.
            if (kind == "Image") != (kinds[-1] == "Image") and kinds[-1] != "MetadataProviderError":
                raise RuntimeError(f"loaded as {kinds[-1]}, into an array {kind}")
            if kinds[-1] == "Image":
                image = session.load_image(image_id).result()
                np.testing.assert_array_equal(array.result()[0], image.pixels)
            if frames == 1:
                break
    return kinds[0]


def load_header(header: dict[str, Any], encoded: bytes) -> str:
    """Load an image that a server tells of in DICOM JSON, and ask for all that is known of it."""
    import binascii

    import pycornerstone as cs
    from pycornerstone.codecs.decode import decode_frame
    from pycornerstone.metadata.dicom_json import JsonAttributes
    from pycornerstone.metadata.pydicom_datasets import KeptDataset, dataset_of_attributes
    from pycornerstone.model.encoded_frame import EncodedFrame
    from pycornerstone.model.modules import ImagePixelModule, OverlayPlaneModule

    data = binascii.a2b_base64(encoded)

    def image_of(image_id: str) -> cs.Image:
        pixel = session.metadata.require(ImagePixelModule, image_id)
        planes = session.metadata.get(OverlayPlaneModule, image_id)
        overlays = None if planes is None else planes.overlays
        # A server sends one frame.
        bits = pixel.rows * pixel.columns * pixel.samples_per_pixel * pixel.bits_allocated
        frame = data[: (bits + 7) // 8]
        whole = KeptDataset(lambda: dataset_of_attributes(attributes))
        syntax = "1.2.840.10008.1.2.1"
        encoded = EncodedFrame(image_id, frame, syntax, pixel, 0, overlays, dataset_source=whole)
        return decode_frame(encoded)

    with cs.Session(decode_threads=1) as session:
        image_id = "mutant:1"
        attributes = JsonAttributes(header)
        session.dicom_headers.add(image_id, attributes)
        session.register_image_loader("mutant", image_of)
        kind = load_image(session, image_id)
        ask_all(session, image_id)
    return kind


def load_image(session: Session, image_id: str) -> str:
    """Load an image, draw it, and ask it for its quantities and its data set."""
    import numpy as np

    from pycornerstone.errors import PyCornerstoneError
    from pycornerstone.rendering.pipeline import DrawStyle, draw, source_of

    load = session.load_image(image_id)
    kind = kind_of(load.exception(SECONDS_A_MUTANT * 2))
    if kind == "Image":
        image = load.result()
        draw(source_of(image), np.eye(3)[:2] * 2.0, (16, 16), DrawStyle())
        for ask in (lambda: image.dataset, image.suv, image.dose, image.real_world):
            try:
                ask()
            except PyCornerstoneError as error:
                kind_of(error)
    return kind


def ask_all(session: Session, image_id: str) -> dict[str, Any]:
    """Ask for every module of an image; give those that there are, by their name."""
    from pycornerstone.errors import MetadataProviderError
    from pycornerstone.model.modules import MODULES

    known = {}
    for name in MODULES:
        try:
            known[name] = session.metadata.get(name, image_id)
        except MetadataProviderError as error:
            kind_of(error)
    return known


def work(files: list[Path], numbers: list[int], told: Connection) -> None:
    """Load mutants one after the other, and tell of each before and after."""
    import logging
    import resource
    import warnings

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # What native codecs report of their own goes there.
    sys.unraisablehook = lambda _: None
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            told.send((number, None))
            told.send((number, outcome_of(files, number, Path(folder))))
    told.close()


class Run:
    """Worker processes on their mutants, and what has come of those so far.

    Attributes
    ----------
    outcomes : Counter of str
        How many mutants became what.
    failures : dict of int to str
        What became of those that became what they must not.
    slowest : float
        The longest that one took, seconds.
    """

    def __init__(self, files: list[Path], numbers: list[int], jobs: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures: dict[int, str] = {}
        self.slowest = 0.0
        self._files = files
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, Worker] = {}
        for start in range(jobs):
            self._start(numbers[start::jobs])

    def finish(self) -> None:
        """Wait until every mutant has been loaded, or ended."""
        while self._workers:
            heard = multiprocessing.connection.wait(list(self._workers), 1)
            for told, worker in list(self._workers.items()):
                if told in heard:
                    self._hear(told, worker)
                elif worker.now is not None and time.monotonic() - worker.begun > SECONDS_A_MUTANT:
                    self._lose(told, worker, f"did not end in {SECONDS_A_MUTANT} s")

    def _start(self, numbers: list[int]) -> None:
        if numbers:
            told, teller = self._context.Pipe(duplex=False)
            process = self._context.Process(target=work, args=(self._files, numbers, teller))
            process.start()
            # Its end is then heard as the end of the pipe.
            teller.close()
            self._workers[told] = Worker(process, numbers)

    def _hear(self, told: Connection, worker: Worker) -> None:
        try:
            number, outcome = told.recv()
        except EOFError:
            worker.process.join()
            if worker.process.exitcode == 0:
                del self._workers[told]
            else:
                self._lose(told, worker, f"died with {worker.process.exitcode}")
            return
        if outcome is None:
            worker.now, worker.begun = number, time.monotonic()
            return
        self.slowest = max(self.slowest, time.monotonic() - worker.begun)
        worker.now = None
        self.outcomes[outcome.split(":")[0]] += 1
        if outcome.startswith("FAILED"):
            self.failures[number] = outcome

    def _lose(self, told: Connection, worker: Worker, why: str) -> None:
        """End a worker, and let another go on behind the mutant that it was lost at."""
        worker.process.kill()
        worker.process.join()
        del self._workers[told]
        if worker.now is None:
            raise RuntimeError(f"a worker {why}, and no mutant was at fault")
        self.outcomes["FAILED"] += 1
        self.failures[worker.now] = why
        self._start(worker.numbers[worker.numbers.index(worker.now) + 1 :])


if __name__ == "__main__":
    raise SystemExit(main())
