"""What is said to who is not let in."""

from __future__ import annotations

import pickle

import pytest

from pycornerstone.retrieve.http_refusals import proxy_refusal


@pytest.mark.parametrize(
    ("challenge", "wanted"),
    [
        ("", ""),
        ("Negotiate", " (it asks for Negotiate)"),
        ('Basic realm="a, Bearer x"', " (it asks for Basic, realm 'a, Bearer x')"),
        # RFC 9110, section 11.6.1.
        (
            'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
            " (it asks for Basic or Newauth, realm 'simple')",
        ),
        # RFC 6750, section 3.
        (
            'Bearer realm="example", error="invalid_token", error_description="It has expired"',
            " (it asks for Bearer, realm 'example')",
        ),
        ("Negotiate, NTLM", " (it asks for Negotiate or NTLM)"),
        ("Basic realm=bare", " (it asks for Basic, realm 'bare')"),
        ("Basic, basic, Basic", " (it asks for Basic)"),
        ('Basic realm="a\x1b[31mb"', " (it asks for Basic, realm 'a[31mb')"),
        ("=,;\x00", ""),
    ],
)
def test_what_is_wanted_is_read_from_the_challenge(challenge, wanted):
    error = proxy_refusal("http://pacs/a", 407, {"Proxy-Authenticate": challenge})
    assert f"the proxy on the way wants credentials, or others{wanted}; give them" in str(error)


def test_the_error_travels_between_processes():
    error = proxy_refusal("http://pacs/a", 502)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, again.advice) == (str(error), 502, error.advice)
