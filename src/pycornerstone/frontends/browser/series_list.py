"""The list of series that the page shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeVar

from pycornerstone.errors import MetadataError, MetadataProviderError
from pycornerstone.frontends.browser.readable import day_of, person_of
from pycornerstone.frontends.browser.server_messages import Series
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.model.modules import GeneralStudyModule, Module, PatientModule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.session.session import Session

__all__ = ["series_of"]

_KINDS: dict[DisplaySetKind, Literal["volume", "4D", "stack", "single"]] = {
    DisplaySetKind.VOLUME: "volume",
    DisplaySetKind.VOLUME_4D: "4D",
    DisplaySetKind.STACK: "stack",
    DisplaySetKind.SINGLE: "single",
}
_VOLUMES = {DisplaySetKind.VOLUME, DisplaySetKind.VOLUME_4D}
_LONGEST = 120

M = TypeVar("M", bound=Module)


def series_of(display_sets: Sequence[DisplaySet], session: Session) -> tuple[Series, ...]:
    """Give the entries of the list, numbered from 0 in the order of the display sets.

    Studies and patients are those of the first image of each, as far as the metadata know them;
    nothing is loaded for it.
    """
    studies, titles = _studies(display_sets, session), _titles(display_sets)
    return tuple(
        Series(
            number=number,
            study=studies[number],
            title=titles[number],
            modality=found.modality or "",
            kind=_KINDS[found.kind],
            images=found.number_of_images,
            size=f"{found.columns} x {found.rows}" if found.columns and found.rows else "",
            is_volume=found.kind in _VOLUMES,
            frame_of_reference_uid=found.frame_of_reference_uid,
            patient=_patient(session, found),
        )
        for number, found in enumerate(display_sets)
    )


def _studies(display_sets: Sequence[DisplaySet], session: Session) -> list[str]:
    """Name the study of each; two studies never have the same name."""
    names: dict[str | None, str] = {}
    taken: Counter[str] = Counter()
    for found in display_sets:
        uid = found.study_instance_uid
        if uid in names:
            continue
        name = _study(session, found)
        taken[name] += 1
        names[uid] = name if taken[name] == 1 else f"{name} ({taken[name]})".strip()
    return [names[found.study_instance_uid] for found in display_sets]


def _study(session: Session, found: DisplaySet) -> str:
    module = _known(session, GeneralStudyModule, found)
    if module is None:
        return ""
    parts = (day_of(module.study_date), (module.study_description or "").strip())
    return " · ".join(part for part in parts if part)[:_LONGEST]


def _titles(display_sets: Sequence[DisplaySet]) -> list[str]:
    """Name each set; parts of one series never have the same name."""
    in_series = Counter(found.series_instance_uid for found in display_sets)
    taken: Counter[tuple[str | None, str]] = Counter()
    titles = []
    for found in display_sets:
        uid = found.series_instance_uid
        title = _title(found, is_part=uid is not None and in_series[uid] > 1)
        taken[uid, title] += 1
        is_first = uid is None or taken[uid, title] == 1
        titles.append(title if is_first else f"{title}, part {taken[uid, title]}")
    return titles


def _title(found: DisplaySet, *, is_part: bool) -> str:
    number = "" if found.series_number is None else f"{found.series_number}"
    name = found.series_description.strip() or _file_name(found)
    title = ": ".join(part for part in (number, name) if part) or str(found.kind).capitalize()
    if is_part and found.reason:
        title = f"{title} ({found.reason})"
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"


def _file_name(found: DisplaySet) -> str:
    """Name what has no description by its file, if it is one of its own."""
    if found.series_instance_uid is not None or not found.image_ids:
        return ""
    _, _, address = without_credentials(found.image_ids[0]).partition(":")
    if address.startswith("image/") or found.image_ids[0].startswith("given-"):
        # An image that is in its address, and what Python gave, have no file.
        return ""
    path = address.partition("?")[0].partition("#")[0]
    return path.rstrip("/").rpartition("/")[2]


def _patient(session: Session, found: DisplaySet) -> str:
    module = _known(session, PatientModule, found)
    if module is None:
        return ""
    parts = (
        person_of(module.patient_name),
        (module.patient_id or "").strip(),
        day_of(module.patient_birth_date),
        (module.patient_sex or "").strip(),
    )
    return " · ".join(part for part in parts if part)[:_LONGEST]


def _known(session: Session, module: type[M], found: DisplaySet) -> M | None:
    try:
        return session.metadata.get(module, found.image_ids[0]) if found.image_ids else None
    except (MetadataProviderError, MetadataError):
        # A list with one line less than there could be is better than none.
        return None
