"""The image: stored samples, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pycornerstone.errors import LoaderError, MetadataError, PyCornerstoneError
from pycornerstone.model.addresses import without_credentials
from pycornerstone.model.memory import buffers_of_image
from pycornerstone.model.modules import (
    DisplayShutterModule,
    ImagePlaneModule,
    ModalityLutModule,
    RealWorldValueMappingModule,
    ScalingModule,
    VoiLutModule,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from pycornerstone.model.geometry import PlaneGeometry
    from pycornerstone.model.luts import PaletteColorLut
    from pycornerstone.model.modules import OverlayPlane

__all__ = ["Image", "ImageQuality"]

_T = TypeVar("_T")

_KINDS = "buif"
_MODULES = {
    "modality_lut": ModalityLutModule,
    "voi_lut": VoiLutModule,
    "plane": ImagePlaneModule,
    "shutter": DisplayShutterModule,
    "scaling": ScalingModule,
    "real_world_values": RealWorldValueMappingModule,
}


class ImageQuality(IntEnum):
    """How good the samples are, worst first; a better image is never replaced by a worse one.

    An image is of full size whatever its quality.

    Attributes
    ----------
    FAR_REPLICATE, ADJACENT_REPLICATE
        Those of another image, some places away, or next to it.
    SUBRESOLUTION
        Its own, at an eighth of its rows and columns.
    QUARTER_RESOLUTION, HALF_RESOLUTION
        Its own, at a quarter or a half of its rows and columns.
    LOSSY
        Its own, of all rows and columns, though not all that there is of them.
    FULL_RESOLUTION
        All that there is; also of what was stored lossily.
    """

    FAR_REPLICATE = 1
    ADJACENT_REPLICATE = 3
    SUBRESOLUTION = 4
    QUARTER_RESOLUTION = 5
    HALF_RESOLUTION = 6
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
        Colours of a PALETTE COLOR image; or, of a grey one, of the values from its first mapped one
        on (supplemental palette, PS3.3 C.7.6.19).
    icc_profile : bytes or None
        Colour profile that came with it, not applied.
    overlays : tuple of OverlayPlane or None
        Graphics and regions of the header (60xx) that belong to it, with their bits.
    shutter : DisplayShutterModule or None
        What of it is covered when it is shown.
    scaling : ScalingModule or None
        Factors to SUV or dose, or why there are none.
    real_world_values : RealWorldValueMappingModule or None
        What stored values are in the world.
    transfer_syntax_uid : str or None
        How the samples were encoded when they arrived.
    quality : ImageQuality
        How good the samples are.
    is_upright : bool
        Row 0 is the top and column 0 the left of the picture, as in DICOM. Formats like NIfTI keep
        rows in any direction; a viewport then turns them so that the body is seen as usual.
    dataset_source : callable or None
        What gives `dataset`; None where the image did not come from DICOM.

    Raises
    ------
    LoaderError
        If `pixels` is no array of numbers, or has another shape, or a module is none.
    """

    image_id: str
    pixels: npt.NDArray[Any]
    photometric_interpretation: str = ""
    modality_lut: ModalityLutModule | None = None
    voi_lut: VoiLutModule | None = None
    plane: ImagePlaneModule | None = None
    modality: str | None = None
    presentation_lut_shape: str | None = None
    padding_range: tuple[float, float] | None = None
    palette: PaletteColorLut | None = None
    icc_profile: bytes | None = None
    overlays: tuple[OverlayPlane, ...] | None = None
    shutter: DisplayShutterModule | None = None
    scaling: ScalingModule | None = None
    real_world_values: RealWorldValueMappingModule | None = None
    transfer_syntax_uid: str | None = None
    quality: ImageQuality = ImageQuality.FULL_RESOLUTION
    is_upright: bool = True
    dataset_source: Callable[[], Any] | None = None

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
            error.image_id = without_credentials(self.image_id)
            raise error
        for name, kind in _MODULES.items():
            given = getattr(self, name)
            if given is not None and not isinstance(given, kind):
                error = LoaderError(
                    f"{name} of an image must be {kind.__name__} or None, got "
                    f"{type(given).__name__}"
                )
                error.image_id = without_credentials(self.image_id)
                raise error
        if pixels.flags.writeable:
            pixels = pixels.view()
            pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)
        if not self.photometric_interpretation:
            implied = "MONOCHROME2" if grey else "RGB"
            object.__setattr__(self, "photometric_interpretation", implied)

    def __repr__(self) -> str:
        """Say which image it is, and what its samples are; its modules would fill pages."""
        shape = " x ".join(str(length) for length in self.pixels.shape)
        kind = f"{self.modality} " if self.modality else ""
        form = f"{shape} {self.pixels.dtype} {self.photometric_interpretation}"
        return f"<Image {without_credentials(self.image_id)!r}: {kind}{form}>"

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
        return self.pixels.ndim == 3 or self.photometric_interpretation == "PALETTE COLOR"

    @property
    def is_inverted(self) -> bool:
        """Low values are drawn bright (MONOCHROME1, or Presentation LUT Shape INVERSE)."""
        if self.presentation_lut_shape:
            return self.presentation_lut_shape == "INVERSE"
        return self.photometric_interpretation == "MONOCHROME1"

    @property
    def size_in_bytes(self) -> int:
        """Memory that it holds: of samples, overlays, tables, palette and colour profile.

        What is a view into a buffer holds the whole buffer; of a mapped file, only what it shows.
        """
        return sum(nbytes for _, nbytes in buffers_of_image(self))

    @property
    def geometry(self) -> PlaneGeometry:
        """Where it lies, with defaults that are marked as such."""
        return (self.plane or ImagePlaneModule()).geometry

    @property
    def geometry_is_default(self) -> bool:
        """Its pixel spacing is not known: lengths are in pixels, not in millimetres.

        Whether place and direction are known too say `position_is_default` and
        `orientation_is_default` of `geometry`.
        """
        return self.geometry.spacing_is_default

    @property
    def dataset(self) -> Any:
        """The whole DICOM data set that it is of (`pydicom.Dataset`), read when first asked for.

        It is kept by its source, and is the same for all frames of a file that was read once; who
        changes it changes it for all. Asking may wait for a file or a server, and blocks. A local
        file's long values, pixel data above all, stay in it until they are asked for; one that came
        over HTTP as a whole file is fetched once more; of WADO-RS there is what the metadata hold,
        without the values that they only name by address (BulkDataURI), pixel data above all.

        Raises
        ------
        MetadataError
            If the image did not come from DICOM, pydicom does not read its file, or it had to be
            fetched in the thread that fetches.
        RetrieveError
            If the file cannot be read or fetched any more.
        SessionClosedError
            If it had to be fetched by a session that is closed.
        """
        try:
            if self.dataset_source is None:
                raise MetadataError(
                    "the image has no DICOM data set: it did not come from DICOM, or its loader "
                    "gave none (Image.dataset_source)"
                )
            return self.dataset_source()
        except PyCornerstoneError as error:
            if error.image_id is None:
                error.image_id = without_credentials(self.image_id)
            raise

    def modality_values(self, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give what the samples mean (HU for CT): the modality LUT applied, as `dtype`."""
        return (self.modality_lut or ModalityLutModule()).apply(self.pixels, dtype)

    def suv(self, kind: str = "bw", dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give the standardised uptake values of a PET image.

        Parameters
        ----------
        kind : str
            By what: ``"bw"`` (body weight) or another key of
            `pycornerstone.model.modules.quantities.SUV_KINDS`.
        dtype : numpy.dtype
            Of the result, which is computed in float64.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)``, g/ml; for ``"bsa"`` cm2/ml.

        Raises
        ------
        MetadataError
            If they cannot be computed; the reason names the elements.
        ValueError
            If there is no such kind.
        """
        scaling = self.scaling or ScalingModule()
        factor = self._explained(lambda: scaling.suv_factor(kind))
        values = self.modality_values(np.float64)
        values *= factor
        return values.astype(dtype, copy=False)

    def dose(self, dtype: npt.DTypeLike = np.float32) -> npt.NDArray[np.floating]:
        """Give the dose of an RT dose image, ``(rows, columns)``, in ``scaling.dose_units``.

        Raises
        ------
        MetadataError
            If its scaling is not known; the reason names the element.
        """
        factor = self._explained((self.scaling or ScalingModule()).dose_factor)
        values = self.pixels.astype(np.float64)
        values *= factor
        return values.astype(dtype, copy=False)

    def real_world(
        self, index_or_label: int | str = 0, dtype: npt.DTypeLike = np.float32
    ) -> npt.NDArray[np.floating]:
        """Give what the samples are in the world, by one of the maps of the header.

        Parameters
        ----------
        index_or_label : int or str
            Which of ``real_world_values.maps``, from 0, or its label.
        dtype : numpy.dtype
            Of the result, which is computed in float64.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)`` in the unit of the map; NaN where it does not map the sample.

        Raises
        ------
        MetadataError
            If there is no such map.
        """
        known = self.real_world_values or RealWorldValueMappingModule()
        found = self._explained(lambda: known.find(index_or_label))
        return found.apply(self.pixels, dtype)

    def _explained(self, ask: Callable[[], _T]) -> _T:
        """Ask for what turns samples into a quantity; an error says of which image."""
        if self.pixels.ndim == 3:
            colour = MetadataError("samples of colour are no quantity; ask a grey image")
            colour.image_id = without_credentials(self.image_id)
            raise colour
        try:
            return ask()
        except MetadataError as error:
            error.image_id = without_credentials(self.image_id)
            raise

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
