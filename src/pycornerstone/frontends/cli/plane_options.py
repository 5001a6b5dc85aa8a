"""Planes through volumes, as they are asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Group, Parameter

from pycornerstone.errors import GeometryError
from pycornerstone.model.display_set import DisplaySetKind
from pycornerstone.viewports.volumes.viewport import VolumeViewport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycornerstone.frontends.cli.addresses import VolumeOptions
    from pycornerstone.model.display_set import DisplaySet, DisplaySets
    from pycornerstone.session.session import Session

__all__ = ["PlaneOptions"]

_GROUP = Group("Of a plane through a volume")
_SIDE = 512


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class PlaneOptions:
    """Which plane of a folder, of files or of a NIfTI file is drawn, as one volume.

    Attributes
    ----------
    plane
        What is typed is one volume, of which this plane is drawn.
    slice_index
        Which slice, counted from 0 away from the viewer; by default the middle one.
    slab
        How thick it is, mm.
    mode
        What is drawn of values behind each other in a slab.
    """

    plane: Literal["axial", "sagittal", "coronal", "acquisition"] | None = None
    slice_index: Annotated[int | None, Parameter(name="--slice")] = None
    slab: float = 0.0
    mode: Literal["maximum", "minimum", "average"] = "maximum"

    def viewport(
        self,
        session: Session,
        texts: Sequence[str],
        volume: VolumeOptions,
        size: tuple[int, int] | None,
    ) -> VolumeViewport:
        """Load what was typed as one volume, and look at its plane.

        Raises
        ------
        GeometryError
            If it is no volume, or several.
        IndexError
            If it has no such slice.
        """
        orientation = self.plane or "axial"
        viewport = VolumeViewport(
            *(size or (_SIDE, _SIDE)), session=session, orientation=orientation
        )
        viewport.set_volumes([self._source(session, texts, volume)]).result()
        if self.slice_index is not None:
            viewport.set_slice_index(self.slice_index)
        viewport.set_slab(self.slab, self.mode)
        return viewport

    def _source(
        self, session: Session, texts: Sequence[str], volume: VolumeOptions
    ) -> DisplaySet | list[str]:
        if len(texts) == 1 and Path(texts[0]).is_dir():
            return _one_volume(session.open_display_sets(texts[0]).result())
        return [name for found in volume.images_of(session, texts) for name in found]

    def refuse_others(self, asked: dict[str, Any]) -> None:
        """Refuse options that belong to images, or to a plane where none is asked for.

        Raises
        ------
        ValueError
            If there is one.
        """
        if self.plane is None:
            if self.slice_index is not None or self.slab:
                raise ValueError("--slice and --slab are those of a plane; give --plane, too")
            return
        for name in ("show_overlays", "show_shutter"):
            asked.pop(name, None)
        for name in ("overlay_color", "apply_icc_profile"):
            if asked.pop(name, None):
                raise ValueError(f"--{name.replace('_', '-')} is of images, not of planes")


def _one_volume(sets: DisplaySets) -> DisplaySet:
    """Give the volume of a folder; of several, nobody knows which is meant."""
    found = [one for one in sets if one.kind is DisplaySetKind.VOLUME]
    if len(found) != 1:
        listed = "".join(
            f"\n  {one.modality or '?'}, series {one.series_number}: {one.number_of_images} images"
            for one in found
        )
        raise GeometryError(
            f"a plane is drawn of one volume, and this folder has {len(found)}; name the files or "
            f"the folder of one{listed}"
        )
    return found[0]
