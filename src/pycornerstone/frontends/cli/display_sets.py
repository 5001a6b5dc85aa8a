"""What a folder, an archive or a DICOMDIR holds: its display sets, one a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pycornerstone.errors import PyCornerstoneError
from pycornerstone.loaders.file_headers import header_of_file
from pycornerstone.metadata.dicomdir import is_directory

if TYPE_CHECKING:
    from rich.console import Console

    from pycornerstone.model.display_set import DisplaySet, DisplaySets
    from pycornerstone.session.session import Session

__all__ = ["describe_set", "holds_sets", "print_display_sets"]


def holds_sets(text: str) -> bool:
    """Say whether a path is that of something that holds many files."""
    path = Path(text)
    try:
        if path.is_dir():
            return True
        if not path.is_file():
            return False
        header = header_of_file(str(path))
    except (PyCornerstoneError, OSError, ValueError):
        return False
    is_medium = header.dicom is not None and is_directory(header.dicom.attributes)
    return is_medium or header.kind == "a ZIP archive"


def print_display_sets(console: Console, session: Session, source: str, *, as_json: bool) -> None:
    """Open a source, and print its display sets and how many things are in none.

    Raises
    ------
    PyCornerstoneError
        If it cannot be opened.
    """
    sets = session.open_display_sets(Path(source)).result()
    if as_json:
        for found in sets:
            console.out(json.dumps(describe_set(found), allow_nan=False), highlight=False)
        return
    _print_table(console, sets)
    reasons: dict[str, int] = {}
    for left_out in sets.left_out:
        reasons[left_out.reason] = reasons.get(left_out.reason, 0) + 1
    for reason, count in reasons.items():
        console.out(f"left out: {count}, as {reason}", highlight=False)


def describe_set(found: DisplaySet) -> dict[str, Any]:
    """Give what is known of a display set, by name; nothing that identifies a patient."""
    geometry = found.report.geometry if found.report is not None else None
    findings = found.report.findings if found.report is not None else ()
    return {
        "kind": str(found.kind),
        "modality": found.modality,
        "series_number": found.series_number,
        "series": found.series_description,
        "images": found.number_of_images,
        "time_points": len(found.time_points) or None,
        "rows": found.rows,
        "columns": found.columns,
        "spacing_mm": None if geometry is None else [round(mm, 4) for mm in geometry.spacing_mm],
        "findings": [str(one.kind) for one in findings],
        "reason": found.reason or None,
    }


def _print_table(console: Console, sets: DisplaySets) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("kind", "modality", "series", "images", "size", "spacing mm", "findings"):
        table.add_column(name, overflow="fold")
    for found in sets:
        known = describe_set(found)
        times = known["time_points"]
        images = f"{known['images']} ({times} in time)" if times else str(known["images"])
        spacing = known["spacing_mm"]
        table.add_row(
            known["kind"],
            known["modality"] or "-",
            " ".join(str(one) for one in (known["series_number"], known["series"]) if one) or "-",
            images,
            f"{known['columns']} x {known['rows']}" if known["rows"] else "-",
            " x ".join(f"{mm:g}" for mm in spacing) if spacing else "-",
            ", ".join([*known["findings"], *filter(None, [known["reason"]])]) or "-",
        )
    with console.capture() as printed:
        console.print(table)
    lines = (line.rstrip() for line in printed.get().splitlines())
    console.out("\n".join(lines), highlight=False)
