"""Which transfer syntax a server is asked to send frames in: as they are stored, if it can."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pycornerstone.errors import HttpStatusError
from pycornerstone.loaders.remembered import Remembered
from pycornerstone.retrieve.addresses import origin_named

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

__all__ = ["CANNOT_SEND", "FrameNegotiation"]

T = TypeVar("T")

CANNOT_SEND = frozenset({400, 406, 415, 500, 501})
"""How servers say that they cannot send a frame in the transfer syntax that was asked for: Orthanc
by 400 and 500."""

_FORM = 'multipart/related; type="{}"; transfer-syntax={}'
_AS_STORED = _FORM.format("application/octet-stream", "*")
_EXPLICIT_LITTLE = _FORM.format("application/octet-stream", "1.2.840.10008.1.2.1")
# What is small and quick to decode first (docs/decisions/0001-libraries.md); all without loss, and
# what every server can make last.
_PREFERRED = ", ".join(
    f"{_FORM.format(media_type, uid)}; q={quality}"
    for media_type, uid, quality in (
        ("image/jphc", "1.2.840.10008.1.2.4.201", "1.0"),
        ("image/jls", "1.2.840.10008.1.2.4.80", "0.9"),
        ("image/jpeg", "1.2.840.10008.1.2.4.70", "0.8"),
        ("image/jp2", "1.2.840.10008.1.2.4.90", "0.7"),
        ("application/octet-stream", "1.2.840.10008.1.2.1", "0.6"),
    )
)
_FORMS = (_AS_STORED, _PREFERRED, _EXPLICIT_LITTLE)
_ACCEPT_IN_URL = re.compile(r"[?&]accept=", re.IGNORECASE)
# 500 may be a fault that passes; twice in a series it is the answer.
_FAULTS_BELIEVED = 2


class _Learnt(NamedTuple):
    faults: int
    accept: str | None


class FrameNegotiation:
    """Asks for frames as they are stored; where that is refused, in what is read best.

    What a server can do is remembered for each series, as asking anew for each frame takes twice
    the time, though not for ever. An address that names what it accepts (PS3.18 section 8.3.3.1) is
    left to itself.

    Parameters
    ----------
    clock : callable
        Seconds, for what is forgotten after a while.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._series: Remembered[_Learnt] = Remembered(clock=clock)
        # Servers that do not understand that one of several would do.
        self._one_at_a_time: Remembered[bool] = Remembered(clock=clock)

    async def ask(
        self,
        url: str,
        series: str,
        fetch: Callable[[Mapping[str, str], Collection[int]], Awaitable[T]],
    ) -> T:
        """Ask until a form is found that the server can send.

        Parameters
        ----------
        url : str
            Of the frames.
        series : str
            Of the series that they are of.
        fetch : callable
            ``(headers, final_statuses)``: asks once, and raises HttpStatusError. Statuses that are
            final are not to be repeated: there is another way then.

        Raises
        ------
        HttpStatusError
            If the server refuses all forms, or says anything else; it is that of the last form.
        """
        if _ACCEPT_IN_URL.search(url):
            return await fetch({}, ())
        refused: list[int] = []
        forms = self._forms(series, url)
        while True:
            accept = forms.pop(0)
            try:
                given = await fetch({"Accept": accept}, CANNOT_SEND if forms else ())
            except HttpStatusError as error:
                if error.status not in CANNOT_SEND or not forms:
                    raise
                refused.append(error.status)
                continue
            self._learn(series, url, accept, refused)
            return given

    def _forms(self, series: str, url: str) -> list[str]:
        learnt = self._series.get(series)
        known = None if learnt is None else learnt.accept
        forms = [form for form in _FORMS if form != known]
        if known != _PREFERRED and origin_named(url) in self._one_at_a_time:
            forms.remove(_PREFERRED)
        return forms if known is None else [known, *forms]

    def _learn(self, series: str, url: str, accept: str, refused: list[int]) -> None:
        if accept == _AS_STORED:
            self._series.forget(series)
            return
        if accept == _EXPLICIT_LITTLE and len(refused) >= 2:
            self._one_at_a_time.put(origin_named(url), value=True)
        if not refused:
            return
        faults, known = self._series.get(series) or _Learnt(0, None)
        faults += refused[0] == 500
        is_believed = refused[0] != 500 or faults >= _FAULTS_BELIEVED
        self._series.put(series, _Learnt(faults, accept if is_believed else known))
