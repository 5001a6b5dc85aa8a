"""One image on a canvas: how it is drawn, as an array, a file or a notebook's output."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pycornerstone.model.events import ColormapModified, ImageRendered, VoiModified
from pycornerstone.rendering.pipeline import DrawStyle, draw
from pycornerstone.viewports.camera import index_from_canvas, world_to_index
from pycornerstone.viewports.drawn_view import DrawnView
from pycornerstone.viewports.presentation import Presentation, changed, find_voi
from pycornerstone.viewports.shown_image import ShownImage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.image import Image
    from pycornerstone.model.luts import VoiFunction, VoiWindow
    from pycornerstone.rendering.sampling import Interpolation
    from pycornerstone.rendering.voi import Voi
    from pycornerstone.session.events import EventBus
    from pycornerstone.viewports.property_readers import Colormap

__all__ = ["ImageView"]


class ImageView(DrawnView[ShownImage]):
    """A canvas that draws the image it looks at.

    Parameters
    ----------
    width, height : int
        Of the canvas, pixels.
    events : EventBus
        Who is told of what happens.
    viewport_id : str, optional
        Its name in events.
    background : sequence of int
        Red, green and blue, 0 to 255, of where there is no image.
    """

    def __init__(
        self,
        width: int,
        height: int,
        events: EventBus,
        viewport_id: str | None = None,
        background: Sequence[int] = (0, 0, 0),
    ) -> None:
        super().__init__(width, height, events, viewport_id, background)
        self._presentation = Presentation()

    @property
    def image(self) -> Image | None:
        """The image on show; None while the first of a stack is loading."""
        shown = self._shown
        return None if shown is None else shown.image

    @property
    def properties(self) -> Presentation:
        """How images are drawn; see `set_properties`."""
        return self._presentation

    @property
    def voi_range(self) -> tuple[float, float] | None:
        """Modality values between which greys change now; None for colours drawn as they are."""
        voi = self._voi()
        return None if voi is None else voi.bounds

    @property
    def is_voi_computed(self) -> bool:
        """`voi_range` is that of the values of the image: neither header nor user say another."""
        voi = self._voi()
        return voi is not None and voi.is_computed

    def set_properties(
        self,
        *,
        voi_range: tuple[float, float] | None = None,
        window: VoiWindow | tuple[float, float] | None = None,
        window_index: int | str | None = None,
        voi_function: VoiFunction | str | None = None,
        invert: bool | None = None,
        colormap: str | npt.ArrayLike | Colormap | None = None,
        interpolation: Interpolation | str | None = None,
        show_overlays: bool | None = None,
        overlay_color: Sequence[int] | None = None,
        show_shutter: bool | None = None,
        apply_icc_profile: bool | None = None,
    ) -> None:
        """Draw images in another way; what is not given stays.

        It is kept for all images of a stack. Of the first three, the one given last counts.

        Parameters
        ----------
        voi_range : tuple of float
            Modality values (HU for CT) that are drawn black and white, ``(lower, upper)``.
        window : VoiWindow or tuple of float
            Center and width.
        window_index : int or str
            Which window or VOI table of each image's own header: counted from 0, windows first;
            or its explanation, such as ``"BONE"``.
        voi_function : VoiFunction or str
            ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``; by default as the header says.
        invert : bool
            Draw the negative. MONOCHROME1 images are drawn as they should be without it.
        colormap : str or array_like
            A name, such as ``"hotIron"``, or ``(N, 3)`` colours, for grey images.
        interpolation : Interpolation or str
            ``"nearest"``, ``"linear"`` or ``"cubic"``.
        show_overlays : bool
            Draw the overlays of the header; regions of interest by their outline. Otherwise True.
        overlay_color : sequence of int
            Red, green and blue of overlays, 0 to 255; green until then.
        show_shutter : bool
            Cover what the shutter of the header covers. Otherwise True.
        apply_icc_profile : bool
            Turn colours into sRGB by the ICC profile that came with them. Otherwise they are drawn
            as they are stored.

        Raises
        ------
        ValueError
            If a value is not possible.
        """
        with self._lock:
            new = changed(
                self._presentation,
                self.image,
                voi_range=voi_range,
                window=window,
                window_index=window_index,
                voi_function=voi_function,
                invert=invert,
                colormap=colormap,
                interpolation=interpolation,
                show_overlays=show_overlays,
                overlay_color=overlay_color,
                show_shutter=show_shutter,
                apply_icc_profile=apply_icc_profile,
            )
            told = self._present(new)
        for detail in told:
            self._emit(detail)

    def reset_properties(self) -> None:
        """Draw each image as its own header says again."""
        with self._lock:
            told = self._present(Presentation())
        for detail in told:
            self._emit(detail)

    def render(self, timeout: float | None = 60.0) -> npt.NDArray[np.uint8]:
        """Draw what is on show.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait for an image that was asked for and is not there yet; None waits as
            long as it takes, 0 draws what there is.

        Returns
        -------
        numpy.ndarray
            ``(height, width, 4)`` uint8: red, green, blue, and 255. Nothing but background where
            no image has been asked for.

        Raises
        ------
        TransferError
            If the image is not there in time.
        PyCornerstoneError
            Or whatever else its load failed with, if `timeout` is not 0.
        """
        self._wait_for_image(timeout)
        started = time.perf_counter()
        with self._lock:
            shown, view, size, voi = self._shown, self._view, self._size, self._voi()
            how = self._presentation
        if shown is None:
            picture = self._empty_picture(size)
        else:
            style = DrawStyle(
                voi,
                how.invert,
                how.colormap.colors,
                how.interpolation,
                self.background,
                how.overlay_color if how.show_overlays else None,
                how.show_shutter,
            )
            matrix = index_from_canvas(shown.camera(view, size), shown.inverse, size)
            source = shown.source(apply_icc_profile=how.apply_icc_profile)
            picture = draw(source, matrix, size, style)
        milliseconds = (time.perf_counter() - started) * 1000
        image_id = None if shown is None else shown.image.image_id
        self._emit(ImageRendered(self.viewport_id, image_id, milliseconds))
        return picture

    def canvas_to_index(self, point: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Give ``(..., 2)`` column and row that a canvas point shows, (0, 0) a pixel's centre."""
        with self._lock:
            shown, camera, size = self._on_show(), self.camera, self._size
        return world_to_index(camera.canvas_to_world(point, size), shown.inverse)

    @property
    def _nothing(self) -> str:
        return "no image on show; wait for what set_stack returned"

    def _wait_for_image(self, timeout: float | None) -> None:
        """Return when there is nothing to wait for, or raise why it does not come."""

    def _voi(self) -> Voi | None:
        with self._lock:
            shown, presentation = self._shown, self._presentation
        if shown is None:
            return None
        return find_voi(shown.image, presentation, lambda: shown.value_range)

    def _present(self, new: Presentation) -> list[VoiModified | ColormapModified]:
        """Take a presentation, and give what is to be told of it when the lock is free."""
        old_voi, old = self._voi(), self._presentation
        self._presentation = new
        told: list[VoiModified | ColormapModified] = self._told_of_voi(old_voi)
        if (new.colormap, new.invert) != (old.colormap, old.invert):
            told.append(ColormapModified(self.viewport_id, new.colormap.name, invert=new.invert))
        return told

    def _told_of_voi(self, old: Voi | None) -> list[VoiModified | ColormapModified]:
        new = self._voi()
        if new is None or new == old:
            return []
        return [VoiModified(self.viewport_id, *new.bounds, voi_function=new.function)]
