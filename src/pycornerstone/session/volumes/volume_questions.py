"""What a session is asked of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.session.volumes.sources import VolumeSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from pycornerstone.loaders.volume_registry import VolumeLoader
    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.session.volumes.load_object import VolumeLoadObject, VolumeSeriesLoadObject
    from pycornerstone.session.volumes.sources import VolumeSources
    from pycornerstone.session.volumes.volume_loads import VolumeLoads

__all__ = ["VolumeQuestions"]

_DEFAULT_OPTIONS = LoadOptions()


class VolumeQuestions:
    """Volumes of images, and loaders of others; what a `Session` has of them."""

    _volume_sources: VolumeSources
    _volumes: VolumeLoads

    def load_volume(
        self,
        source: str | DisplaySet | Iterable[str],
        *,
        options: LoadOptions = _DEFAULT_OPTIONS,
        resample: bool = False,
        order: str | int = "middle_out",
        decimate: tuple[int, int, int] = (1, 1, 1),
        memory_map: bool | str | os.PathLike[str] | None = None,
        allow_missing: bool = False,
        volume_id: str | None = None,
    ) -> VolumeLoadObject:
        """Load images into one volume, sorted by where they lie.

        Its voxels are the stored samples, in their own dtype; the images of its slices are views of
        them. The cache keeps the volume and these images. Everyone who asks for the same volume at
        the same time shares one load. Whatever goes wrong is told by the object that is given.

        Images that nobody knows the place of before they are there, such as those of ``wadouri:``,
        are loaded first and put in order then; the volume is there only at the end.

        Parameters
        ----------
        source : iterable of str, DisplaySet or str
            ImageIds in any order, one that comes twice counting once; a display set; or the
            volumeId of a scheme that `register_volume_loader` was told of, or that is cached.
        options : LoadOptions
            Why it is asked for, and in which order.
        resample : bool
            To resample images that make no straight and even grid, if there is one to resample
            them to (`GeometryReport.regular_geometry`): where the gantry was tilted, slices are
            missing or unevenly spaced. The volume is there only at the end then.
        order : str or int
            In which order slices are asked for: ``"middle_out"``, ``"interleaved"`` (middle, first,
            last, then what lies between), ``"sequential"``, or the number of the slice to begin at,
            and then those next to it. A server that sends a series in one piece has its own order.
        decimate : tuple of int
            For a preview: every so many voxels along i (columns), j (rows) and k (slices). Slices
            that are left out are not loaded.
        memory_map : bool, str or path-like, optional
            ``"auto"`` lets a volume that does not fit into the cache go into a temporary file that
            is mapped, True any volume, and a path makes that file and leaves it there, unless the
            load fails. The cache does not keep such a volume. By default none.
        allow_missing : bool
            To go on without images that cannot be had: their slices are 0, or are not there where
            nobody says where they would lie; `failed` of the load object lists them, and the cache
            does not keep the volume. By default the first failure ends the load.
        volume_id : str, optional
            What it is kept by; by default `generate_volume_id` of the images, marked if resampled
            or decimated.

        Returns
        -------
        VolumeLoadObject
            At once; await it, or wait for its `result`. It fails with GeometryError, which has the
            report, if the images make no volume; with CacheSizeExceededError, before anything is
            loaded, if it does not fit; or with what an image failed with, and its ``image_id``.
        """
        settings = VolumeSettings(options, resample, order, decimate, memory_map, allow_missing)
        return self._volumes.load(source, settings, volume_id)

    def load_volume_series(
        self,
        source: DisplaySet | Iterable[str],
        *,
        options: LoadOptions = _DEFAULT_OPTIONS,
        order: str | int = "middle_out",
        time_point: int = 0,
        decimate: tuple[int, int, int] = (1, 1, 1),
        memory_map: bool | str | os.PathLike[str] | None = None,
        allow_missing: bool = False,
    ) -> VolumeSeriesLoadObject:
        """Load volumes of one grid into one array: points in time, echoes, diffusion weightings.

        Parameters
        ----------
        source : iterable of str or DisplaySet
            ImageIds in any order, or a display set of kind ``VOLUME_4D``.
        options : LoadOptions
            Why it is asked for, and in which order.
        order : str or int
            Of the slices of a volume; see `load_volume`.
        time_point : int
            Which volume is loaded first, from 0; then those that are nearest to it.
        decimate, memory_map, allow_missing
            As of `load_volume`.

        Returns
        -------
        VolumeSeriesLoadObject
            At once; it becomes a `VolumeSeries`. It fails with GeometryError if the images are not
            several volumes of one grid, or some of them belong to none.
        """
        settings = VolumeSettings(
            options,
            order=order,
            decimate=decimate,
            memory_map=memory_map,
            allow_missing=allow_missing,
        )
        return self._volumes.load_series(source, settings, time_point)

    def register_volume_loader(self, scheme: str, loader: VolumeLoader) -> None:
        """Let `loader` make every ``scheme:...`` volume of this session.

        Parameters
        ----------
        scheme : str
            Text before the first colon of a volumeId.
        loader : callable
            ``loader(volume_id)`` gives a `Volume`, or something to be awaited that becomes one. A
            plain function is called in a thread and may block.

        Raises
        ------
        LoaderError
            If it is no scheme, or cannot be called.
        """
        self._volume_sources.volume_loaders.register(scheme, loader)
