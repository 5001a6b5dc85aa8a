"""Several volumes of one grid on their way into one array."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pycornerstone.errors import GeometryError
from pycornerstone.metadata.series.order import report_geometry
from pycornerstone.metadata.series.times import split_by_time
from pycornerstone.model.modules import ImagePixelModule
from pycornerstone.model.volume import Volume, generate_volume_id
from pycornerstone.model.volume_series import VolumeSeries
from pycornerstone.session.volumes.slice_images import keep_volume
from pycornerstone.session.volumes.slice_meaning import volume_fields
from pycornerstone.session.volumes.slice_orders import nearest_first, slice_order
from pycornerstone.session.volumes.volume_load import load_facts, require_volume
from pycornerstone.session.volumes.volume_memory import VolumeMemory
from pycornerstone.session.volumes.volume_plan import GivenImages, volume_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from pycornerstone.model.display_set import DisplaySet
    from pycornerstone.model.geometry_report import GeometryReport
    from pycornerstone.model.slice_facts import SliceFacts
    from pycornerstone.session.volumes.load_object import VolumeProgress
    from pycornerstone.session.volumes.sources import VolumeSettings, VolumeSources

__all__ = ["SeriesLoad"]


@dataclass(frozen=True, slots=True)
class _Points:
    """The points in time of a series, and what was found of each."""

    reports: tuple[GeometryReport, ...]
    values: tuple[float | str, ...]
    keyword: str | None

    @property
    def image_ids(self) -> tuple[str, ...]:
        return tuple(name for report in self.reports for name in report.image_ids)


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
        try:
            series = await self._load()
        finally:
            self._memory.release()
        if not self._memory.is_mapped:
            await asyncio.to_thread(self._keep, series)
        return series

    async def _load(self) -> VolumeSeries:
        facts = await load_facts(self._sources, self._image_ids)
        points = await asyncio.to_thread(self._points, facts)
        image_ids, progress = points.image_ids, self._progress
        progress.report = points.reports[0]
        slices = len(points.reports[0].image_ids)
        of_slices = slice_order(self._settings.order, slices)
        number = len(points.reports)
        order = [t * slices + k for t in nearest_first(number, self._time_point) for k in of_slices]
        fields = await asyncio.to_thread(self._fields, points)
        made: list[VolumeSeries] = []

        def shown(array: npt.NDArray[Any]) -> VolumeSeries:
            progress.loaded = progress.loaded.reshape(number, slices)
            made.append(_series(progress.volume_id, array, points, fields))
            return made[0]

        plan = volume_plan(image_ids, order, self._settings, self._memory, progress, shown)
        plan.given = self._images.take

        def prefer(wanted: int) -> None:
            t, k = divmod(wanted, slices)
            plan.prefer(lambda place: (abs(place // slices - t), abs(place % slices - k)))

        progress.follow(prefer)
        loading = self._sources.array_loads.load(image_ids, None, self._settings.options, plan)
        await progress.stopping(loading)
        return made[0]

    def _points(self, facts: Sequence[SliceFacts]) -> _Points:
        """Put the images of each point in time in order."""
        known = self._known
        keyword: str | None
        if known is not None and known.time_points:
            of_name = {one.image_id: one for one in facts}
            groups = [[of_name[name] for name in names] for names in known.time_points]
            values, keyword = known.time_values, known.time_keyword
        else:
            split = split_by_time(facts)
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
        return _Points(reports, tuple(values), keyword)

    def _fields(self, points: _Points) -> list[dict[str, Any]]:
        metadata, image_ids = self._sources.context.metadata, points.image_ids
        self._memory.check_images(metadata.get(ImagePixelModule, image_ids[0]), len(image_ids))
        return [volume_fields(metadata, report.image_ids, {}) for report in points.reports]

    def _keep(self, series: VolumeSeries) -> None:
        name, known = series.volume_id, self._sources.series
        known[name] = series
        for volume in series.volumes:
            # Called for the volumes that this one takes the place of, too.
            keep_volume(
                self._sources,
                volume,
                self._images,
                with_slices=True,
                decache=lambda: known.pop(name, None) if known.get(name) is series else None,
            )


def _series(
    volume_id: str, array: npt.NDArray[Any], points: _Points, fields: Sequence[dict[str, Any]]
) -> VolumeSeries:
    voxels = array.view()
    voxels.flags.writeable = False
    number = len(points.reports)
    voxels = voxels.reshape(number, len(array) // number, *array.shape[1:])
    volumes = []
    for part, report, known in zip(voxels, points.reports, fields, strict=True):
        if report.geometry is None:
            raise GeometryError("there is no geometry", report)
        names = report.image_ids
        volumes.append(
            Volume(generate_volume_id(names), part, names, report.geometry, report=report, **known)
        )
    return VolumeSeries(volume_id, voxels, tuple(volumes), points.values, points.keyword)


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
