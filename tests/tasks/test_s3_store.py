"""Targets and suggestions from a version on S3, over the real protocol on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs

from annotate.errors import VersionError
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.tasks.suggest import add_suggestions, make_suggester
from annotate.tasks.targets import read_version_targets
from tests.store.bucket import serve
from tests.tasks.made import task
from tests.tasks.store import make_store

STORE = "s3://bucket/datasets"


@pytest.fixture
def local_and_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local store, of which a copy lies on S3."""
    local = make_store(tmp_path)
    with serve() as address:
        for name, value in (
            ("AWS_ENDPOINT_URL", address),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()  # of another server's address
        files = s3fs.S3FileSystem()
        files.mkdir("bucket")
        for path in local.rglob("*"):
            if path.is_file():
                files.pipe_file(f"bucket/datasets/{path.relative_to(local)}", path.read_bytes())
        yield local
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_version_on_s3_gives_what_the_local_one_gives(local_and_remote: Path) -> None:
    targets = [read_version_targets("claims@v1.0.0", store) for store in (local_and_remote, STORE)]
    assert targets[0] == targets[1]

    scheme, config = load_scheme("entities"), shipped_config("entities")
    text = "Karel Obrist, mayor of Olmarsh, left Vellmar."
    found, dropped = list[Task](), list[str]()
    for store in (str(local_and_remote), STORE):
        suggester = make_suggester("dataset:entities@v1.0.0", scheme, config, store)
        found += add_suggestions(
            [task("entities", text)], suggester, scheme, config, on_dropped=dropped.append
        )
    assert found[0].predictions == found[1].predictions != []
    assert dropped == []


def test_a_version_that_is_not_there(local_and_remote: Path) -> None:
    with pytest.raises(VersionError, match=r"s3://bucket/datasets: no version claims@v9\.0\.0"):
        read_version_targets("claims@v9.0.0", STORE)
