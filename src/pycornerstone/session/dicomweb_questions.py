"""What can be asked of DICOMweb servers by a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycornerstone.loaders.dicomweb_address import DicomwebAddress
from pycornerstone.loaders.dicomweb_query import SearchQuery
from pycornerstone.loaders.dicomweb_results import FoundInstance, FoundSeries, FoundStudy
from pycornerstone.loaders.protocol import LoadOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycornerstone.loaders.list_request import ImageIdsRequest, ListRequest, ProgressRequest
    from pycornerstone.session.dicomweb_requests import DicomwebRequests

__all__ = ["DicomwebQuestions"]

_DEFAULT_OPTIONS = LoadOptions()


class DicomwebQuestions:
    """Searches, lists of imageIds and values; what a `Session` has of them."""

    _dicomweb: DicomwebRequests

    def search_studies(
        self,
        /,
        url: str,
        *,
        limit: int | None = None,
        offset: int = 0,
        include_fields: Iterable[str] = (),
        fuzzy_matching: bool = False,
        options: LoadOptions = _DEFAULT_OPTIONS,
        **filters: Any,
    ) -> ListRequest[FoundStudy]:
        """Search a DICOMweb server for studies (QIDO-RS, PS3.18 section 10.6).

        Pages are followed until the server has no more. What goes wrong on the way is told by the
        object that is given.

        Parameters
        ----------
        url : str
            Of the service, such as ``https://pacs.example/dicom-web``; or of a study there.
        limit : int, optional
            How many are wanted at the most; by default all that there are.
        offset : int
            How many are passed over first.
        include_fields : iterable of str
            Keywords or tags of what results should have besides, or ``"all"``.
        fuzzy_matching : bool
            Names may be spelled otherwise, if the server knows how.
        options : LoadOptions
            Why it is asked for, and in which order.
        **filters
            What to search for, by DICOM keyword: ``PatientName="DOE*"``, ``StudyDate=(date(2024, 1,
            1), None)``, ``ModalitiesInStudy="CT"``, ``StudyInstanceUID=[uid, uid]``. Text, in which
            ``*`` and ``?`` stand for others; numbers; dates, times and datetimes, or (from, to) of
            them, of which one may be None; lists of UIDs. Tags are eight hexadecimal digits, and an
            attribute in a sequence is ``"Sequence.Attribute"``, given by ``**{...}``. What is None
            is not searched for.

        Returns
        -------
        ListRequest of FoundStudy
            At once; await it, or wait for its `result`, which is a list in the server's order.

        Raises
        ------
        ValueError
            If a keyword is none or a value cannot be searched for; nothing is sent then.
        ImageIdError
            If `url` is no address.

        Examples
        --------
        >>> studies = session.search_studies(url, PatientID="4711").result()  # doctest: +SKIP
        >>> studies[0].modalities_in_study  # doctest: +SKIP
        ('CT',)
        """
        address = DicomwebAddress.parse(url)
        if address.study is not None:
            filters.setdefault("StudyInstanceUID", address.study)
        query = SearchQuery.of(
            filters,
            limit=limit,
            offset=offset,
            include_fields=include_fields,
            fuzzy_matching=fuzzy_matching,
        )
        service = DicomwebAddress(address.service)
        return self._dicomweb.search(FoundStudy, service, query, options)

    def search_series(
        self,
        /,
        url: str,
        study: str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
        include_fields: Iterable[str] = (),
        fuzzy_matching: bool = False,
        options: LoadOptions = _DEFAULT_OPTIONS,
        **filters: Any,
    ) -> ListRequest[FoundSeries]:
        """Search for series, of one study or of all; see `search_studies`.

        Parameters
        ----------
        study : str, optional
            Study Instance UID (0020,000D); `url` may name it as well.
        """
        query = SearchQuery.of(
            filters,
            limit=limit,
            offset=offset,
            include_fields=include_fields,
            fuzzy_matching=fuzzy_matching,
        )
        address = DicomwebAddress.parse(url, study)
        within = DicomwebAddress(address.service, address.study)
        return self._dicomweb.search(FoundSeries, within, query, options)

    def search_instances(
        self,
        /,
        url: str,
        study: str | None = None,
        series: str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
        include_fields: Iterable[str] = (),
        fuzzy_matching: bool = False,
        options: LoadOptions = _DEFAULT_OPTIONS,
        **filters: Any,
    ) -> ListRequest[FoundInstance]:
        """Search for instances, of one series, of one study or of all; see `search_studies`.

        Parameters
        ----------
        study, series : str, optional
            Study and Series Instance UID; `url` may name them as well.
        """
        query = SearchQuery.of(
            filters,
            limit=limit,
            offset=offset,
            include_fields=include_fields,
            fuzzy_matching=fuzzy_matching,
        )
        address = DicomwebAddress.parse(url, study, series)
        within = DicomwebAddress(address.service, address.study, address.series)
        return self._dicomweb.search(FoundInstance, within, query, options)

    def image_ids_from_dicomweb(
        self,
        /,
        url: str,
        *,
        study: str | None = None,
        series: str | None = None,
        instance: str | None = None,
        options: LoadOptions = _DEFAULT_OPTIONS,
    ) -> ImageIdsRequest:
        """List the images of a study, a series or an instance at a DICOMweb server.

        The metadata of all of it are one request where the server can do that; else they are asked
        for by series, or by instance. The headers are kept, so that no image asks for its own.

        Parameters
        ----------
        url : str
            Of the service, such as ``https://pacs.example/dicom-web``; or of the study, series or
            instance there, as it may be copied from a browser.
        study, series, instance : str, optional
            UIDs, where `url` does not name them.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        ImageIdsRequest
            At once; await it, or wait for its `result`: ``wadors:`` imageIds of every frame. Series
            go by Series Number (0020,0011), their instances by Instance Number (0020,0013); where
            that is missing or not unique, by their position along the normal of their plane. What
            has no pixel data, such as reports and presentation states, is in its `left_out`.

        Raises
        ------
        ImageIdError
            If `url` is no address, or no study is named.
        """
        address = DicomwebAddress.parse(url, study, series, instance)
        return self._dicomweb.image_ids(address, options)

    def load_bulk_data(
        self, image_id: str, bulk_data_uri: str, *, options: LoadOptions = _DEFAULT_OPTIONS
    ) -> ProgressRequest[bytes]:
        """Fetch a value that metadata of WADO-RS only name (BulkDataURI, PS3.18 section F.2.6).

        Tables that an image is shown with are fetched without being asked for. This is for others,
        such as waveforms, documents and private elements.

        Parameters
        ----------
        image_id : str
            Of the instance whose metadata they are, or of a frame of it: ``wadors:...``.
        bulk_data_uri : str
            As the metadata have it. One at another server than theirs is not fetched: what goes
            with each request may be a password.
        options : LoadOptions
            Why it is asked for, and in which order.

        Returns
        -------
        ProgressRequest of bytes
            At once; await it, or wait for its `result`: the value, its words with their little end
            first. RetrieveError if it did not arrive.

        Raises
        ------
        ImageIdError
            If `image_id` is none of WADO-RS.
        """
        return self._dicomweb.bulk_data(image_id, bulk_data_uri, options)
