"""What the processes of the crash tests do; imported once, then forked many times."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Mapping
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NoReturn

# imported late by pyarrow and the store on S3, which takes longer than a commit
import pandas  # noqa: F401
import s3fs  # noqa: F401

from annotate.errors import AnnotateError
from annotate.store.care.collect import collect
from annotate.store.folder import DatasetFolder
from annotate.store.tag import tag_version
from tests.store.made import articles, create_in, inputs_folder

Moment = float | Barrier
"""When a writer begins: at a time of the monotonic clock, or with the others."""


def no_links() -> None:
    """Make this process live on a file system without hard links."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.EPERM, "no links here")

    os.link = refuse


def write(store: Path, number: int, acks: Path, begin: Moment, *, links: bool = True) -> None:
    """Commit one version of its own; what was acknowledged goes to a file of its own."""
    if not links:
        no_links()
    write_to(store, inputs_folder(store), number, acks, begin)


def write_to(
    store: str | Path,
    work: Path,
    number: int,
    acks: Path,
    begin: Moment,
    env: Mapping[str, str] | None = None,
) -> None:
    """As `write`, in any store; `env` is what the process has to know of it."""
    os.environ.update(env or {})
    _wait(begin)
    try:
        made = create_in(store, work / str(number), articles(3, start=10 * number))
    except AnnotateError as error:
        _say(acks / f"{number}.refused", str(error))
        return
    said = json.dumps([made.manifest.version, made.manifest.logical_hash])
    _say(acks / f"{number}.json", said)


def acknowledged(acks: Path) -> dict[str, str]:
    """Version -> logical hash of everything that a writer was told is committed."""
    found = [tuple(json.loads(path.read_text())) for path in acks.glob("*.json")]
    if len({version for version, _ in found}) != len(found):
        raise AssertionError("two writers were given one version")
    return dict(found)


def tag(store: Path, number: int, acks: Path, begin: Moment) -> None:
    """Try to give the tag that all others want too."""
    _wait(begin)
    try:
        tag_version(DatasetFolder(store, "ents"), "v1.0.0", "paper", message=str(number))
    except AnnotateError as error:
        _say(acks / f"{number}.refused", str(error))
        return
    _say(acks / f"{number}.json", "[]")


def collect_often(store: Path, stop: Path) -> None:
    """Collect until the file `stop` is there."""
    while not stop.exists():
        collect(DatasetFolder(store, "ents"))
        time.sleep(0.02)  # locks are not fair, and nobody collects without a pause


def _wait(begin: Moment) -> None:
    """Until a moment of the clock that all processes share, or until all are there."""
    if not isinstance(begin, float):
        begin.wait(60)
        return
    while time.monotonic() < begin:
        time.sleep(0.0005)


def _say(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
