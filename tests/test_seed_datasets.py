"""The datasets that a clone holds, made again from the exports recorded in `seeds/`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from tests.command import annotate

_ROOT = Path(__file__).resolve().parent.parent
_SCHEMES = ("entities", "stance", "claims")


@pytest.fixture(scope="module", params=_SCHEMES)
def remade(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A store with both versions, made with another pseudonym key."""
    scheme: str = request.param
    home = tmp_path_factory.mktemp(scheme)
    for number, version in ((1, "v1.0.0"), (2, "v2.0.0")):
        manifest = json.loads((_ROOT / "datasets" / scheme / version / "manifest.json").read_text())
        config = home / "config.xml"
        config.write_text(manifest["label_config"], encoding="utf-8")
        ran = annotate(
            *("version", "create", scheme, "--scheme", scheme, "--config", config),
            *("--from", _ROOT / "seeds" / "exports" / f"{scheme}.round{number}.json"),
            *("--store", home / "store", "--json"),
            home=home,
        )
        assert ran.code == 0, ran.err
        assert ran.json["version"] == version
        assert ran.json["logical_hash"] == manifest["logical_hash"]
    return scheme, home


def test_plain_loading(remade: tuple[str, Path]) -> None:
    scheme, _ = remade
    folder = _ROOT / "datasets" / scheme
    newest = load_dataset(str(folder))
    for loaded in (load_dataset(str(folder), "v2.0.0"), load_dataset(str(folder / "v2.0.0"))):
        assert {s: list(rows) for s, rows in loaded.items()} == {
            s: list(rows) for s, rows in newest.items()
        }
    older = load_dataset(str(folder), "v1.0.0")
    assert sum(map(len, older.values())) < sum(map(len, newest.values()))


def test_the_diff_is_that_of_the_loaded_rows(remade: tuple[str, Path]) -> None:
    scheme, home = remade
    ran = annotate(
        *("version", "diff", scheme, "v1.0.0", "v2.0.0", "--store", home / "store", "--json"),
        home=home,
    )
    assert ran.code == 0, ran.err
    old, new = (_load(home / "store" / scheme, version) for version in ("v1.0.0", "v2.0.0"))
    splits: dict[str, Counter[str]] = {}
    labels: dict[str, Counter[str]] = {}
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        where = (after or before or ("", {}))[0]
        count = splits.setdefault(where, Counter())
        count["added"] += before is None
        count["removed"] += after is None
        if before and after:
            count["moved"] += before[0] != after[0]
            count["changed"] += _without_votes(before[1]) != _without_votes(after[1])
        _compare_labels(labels, _places(before), _places(after))
    fields = ("added", "removed", "changed", "moved")
    expected = {s: {f: c[f] for f in fields} for s, c in splits.items() if any(c.values())}
    label_fields = ("added", "removed", "relabelled")
    assert ran.json == {
        "bump": "major",
        "splits": expected,
        "labels": {
            n: {f: c[f] for f in label_fields} for n, c in labels.items() if any(c.values())
        },
    }


def _load(folder: Path, version: str) -> dict[str, tuple[str, dict[str, Any]]]:
    loaded = load_dataset(str(folder), version)
    return {
        row["id"]: (split, _named(row, rows.features))
        for split, rows in loaded.items()
        for row in rows
    }


def _named(row: dict[str, Any], features: Any) -> dict[str, Any]:
    """A loaded row with the labels that a diff counts as names."""
    if "entities" in row:
        names = features["entities"].feature["label"].names
        entities = [{**e, "label": names[e["label"]]} for e in row["entities"]]
        return {**row, "entities": entities}
    if "label" in row:
        names = features["label"].names
        return {**row, "label": None if row["label"] is None else names[row["label"]]}
    names = features["unlinked"].feature["role"].names
    return {**row, "unlinked": [{**s, "role": names[s["role"]]} for s in row["unlinked"]]}


def _without_votes(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = {"votes", "voters", "distribution", "annotators", "row_hash"}
        return {k: _without_votes(v) for k, v in value.items() if k not in left_out}
    return [_without_votes(item) for item in value] if isinstance(value, list) else value


def _places(side: tuple[str, dict[str, Any]] | None) -> dict[Any, list[str]]:
    """place -> labels there."""
    places: dict[Any, set[str] | list[str]] = {}
    for place, label in _marks(side[1]) if side else ():
        places.setdefault(place, []).append(label)  # type: ignore[union-attr]
    return {place: sorted(found) for place, found in places.items()}


def _marks(row: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    if "entities" in row:
        yield from (((e["start"], e["end"]), e["label"]) for e in row["entities"])
    elif "label" in row:
        yield from [("row", row["label"])] * (row["label"] is not None)
    else:
        found = {((s["start"], s["end"]), s["role"]) for s in row["unlinked"]}
        for claim in row["claims"]:
            for role in ("source", "cue", "content"):
                found |= {((s["start"], s["end"]), role.capitalize()) for s in claim[role]}
        yield from found


def _compare_labels(
    counts: dict[str, Counter[str]], old: dict[Any, list[str]], new: dict[Any, list[str]]
) -> None:
    for place in {**old, **new}:
        gone = list((Counter(old.get(place, [])) - Counter(new.get(place, []))).elements())
        come = list((Counter(new.get(place, [])) - Counter(old.get(place, []))).elements())
        for label in sorted(come):
            kind = "relabelled" if gone else "added"
            gone = gone[1:]
            counts.setdefault(label, Counter())[kind] += 1
        for label in gone:
            counts.setdefault(label, Counter())["removed"] += 1
