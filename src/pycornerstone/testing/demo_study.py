"""The sample study: images of every kind that pycornerstone loads, as files and from a server."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from pycornerstone.testing.phantoms import CtPhantom, ct_phantom
from pycornerstone.testing.pictures import apng_phantom, jpeg_phantom, nifti_phantom, png_phantom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycornerstone.testing.dicomweb_server import SampleServer

__all__ = ["DemoEntry", "DemoStudy"]

# Raised whenever other files are built: what an older version left behind is then built anew.
_VERSION = 2
_TABLE = "demo-study.json"
_NOISE_HU = 6.0
_SHORT = 5

Kind: TypeAlias = Literal["dicom", "picture", "nifti"]

_COMPRESSED = (
    ("implicit VR little endian", "ct-implicit", "1.2.840.10008.1.2"),
    ("RLE", "ct-rle", "1.2.840.10008.1.2.5"),
    ("JPEG lossless", "ct-jpeg-lossless", "1.2.840.10008.1.2.4.70"),
    ("JPEG-LS", "ct-jpeg-ls", "1.2.840.10008.1.2.4.80"),
    ("JPEG 2000", "ct-jpeg-2000", "1.2.840.10008.1.2.4.90"),
    ("HTJ2K", "ct-htj2k", "1.2.840.10008.1.2.4.201"),
)
# Real ones, which come with pydicom.
_REAL = (
    ("CT of a scanner", "ct"),
    ("MR of a scanner", "mr"),
    ("Ultrasound, RGB", "rgb_color"),
    ("Ultrasound, palette", "palette_color"),
    ("Ultrasound cine, YBR, JPEG baseline", "ybr_color"),
    ("Ultrasound, YBR, JPEG 2000", "jpeg2k"),
)


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One thing that can be shown: a series, a picture or a volume.

    Attributes
    ----------
    label : str
        What it is, for people.
    kind : str
        ``"dicom"``, ``"picture"`` or ``"nifti"``; which schemes can load it.
    files : tuple of Path
        Where it lies, in order.
    frames : int
        Images in each file: frames of DICOM and of animations, slices of NIfTI.
    instance_uids : tuple of str
        SOP Instance UID (0008,0018) of each file; empty where it is not DICOM.
    """

    label: str
    kind: Kind
    files: tuple[Path, ...]
    frames: int = 1
    instance_uids: tuple[str, ...] = ()

    def image_ids(self, server: SampleServer | None = None) -> dict[str, list[str]]:
        """List its imageIds by scheme, those of a scheme in order.

        Parameters
        ----------
        server : SampleServer, optional
            A running one, from `DemoStudy.server`. Without it only the schemes that read files
            are there.

        Returns
        -------
        dict of str to list of str
            For DICOM ``dicomfile``, and with a server ``wadors``, ``wadouri`` and ``dicomweb``;
            for a picture ``web``, and with a server ``http``; for a volume ``nifti``. With a
            server, ``web`` and ``nifti`` go there.
        """
        if self.kind == "dicom":
            found = {"dicomfile": [f"dicomfile:{path}" for path in self.files]}
            if self.frames > 1:
                found["dicomfile"] = [
                    f"dicomfile:{path}?frame={number}"
                    for path in self.files
                    for number in range(1, self.frames + 1)
                ]
            if server is not None:
                for scheme in ("wadors", "wadouri", "dicomweb"):
                    found[scheme] = server.image_ids(scheme, of=self.instance_uids)
            return found
        names = [path.name for path in self.files]
        if self.kind == "nifti":
            if server is not None:
                return {"nifti": server.image_ids("nifti", of=names)}
            # NIfTI counts slices from 0.
            slices = range(self.frames)
            return {"nifti": [f"nifti:{path}?frame={k}" for path in self.files for k in slices]}
        if server is None:
            return {"web": self._frames_of(f"web:{path}" for path in self.files)}
        return {
            scheme: self._frames_of(server.image_ids(scheme, of=names))
            for scheme in ("web", "http")
        }

    def _frames_of(self, pictures: Iterable[str]) -> list[str]:
        if self.frames == 1:
            return list(pictures)
        numbers = range(1, self.frames + 1)
        return [f"{picture}#frame={number}" for picture in pictures for number in numbers]


@dataclass(frozen=True, slots=True)
class DemoStudy:
    """The sample study in a folder.

    Attributes
    ----------
    folder : Path
        Where its files lie.
    entries : tuple of DemoEntry
        What there is.

    Examples
    --------
    >>> study = DemoStudy.build("demo")  # doctest: +SKIP
    >>> with study.server() as server:  # doctest: +SKIP
    ...     for entry in study.entries:
    ...         print(entry.label, entry.image_ids(server))
    """

    folder: Path
    entries: tuple[DemoEntry, ...]

    @classmethod
    def build(cls, folder: Path | str) -> DemoStudy:
        """Build the study in a folder, or take what was built there before.

        Takes one or two seconds and 25 MB; nothing is downloaded. Two processes may do it at once.

        Raises
        ------
        OSError
            If the folder cannot be written to.
        """
        folder = Path(folder).absolute()
        entries = _read_table(folder)
        if entries is None:
            folder.mkdir(parents=True, exist_ok=True)
            entries = tuple(_build_entries(folder))
            _write_table(folder, entries)
        return cls(folder, entries)

    def server(self, *, latency_s: float = 0.0) -> SampleServer:
        """Give a server that has all of it, to be used by ``with``; see `DemoEntry.image_ids`."""
        from pycornerstone.testing.dicomweb_server import SampleServer

        dicom = [path for entry in self.entries if entry.kind == "dicom" for path in entry.files]
        others = [path for entry in self.entries if entry.kind != "dicom" for path in entry.files]
        return SampleServer(dicom, {path.name: path for path in others}, latency_s=latency_s)


def _build_entries(folder: Path) -> Iterator[DemoEntry]:
    # pydicom and imagecodecs come in with these, so not before something is built.
    from pydicom import examples
    from pydicom.uid import ExplicitVRLittleEndian

    from pycornerstone.testing.dicom_series import ct_series, secondary_capture

    thorax = ct_phantom(24, noise_hu=_NOISE_HU)
    files = ct_series(thorax, ExplicitVRLittleEndian)
    yield _dicom(folder, "CT phantom, explicit VR little endian", "ct", files)
    short = ct_phantom(_SHORT, noise_hu=_NOISE_HU)
    for number, (name, stem, transfer_syntax_uid) in enumerate(_COMPRESSED, start=2):
        files = ct_series(short, transfer_syntax_uid, series_number=number)
        yield _dicom(folder, f"CT phantom, {name}", stem, files)
    files = ct_series(short, ExplicitVRLittleEndian, signed=True, series_number=20)
    yield _dicom(folder, "CT phantom, signed, with padding", "ct-signed", files)
    yield _dicom(folder, "Screen captures, JPEG baseline", "capture", [secondary_capture(thorax)])
    for label, example in _REAL:
        data = examples.get_path(example).read_bytes()
        yield _dicom(folder, label, f"real-{example.replace('_', '-')}", [data])
    yield from _pictures(folder, thorax)


def _pictures(folder: Path, thorax: CtPhantom) -> Iterator[DemoEntry]:
    for label, name, data in (
        ("PNG, 8-bit grey", "thorax.png", png_phantom(thorax)),
        ("PNG, 16-bit grey", "thorax-16.png", png_phantom(thorax, bits=16)),
        ("JPEG, colour", "thorax.jpg", jpeg_phantom(thorax)),
    ):
        yield DemoEntry(label, "picture", (_write(folder / name, data),))
    cine = ct_phantom(_SHORT, 256, 256, noise_hu=_NOISE_HU)
    path = _write(folder / "thorax-cine.png", apng_phantom(cine))
    yield DemoEntry("PNG, animated", "picture", (path,), len(cine.hounsfield))
    small = ct_phantom(48, 256, 256, noise_hu=_NOISE_HU)
    path = _write(folder / "thorax.nii.gz", nifti_phantom(small))
    yield DemoEntry("NIfTI volume, gzip", "nifti", (path,), len(small.hounsfield))


def _dicom(folder: Path, label: str, stem: str, files: list[bytes]) -> DemoEntry:
    from pycornerstone.testing.served_instances import ServedInstance

    (folder / stem).mkdir(exist_ok=True)
    paths = tuple(
        _write(folder / stem / f"{number:04}.dcm", data)
        for number, data in enumerate(files, start=1)
    )
    instances = [ServedInstance.from_part10(data) for data in files]
    uids = tuple(instance.uid for instance in instances)
    return DemoEntry(label, "dicom", paths, len(instances[0].frames), uids)


def _read_table(folder: Path) -> tuple[DemoEntry, ...] | None:
    """Read what was built; None if that was nothing, something else, or not all of it is there."""
    try:
        table = json.loads((folder / _TABLE).read_text(encoding="utf-8"))
        if table["version"] != _VERSION:
            return None
        entries = tuple(
            DemoEntry(
                label=row["label"],
                kind=row["kind"],
                files=tuple(folder / name for name in row["files"]),
                frames=row["frames"],
                instance_uids=tuple(row["instance_uids"]),
            )
            for row in table["entries"]
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    complete = all(path.is_file() for entry in entries for path in entry.files)
    return entries if complete else None


def _write_table(folder: Path, entries: tuple[DemoEntry, ...]) -> None:
    rows = [
        {
            "label": entry.label,
            "kind": entry.kind,
            "files": [path.relative_to(folder).as_posix() for path in entry.files],
            "frames": entry.frames,
            "instance_uids": entry.instance_uids,
        }
        for entry in entries
    ]
    table = json.dumps({"version": _VERSION, "entries": rows}, indent=1)
    _write(folder / _TABLE, table.encode())


def _write(path: Path, data: bytes) -> Path:
    """Write a file so that nobody ever sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
