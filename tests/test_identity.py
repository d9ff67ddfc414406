"""Addresses -> their canonical form and their host, the short way and the long."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from hypothesis import example, given
from hypothesis import strategies as st

from annotate.identity import canonical_url, host_of

_PARTS = st.text(alphabet="aZ0.-_~%/?#:;=&@[]<>\"' \t\\é", max_size=12)


@given(
    scheme=st.sampled_from(["http", "https", "HTTPS", "ftp", ""]),
    host=st.sampled_from(["a.example", "A.example", "a.example:443", "u@a.example", "", "a-1"]),
    rest=_PARTS,
)
@example(scheme="https", host="a.example", rest="/path?")
@example(scheme="https", host="a.example", rest="/path?q#f")
@example(scheme="https", host="a.example", rest="//path;p?q=1?2")
@example(scheme="https", host="a.example:80", rest="/")
def test_what_looks_canonical_is(scheme: str, host: str, rest: str) -> None:
    url = f"{scheme}://{host}{rest}".strip()
    try:
        parts = urlsplit(url)
        hostname = parts.hostname or ""
    except ValueError:
        return
    assert host_of(url) == hostname
    if parts.scheme and parts.netloc:
        port = {"http": ":80", "https": ":443"}.get(parts.scheme, "\n")
        netloc = parts.netloc.lower().removesuffix(port)
        expected = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
        assert canonical_url(url) == expected
    else:
        assert canonical_url(url) == url
