"""The image: stored samples, and what they mean."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import LoaderError
from pycornerstone.model.modules import ImagePlaneModule, ModalityLutModule, VoiLutModule

if TYPE_CHECKING:
    import numpy.typing as npt

    from pycornerstone.model.geometry import PlaneGeometry
    from pycornerstone.model.luts import PaletteColorLut

__all__ = ["Image", "ImageQuality"]

_KINDS = "buif"
# What memory may belong to. Others' arrays, such as DLPack's, end in an owner that does not say.
_MEMORY = (np.ndarray, bytes, bytearray, memoryview, mmap.mmap)
_MODULES = {"modality_lut": ModalityLutModule, "voi_lut": VoiLutModule, "plane": ImagePlaneModule}


class ImageQuality(IntEnum):
    """How good the samples are, worst first; a better image is never replaced by a worse one."""

    FAR_REPLICATE = 1
    ADJACENT_REPLICATE = 3
    SUBRESOLUTION = 6
    LOSSY = 7
    FULL_RESOLUTION = 8


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One image, as a loader gives it and a viewport shows it.

    ``Image(image_id, pixels)`` is enough. What a loader leaves out, the session asks of the
    metadata providers; what nobody knows has the default said below.

    Attributes
    ----------
    image_id : str
        What it was loaded by.
    pixels : numpy.ndarray
        Stored samples in their own dtype, read-only: ``(rows, columns)`` grey values or palette
        indices, or ``(rows, columns, 3 or 4)`` RGB or RGBA.
    photometric_interpretation : str
        (0028,0004) of `pixels` as they are now: MONOCHROME1, MONOCHROME2, PALETTE COLOR or RGB;
        by default MONOCHROME2 for one sample a pixel, else RGB.
    modality_lut : ModalityLutModule or None
        What the stored values mean; by default themselves.
    voi_lut : VoiLutModule or None
        Windows and VOI tables of the header; by default the range of the values.
    plane : ImagePlaneModule or None
        Where it lies; by default at the origin with pixels of 1 mm, and `geometry` says so.
    modality : str or None
        (0008,0060), such as ``"CT"``.
    presentation_lut_shape : str or None
        (2050,0020) IDENTITY or INVERSE; by default what `photometric_interpretation` implies.
    padding_range : tuple of float or None
        Lowest and highest stored value that is padding and no part of the image.
    palette : PaletteColorLut or None
        Colours of a PALETTE COLOR image.
    icc_profile : bytes or None
        Colour profile that came with it, not applied.
    transfer_syntax_uid : str or None
        How the samples were encoded when they arrived.
    quality : ImageQuality
        How good the samples are.
    is_upright : bool
        Row 0 is the top and column 0 the left of the picture, as in DICOM. Formats like NIfTI keep
        rows in any direction; a viewport then turns them so that the body is seen as usual.

    Raises
    ------
    LoaderError
        If `pixels` is no array of numbers, or has another shape, or a module is none.
    """

    image_id: str
    pixels: npt.NDArray[Any] = field(repr=False)
    photometric_interpretation: str = ""
    modality_lut: ModalityLutModule | None = None
    voi_lut: VoiLutModule | None = None
    plane: ImagePlaneModule | None = None
    modality: str | None = None
    presentation_lut_shape: str | None = None
    padding_range: tuple[float, float] | None = None
    palette: PaletteColorLut | None = None
    icc_profile: bytes | None = field(default=None, repr=False)
    transfer_syntax_uid: str | None = None
    quality: ImageQuality = ImageQuality.FULL_RESOLUTION
    is_upright: bool = True

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        grey = pixels.ndim == 2
        if pixels.dtype.kind not in _KINDS or not (
            grey or (pixels.ndim == 3 and pixels.shape[2] in {3, 4})
        ):
            error = LoaderError(
                "pixels must be numbers of shape (rows, columns) or (rows, columns, 3 or 4), got "
                f"{pixels.dtype} of shape {pixels.shape}"
            )
            error.image_id = self.image_id
            raise error
        for name, kind in _MODULES.items():
            given = getattr(self, name)
            if given is not None and not isinstance(given, kind):
                error = LoaderError(
                    f"{name} of an image must be {kind.__name__} or None, got "
                    f"{type(given).__name__}"
                )
                error.image_id = self.image_id
                raise error
        if pixels.flags.writeable:
            pixels = pixels.view()
            pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)
        if not self.photometric_interpretation:
            implied = "MONOCHROME2" if grey else "RGB"
            object.__setattr__(self, "photometric_interpretation", implied)

    @property
    def rows(self) -> int:
        """Height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """Width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def is_color(self) -> bool:
        """It is drawn in its own colours: RGB, RGBA or by its palette."""
        return self.pixels.ndim == 3 or self.palette is not None

    @property
    def is_inverted(self) -> bool:
        """Low values are drawn bright (MONOCHROME1, or Presentation LUT Shape INVERSE)."""
        if self.presentation_lut_shape:
            return self.presentation_lut_shape == "INVERSE"
        return self.photometric_interpretation == "MONOCHROME1"

    @property
    def size_in_bytes(self) -> int:
        """Memory that the samples hold: of the whole buffer, if they are a view into one."""
        return self.buffer[1]

    @property
    def buffer(self) -> tuple[int, int]:
        """Identity and size in bytes of the memory that the samples lie in.

        Images that are views into one array have it in common.
        """
        owner: Any = self.pixels
        while isinstance(owner, np.ndarray) and isinstance(owner.base, _MEMORY):
            owner = owner.base
        while isinstance(owner, memoryview) and owner.obj is not None:
            owner = owner.obj
        return id(owner), max(self.pixels.nbytes, memoryview(owner).nbytes)

    @property
    def geometry(self) -> PlaneGeometry:
        """Where it lies, with defaults that are marked as such."""
        return (self.plane or ImagePlaneModule()).geometry

    @property
    def geometry_is_default(self) -> bool:
        """Its pixel spacing is not known: lengths are in pixels, not in millimetres."""
        return self.geometry.spacing_is_default

    def modality_values(self, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give what the samples mean (HU for CT): the modality LUT applied, as `dtype`."""
        return (self.modality_lut or ModalityLutModule()).apply(self.pixels, dtype)

    def __array__(
        self,
        dtype: npt.DTypeLike | None = None,
        copy: bool | None = None,  # noqa: FBT001 - NumPy's own form
    ) -> npt.NDArray[Any]:
        """Give the stored samples where NumPy wants an array."""
        return np.array(self.pixels, dtype, copy=copy)

    def replace(self, **changes: Any) -> Image:
        """Give a copy with other values in some fields."""
        return replace(self, **changes)
