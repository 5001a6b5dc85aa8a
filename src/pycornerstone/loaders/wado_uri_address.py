"""ImageIds by WADO-URI, with all that the standard lets one ask for (PS3.18 section 9.4)."""

from __future__ import annotations

import math
import re
from numbers import Real
from typing import TYPE_CHECKING
from urllib.parse import quote

from pycornerstone.errors import ImageIdError
from pycornerstone.model.addresses import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["wado_uri_image_id"]

_DICOM = "application/dicom"
_UID = re.compile(r"[0-9A-Za-z._-]{1,64}\Z")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+*-]+\Z")
_REQUEST_TYPE = re.compile(r"[?&]requestType=WADO(?=&|\Z)")
_ANNOTATIONS = ("patient", "technique")


def wado_uri_image_id(
    url: str,
    *,
    study: str,
    series: str,
    instance: str,
    frame: int | None = None,
    content_type: str | Sequence[str] = _DICOM,
    charset: str | Iterable[str] = (),
    anonymize: bool = False,
    transfer_syntax: str | None = None,
    annotation: str | Iterable[str] = (),
    rows: int | None = None,
    columns: int | None = None,
    region: Sequence[float] | None = None,
    window_center: float | None = None,
    window_width: float | None = None,
    frame_number: int | None = None,
    image_quality: int | None = None,
    presentation_uid: str | None = None,
    presentation_series_uid: str | None = None,
) -> str:
    """Give the imageId of an instance at a WADO-URI service.

    There are two kinds. A DICOM file, which is the default, is loaded by ``wadouri:``, and `frame`
    says which of its frames; that is ours, and is not sent. A picture that the server renders, such
    as ``image/png``, is loaded by ``web:``, and `frame_number` says which frame the server draws.

    Parameters
    ----------
    url : str
        Of the service, such as ``https://pacs.example/wado``.
    study, series, instance : str
        UIDs, sent as studyUID, seriesUID and objectUID.
    frame : int, optional
        Of DICOM files only: from 1.
    content_type : str or sequence of str
        ``"application/dicom"``, or what the server renders: ``"image/png"``, ``"image/jpeg"``.
        Several pictures are in order of preference, the best first.
    charset : str or iterable of str
        Character sets that text in the answer may have, such as ``"utf-8"``.
    anonymize : bool
        Of DICOM files only: the server takes out who the patient is, or refuses.
    transfer_syntax : str, optional
        Of DICOM files only: UID of the encoding that is wanted.
    annotation : str or iterable of str
        Of pictures only: ``"patient"`` and ``"technique"`` are burned in.
    rows, columns : int, optional
        Of pictures only: what they should fit into, in pixels.
    region : sequence of four float, optional
        Of pictures only: the part that is shown, left, top, right and bottom as fractions of width
        and height, from 0 to 1.
    window_center, window_width : float, optional
        Of pictures only: both or none, in modality units; not with a presentation state.
    frame_number : int, optional
        Of pictures only: which frame is rendered, from 1.
    image_quality : int, optional
        From 1 to 100, the best: of pictures, and of DICOM files of a lossy `transfer_syntax`.
    presentation_uid, presentation_series_uid : str, optional
        Of pictures only: the presentation state to show them by, and its series; both or none.

    Returns
    -------
    str
        The imageId, ``wadouri:...`` or ``web:...``.

    Raises
    ------
    ImageIdError
        If a value is none of these, or two exclude each other.

    Examples
    --------
    >>> wado_uri_image_id(
    ...     "https://pacs/wado", study="1", series="2", instance="3", content_type="image/png"
    ... )
    'web:https://pacs/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3&contentType=image/png'
    """
    if not url.lower().startswith(("http://", "https://")):
        raise ImageIdError(
            f"a WADO-URI service is at an http or https address, got {without_credentials(url)!r}"
        )
    content_type = _content_type(content_type)
    is_file = content_type.lower() == _DICOM
    files = {"frame": frame, "anonymize": anonymize or None, "transfer_syntax": transfer_syntax}
    pictures = {
        "annotation": annotation or None,
        "rows": rows,
        "columns": columns,
        "region": region,
        "window_center": window_center,
        "window_width": window_width,
        "frame_number": frame_number,
        "presentation_uid": presentation_uid,
        "presentation_series_uid": presentation_series_uid,
    }
    for name, value in (pictures if is_file else files).items():
        if value is not None:
            advice = "use frame=" if name == "frame_number" else "give another content_type"
            if name == "frame":
                advice = "use frame_number="
            other = "of pictures that the server renders" if is_file else "of DICOM files"
            raise ImageIdError(f"{name} is {other}, not of {content_type}; {advice}")
    if image_quality is not None and is_file and transfer_syntax is None:
        raise ImageIdError("image_quality of a DICOM file goes with a lossy transfer_syntax")
    _check_both(window_center=window_center, window_width=window_width)
    _check_both(presentation_uid=presentation_uid, presentation_series_uid=presentation_series_uid)
    if presentation_uid is not None and window_center is not None:
        raise ImageIdError("a presentation state has its own window; give the one or the other")
    before, mark, fragment = url.partition("#")
    # Many a service is known by an address that says so already.
    pairs = [] if _REQUEST_TYPE.search(before) else [("requestType", "WADO")]
    for name, uid in {"studyUID": study, "seriesUID": series, "objectUID": instance}.items():
        pairs += _uid(name, uid)
    pairs.append(("contentType", content_type))
    pairs += _list("charset", charset)
    pairs += [("anonymize", "yes")] if anonymize else []
    pairs += [] if transfer_syntax is None else _uid("transferSyntax", transfer_syntax)
    pairs += _list("annotation", annotation, _ANNOTATIONS)
    pairs += _whole_numbers(rows=rows, columns=columns)
    pairs += _region(region)
    pairs += _numbers(windowCenter=window_center, windowWidth=window_width)
    pairs += _whole_numbers(frameNumber=frame_number)
    pairs += _whole_numbers(100, imageQuality=image_quality)
    if presentation_uid is not None:
        pairs += _uid("presentationUID", presentation_uid)
        pairs += _uid("presentationSeriesUID", presentation_series_uid)
    pairs += _whole_numbers(frame=frame)
    # Orthanc does not know a media type whose slash is encoded.
    query = "&".join(f"{name}={quote(value, safe='/,')}" for name, value in pairs)
    joined = f"{before}{'&' if '?' in before else '?'}{query}{mark}{fragment}"
    return f"{'wadouri' if is_file else 'web'}:{joined}"


def _content_type(asked: str | Sequence[str]) -> str:
    """Give what is asked for as one text: DICOM files, or pictures in order of preference."""
    kinds = (asked,) if isinstance(asked, str) else tuple(asked)
    for kind in kinds or ("",):
        if not _MEDIA_TYPE.match(str(kind)):
            raise ImageIdError(f"content_type is such as 'application/dicom', got {kind!r:.80}")
        if kind.lower() == _DICOM:
            if len(kinds) > 1:
                raise ImageIdError(
                    "content_type is 'application/dicom' or pictures, not both: they are loaded by "
                    "different schemes"
                )
        elif not kind.lower().startswith("image/"):
            raise ImageIdError(
                f"{kind} is no image; ask for 'application/dicom', 'image/png' or 'image/jpeg'"
            )
    return ",".join(kinds)


def _check_both(**named: object) -> None:
    missing = [name for name, value in named.items() if value is None]
    if len(missing) == 1:
        raise ImageIdError(f"{' and '.join(named)} go together; {missing[0]} is missing")


def _uid(name: str, uid: object) -> Iterator[tuple[str, str]]:
    if not isinstance(uid, str) or not _UID.match(uid):
        raise ImageIdError(f"{name} is a UID (PS3.5 section 9.1), got {uid!r:.80}")
    yield name, uid


def _list(
    name: str, values: str | Iterable[str], known: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    several = [values] if isinstance(values, str) else list(values)
    for value in several:
        if known and value not in known:
            raise ImageIdError(f"{name} is {' or '.join(map(repr, known))}, got {value!r}")
    if several:
        yield name, ",".join(several)


def _whole_numbers(most: int | None = None, /, **named: int | None) -> Iterator[tuple[str, str]]:
    for name, number in named.items():
        if number is None:
            continue
        is_whole = _is_number(number) and int(number) == number
        if not is_whole or number < 1 or (most is not None and number > most):
            limits = "1 or more" if most is None else f"from 1 to {most}"
            raise ImageIdError(f"{name} is a whole number, {limits}, got {number!r}")
        yield name, str(int(number))


def _numbers(**named: float | None) -> Iterator[tuple[str, str]]:
    for name, number in named.items():
        if number is None:
            continue
        if not _is_number(number) or (name == "windowWidth" and number <= 0):
            above = " above 0" if name == "windowWidth" else ""
            raise ImageIdError(f"{name} is a number{above}, got {number!r}")
        yield name, _decimal(number)


def _region(region: Sequence[float] | None) -> Iterator[tuple[str, str]]:
    if region is None:
        return
    numbers = tuple(region)
    if (
        len(numbers) != 4
        or not all(_is_number(number) and 0 <= number <= 1 for number in numbers)
        or not (numbers[0] < numbers[2] and numbers[1] < numbers[3])
    ):
        raise ImageIdError(
            "region is left, top, right and bottom as fractions from 0 to 1, left before right and "
            f"top before bottom, got {numbers}"
        )
    yield "region", ",".join(map(_decimal, numbers))


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _decimal(number: float) -> str:
    """Write a number as a decimal string, which has no exponent where it can be helped."""
    return f"{number:.10f}".rstrip("0").rstrip(".")
