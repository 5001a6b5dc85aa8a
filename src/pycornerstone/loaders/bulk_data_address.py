"""Where values are that metadata only name (BulkDataURI, PS3.18 section F.2.6)."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from pycornerstone.retrieve.addresses import Origin

__all__ = ["bulk_data_url"]

_STUDY_PATH = re.compile(r".*/studies/[^/]+/")


def bulk_data_url(metadata_url: str, named: str) -> str | None:
    """Give the address to fetch such a value from; None if that is another server's.

    The metadata decide where a request goes, and what is sent with every request may be a password
    of the server that they came from. So nothing goes elsewhere. A server behind a proxy that does
    not know how it is called from outside names itself by its inner name: what it names within the
    study of the metadata, by the same path, is asked of the server that they came from.

    Parameters
    ----------
    metadata_url : str
        Where the metadata came from.
    named : str
        BulkDataURI, absolute or relative to that (RFC 3986 section 5.2).

    Raises
    ------
    ValueError
        If it is no http or https address.

    Examples
    --------
    >>> bulk_data_url(
    ...     "https://pacs/dicom-web/studies/1/series/2/instances/3/metadata",
    ...     "http://inside:8042/dicom-web/studies/1/series/2/instances/3/bulk/00281201",
    ... )
    'https://pacs/dicom-web/studies/1/series/2/instances/3/bulk/00281201'
    """
    url = urljoin(metadata_url, named)
    if Origin.of(url) == Origin.of(metadata_url):
        return url
    own, other = urlsplit(metadata_url), urlsplit(url)
    study = _STUDY_PATH.match(own.path)
    if study is None or not other.path.startswith(study[0]):
        return None
    return urlunsplit((own.scheme, own.netloc, other.path, other.query, ""))
