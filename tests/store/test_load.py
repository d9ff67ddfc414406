"""Every plain `load_dataset` line of the design page, in programs with a time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.store import reader
from tests.store.made import articles, create, task

_HOWS = ("loaded", "whole", "half")
_CONFIGS = ("", "-annotations", "-bio")
_LABELS = (
    "a b",
    '"',
    "it's",
    "emoji 😀",
    "a/b",
    "-dash",
    "\\",
    "long" * 200,
    "日本",
    "none",
    "a: b #",
)
_SECONDS = 600
"""For all lines of one program; a program that hangs is a failure."""
_AT_THE_END = "terminate called without an active exception"
"""All that some programs say that streamed: one of pyarrow's threads met the end of Python when all
was read and printed (docs/versions.md)."""
Line = tuple[str, str | None, str]


def _see(home: Path, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """What a program sees that has nothing of ours but the files; its caches are below `home`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    env |= {
        "HF_HOME": str(home / "hf"),
        "HF_DATASETS_CACHE": str(home / "hf" / "cache"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, str(Path(reader.__file__)), json.dumps(lines)],
        capture_output=True,
        text=True,
        cwd=home,
        env=env,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0 or done.stderr.strip() == _AT_THE_END, done.stderr[-3000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _lines(folder: Path, versions: Sequence[str]) -> list[Line]:
    """The lines of the design page for a dataset of these versions, the newest last."""
    configs = [f"{version}{config}" for version in versions for config in _CONFIGS]
    return [
        *((str(folder), None, how) for how in _HOWS),
        *((str(folder), config, how) for config in configs for how in _HOWS),
        *((str(folder / version), None, how) for version in versions for how in _HOWS),
    ]


def _check(lines: Sequence[Line], found: Sequence[dict[str, Any]], rows: dict[str, int]) -> None:
    """Every line against the number of gold rows of each version; an article has two annotators."""
    newest = list(rows)[-1]
    for (path, config, how), seen in zip(lines, found, strict=True):
        version = (config or Path(path).name).partition("-")[0]
        gold = rows.get(version, rows[newest])
        said = config is not None and config.endswith("-annotations")
        if how == "half":
            assert all(0 < n <= 3 for n in seen["rows"].values()), (path, config)
        else:
            assert sum(seen["rows"].values()) == (2 * gold if said else gold), (path, config, how)
            assert seen["ids"] == gold
    by_line: dict[tuple[str, str | None], list[Any]] = {}
    for (path, config, _), seen in zip(lines, found, strict=True):
        by_line.setdefault((path, config), []).append((seen["labels"], seen["first"]))
    assert all(seen == ways[0] for ways in by_line.values() for seen in ways)


def _grow(tmp_path: Path, count: int, more: int, splits: set[str]) -> None:
    """Read a version, make another one, and read again with the caches of the first."""
    store = tmp_path / "store"
    tasks = articles(count + more)
    made = create(store, tasks[:count])
    assert set(made.manifest.rows()) == splits
    before = _lines(store / "ents", ["v1.0.0"])
    _check(before, _see(tmp_path, before), {"v1.0.0": count})
    create(store, tasks)
    after = _lines(store / "ents", ["v1.0.0", "v1.1.0"])
    _check(after, _see(tmp_path, after), {"v1.0.0": count, "v1.1.0": count + more})


def test_one_row_and_then_another(tmp_path: Path) -> None:
    _grow(tmp_path, 1, 1, {"train"})


def test_some_rows_in_three_splits(tmp_path: Path) -> None:
    _grow(tmp_path, 40, 3, {"train", "validation", "test"})


@pytest.mark.faults
def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    _grow(tmp_path, 100_000, 10, {"train", "validation", "test"})


def test_unusual_label_names(tmp_path: Path) -> None:
    tasks = [task(f"Number {n} is here.", {1: [(0, 6, name)]}) for n, name in enumerate(_LABELS)]
    create(tmp_path / "store", tasks, labels=_LABELS)
    lines = _lines(tmp_path / "store" / "ents", ["v1.0.0"])
    for (_, config, how), seen in zip(lines, _see(tmp_path, lines), strict=True):
        if config and config.endswith("-bio"):
            assert seen["labels"] == ["O", *(f"{p}-{name}" for name in _LABELS for p in "BI")]
        else:
            assert seen["labels"] == list(_LABELS)
        assert how == "half" or seen["ids"] == len(_LABELS)


def test_load_version_reads_files_and_asks_no_server(tmp_path: Path) -> None:
    program = """
        import sys
        asked = []
        names = ("socket.connect", "socket.getaddrinfo")
        sys.addaudithook(lambda event, args: event in names and asked.append((event, args)))
        import annotate
        rows = annotate.load_version("claims", "v1.0.0", store=sys.argv[1])
        print(rows.num_rows, rows["train"].info.config_name, asked)
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    store = Path(__file__).resolve().parents[2] / "datasets"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(store)],
        capture_output=True,
        check=True,
        text=True,
        env=env | {"HF_HOME": str(tmp_path)},
    )
    assert done.stdout == "{'train': 8, 'validation': 1} v1.0.0 []\n"
