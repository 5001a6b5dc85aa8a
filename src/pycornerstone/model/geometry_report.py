"""What was found when images were put in order to be a volume, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.volume_geometry import VolumeGeometry

__all__ = ["Finding", "FindingKind", "GeometryReport", "LeftOut"]


class FindingKind(StrEnum):
    """What can be unusual about the geometry of a series."""

    REORDERED = "reordered"
    """The images came in another order than that of their places."""
    GAP = "gap"
    """One or more slices are missing between two that are there."""
    DUPLICATE = "duplicate"
    """Several images lie in the same place."""
    TILT = "tilt"
    """Slices are shifted against each other along their planes: the volume is sheared."""
    UNEVEN_SPACING = "uneven spacing"
    """Distances between slices differ, and are no multiples of one distance."""
    MIXED_ORIENTATION = "mixed orientation"
    MIXED_SIZE = "mixed size"
    MIXED_SPACING = "mixed spacing"
    """Pixel spacings differ."""
    MIXED_FRAME_OF_REFERENCE = "mixed frame of reference"
    MIXED_SAMPLES = "mixed samples"
    """Numbers of another type, colours beside greys, or another modality."""
    MISSING_POSITION = "missing position"
    """The header does not say where an image lies, or in which direction."""
    MOSAIC = "mosaic"
    """The slices of the volume are tiles of one image, or such images are among others."""
    DEFAULT_SPACING = "default spacing"
    """Nobody says how far apart pixels, or the slices of a volume of one, are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    kind : FindingKind
        What.
    message : str
        In words, with the figures, and what was done about it; no patient data.
    image_ids : tuple of str
        The images that it is about.
    is_refusal : bool
        Because of it, the images are no volume as they are.
    """

    kind: FindingKind
    message: str
    image_ids: tuple[str, ...] = field(default=(), repr=False)
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An image that is in none of the sets, or not in this volume.

    Attributes
    ----------
    image_id : str
        Which; or the path of a file that is no image.
    reason : str
        Why, in words.
    """

    image_id: str = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class GeometryReport:
    """The geometry of images that are, or are not, a volume.

    Attributes
    ----------
    image_ids : tuple of str
        In the order of their places along `normal`; where these are not known, as given.
    geometry : VolumeGeometry or None
        Of the volume that they make: sheared where the gantry was tilted. None where they make
        none as they are.
    findings : tuple of Finding
        What is unusual about them; empty for a plain series.
    positions_mm : tuple of float
        Of each image along the normal of the slices (row x column); empty where not known.
    slice_distance_mm : float or None
        From one slice to the next, fitted to all of them; None where that is no one distance.
    tilt_degrees : float
        Between the line through the slices' first pixels and the normal of the slices.
    regular_geometry : VolumeGeometry or None
        The straight, even grid that the images can be resampled to on request: of a sheared volume,
        and where slices are missing or unevenly spaced. None where there is nothing to resample, or
        no way to.
    origins_lps : tuple of tuple of float
        Centre of the first pixel of each image, LPS mm, in the order of `image_ids`; empty where
        not known.
    """

    image_ids: tuple[str, ...] = field(repr=False)
    geometry: VolumeGeometry | None
    findings: tuple[Finding, ...] = ()
    positions_mm: tuple[float, ...] = field(default=(), repr=False)
    slice_distance_mm: float | None = None
    tilt_degrees: float = 0.0
    regular_geometry: VolumeGeometry | None = None
    origins_lps: tuple[Vector, ...] = field(default=(), repr=False)

    @property
    def is_volume(self) -> bool:
        """They make a volume as they are, with nothing invented and nothing averaged."""
        return self.geometry is not None

    @property
    def is_sheared(self) -> bool:
        """They make a volume whose slices are shifted against each other."""
        return any(finding.kind is FindingKind.TILT for finding in self.findings)

    def has(self, kind: FindingKind | str) -> bool:
        """Whether there is a finding of this kind."""
        return any(finding.kind == kind for finding in self.findings)

    def __str__(self) -> str:
        """Say it in lines, for people."""
        what = "a volume" if self.is_volume else "no volume"
        lines = [f"{len(self.image_ids)} images: {what}"]
        if self.geometry is not None:
            slices, rows, columns = self.geometry.shape
            i, j, k = self.geometry.spacing_mm
            lines[0] += f" of {columns} x {rows} x {slices} voxels, {i:g} x {j:g} x {k:g} mm"
        lines += [f"- {finding.kind}: {finding.message}" for finding in self.findings]
        return "\n".join(lines)
