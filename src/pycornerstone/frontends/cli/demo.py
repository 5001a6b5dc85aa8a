"""``pycornerstone demo``: one image through every scheme, and planes through volumes."""

from __future__ import annotations

import concurrent.futures
import re
import shlex
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track
from rich.table import Table

from pycornerstone.codecs.transfer_syntaxes import transfer_syntax
from pycornerstone.frontends.cli.demo_planes import write_planes
from pycornerstone.loaders.load_object import ImageLoadObject
from pycornerstone.model.image import Image
from pycornerstone.rendering.contact_sheet import contact_sheet
from pycornerstone.session.session import Session
from pycornerstone.testing.demo_study import DemoStudy
from pycornerstone.viewports.png import write_png
from pycornerstone.viewports.stack import StackViewport

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.testing.dicomweb_server import SampleServer

__all__ = ["demo"]

_FOLDER = Path("demo-output")
_CELL = 256
_COLUMNS = 6
_WIDEST = 54
_UID = re.compile(r"\d[\d.]{20,}")


@dataclass(frozen=True, slots=True)
class _Shown:
    label: str
    image: Image
    milliseconds: float
    picture: npt.NDArray[np.uint8]


def demo(
    *,
    folder: Annotated[Path, Parameter(name=["--folder", "-f"])] = _FOLDER,
) -> None:
    """Load one image through every scheme from a server on this machine, and draw two pictures.

    The sample study is made on first use: a CT phantom with known HU in several transfer syntaxes,
    the real files that come with pydicom, pictures and a NIfTI volume. Nothing is fetched from
    elsewhere. ``contact-sheet.png`` has all images, and ``planes.png`` planes through the CT, with
    a PET and with organs over it.

    Parameters
    ----------
    folder
        Where the study and the pictures are written.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=120)
    console.print(f"Making the sample study in {folder} (kept for the next time) ...")
    started = time.perf_counter()
    study = DemoStudy.build(folder / "study")
    with study.server() as server, Session() as session:
        console.print(f"Serving it at {server.url('/')} over DICOMweb and HTTP ...")
        session.register_image_loader("custom1", _load_custom)
        asked = list(_asked(study, server, session))
        shown = [
            _show(session, label, image_id)
            for label, image_id in track(
                asked, "Loading", console=console, disable=not console.is_terminal, transient=True
            )
        ]
        planes = folder / "planes.png"
        ct = next(entry for entry in study.entries if entry.kind == "dicom")
        write_planes(session, ct.files, folder / "pet", planes)
    console.print(_table(shown, server.url("/").rstrip("/"), folder))
    sheet = folder / "contact-sheet.png"
    pictures = [each.picture for each in shown]
    captions = [f"{each.label}\n{_caption(each)}" for each in shown]
    write_png(sheet, contact_sheet(pictures, captions, _COLUMNS))
    seconds = time.perf_counter() - started
    console.print(
        f"{len(shown)} images through {len({_scheme(each) for each in shown})} schemes in "
        f"{seconds:.1f} s."
    )
    console.print(f"Contact sheet: {sheet.resolve()}", soft_wrap=True)
    console.print(f"Planes through volumes: {planes.resolve()}", soft_wrap=True)
    command = shlex.join([*_program(), "view", str(folder / "study"), str(folder / "pet")])
    console.print(f"To look at it in a browser: {command}", soft_wrap=True)


def _program() -> list[str]:
    """Give what this program is started by: where it is on the path, its name is enough."""
    name = "pycornerstone"
    if shutil.which(name):
        return [name]
    beside = Path(sys.executable).with_name(name)
    if not beside.is_file():
        return [sys.executable, "-m", name]
    here = Path.cwd()
    return [str(beside.relative_to(here) if beside.is_relative_to(here) else beside)]


def _asked(study: DemoStudy, server: SampleServer, session: Session) -> Iterator[tuple[str, str]]:
    """Give the middle image of everything by its file, and of the first series by every scheme."""
    schemes_seen: set[str] = set()
    for entry in study.entries:
        for scheme, image_ids in entry.image_ids(server).items():
            if scheme == "dicomfile" or scheme not in schemes_seen or entry.kind != "dicom":
                schemes_seen.add(scheme)
                yield entry.label, image_ids[len(image_ids) // 2]
    volume = next(entry for entry in study.entries if entry.kind == "nifti")
    slices = session.image_ids_from_nifti(volume.files[0], axis="j").result()
    yield "The same, across another axis", slices[len(slices) // 2]
    picture = next(entry for entry in study.entries if entry.kind == "picture")
    address = picture.image_ids(server)["http"][0]
    yield "PNG, by a custom loader of this demo", address.replace("http:", "custom1:", 1)


def _load_custom(image_id: str) -> ImageLoadObject:
    """Load ``custom1://host/image`` in the promise style, as any user of pycornerstone could."""
    promise: concurrent.futures.Future[Image] = concurrent.futures.Future()

    def request() -> None:
        import imagecodecs

        try:
            with urllib.request.urlopen(image_id.replace("custom1:", "http:", 1)) as response:  # noqa: S310 - http alone
                pixels = imagecodecs.png_decode(response.read())
            promise.set_result(Image(image_id, pixels))
        except urllib.error.HTTPError as error:
            promise.set_exception(RuntimeError(error.reason))
        except Exception as error:  # noqa: BLE001 - whoever waits for the promise is told
            promise.set_exception(error)

    threading.Thread(target=request, daemon=True).start()
    return ImageLoadObject(promise)


def _show(session: Session, label: str, image_id: str) -> _Shown:
    start = time.perf_counter()
    image = session.load_and_cache_image(image_id).result()
    milliseconds = (time.perf_counter() - start) * 1000
    viewport = StackViewport(_CELL, _CELL, session=session, prefetch=False)
    viewport.show_image(image)
    return _Shown(label, image, milliseconds, viewport.render())


def _table(shown: list[_Shown], address: str, folder: Path) -> Table:
    table = Table(header_style="bold", row_styles=["", "dim"])
    table.add_column("imageId", no_wrap=True)
    table.add_column("transfer syntax", no_wrap=True, max_width=36)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    for each in shown:
        image = each.image
        table.add_row(
            _short(image.image_id, address, folder),
            _encoding(image),
            f"{image.columns}x{image.rows}",
            f"{each.milliseconds:.1f}",
        )
    return table


def _encoding(image: Image) -> str:
    uid = image.transfer_syntax_uid
    return "-" if uid is None else transfer_syntax(uid).name


def _caption(each: _Shown) -> str:
    return f"{_scheme(each)}: {each.milliseconds:.0f} ms"


def _scheme(each: _Shown) -> str:
    return each.image.image_id.partition(":")[0]


def _short(image_id: str, address: str, folder: Path) -> str:
    """Leave out what all rows have in common, and the middle of UIDs."""
    text = image_id.replace(str(folder.resolve()), str(folder)).replace(address, "http://...")
    text = text.replace(address.replace("http:", "custom1:"), "custom1://...")
    text = _UID.sub(lambda uid: f"{uid[0][:5]}..{uid[0][-4:]}", text)
    if len(text) <= _WIDEST:
        return text
    start = text.index(":") + 1
    return f"{text[:start]}...{text[start + 3 + len(text) - _WIDEST :]}"
