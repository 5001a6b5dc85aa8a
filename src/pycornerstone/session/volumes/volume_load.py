"""One volume on its way: headers, geometry, an array that fills, and what it all means."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError, LoaderError
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.model.derived_volumes import decimated, decimated_geometry
from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.model.volume import Volume
from pycornerstone.session.volumes.late_places import (
    are_placed,
    in_order,
    late_facts,
    load_facts,
)
from pycornerstone.session.volumes.mosaic_tiles import mosaic_volumes
from pycornerstone.session.volumes.slice_images import keep_volume
from pycornerstone.session.volumes.slice_meaning import volume_fields
from pycornerstone.session.volumes.slice_orders import slice_order
from pycornerstone.session.volumes.volume_memory import VolumeMemory
from pycornerstone.session.volumes.volume_plan import GivenImages, volume_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.model.volume_geometry import VolumeGeometry
    from pycornerstone.session.volumes.load_object import VolumeProgress
    from pycornerstone.session.volumes.sources import VolumeSettings, VolumeSources

__all__ = ["VolumeLoad", "require_volume"]


class VolumeLoad:
    """Loads the images of one volume.

    Parameters
    ----------
    sources : VolumeSources
        What they come from.
    settings : VolumeSettings
        How they are asked for.
    image_ids : sequence of str
        In any order, each once.
    report : GeometryReport or None
        What is known of their order already.
    progress : VolumeProgress
        Where is told how far it has come.
    """

    def __init__(
        self,
        sources: VolumeSources,
        settings: VolumeSettings,
        image_ids: Sequence[str],
        report: GeometryReport | None,
        progress: VolumeProgress[Volume],
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._image_ids = tuple(image_ids)
        self._report = report
        self._progress = progress
        self._memory = VolumeMemory(sources.cache, settings.memory_map)
        self._images = GivenImages()

    async def run(self) -> Volume:
        """Load it, and keep it in the cache if it is whole and fits.

        Raises
        ------
        GeometryError
            If the images make no volume; its report says why.
        PyCornerstoneError
            If an image cannot be had, or there is no room.
        """
        with self._memory:
            volume = await self._load()
        progress = self._progress
        progress.volume = volume
        if not (progress.failed or self._memory.is_mapped):
            keeps_images = self._settings.decimate[:2] == (1, 1)
            await asyncio.to_thread(
                keep_volume, self._sources, volume, self._images, with_slices=keeps_images
            )
        return volume

    async def _load(self) -> Volume:
        sources, report = self._sources, self._report
        if report is None:
            failed = self._progress.fail if self._settings.allow_missing else None
            facts, report = await load_facts(sources, self._image_ids, _report_of, failed)
            self._image_ids = tuple(one.image_id for one in facts)
        if report is None:
            return await self._samples_first()
        require_volume(report, resample=self._settings.resample)
        self._progress.report = report
        if report.has(FindingKind.MOSAIC):
            return await self._of_mosaic(report)
        if self._is_resampled(report):
            array = await self._load_array(report.image_ids)
            return await asyncio.to_thread(self._resampled, array, report)
        steps = self._settings.decimate
        image_ids = report.image_ids[:: steps[2]]
        volume_of = await asyncio.to_thread(self._described, report, image_ids)
        return volume_of(await self._load_array(image_ids, volume_of, (steps[1], steps[0])))

    def _described(
        self, report: GeometryReport, image_ids: tuple[str, ...]
    ) -> Callable[[npt.NDArray[Any]], Volume]:
        """Give what makes a volume of an array, with all that is known before that is there."""
        metadata = self._sources.context.metadata
        fields = volume_fields(metadata, image_ids, self._images)
        pixel = metadata.get(ImagePixelModule, image_ids[0])
        self._memory.check_images(pixel, len(image_ids), self._settings.decimate)
        geometry = report.geometry
        if geometry is None:
            raise GeometryError("there is no geometry", report)
        if self._settings.decimate != (1, 1, 1):
            geometry = decimated_geometry(geometry, self._settings.decimate)
        return partial(_volume, self._progress.volume_id, image_ids, geometry, report, fields)

    async def _load_array(
        self,
        image_ids: Sequence[str],
        volume_of: Callable[[npt.NDArray[Any]], Volume] | None = None,
        step: tuple[int, int] = (1, 1),
    ) -> npt.NDArray[Any]:
        """Load images into one array; with `volume_of`, it is shown while it fills."""
        settings, progress = self._settings, self._progress
        order = slice_order(settings.order, len(image_ids))
        plan = volume_plan(image_ids, order, settings, self._memory, progress, volume_of)
        plan.given, plan.step = self._images.take, step
        progress.follow(lambda k: plan.prefer(lambda place: abs(place - k)))
        loading = self._sources.array_loads.load(image_ids, None, settings.options, plan)
        return await progress.stopping(loading)

    async def _samples_first(self) -> Volume:
        """Load images that nobody knows the place of before they are there, and order them then."""
        i, j, k = self._settings.decimate
        resamples = self._settings.resample
        array = await self._load_array(self._image_ids, step=(1, 1) if resamples else (j, i))
        names = [name for name in self._image_ids if name not in self._progress.failed]
        facts = await asyncio.to_thread(late_facts, self._sources, names, self._images)
        report = await asyncio.to_thread(report_geometry, facts)
        require_volume(report, resample=self._settings.resample)
        self._progress.report = report
        if report.has(FindingKind.MOSAIC):
            return await self._of_mosaic(report, array if resamples or (i, j) == (1, 1) else None)
        place_of = {name: place for place, name in enumerate(self._image_ids)}
        order = [place_of[name] for name in report.image_ids]
        array = await asyncio.to_thread(in_order, array, order)
        if self._is_resampled(report):
            return await asyncio.to_thread(self._resampled, array, report)
        array = np.ascontiguousarray(array[::k, ::j, ::i] if resamples else array[::k])
        volume_of = await asyncio.to_thread(self._described, report, report.image_ids[::k])
        return self._all_at_once(volume_of(array))

    async def _of_mosaic(
        self, report: GeometryReport, array: npt.NDArray[Any] | None = None
    ) -> Volume:
        """Make a volume of one image, whose tiles are its slices; load it if it was not."""
        if array is None:
            await load_facts(self._sources, report.image_ids, list)
            array = await self._load_array(report.image_ids)
        metadata, steps = self._sources.context.metadata, self._settings.decimate
        reports = {self._progress.volume_id: report}
        _, (volume,) = await asyncio.to_thread(
            mosaic_volumes, metadata, reports, array, steps, self._images
        )
        return self._all_at_once(volume)

    def _all_at_once(self, volume: Volume) -> Volume:
        """Show a volume whose slices are all there."""
        progress, number = self._progress, len(volume.voxels)
        progress.volume, progress.number_of_images = volume, number
        progress.loaded = np.zeros(number, np.bool_)
        progress.arrived(range(number))
        return volume

    def _is_resampled(self, report: GeometryReport) -> bool:
        return self._settings.resample and report.regular_geometry is not None

    def _resampled(self, array: npt.NDArray[Any], report: GeometryReport) -> Volume:
        from pycornerstone.rendering.sampling import Interpolation
        from pycornerstone.rendering.volumes.regular import regularised

        if not self._progress.failed.keys().isdisjoint(report.image_ids):
            raise GeometryError(
                "images that are missing leave holes, which are not resampled; load them without "
                "allow_missing, or without resample",
                report,
            )
        metadata = self._sources.context.metadata
        fields = volume_fields(metadata, report.image_ids, self._images)
        if "slice_modality_luts" in fields:
            # Slices of other meanings cannot be mixed.
            stored = Volume("stored", array, slice_modality_luts=fields.pop("slice_modality_luts"))
            array, fields["padding_range"] = stored.modality_values(), None
        voxels, geometry = regularised(array, report, Interpolation.LINEAR)
        volume = Volume(
            self._progress.volume_id, voxels, geometry=geometry, report=report, **fields
        )
        if self._settings.decimate != (1, 1, 1):
            small = decimated(volume, self._settings.decimate)
            volume = small.replace(
                volume_id=volume.volume_id,
                voxels=np.ascontiguousarray(small.voxels),
                report=report,
            )
        return volume


def _report_of(facts: list[SliceFacts]) -> tuple[list[SliceFacts], GeometryReport | None]:
    return facts, report_geometry(facts) if are_placed(facts) else None


def require_volume(report: GeometryReport, *, resample: bool) -> None:
    """Refuse images that are no volume.

    Raises
    ------
    GeometryError
        If they are none; it has the report.
    """
    if report.is_volume or (resample and report.regular_geometry is not None):
        return
    reasons = [finding.message for finding in report.findings if finding.is_refusal]
    advice = (
        "; resample=True makes one of them"
        if report.regular_geometry is not None
        else "; open_display_sets tells which of them belong together"
    )
    text = f"{len(report.image_ids)} images are no volume: {'; '.join(reasons)}{advice}"
    raise GeometryError(text, report)


def _volume(
    volume_id: str,
    image_ids: tuple[str, ...],
    geometry: VolumeGeometry,
    report: GeometryReport,
    fields: dict[str, Any],
    array: npt.NDArray[Any],
) -> Volume:
    if array.ndim == 4:
        fields = {name: fields[name] for name in ("voi_lut", "modality", "scaling")}
    if array.shape[:3] != geometry.shape:
        raise LoaderError(
            f"the samples are {array.shape[1]} rows and {array.shape[2]} columns, but the headers "
            f"say {geometry.shape[1]} and {geometry.shape[2]}"
        )
    return Volume(volume_id, array, image_ids, geometry, report=report, **fields)
