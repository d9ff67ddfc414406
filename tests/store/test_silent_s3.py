"""A server of S3 that falls silent in the middle of a command, behind a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs

from annotate.articles import read_articles
from annotate.errors import StateError, Unreachable
from annotate.pipeline import load_version
from annotate.store import sending
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from annotate.store.tag import tag_version
from annotate.store.versions import load_log
from tests.store.bucket import Line, serve
from tests.store.made import articles, create_in

_STORE = "s3://bucket/datasets"
_AWS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "2",
}
Fall = Callable[[bytes], Line]


@pytest.fixture
def fall(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fall]:
    """Leads to a server with one version, over a line that falls silent, as botocore sees soon."""
    lines = []
    with serve() as address:
        for name, value in {**_AWS, "AWS_ENDPOINT_URL": address}.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
        create_in(_STORE, tmp_path, articles(2))
        monkeypatch.setattr(s3fs.S3FileSystem, "read_timeout", 0.3)

        def begin(until: bytes) -> Line:
            lines.append(Line(address, until))
            monkeypatch.setenv("AWS_ENDPOINT_URL", lines[-1].address)
            return lines[-1]

        yield begin
        for line in lines:
            line.close()


def test_silence_is_given_up_after_the_tries_of_botocore(fall: Fall) -> None:
    acts: list[tuple[Callable[[], object], bytes]] = [
        (lambda: load_log(DatasetFolder(_STORE, "ents")), b"GET .*/log/0"),
        (lambda: load_version("ents", "v1.0.0", store=_STORE), b"GET .*/(data|objects)/"),
        (lambda: verify(DatasetFolder(_STORE, "ents")), b"GET .*/objects/"),
        (lambda: tag_version(DatasetFolder(_STORE, "ents"), "v1.0.0", "a"), b"PUT .*/tmp/probe"),
        (lambda: tag_version(DatasetFolder(_STORE, "ents"), "v1.0.0", "a"), b"PUT .*/log/"),
    ]
    for act, until in acts:
        line = fall(until)
        with pytest.raises(Unreachable) as caught:
            act()
        assert line.asked == 2 * line.asked[:1]
        assert caught.value.where == f"{_STORE}/ents"
        assert caught.value.what.startswith("the store does not answer: Read timeout on endpoint")
        assert caught.value.do == "try again"


def test_a_version_that_met_silence_is_made_by_the_next_run(fall: Fall, tmp_path: Path) -> None:
    for until, said in {
        b"PUT .*/objects/": "does not answer",
        b"PUT .*/log/": "does not answer",
        b"PUT .*/ents/README.md": "v1.1.0 is committed, but its folder or the card could not be",
    }.items():
        line = fall(until)
        with pytest.raises((Unreachable, StateError), match=said):
            create_in(_STORE, tmp_path, articles(3))
        assert line.asked == 2 * line.asked[:1]
    fall(b"never")
    assert create_in(_STORE, tmp_path, articles(4)).manifest.version == "v1.2.0"
    assert verify(DatasetFolder(_STORE, "ents"), deep=True) == []


def test_a_large_upload_that_is_not_taken_is_given_up(
    fall: Fall, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sending, "_UNSENT", 0.3)
    (tmp_path / "large").write_bytes(bytes(2**25))  # more than what lies between two sockets
    line = fall(b"PUT .*/large")
    files = DatasetFolder(_STORE, "ents").files
    with pytest.raises(Unreachable, match=r"Could not connect|does not answer"):
        files.replace("large", tmp_path / "large")
    assert len(line.asked) in (2, 4)  # on a line that served before, aiohttp sends once more


def test_a_source_that_falls_silent_is_given_up_as_soon(fall: Fall) -> None:
    s3fs.S3FileSystem(skip_instance_cache=True).pipe_file(
        "bucket/news/a.jsonl", b'{"title": "Day 1", "text": "Anna Novak spoke."}\n'
    )
    for until in (b"GET .*prefix=news", b"HEAD .*/a.jsonl", b"GET .*/a.jsonl"):
        line = fall(until)
        with pytest.raises(Unreachable, match="cannot be reached: Read timeout"):
            list(read_articles(["s3://bucket/news/a.jsonl"]))
        assert line.asked == 2 * line.asked[:1]
