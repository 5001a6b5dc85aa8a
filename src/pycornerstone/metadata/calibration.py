"""What a user measured of images: it goes before what their headers say."""

from __future__ import annotations

from pycornerstone.model.modules import CalibratedPixelSpacing

__all__ = ["Calibrations"]


class Calibrations:
    """Pixel spacings that a user gave, by imageId; may be used from any thread.

    A `MetadataRegistry` has one. While an image is in it, ``"calibratedPixelSpacing"`` and
    ``"imagePlaneModule"`` are answered by it, whoever else knows the plane. A viewport that shows
    the image is told by `StackViewport.calibrate_spacing`. Nothing is forgotten but by `remove`
    and `clear`.

    Examples
    --------
    >>> calibrations = Calibrations()
    >>> calibrations.add("dicomfile:/data/film.dcm", CalibratedPixelSpacing(0.143))
    >>> calibrations.get("dicomfile:/data/film.dcm").row_pixel_spacing_mm
    0.143
    """

    def __init__(self) -> None:
        # None where one was taken back; no imageId is ever taken out. Each use is one operation of
        # a dict, which no other thread can come between.
        self._spacings: dict[str, CalibratedPixelSpacing | None] = {}

    def add(self, image_id: str, spacing: CalibratedPixelSpacing) -> None:
        """Take `spacing` for the image, or frame, that `image_id` names; an older one goes.

        Raises
        ------
        TypeError
            If `image_id` is no text, or `spacing` no `CalibratedPixelSpacing`.
        """
        if not isinstance(image_id, str):
            raise TypeError(
                "an image is calibrated by its imageId, which is text, got "
                f"{type(image_id).__name__}"
            )
        if not isinstance(spacing, CalibratedPixelSpacing):
            raise TypeError(
                "an image is calibrated by a CalibratedPixelSpacing(row_pixel_spacing_mm, "
                f"column_pixel_spacing_mm), got {type(spacing).__name__}"
            )
        self._spacings[image_id] = spacing

    def remove(self, image_id: str) -> bool:
        """Go by the header again; False if the image was not calibrated."""
        was_there = image_id in self
        if was_there:
            self._spacings[image_id] = None
        return was_there

    def clear(self) -> None:
        """Go by the headers of all images again."""
        for image_id in list(self._spacings):
            self._spacings[image_id] = None

    def get(self, image_id: str) -> CalibratedPixelSpacing | None:
        """Give what the user said of an image; None if nothing."""
        return self._spacings.get(image_id)

    def was_ever(self, image_id: str) -> bool:
        """Tell whether an image is calibrated, or was."""
        return image_id in self._spacings

    def __repr__(self) -> str:
        return f"<Calibrations of {len(self)} images>"

    def __contains__(self, image_id: object) -> bool:
        return isinstance(image_id, str) and self._spacings.get(image_id) is not None

    def __len__(self) -> int:
        return sum(spacing is not None for spacing in self._spacings.copy().values())
