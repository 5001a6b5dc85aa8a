"""A folder to display sets, sorted and reported: against a pydicom loop that reads the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.local_series import fill_headers
from benchmarks.side_by_side import OURS, Outcome, measure
from pycornerstone.session.session import Session
from pycornerstone.testing.dicom_series import write_ct_series
from pycornerstone.testing.phantoms import ct_phantom

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom import Dataset

    from pycornerstone.model.display_set import DisplaySet

__all__ = ["run"]

_PEER = "pydicom loop, stop_before_pixels, sorted"
_WANTED = {_PEER: 1 / 0.3}


def run(folder: Path, *, quick: bool) -> list[Outcome]:
    """Write the series, check that both find the same order, and time them."""
    slices, size, runs = (8, 32, 1) if quick else (300, 512, 9)
    series = folder / "series"
    files = write_ct_series(series, ct_phantom(slices=slices, rows=size, columns=size))
    title = f"a folder of {slices} files to display sets"
    outcomes = [_measure(f"{title}, headers of 60 elements", series, runs)]
    fill_headers([str(file) for file in files])
    return [*outcomes, _measure(f"{title}, headers of 250 elements", series, runs)]


def _measure(title: str, folder: Path, runs: int) -> Outcome:
    import pydicom

    def pydicom_loop() -> list[Dataset]:
        headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in folder.iterdir()]
        return sorted(headers, key=lambda header: float(header.ImagePositionPatient[2]))

    with Session() as session:

        def ours() -> DisplaySet:
            (found,) = session.open_display_sets(folder).result()
            return found

        expected = [f"dicomfile:{header.filename}" for header in pydicom_loop()]
        found = ours()
        assert list(found.image_ids) == expected
        assert found.report is not None
        assert found.report.is_volume
        candidates = {OURS: ours, _PEER: pydicom_loop}
        return measure(title, candidates, runs=runs, wanted=_WANTED)
