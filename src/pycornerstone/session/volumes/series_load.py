"""Several volumes of one grid on their way into one array."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.metadata.series.mosaics import mosaics_in_time
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.times import split_by_time
from pycornerstone.model.derived_volumes import decimated_geometry
from pycornerstone.model.geometry_report import FindingKind
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.model.volume import Volume
from pycornerstone.model.volume_series import VolumeSeries
from pycornerstone.session.volumes.late_places import (
    are_placed,
    in_order,
    late_facts,
    load_facts,
)
from pycornerstone.session.volumes.mosaic_tiles import mosaic_volumes
from pycornerstone.session.volumes.slice_images import keep_volume
from pycornerstone.session.volumes.slice_meaning import volume_fields
from pycornerstone.session.volumes.slice_orders import nearest_first, slice_order
from pycornerstone.session.volumes.volume_load import require_volume
from pycornerstone.session.volumes.volume_memory import VolumeMemory
from pycornerstone.session.volumes.volume_plan import GivenImages, volume_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.session.array_plan import ArrayPlan
    from pycornerstone.session.volumes.load_object import VolumeProgress
    from pycornerstone.session.volumes.sources import VolumeSettings, VolumeSources

__all__ = ["SeriesLoad"]


@dataclass(frozen=True, slots=True)
class _Points:
    """The points in time of a series, and what was found of each."""

    reports: tuple[GeometryReport, ...]
    values: tuple[float | str, ...]
    keyword: str | None
    every: int = 1

    @property
    def names(self) -> list[tuple[str, ...]]:
        """The images of each that are loaded."""
        return [report.image_ids[:: self.every] for report in self.reports]

    @property
    def image_ids(self) -> tuple[str, ...]:
        return tuple(name for names in self.names for name in names)


class SeriesLoad:
    """Loads the images of several volumes.

    Parameters
    ----------
    sources : VolumeSources
        What they come from.
    settings : VolumeSettings
        How they are asked for.
    image_ids : sequence of str
        In any order, each once.
    known : DisplaySet or None
        What is known of their points in time already.
    time_point : int
        Which is loaded first.
    progress : VolumeProgress
        Where is told how far it has come.
    """

    def __init__(
        self,
        sources: VolumeSources,
        settings: VolumeSettings,
        image_ids: Sequence[str],
        known: DisplaySet | None,
        time_point: int,
        progress: VolumeProgress[VolumeSeries],
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._image_ids = tuple(image_ids)
        self._known = known
        self._time_point = time_point
        self._progress = progress
        self._memory = VolumeMemory(sources.cache, settings.memory_map)
        self._images = GivenImages()

    async def run(self) -> VolumeSeries:
        """Load them, and keep them in the cache if they fit.

        Raises
        ------
        GeometryError
            If the images are not several volumes of one grid.
        PyCornerstoneError
            If an image cannot be had, or there is no room.
        """
        with self._memory:
            series = await self._load()
        if not (self._progress.failed or self._memory.is_mapped):
            await asyncio.to_thread(self._keep, series)
        return series

    async def _load(self) -> VolumeSeries:
        failed = self._progress.fail if self._settings.allow_missing else None
        facts = await load_facts(self._sources, self._image_ids, list, failed)
        if not are_placed(facts):
            return await self._samples_first([one.image_id for one in facts])
        points = await asyncio.to_thread(self._points, facts)
        image_ids, progress = points.image_ids, self._progress
        progress.report = points.reports[0]
        if progress.report.has(FindingKind.MOSAIC):
            return await self._of_mosaics(points)
        number, slices = len(points.reports), len(points.names[0])
        of_slices = slice_order(self._settings.order, slices)
        order = [t * slices + k for t in nearest_first(number, self._time_point) for k in of_slices]
        fields = await asyncio.to_thread(self._fields, points)
        made: list[VolumeSeries] = []

        def shown(array: npt.NDArray[Any]) -> VolumeSeries:
            progress.loaded = progress.loaded.reshape(number, slices)
            made.append(self._series(array, points, fields))
            return made[0]

        plan = self._plan(image_ids, order, shown)

        def prefer(wanted: int) -> None:
            t, k = divmod(wanted, slices)
            plan.prefer(lambda place: (abs(place // slices - t), abs(place % slices - k)))

        progress.follow(prefer)
        await self._load_array(image_ids, plan)
        return made[0]

    async def _samples_first(self, image_ids: Sequence[str]) -> VolumeSeries:
        """Load images that nobody knows the place of before they are there, and order them then."""
        progress = self._progress
        array = await self._load_array(image_ids, self._plan(image_ids, range(len(image_ids))))
        names = [name for name in image_ids if name not in progress.failed]
        facts = await asyncio.to_thread(late_facts, self._sources, names, self._images)
        points = await asyncio.to_thread(self._points, facts)
        if points.reports[0].has(FindingKind.MOSAIC):
            return await self._of_mosaics(points)
        fields = await asyncio.to_thread(self._fields, points)
        place_of = {name: place for place, name in enumerate(image_ids)}
        order = [place_of[name] for name in points.image_ids]
        series = self._series(await asyncio.to_thread(in_order, array, order), points, fields)
        return self._all_at_once(series)

    async def _of_mosaics(self, points: _Points) -> VolumeSeries:
        """Load images that are volumes each, and take them to pieces when all are there."""
        names = [report.image_ids[0] for report in points.reports]
        order = nearest_first(len(names), self._time_point)
        plan = self._plan(names, order)
        plan.step = (1, 1)
        array = await self._load_array(names, plan)
        settings, metadata = self._settings, self._sources.context.metadata
        reports = {settings.volume_id(report.image_ids): report for report in points.reports}
        voxels, volumes = await asyncio.to_thread(
            mosaic_volumes, metadata, reports, array, settings.decimate, self._images
        )
        values, volume_id = points.values, self._progress.volume_id
        return self._all_at_once(
            VolumeSeries(volume_id, voxels, tuple(volumes), values, points.keyword)
        )

    def _all_at_once(self, series: VolumeSeries) -> VolumeSeries:
        """Show volumes that are all there."""
        progress = self._progress
        progress.report, progress.volume = series.report, series
        progress.loaded = np.zeros(series.shape[:2], np.bool_)
        progress.number_of_images = progress.loaded.size
        progress.arrived(range(progress.loaded.size))
        return series

    def _plan(
        self,
        image_ids: Sequence[str],
        order: Sequence[int],
        shown: Callable[[npt.NDArray[Any]], VolumeSeries] | None = None,
    ) -> ArrayPlan:
        i, j, _ = self._settings.decimate
        plan = volume_plan(image_ids, order, self._settings, self._memory, self._progress, shown)
        plan.given, plan.step = self._images.take, (j, i)
        return plan

    async def _load_array(self, image_ids: Sequence[str], plan: ArrayPlan) -> npt.NDArray[Any]:
        loading = self._sources.array_loads.load(image_ids, None, self._settings.options, plan)
        return await self._progress.stopping(loading)

    def _points(self, facts: Sequence[SliceFacts]) -> _Points:
        """Put the images of each point in time in order."""
        known = self._known
        keyword: str | None
        if known is not None and known.time_points:
            of_name = {one.image_id: one for one in facts}
            groups = [
                [of_name[name] for name in names if name in of_name] for names in known.time_points
            ]
            values, keyword = known.time_values, known.time_keyword
        else:
            is_mosaic = all(one.mosaic is not None for one in facts)
            split = (mosaics_in_time if is_mosaic else split_by_time)(facts)
            if split is None:
                raise GeometryError(
                    f"nothing tells points in time apart in these {len(facts)} images; load_volume "
                    "loads one volume, open_display_sets tells which images belong together"
                )
            if split.left_over:
                raise GeometryError(
                    f"{len(split.left_over)} of {len(facts)} images belong to no point in time; "
                    "open_display_sets makes a set of those that do"
                )
            groups, values, keyword = (
                [list(group) for group in split.groups],
                split.values,
                (split.keyword),
            )
        reports = tuple(report_geometry(group) for group in groups)
        for report, value in zip(reports, values, strict=True):
            try:
                require_volume(report, resample=False)
            except GeometryError as error:
                text = f"the images of {keyword or 'point'} {value!r}: {error.message}"
                raise GeometryError(text, report) from None
        _check_one_grid(reports)
        return _Points(reports, tuple(values), keyword, self._settings.decimate[2])

    def _fields(self, points: _Points) -> list[dict[str, Any]]:
        metadata, image_ids = self._sources.context.metadata, points.image_ids
        pixel = metadata.get(ImagePixelModule, image_ids[0])
        self._memory.check_images(pixel, len(image_ids), self._settings.decimate)
        return [volume_fields(metadata, names, self._images) for names in points.names]

    def _series(
        self, array: npt.NDArray[Any], points: _Points, fields: Sequence[dict[str, Any]]
    ) -> VolumeSeries:
        settings = self._settings
        voxels = array.view()
        voxels.flags.writeable = False
        number = len(points.reports)
        voxels = voxels.reshape(number, len(array) // number, *array.shape[1:])
        volumes = []
        for part, report, names, known in zip(
            voxels, points.reports, points.names, fields, strict=True
        ):
            geometry = report.geometry
            if geometry is None:
                raise GeometryError("there is no geometry", report)
            if settings.decimate != (1, 1, 1):
                geometry = decimated_geometry(geometry, settings.decimate)
            name = settings.volume_id(report.image_ids)
            volumes.append(Volume(name, part, names, geometry, report=report, **known))
        volume_id = self._progress.volume_id
        return VolumeSeries(volume_id, voxels, tuple(volumes), points.values, points.keyword)

    def _keep(self, series: VolumeSeries) -> None:
        name, known = series.volume_id, self._sources.series
        known[name] = series
        for volume in series.volumes:
            # Called for the volumes that this one takes the place of, too.
            keep_volume(
                self._sources,
                volume,
                self._images,
                with_slices=self._settings.decimate[:2] == (1, 1),
                decache=lambda: known.pop(name, None) if known.get(name) is series else None,
            )


def _check_one_grid(reports: Sequence[GeometryReport]) -> None:
    first = reports[0].geometry
    for report in reports[1:]:
        found = report.geometry
        if first is None or found is None:
            raise GeometryError("there is no geometry", report)
        if found.shape != first.shape or not np.allclose(found.affine, first.affine, atol=1e-2):
            raise GeometryError(
                "points in time lie on different grids: "
                f"{len(reports[0].image_ids)} and {len(report.image_ids)} slices, or moved in "
                "between; load them one by one",
                report,
            )
