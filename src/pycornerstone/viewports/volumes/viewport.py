"""The volume viewport: any plane through one or several volumes, on one canvas."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self, cast

from pycornerstone.errors import TransferError
from pycornerstone.model.events import ColormapModified, ImageRendered
from pycornerstone.model.given_values import finite_number
from pycornerstone.model.volume_viewport_events import SlabModified
from pycornerstone.rendering.volumes.cut import Slab, SlabMode
from pycornerstone.viewports.volumes.drawing import draw_planes
from pycornerstone.viewports.volumes.inputs import checked_input
from pycornerstone.viewports.volumes.layered_view import LayeredVolumeView
from pycornerstone.viewports.volumes.shown_volume import dropping
from pycornerstone.viewports.volumes.together import check_different
from pycornerstone.viewports.volumes.volume_presentation import VolumePresentation, changed_volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from pycornerstone.model.events import EventDetail
    from pycornerstone.model.luts import VoiFunction, VoiWindow
    from pycornerstone.rendering.sampling import Interpolation
    from pycornerstone.viewports.property_readers import Colormap
    from pycornerstone.viewports.source import ImageAndVolumeSource
    from pycornerstone.viewports.volumes.inputs import VolumeLike
    from pycornerstone.viewports.volumes.orientation import OrientationLike
    from pycornerstone.viewports.volumes.shown_volume import ShownVolume
    from pycornerstone.viewports.volumes.volumes_request import VolumesRequest

__all__ = ["VolumeViewport"]


class VolumeViewport(LayeredVolumeView):
    """Shows planes through volumes on a canvas, and draws them as arrays.

    Volumes that are loading are shown as far as they are there; VIEWPORT_NEEDS_RENDER tells when
    drawing again is worth while. `render` and `save` wait until they are whole;
    ``render(timeout=0)`` draws what there is, background where nothing is yet. All of it may be
    used from any thread. A notebook shows a viewport by itself.

    The world of the viewport is that of its volumes' LPS mm, and of those with a registration, what
    that leads to. The first volume says which slices there are, and what fits the canvas.

    Parameters
    ----------
    width, height : int
        Of the canvas, pixels.
    session : Session, optional
        Whose events tell of the viewport, and whose cache keeps what it shows; by default that of
        the module-level functions.
    orientation : str, Orientation or pair of vectors
        Which plane; see `set_orientation`.
    viewport_id : str, optional
        Its name in events.
    background : sequence of int
        Red, green and blue, 0 to 255, of where nothing is.

    Attributes
    ----------
    registrations : Registrations
        How frames of reference lie to each other, as the session's metadata know.

    Examples
    --------
    >>> import numpy as np
    >>> from pycornerstone.model.volume import Volume
    >>> viewport = VolumeViewport(3, 2, orientation="coronal")
    >>> viewport.set_volumes([Volume("ramp", np.arange(12).reshape(2, 2, 3) * 23)])
    <VolumesRequest: on show>
    >>> viewport.render()[..., 0]
    array([[209, 232, 255],
           [ 70,  93, 116]], dtype=uint8)
    """

    def __init__(
        self,
        width: int = 512,
        height: int = 512,
        *,
        session: ImageAndVolumeSource | None = None,
        orientation: OrientationLike = "axial",
        viewport_id: str | None = None,
        background: Sequence[int] = (0, 0, 0),
    ) -> None:
        if session is None:
            from pycornerstone.session.default import default_session

            session = default_session()
        elif not hasattr(session, "cache"):
            raise TypeError(f"a viewport shows volumes of a Session, got {session!r}")
        super().__init__(width, height, session, orientation, viewport_id, background)
        self.registrations = session.metadata.registrations
        self._slab: Slab | None = None

    def __repr__(self) -> str:
        plane = self._shown
        shows = "nothing"
        if plane is not None:
            shows = f"slice {plane.slice_index} of {plane.planes.count}"
        return f"<VolumeViewport {self.width} x {self.height} of {shows}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def slab(self) -> Slab | None:
        """How thick the plane is, and what becomes of the values in it; None for a thin plane."""
        return self._slab

    @property
    def current_image_id(self) -> str | None:
        """The image that is on show, of the first volume; None where it is no slice of it."""
        with self._lock:
            volume = self._volumes[0].volume if self._volumes else None
            k = None if self._shown is None else self._shown.slice_k
        return None if volume is None or k is None or not volume.image_ids else volume.image_ids[k]

    def set_slab(self, thickness_mm: float | None, mode: SlabMode | str = SlabMode.MAXIMUM) -> None:
        """Draw what lies up to half of a thickness before and behind the plane.

        Parameters
        ----------
        thickness_mm : float or None
            In all; 0 or None draws the plane alone.
        mode : SlabMode or str
            ``"maximum"``, ``"minimum"`` or ``"average"``.

        Raises
        ------
        ValueError
            If the thickness is negative or not finite, or there is no such mode.
        """
        slab = Slab(0.0 if thickness_mm is None else thickness_mm, cast("SlabMode", mode))
        with self._lock:
            old, self._slab = self._slab, slab if slab.thickness_mm else None
            is_new = self._slab != old
        if is_new:
            self._emit(SlabModified(self.viewport_id, slab.thickness_mm, slab.mode))

    def replace_volume(self, volume_id: str, volume: VolumeLike) -> VolumesRequest:
        """Show another volume in the place of one: another point in time of a series, say.

        The view and the order of the volumes stay, and how it is drawn, too, but for the window
        that its own header names, or its values, where none was chosen. On another grid the plane
        is that of the nearest slice.

        Parameters
        ----------
        volume_id : str
            Which is replaced.
        volume : Volume, VolumeLoadObject, DisplaySet, list of imageIds, volumeId or VolumeInput
            What is shown instead; what is still loading is shown as far as it is there.

        Returns
        -------
        VolumesRequest
            As of `set_volumes`, of this volume alone.

        Raises
        ------
        GeometryError
            If it lies in another frame of reference, and no registration leads from there.
        TypeError
            If it is no volume.
        ValueError
            If `volume_id` is not on show, or the other volume is already.
        """
        given = checked_input(volume)
        made = self._made([given])
        [new] = made
        with self._lock, dropping(made):
            old = self._volume_of(volume_id)
            volumes = tuple(new if shown is old else shown for shown in self._volumes)
            check_different((*volumes, *self._label_volumes))
            self._place((*volumes, *self._label_volumes))
            new.presentation = changed_volume(old.presentation, new.volume, **given.properties)
            told = self._keep(volumes)
        return self._follow(made, told)

    def properties(self, volume_id: str | None = None) -> VolumePresentation:
        """Give how a volume is drawn, by default the first; ValueError if it is not on show."""
        with self._lock:
            return self._volume_of(volume_id).presentation

    def voi_range(self, volume_id: str | None = None) -> tuple[float, float] | None:
        """Give the values between which greys change now; None for colours drawn as they are."""
        with self._lock:
            shown = self._volume_of(volume_id)
            voi = None if shown.volume is None else shown.voi
        return None if voi is None else voi.bounds

    def set_properties(
        self,
        volume_id: str | None = None,
        *,
        voi_range: tuple[float, float] | None = None,
        window: VoiWindow | tuple[float, float] | None = None,
        window_index: int | str | None = None,
        voi_function: VoiFunction | str | None = None,
        invert: bool | None = None,
        colormap: str | npt.ArrayLike | Colormap | None = None,
        interpolation: Interpolation | str | None = None,
        opacity: float | None = None,
        opacity_mapping: Sequence[tuple[float, float]] | None = None,
        opacity_follows_voi: bool | None = None,
        threshold: float | tuple[float, float] | None = None,
        visible: bool | None = None,
    ) -> None:
        """Draw a volume in another way; what is not given stays.

        Parameters
        ----------
        volume_id : str, optional
            Which; by default the first.
        voi_range, window, window_index, voi_function, invert, colormap, interpolation
            As of `StackViewport.set_properties`.
        opacity : float
            Of all of it, 0 to 1.
        opacity_mapping : sequence of (float, float)
            Modality values that rise, and how opaque they are, straight lines between; times
            `opacity`. Empty is the same everywhere.
        opacity_follows_voi : bool
            As opaque as its window makes it bright.
        threshold : float or tuple of float
            Lowest modality value that is drawn, or lowest and highest; infinite ones draw all.
        visible : bool
            Draw it at all.

        Raises
        ------
        ValueError
            If a value is not possible, or the volume is not on show.
        """
        self._change(
            volume_id,
            voi_range=voi_range,
            window=window,
            window_index=window_index,
            voi_function=voi_function,
            invert=invert,
            colormap=colormap,
            interpolation=interpolation,
            opacity=opacity,
            opacity_mapping=opacity_mapping,
            opacity_follows_voi=opacity_follows_voi,
            threshold=threshold,
            visible=visible,
        )

    def reset_properties(self, volume_id: str | None = None) -> None:
        """Draw a volume as its own header says again, by default the first."""
        with self._lock:
            shown = self._volume_of(volume_id)
            told = self._present(shown, VolumePresentation())
        self._tell(told)

    def value_at_canvas(
        self, point: npt.ArrayLike, volume_id: str | None = None
    ) -> float | tuple[float, ...] | None:
        """Give the modality value of the voxel that a canvas point shows.

        Parameters
        ----------
        point : array_like
            x and y, pixels from the top left corner of the canvas.
        volume_id : str, optional
            Of which volume; by default the first.

        Returns
        -------
        float, tuple of float or None
            A colour as a tuple. None outside of the volume, and where it is not loaded yet.

        Raises
        ------
        RuntimeError
            While nothing is on show.
        ValueError
            If the volume is not on show.
        """
        with self._lock:
            shown, world = self._volume_of(volume_id), self.canvas_to_world(point)
        return None if shown.volume is None else shown.value_at(world)

    def loaded_slices(self, volume_id: str | None = None) -> npt.NDArray[np.bool_] | None:
        """Say which slices of a volume are there, ``(slices,)``; None if all are.

        Raises
        ------
        ValueError
            If the volume is not on show.
        """
        with self._lock:
            return self._volume_of(volume_id).loaded

    def canvas_to_index(
        self, point: npt.ArrayLike, volume_id: str | None = None
    ) -> npt.NDArray[np.float64]:
        """Give ``(..., 3)`` indices (i, j, k) of a volume that canvas points ``(..., 2)`` show."""
        with self._lock:
            shown, world = self._volume_of(volume_id), self.canvas_to_world(point)
        return shown.geometry.world_to_index(world)

    def render(self, timeout: float | None = 60.0) -> npt.NDArray[np.uint8]:
        """Draw what is on show.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait for volumes that are loading; None waits as long as it takes, 0 draws
            what there is.

        Returns
        -------
        numpy.ndarray
            ``(height, width, 4)`` uint8: red, green, blue, and 255.

        Raises
        ------
        TransferError
            If a volume is not there in time.
        GeometryError
            If volumes turned out to lie in different frames of reference.
        MissingExtraError
            If the plane is oblique to the voxels, and VTK is not installed.
        PyCornerstoneError
            Or whatever else a load failed with, if `timeout` is not 0.
        """
        if timeout is not None:
            timeout = finite_number(timeout, "timeout, seconds to wait,")
        self._wait_for_volumes(timeout)
        started = time.perf_counter()
        with self._lock:
            told = self._settle()
            volumes = [shown for shown in self._volumes if shown.volume is not None]
            labelmaps = [pair for pair in self._labelmaps if pair[0].volume is not None]
            plane, view, size, slab = self._shown, self._view, self._size, self._slab
            error, image_id = self._error, self.current_image_id
        self._tell(told)
        if error is not None:
            raise error
        if plane is None:
            picture = self._empty_picture(size)
        else:
            camera = plane.camera(view, size)
            picture = draw_planes(volumes, labelmaps, camera, size, slab, self.background)
        milliseconds = (time.perf_counter() - started) * 1000
        self._emit(ImageRendered(self.viewport_id, image_id, milliseconds))
        return picture

    def _wait_for_volumes(self, timeout: float | None) -> None:
        if timeout == 0:
            return
        deadline = None if timeout is None else time.monotonic() + timeout
        for shown in (*self._volumes, *self._label_volumes):
            if shown.load is None:
                continue
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                shown.load.result(left)
            except TimeoutError as error:
                if shown.load.done():
                    raise
                raise TransferError(
                    f"volume {shown.volume_id!r} is not there after {timeout} s; it goes on "
                    "loading, and render(timeout=0) draws what there is"
                ) from error

    def _change(self, volume_id: str | None, **properties: Any) -> None:
        with self._lock:
            shown = self._volume_of(volume_id)
            new = changed_volume(shown.presentation, shown.volume, **properties)
            told = self._present(shown, new)
        self._tell(told)

    def _present(self, shown: ShownVolume, new: VolumePresentation) -> list[EventDetail]:
        """Draw a volume in another way, and give what is to be told of it."""
        is_known = shown.volume is not None
        old, old_voi = shown.presentation, shown.voi if is_known else None
        shown.presentation = new
        told: list[EventDetail] = []
        if is_known and shown.voi != old_voi:
            told += self._told_of_voi(shown)
        if (new.colormap, new.invert) != (old.colormap, old.invert):
            name = new.colormap.name
            told.append(ColormapModified(self.viewport_id, name, shown.volume_id, new.invert))
        return told
