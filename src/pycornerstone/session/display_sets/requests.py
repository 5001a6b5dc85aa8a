"""Display sets that a session is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from pycornerstone.errors import LoaderError
from pycornerstone.loaders.dicomweb_headers import DicomwebHeaders
from pycornerstone.loaders.list_request import ProgressRequest
from pycornerstone.loaders.protocol import LoadOptions
from pycornerstone.metadata.series.rules import SplitRule
from pycornerstone.model.display_set import DisplaySets
from pycornerstone.session.display_sets.fetching import Fetching
from pycornerstone.session.display_sets.listing import Listing
from pycornerstone.session.display_sets.opening import Opening
from pycornerstone.session.display_sets.reading import HeaderReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pycornerstone.loaders.load_object import ImageLoadObject
    from pycornerstone.loaders.protocol import LoaderContext
    from pycornerstone.loaders.registry import LoaderRegistry
    from pycornerstone.session.display_sets.listing import AnySource
    from pycornerstone.session.list_requests import ListRequests

__all__ = ["DisplaySetQuestions", "DisplaySetRequests", "DisplaySetsRequest"]

_DEFAULT_OPTIONS = LoadOptions()


class DisplaySetsRequest(ProgressRequest[DisplaySets]):
    """The promise of display sets, as `Session.open_display_sets` gives it.

    Its `progress` counts what was read: files, instances or imageIds.

    Parameters
    ----------
    what, notify
        As of `ProgressRequest`.
    """


class DisplaySetRequests:
    """Begins them.

    Parameters
    ----------
    context : LoaderContext
        Where bytes and headers are.
    loaders : LoaderRegistry
        Who lists the images of files that are not DICOM.
    lists : ListRequests
        Who sees to it that requests end.
    load : callable
        Loads an image and keeps it.
    """

    def __init__(
        self,
        context: LoaderContext,
        loaders: LoaderRegistry,
        lists: ListRequests,
        load: Callable[[str], ImageLoadObject],
    ) -> None:
        self._context = context
        self._loaders = loaders
        self._lists = lists
        self._reader = HeaderReader(context)
        headers = DicomwebHeaders(context)
        self._fetching = Fetching(context, loaders, headers, load, self._reader)

    def open(
        self, source: AnySource, rules: Sequence[SplitRule] | None, options: LoadOptions
    ) -> DisplaySetsRequest:
        """Begin to open a source; see `Session.open_display_sets`."""
        request = DisplaySetsRequest("display sets", self._lists.notify)
        given: Any = () if rules is None else rules
        given = tuple(given) if isinstance(given, Iterable) else (given,)
        for rule in given:
            if not isinstance(rule, SplitRule):
                request.settle(LoaderError(f"rules are a list of SplitRule, got {rule!r}"))
                return request
        rules = None if rules is None else given
        new_listing = partial(Listing, self._context.sources, self._loaders.schemes())
        opening = Opening(new_listing, self._reader, self._fetching, request.advance)
        self._lists.begin(request, opening.run(source, rules), options)
        return request


class DisplaySetQuestions:
    """Sources opened as display sets; what a `Session` has of it."""

    _display_sets: DisplaySetRequests

    def open_display_sets(
        self,
        source: AnySource,
        *,
        rules: Sequence[SplitRule] | None = None,
        options: LoadOptions = _DEFAULT_OPTIONS,
    ) -> DisplaySetsRequest:
        """Find the images of a source, and what of them is shown together, and as what.

        Files are known by their content, whatever their names. Of DICOM, headers alone are read,
        several files at a time; they are kept, so that loads do not read them again. Nothing is
        dropped: what is no image, cannot be read or fits nowhere is in `DisplaySets.left_out`, with
        the reason. Of DICOM files that are the same byte for byte, one is shown, and the others are
        left out; files of one SOP Instance UID that differ are all kept, which is logged.

        Parameters
        ----------
        source : str, path-like, bytes-like or iterable of these
            A folder, with those below it; a ZIP archive, which is not unpacked; a DICOMDIR; files
            (DICOM, NIfTI, pictures); the address of a study, series or instance at a DICOMweb
            server, or of a file; a file or a ZIP archive in memory; imageIds; or several of all
            these. Text that begins with the scheme of a loader is an imageId.
        rules : sequence of SplitRule, optional
            How series are split, before the rules that there are anyway.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        DisplaySetsRequest
            At once; await it, or wait for its `result`. It fails if the source is one thing that
            cannot be had; of several, such a one is left out.

        Examples
        --------
        >>> sets = session.open_display_sets("/data/study").result()  # doctest: +SKIP
        >>> [(found.kind, found.number_of_images) for found in sets]  # doctest: +SKIP
        [(<DisplaySetKind.VOLUME: 'volume'>, 300)]
        """
        return self._display_sets.open(source, rules, options)
