"""What the viewer is started with: a folder, files, addresses, imageIds, or what Python holds."""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from pycornerstone.errors import CacheSizeExceededError, LoaderError
from pycornerstone.model.display_set import DisplaySet, DisplaySetKind, DisplaySets
from pycornerstone.model.image import Image
from pycornerstone.model.volume import Volume, generate_volume_id
from pycornerstone.viewports.stack import StackViewport
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycornerstone.model.geometry_report import LeftOut
    from pycornerstone.session.session import Session

__all__ = ["AnyViewport", "Exhibit", "Shown", "exhibit_of"]

AnyViewport: TypeAlias = "StackViewport | VolumeViewport"
Shown: TypeAlias = (
    "str | os.PathLike[str] | bytes | DisplaySets | DisplaySet | Volume | Image | AnyViewport"
    " | Iterable[str | os.PathLike[str] | DisplaySet | Volume | Image]"
)
"""A source as of `Session.open_display_sets`, or what came of it, or several of a kind."""

_GIVEN = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a viewer shows.

    All of it can be loaded by its session: what Python gave without a file, too, which a loader of
    its own answers for until `close`.

    Attributes
    ----------
    title : str
        The name of the folder, file or server; of a patient it says nothing of its own accord.
    session : Session
        What loads it.
    display_sets : tuple of DisplaySet
        What is listed.
    left_out : tuple of str
        What is not shown, and why, a line each reason.
    volumes : mapping
        Volumes that Python gave, by the ids of their display sets; no cache need have room for
        them, since they are there already.
    others : tuple of LeftOut
        Each thing that is not shown; among these are DICOM objects that hold no image.
    viewport : StackViewport or VolumeViewport or None
        The one that is shown, if it is one: the page begins with what it shows, as it shows it.
    """

    title: str
    session: Session = field(repr=False)
    display_sets: tuple[DisplaySet, ...] = field(repr=False)
    left_out: tuple[str, ...] = ()
    volumes: Mapping[str, Volume] = field(default_factory=dict, repr=False)
    others: tuple[LeftOut, ...] = field(default=(), repr=False)
    viewport: AnyViewport | None = field(default=None, repr=False)
    on_close: tuple[Callable[[], object], ...] = field(default=(), repr=False)

    def close(self) -> None:
        """Take back what the session was told for its sake."""
        for take_back in self.on_close:
            take_back()


def exhibit_of(
    source: Shown, session: Session, *, title: str | None = None, needs_image: bool = True
) -> Exhibit:
    """Open a source, and wait until its headers are read.

    Parameters
    ----------
    source : str, path-like, bytes, iterable, DisplaySets, DisplaySet, Volume, Image or viewport
        What to show; text, paths and bytes as `Session.open_display_sets` takes them.
    session : Session
        What loads it; that of a viewport is its own.
    title : str, optional
        What stands above it; by default the name of the folder, file or server.
    needs_image : bool
        Whether one image at least has to be in it.

    Raises
    ------
    PyCornerstoneError
        If it cannot be opened, or no image is in it that is needed.
    """
    given = _Given(session)
    if isinstance(source, StackViewport | VolumeViewport):
        sets: DisplaySets = given.of_viewport(source)
    elif isinstance(source, DisplaySets):
        sets = source
    elif isinstance(source, DisplaySet | Volume | Image):
        sets = DisplaySets((given.display_set(source),))
    elif isinstance(source, str | os.PathLike | bytes | bytearray | memoryview):
        sets = _studies_first(session.open_display_sets(source).result())
    else:
        sets = _several(source, session, given)
    left_out = tuple(_reasons(sets))
    if not sets and needs_image:
        why = "".join(f"\n  {line}" for line in left_out[:10])
        raise LoaderError(f"there is no image to show in what was given{why}")
    return Exhibit(
        title=title or _title(source) or "pycornerstone",
        session=session,
        display_sets=tuple(sets),
        left_out=left_out,
        volumes=given.volumes,
        others=sets.left_out,
        viewport=source if isinstance(source, StackViewport | VolumeViewport) else None,
        on_close=tuple(given.undo),
    )


class _Given:
    """Images and volumes that Python holds; a loader of the session answers for them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: dict[str, tuple[Image | Volume, int]] = {}
        self._scheme = ""
        self.volumes: dict[str, Volume] = {}
        self.undo: list[Callable[[], object]] = []

    def of_viewport(self, viewport: AnyViewport) -> DisplaySets:
        """Give what a viewport shows, its lowest layer first.

        Raises
        ------
        LoaderError
            If it shows nothing yet.
        """
        if isinstance(viewport, VolumeViewport):
            # What is still loading is not known before.
            viewport.render()
            return DisplaySets(tuple(self._of_volume(volume) for volume in viewport.volumes))
        image = viewport.image
        if len(viewport.image_ids) == 1 and image is not None and not self._is_known(image):
            return DisplaySets((self._of_image(image),))
        return DisplaySets(() if not viewport.image_ids else (self._of_stack(viewport.image_ids),))

    def display_set(self, given: DisplaySet | Volume | Image) -> DisplaySet:
        """Give the set of something that Python holds."""
        if isinstance(given, DisplaySet):
            return given
        return self._of_volume(given) if isinstance(given, Volume) else self._of_image(given)

    def _is_known(self, image: Image) -> bool:
        return self._session.cache.get(image.image_id) is image

    def _of_stack(self, image_ids: tuple[str, ...]) -> DisplaySet:
        """Give one set of what is one stack, in its order, whatever would have been made of it."""
        opened = self._session.open_display_sets(image_ids).result()
        found = opened[0] if len(opened) == 1 else None
        if found is None or found.number_of_images != len(image_ids):
            return DisplaySet(f"{image_ids[0]}#stack", DisplaySetKind.STACK, image_ids)
        if found.image_ids == image_ids:
            return found
        # The report goes by the places of its images in the list.
        return replace(found, image_ids=image_ids, report=None)

    def _of_image(self, image: Image) -> DisplaySet:
        name = f"{self._new_name()}/0"
        self._held[name] = image, 0
        uid = None if image.plane is None else image.plane.frame_of_reference_uid
        return DisplaySet(
            display_set_id=name,
            kind=DisplaySetKind.SINGLE,
            image_ids=(name,),
            modality=image.modality,
            rows=image.rows,
            columns=image.columns,
            frame_of_reference_uid=uid,
        )

    def _of_volume(self, volume: Volume) -> DisplaySet:
        slices, rows, columns = volume.shape
        names = volume.image_ids
        # One that the session loaded is what its imageIds lead to; another may only be made of it.
        is_loaded = bool(names) and self._session.cache.get_volume(volume.volume_id) is volume
        if not is_loaded or volume.volume_id != generate_volume_id(names):
            own = self._new_name()
            names = tuple(f"{own}/{k}" for k in range(slices))
            volume = volume.replace(volume_id=generate_volume_id(names), image_ids=names)
            for k, name in enumerate(names):
                self._held[name] = volume, k
            self.volumes[volume.volume_id] = volume
            self._keep(volume)
        return DisplaySet(
            display_set_id=volume.volume_id,
            kind=DisplaySetKind.VOLUME if slices > 1 else DisplaySetKind.SINGLE,
            image_ids=names,
            report=volume.report,
            modality=volume.modality,
            rows=rows,
            columns=columns,
            frame_of_reference_uid=volume.geometry.frame_of_reference_uid,
        )

    def _keep(self, volume: Volume) -> None:
        """Let whoever asks for the volume of these images be given this one, if the cache can."""
        cache, volume_id = self._session.cache, volume.volume_id
        cache.pin_volume(volume_id)
        try:
            cache.put_volume(volume)
        except CacheSizeExceededError:
            cache.unpin_volume(volume_id)
        else:
            self.undo.append(lambda: cache.unpin_volume(volume_id))

    def _new_name(self) -> str:
        if not self._scheme:
            self._scheme = f"given-{next(_GIVEN)}"
            self._session.register_image_loader(self._scheme, self._load)
            loaders, scheme = self._session.loaders, self._scheme
            self.undo.append(lambda: loaders.unregister(scheme))
        return f"{self._scheme}:{len(self._held)}"

    def _load(self, image_id: str) -> Image:
        held = self._held.get(image_id)
        if held is None:
            raise LoaderError(f"nothing was given as {image_id!r}; show it again")
        given, k = held
        if isinstance(given, Volume):
            image = given.image(k)
            if self._session.cache.get_volume(given.volume_id) is given:
                return image
            # A view would cost as much as all of the volume, which the cache has no room for.
            return image.replace(pixels=image.pixels.copy())
        return given if given.image_id == image_id else given.replace(image_id=image_id)


def _several(source: Any, session: Session, given: _Given) -> DisplaySets:
    """Open several things: what is named in one go, since files of one series belong together."""
    if not isinstance(source, Iterable):
        raise LoaderError(
            "a folder, files, addresses, imageIds, display sets, volumes, images or a viewport can "
            f"be shown, got {type(source).__name__}"
        )
    things = list(source)
    held = [one for one in things if isinstance(one, DisplaySet | Volume | Image)]
    named = [one for one in things if not isinstance(one, DisplaySet | Volume | Image)]
    opened = DisplaySets(())
    if named:
        # Of one thing alone, it is said what is wrong with it.
        is_one = len(named) == 1 and isinstance(named[0], str | os.PathLike | bytes)
        opened = session.open_display_sets(named[0] if is_one else named).result()
        opened = _studies_first(opened)
    return DisplaySets((*map(given.display_set, held), *opened), opened.left_out)


def _studies_first(opened: DisplaySets) -> DisplaySets:
    """Put what is of no study behind the studies: the page begins with the first."""
    sets = sorted(opened, key=lambda one: one.study_instance_uid is None)
    return DisplaySets(tuple(sets), opened.left_out)


def _reasons(sets: DisplaySets) -> Iterable[str]:
    counts = Counter(one.reason for one in sets.left_out)
    return (f"{count} left out: {reason}" for reason, count in counts.most_common())


def _title(source: Any) -> str:
    """Name what is shown by what the user named, without the rest of its path or address."""
    if not isinstance(source, str | os.PathLike):
        named = list(source) if isinstance(source, list | tuple) else []
        is_named = bool(named) and all(isinstance(one, str | os.PathLike) for one in named)
        first = _title(named[0]) if is_named else ""
        return f"{first} and {len(named) - 1} more" if first and len(named) > 1 else first
    text = os.fspath(source)
    if "://" in text:
        return urlsplit(text).hostname or ""
    path = Path(text.partition(":")[2] if not Path(text).exists() else text)
    return path.resolve().name
