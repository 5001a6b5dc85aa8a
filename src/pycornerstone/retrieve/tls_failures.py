"""Why there is no TLS connection, and what to do (RFC 8446 section 6, RFC 5280 section 6)."""

from __future__ import annotations

import ssl

__all__ = ["tls_problem"]

_TRUST = "give its certificate as TlsSettings(ca_file=...)"
# By the numbers of OpenSSL, X509_V_ERR_...
_WRONG_CERTIFICATE = {
    9: "it is not valid yet; check the clock of this machine",
    10: "it has expired; the server needs a new one",
    18: f"it is signed by itself; if you trust it, {_TRUST}",
    19: f"its authority is not one that is trusted; if you trust that, {_TRUST}",
    20: f"its authority is not one that is trusted; if you trust that, {_TRUST}",
    21: "the server does not send the certificates between it and an authority that is trusted; "
    "see to the server, or give them as TlsSettings(ca_file=...)",
    23: "it has been revoked",
    62: "it is for another host name; ask for the name that it is for",
    64: "it is not for this IP address; ask for the host name that it is for",
}
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
_UNKNOWN_CLIENT = {
    "CERTIFICATE_UNKNOWN",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "UNSUPPORTED_CERTIFICATE",
    "DECRYPT_ERROR",
    "ACCESS_DENIED",
}
_WANTED = "give one as TlsSettings(client_certificate=..., client_key=...)"


def tls_problem(error: BaseException) -> str | None:
    """Say in a few words what TLS has to do with a failure, and what to do; None if nothing.

    Parameters
    ----------
    error : Exception
        What the HTTP library raised.
    """
    found = _ssl_error(error)
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        known = _WRONG_CERTIFICATE.get(found.verify_code)
        return f"the certificate of the server is not accepted: {known or found.verify_message}"
    reason = getattr(found, "reason", None) or ""
    alert = reason.partition("_ALERT_")[2]
    if reason in _NO_TLS:
        return "what answers there does not speak TLS; is it an http:// address?"
    if alert == "CERTIFICATE_REQUIRED":
        return f"the server wants a certificate of this client; {_WANTED}"
    if alert == "HANDSHAKE_FAILURE":
        return f"the server refuses to talk; if it wants a certificate of this client, {_WANTED}"
    if alert in _UNKNOWN_CLIENT:
        return f"the server does not accept the certificate of this client ({_in_words(alert)})"
    if "PROTOCOL" in reason:
        return "the server has no version of TLS that is safe; TLS 1.2 or 1.3 is wanted"
    return f"there is no TLS connection ({_in_words(reason) or type(found).__name__})"


def _ssl_error(error: BaseException | None) -> ssl.SSLError | None:
    """Find what the ssl module said, which the HTTP library wraps in several ways."""
    found = None
    for _ in range(5):
        if error is None:
            break
        if isinstance(error, ssl.SSLError):
            found = error
        error = (
            getattr(error, "certificate_error", None)
            or getattr(error, "os_error", None)
            or error.__cause__
        )
    return found


def _in_words(reason: str) -> str:
    return reason.lower().replace("_", " ")
