"""Options of what is asked for over HTTP: who asks, and which authority is trusted."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from pycornerstone.retrieve.http_auth import BasicAuth, BearerAuth
from pycornerstone.retrieve.http_settings import HttpSettings
from pycornerstone.retrieve.tls import TlsSettings

__all__ = ["HttpOptions"]

_PASSWORD = "PYCORNERSTONE_PASSWORD"  # noqa: S105 - the name of a variable
_TOKEN = "PYCORNERSTONE_TOKEN"  # noqa: S105 - the name of a variable
# A token of RFC 9110 section 5.6.2, and what may follow it.
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(?P<value>[^\x00-\x1f\x7f]*)")
_GROUP = Group("Over HTTP")


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class HttpOptions:
    """What is sent with every request, to whatever server an imageId names.

    Attributes
    ----------
    user
        Who asks, with the password in the environment variable PYCORNERSTONE_PASSWORD. Without it,
        a bearer token in PYCORNERSTONE_TOKEN is sent if there is one.
    header
        A field that every request is sent with, such as "X-Api-Key: abc"; several may be given.
        Other users of this machine may see it.
    ca_file
        Certificates, in PEM, of authorities that are trusted beside those of the system.
    """

    user: str | None = None
    header: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = ()
    ca_file: Path | None = None

    def settings(self) -> HttpSettings:
        """Give what a session is made with.

        Raises
        ------
        ValueError
            If there is no password for the user, or a field is none; what it holds is not said.
        """
        return HttpSettings(
            headers=dict(map(_field, self.header)),
            auth=self._auth(),
            tls=None if self.ca_file is None else TlsSettings(ca_file=self.ca_file),
        )

    def _auth(self) -> BasicAuth | BearerAuth | None:
        if self.user is not None:
            password = os.environ.get(_PASSWORD)
            if password is None:
                raise ValueError(f"--user takes the password from {_PASSWORD}, which is not set")
            return BasicAuth(self.user, password)
        token = os.environ.get(_TOKEN)
        return BearerAuth(token) if token else None


def _field(text: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(text.strip())
    if found is None:
        # It may be a password.
        raise ValueError('--header takes a field such as "X-Api-Key: abc", this one is none')
    return found["name"], found["value"]
