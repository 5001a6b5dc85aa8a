"""The volume: the voxels of many images in one array, and where they lie."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pycornerstone.errors import ImageIdError, LoaderError, MetadataError
from pycornerstone.model.given_values import points_of, whole_number
from pycornerstone.model.image import Image
from pycornerstone.model.image_id import several
from pycornerstone.model.memory import Buffer, buffer_of
from pycornerstone.model.modules import (
    ImagePlaneModule,
    ModalityLutModule,
    ScalingModule,
    SpacingType,
    VoiLutModule,
)
from pycornerstone.model.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from pycornerstone.model.geometry import Vector
    from pycornerstone.model.geometry_report import GeometryReport

__all__ = ["Volume", "generate_volume_id"]

_KINDS = "buif"
# Stands for that of the voxels' own shape.
_UNKNOWN = VolumeGeometry.default((1, 1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Voxels in one array, which the images of its slices are views of.

    ``Volume(volume_id, voxels)`` is enough; what is left out has the default said below.

    Attributes
    ----------
    volume_id : str
        What it is asked for by; see `generate_volume_id`.
    voxels : numpy.ndarray
        Stored samples in their own dtype, read-only: ``(slices, rows, columns)``, or ``(slices,
        rows, columns, 3 or 4)`` RGB or RGBA.
    image_ids : tuple of str
        Of its slices, in their order; empty where it is not made of images.
    geometry : VolumeGeometry
        Where the voxels lie; by default 1 mm each, from the origin, and marked as default.
    modality_lut : ModalityLutModule or None
        What the stored values mean, of all slices alike; by default themselves.
    slice_modality_luts : tuple of ModalityLutModule
        One for each slice, where they differ (as of PET); else empty.
    voi_lut : VoiLutModule or None
        Windows of the header, those of the middle slice.
    modality : str or None
        (0008,0060), such as ``"CT"``; ``"SEG"`` of a labelmap.
    photometric_interpretation : str
        (0028,0004), as of `Image`.
    presentation_lut_shape : str or None
        (2050,0020), as of `Image`.
    padding_range : tuple of float or None
        Lowest and highest stored value that is padding and no part of the image.
    scaling : ScalingModule or None
        Factors to SUV or dose, or why there are none.
    report : GeometryReport or None
        What was found when its images were put in order.
    referenced_volume_id : str or None
        The volume whose grid it has, of one that was derived.
    is_labelmap : bool
        Its values are numbers of segments: 0 is none.

    Raises
    ------
    LoaderError
        If `voxels` is no array of numbers, or has another shape than the geometry says, or there
        are imageIds or tables, but not one for each slice.
    """

    volume_id: str
    voxels: npt.NDArray[Any]
    image_ids: tuple[str, ...] = ()
    geometry: VolumeGeometry = _UNKNOWN
    modality_lut: ModalityLutModule | None = None
    slice_modality_luts: tuple[ModalityLutModule, ...] = ()
    voi_lut: VoiLutModule | None = None
    modality: str | None = None
    photometric_interpretation: str = ""
    presentation_lut_shape: str | None = None
    padding_range: tuple[float, float] | None = None
    scaling: ScalingModule | None = None
    report: GeometryReport | None = None
    referenced_volume_id: str | None = None
    is_labelmap: bool = False

    def __post_init__(self) -> None:
        name: Any = self.volume_id
        if not isinstance(name, str) or not name:
            raise LoaderError(f"a volumeId is text, got {name!r}")
        if not isinstance(self.geometry, VolumeGeometry):
            raise LoaderError(f"a volume lies as a VolumeGeometry says, got {self.geometry!r}")
        voxels = np.asarray(self.voxels)
        is_grey = voxels.ndim == 3
        if voxels.dtype.kind not in _KINDS or not (
            is_grey or (voxels.ndim == 4 and voxels.shape[3] in {3, 4})
        ):
            raise LoaderError(
                "voxels must be numbers of shape (slices, rows, columns) or (slices, rows, columns,"
                f" 3 or 4), got {voxels.dtype} of shape {voxels.shape}"
            )
        image_ids = _all_texts(self.image_ids)
        for what, given in (("imageIds", image_ids), ("modality LUTs", self.slice_modality_luts)):
            if given and len(given) != len(voxels):
                raise LoaderError(
                    f"the volume has {len(voxels)} slices, but {len(given)} {what}; give one for "
                    "each, or none"
                )
        shape = voxels.shape[:3]
        geometry = self.geometry
        if geometry is _UNKNOWN:
            geometry = VolumeGeometry.default((shape[0], shape[1], shape[2]))
        if geometry.shape != shape:
            raise LoaderError(
                f"the voxels are {shape[0]} slices, {shape[1]} rows and {shape[2]} columns, but "
                f"their geometry is one of {geometry.shape}"
            )
        if voxels.flags.writeable:
            voxels = voxels.view()
            voxels.flags.writeable = False
        object.__setattr__(self, "voxels", voxels)
        object.__setattr__(self, "image_ids", image_ids)
        object.__setattr__(self, "geometry", geometry)
        if not self.photometric_interpretation:
            implied = "MONOCHROME2" if is_grey else "RGB"
            object.__setattr__(self, "photometric_interpretation", implied)

    def __repr__(self) -> str:
        """Say which volume it is, and what its voxels are."""
        shape = " x ".join(str(length) for length in self.voxels.shape)
        kind = f"{self.modality} " if self.modality else ""
        return f"<Volume {self.volume_id!r}: {kind}{shape} {self.voxels.dtype}>"

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(slices, rows, columns)``."""
        return self.geometry.shape

    @property
    def affine(self) -> npt.NDArray[np.float64]:
        """``(4, 4)``, (i, j, k, 1) = (column, row, slice, 1) to LPS mm, voxel centres."""
        return self.geometry.affine

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """From one voxel to the next along i (columns), j (rows) and k (slices)."""
        return self.geometry.spacing_mm

    @property
    def is_color(self) -> bool:
        """It is drawn in its own colours."""
        return self.voxels.ndim == 4

    @property
    def is_inverted(self) -> bool:
        """Low values are drawn bright (MONOCHROME1, or Presentation LUT Shape INVERSE)."""
        if self.presentation_lut_shape:
            return self.presentation_lut_shape == "INVERSE"
        return self.photometric_interpretation == "MONOCHROME1"

    @property
    def size_in_bytes(self) -> int:
        """Memory that the voxels hold: the whole buffer, if they are a view into one."""
        return self.buffer[1]

    @property
    def buffer(self) -> Buffer:
        """Identity of the memory that the voxels lie in, and its bytes."""
        return buffer_of(self.voxels)

    def lut_of_slice(self, k: int) -> ModalityLutModule:
        """Give what the stored values of a slice mean."""
        if self.slice_modality_luts:
            return self.slice_modality_luts[k]
        return self.modality_lut or ModalityLutModule()

    def modality_values(self, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give what the voxels mean (HU for CT): the modality LUT applied, a new array of `dtype`.

        Raises
        ------
        MetadataError
            If they are colours.
        """
        return self._values(dtype, dtype)

    def _values(
        self, dtype: npt.DTypeLike, computed: npt.DTypeLike, factor: float = 1.0
    ) -> npt.NDArray[np.floating]:
        """Give modality values times a factor, the product taken in `computed`."""
        if self.is_color:
            raise MetadataError("samples of colour are no quantity; ask a grey volume")
        values = np.empty(self.voxels.shape, dtype)
        # Slice by slice: all of them in float64 would be up to three times what is given.
        for k, stored in enumerate(self.voxels):
            known = self.lut_of_slice(k).apply(stored, computed)
            values[k] = known if factor == 1 else known * factor
        return values

    def suv(self, kind: str = "bw", dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give the standardised uptake values of PET, as `Image.suv` does, of all slices.

        Raises
        ------
        MetadataError
            If they cannot be computed; the reason names the elements.
        """
        return self._values(dtype, np.float64, (self.scaling or ScalingModule()).suv_factor(kind))

    def value_at(self, point_lps: Vector) -> float | tuple[float, ...] | None:
        """Give the modality value of the voxel at a place, colours as a tuple; None outside."""
        point = points_of(point_lps, 3, "a place, LPS mm,")
        if not np.isfinite(point).all():
            return None
        i, j, k = (math.floor(at + 0.5) for at in self.geometry.world_to_index(point).tolist())
        if not all(0 <= at < n for at, n in zip((k, j, i), self.shape, strict=True)):
            return None
        voxel = self.voxels[k, j, i]
        if self.is_color:
            return tuple(voxel.tolist())
        return float(self.lut_of_slice(k).apply(voxel[np.newaxis], np.float64)[0])

    def image(self, k: int) -> Image:
        """Give slice `k` as an image: a view of the voxels, with all that is known of it.

        Raises
        ------
        IndexError
            If there is no such slice.
        """
        k = whole_number(k, "a slice")
        if not 0 <= k < self.shape[0]:
            raise IndexError(f"the volume has slices 0 to {self.shape[0] - 1}, none {k}")
        return Image(
            self.image_ids[k] if self.image_ids else f"{self.volume_id}#slice={k}",
            self.voxels[k],
            photometric_interpretation=self.photometric_interpretation,
            modality_lut=None if self.is_color else self.lut_of_slice(k),
            voi_lut=self.voi_lut,
            plane=self._plane(k),
            modality=self.modality,
            presentation_lut_shape=self.presentation_lut_shape,
            padding_range=self.padding_range,
            scaling=self.scaling,
            is_upright=self.geometry.is_upright,
        )

    def _plane(self, k: int) -> ImagePlaneModule | None:
        geometry = self.geometry
        if geometry.is_default:
            return None
        slices, rows, columns = self.shape
        x, y, z = geometry.index_to_world((0, 0, k)).tolist()
        across, down, _ = geometry.directions.T.tolist()
        column_mm, row_mm, _ = geometry.spacing_mm
        return ImagePlaneModule(
            frame_of_reference_uid=geometry.frame_of_reference_uid,
            image_position_lps=(x, y, z),
            row_cosines=(across[0], across[1], across[2]),
            column_cosines=(down[0], down[1], down[2]),
            row_pixel_spacing_mm=row_mm,
            column_pixel_spacing_mm=column_mm,
            spacing_between_slices_mm=geometry.slice_distance_mm if slices > 1 else None,
            rows=rows,
            columns=columns,
            spacing_type=SpacingType.PATIENT,
        )

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - NumPy's own form
    ) -> npt.NDArray[Any]:
        """Give the stored samples where NumPy wants an array; not copied if it need not be."""
        return np.array(self.voxels, dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        """Give the voxels to a library that speaks DLPack (torch, JAX); nothing is copied.

        They are read-only here; whoever writes to what came of it changes the volume.

        Raises
        ------
        BufferError
            If their byte order is not that of this machine, which DLPack has no word for, or they
            run backwards in memory, which ends the process of libraries that are given it.
        """
        if min(self.voxels.strides) < 0 and not options.get("copy"):
            raise BufferError(
                "the voxels run backwards in memory, which DLPack's readers do not know; give it "
                "volume.replace(voxels=volume.voxels.copy())"
            )
        try:
            return self.voxels.__dlpack__(**options)
        except (BufferError, TypeError):
            # Before version 1, DLPack knew nothing of memory that may only be read, nor of copies.
            voxels = self.voxels.copy() if options.get("copy") else _Writable(self.voxels)
            options = {name: options[name] for name in options.keys() & {"stream"}}
            return np.asarray(voxels).__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Say that they lie in the memory of the CPU."""
        return self.voxels.__dlpack_device__()

    def replace(self, **changes: Any) -> Self:
        """Give a copy with other values in some fields."""
        return replace(self, **changes)


class _Writable:
    """The memory of a read-only array, which it holds, as one that may be written to."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def generate_volume_id(image_ids: Iterable[str]) -> str:
    """Give an id for the volume of these images: the same for the same ones in any order.

    Parameters
    ----------
    image_ids : iterable of str
        Of the slices; one that comes twice counts once.

    Raises
    ------
    ImageIdError
        If `image_ids` is one text, or has something else in it.

    Examples
    --------
    >>> generate_volume_id(["a:2", "a:1"]) == generate_volume_id(["a:1", "a:2"])
    True
    """
    digest = hashlib.sha256()
    for image_id in sorted(set(_all_texts(image_ids))):
        encoded = image_id.encode("utf-8", "surrogatepass")
        # With their lengths, no two sets make one text.
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return f"volume:{digest.hexdigest()[:32]}"


def _all_texts(image_ids: Any) -> tuple[str, ...]:
    given: tuple[Any, ...]
    try:
        given = tuple(several(image_ids))
    except TypeError:
        given = (None,)
    for image_id in given:
        if not isinstance(image_id, str):
            raise ImageIdError(f"a list of imageIds, which are texts, is wanted, got {image_ids!r}")
    return given
