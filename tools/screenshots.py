"""Take the pictures of the page that README.md and the guide show, of the demo's study.

    python tools/screenshots.py

Needs Chromium (tools/chromium.sh). There is no patient in them: the study is a phantom.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

import pycornerstone as cs
from pycornerstone.testing.chromium import Chromium
from pycornerstone.testing.demo_study import DemoStudy
from pycornerstone.testing.pet_files import write_pet_series

if TYPE_CHECKING:
    from collections.abc import Callable

    from pycornerstone.testing.viewer_page import ViewerPage

_IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
_WIDTH, _HEIGHT = 1440, 860


def main() -> int:
    """Take them all."""
    if missing := Chromium.missing():
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    _IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        study = DemoStudy.build(Path(folder) / "study")
        ct = next(entry for entry in study.entries if entry.kind == "dicom")
        write_pet_series(Path(folder) / "pet")
        pet = sorted((Path(folder) / "pet").glob("*.dcm"))
        with cs.Session() as session, Chromium() as chromium:
            source = [*ct.files, *pet]
            with cs.view(source, session=session, title="Demo", browser=False) as viewer:
                for name, arrange in _PICTURES.items():
                    _take(chromium, viewer.url, _IMAGES / f"viewer-{name}.png", arrange)
    return 0


def _take(
    chromium: Chromium, url: str, target: Path, arrange: Callable[[ViewerPage], None]
) -> None:
    page = chromium.open(url, width=_WIDTH, height=_HEIGHT)
    page.at_rest()
    arrange(page)
    page.wait(1)
    page.screenshot(target)
    page.close()
    # Chromium writes it in haste.
    picture = cv2.imread(str(target))
    if picture is None:
        raise RuntimeError(f"{target} was not written")
    cv2.imwrite(str(target), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _number_of(page: ViewerPage, modality: str) -> int:
    welcome = next(said for said in page.received if said["type"] == "Welcome")
    number: int = next(one["number"] for one in welcome["series"] if one["modality"] == modality)
    return number


def _fused(page: ViewerPage, cell: int) -> None:
    page.say("Show", cell=cell, series=_number_of(page, "PT"), isAdded=True)
    page.wait_for(
        "async ([cell]) => (await import(new URL('static/state.js', location.href).href))"
        ".app.cells.get(cell).state?.layers.length === 2",
        cell,
    )
    page.at_rest(cell)


def _planes(page: ViewerPage) -> None:
    """Show three planes through CT and PET, with crosshairs."""
    page.say("Show", cell=0, series=_number_of(page, "CT"))
    page.at_rest()
    page.say("SetLayout", name="mpr")
    for cell in range(3):
        page.at_rest(cell)
    _fused(page, 0)
    # Through the heart, whose wall takes up what the PET shows.
    page.say("SetSlice", cell=0, index=2)
    page.at_rest()
    rows, columns = page.size()
    page.say("MoveCrosshairs", cell=0, x=columns * 0.62, y=rows * 0.46)
    for cell in range(3):
        page.at_rest(cell)


def _measured(page: ViewerPage) -> None:
    """Show one slice of a CT, with what was measured on it."""
    page.say("Show", cell=0, series=_number_of(page, "CT"))
    page.at_rest()
    page.say("SetWindow", cell=0, preset="Soft tissue")
    page.press("l")
    page.drag((0.386, 0.4), (0.614, 0.4))
    page.run(
        "async () => (await import(new URL('static/state.js', location.href).href))"
        ".setTool('ellipse')"
    )
    page.drag((0.5, 0.37), (0.56, 0.5))
    page.at_rest()


def _side_by_side(page: ViewerPage) -> None:
    """Show a CT, the PET over it, the PET alone, and the CT from the front."""
    page.say("SetLayout", name="2x2")
    for cell, modality in enumerate(("CT", "CT", "PT", "CT")):
        page.say("Show", cell=cell, series=_number_of(page, modality))
        page.at_rest(cell)
    _fused(page, 1)
    for cell in (0, 1):
        page.say("SetSlice", cell=cell, index=2)
    page.say("SetSlice", cell=2, index=17)
    page.say("Change", cell=3, orientation="coronal", slabMm=20, slabMode="maximum")
    page.say("SetWindow", cell=3, preset="Bone")
    for cell in range(4):
        page.at_rest(cell)


_PICTURES: dict[str, Callable[[ViewerPage], None]] = {
    "measured": _measured,
    "planes": _planes,
    "side-by-side": _side_by_side,
}


if __name__ == "__main__":
    sys.exit(main())
