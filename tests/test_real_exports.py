"""Exports of a live server, made with other configs, to datasets that plain `datasets` loads.

What is expected is worked out from the raw JSON here, without the code under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from tests.command import Ran, annotate
from tests.shared import shared

_CLAIM_NAMES = "span=role,speech=mode,Claim=Content,attributed_to=source,cued_by=cue"
_LEDGER = Path(__file__).resolve().parents[1] / "docs" / "ledger.md"


class Made(NamedTuple):
    """A dataset made of a real export."""

    scheme: str
    raw: list[dict[str, Any]]
    store: Path
    ran: Ran


@pytest.fixture(scope="module", params=["entities", "stance", "claims"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    scheme: str = request.param
    home = tmp_path_factory.mktemp(scheme)
    single = "_single" if scheme == "stance" else ""
    export = shared("exports", f"fx_{scheme}{single}_json_all.json")
    config = shared("exports", "configs", f"{scheme}{single}.xml")
    names = ["--map", _CLAIM_NAMES] if scheme == "claims" else []
    ran = annotate(
        *("version", "create", "fx", "--scheme", scheme, "--from", export, "--config", config),
        *names,
        *("--max-rejects", "1", "--store", home / "store", "--json"),
        home=home,
    )
    return Made(scheme, json.loads(export.read_bytes()), home / "store", ran)


def _finished(raw: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each task with the newest finished annotation of each person."""
    for task in raw:
        newest: dict[Any, dict[str, Any]] = {}
        for annotation in sorted(task["annotations"], key=lambda a: a["id"]):
            newest[annotation["completed_by"]] = annotation
        yield from ((task, a) for a in newest.values() if not a["was_cancelled"])


def _rows(made: Made, config: str) -> list[dict[str, Any]]:
    loaded = load_dataset(str(made.store / "fx"), config)
    return [row for split in loaded.values() for row in split]


def _spans(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from row.get("entities", [])
    yield from row.get("evidence", [])
    yield from row.get("unlinked", [])
    for claim in row.get("claims", []):
        for role in ("source", "cue", "content"):
            yield from claim[role]


def test_it_is_made(made: Made) -> None:
    assert made.ran.code == 0, made.ran.err
    report = made.ran.json
    assert report["version"] == "v1.0.0"
    assert report["tasks"] == len(made.raw)
    finished = list(_finished(made.raw))
    assert report["annotations"] == len(finished)
    assert sum(report["rows"].values()) == len({task["id"] for task, _ in finished})
    regions = sum(r["type"] == "labels" for _, a in finished for r in a["result"])
    assert report["regions_read"] == regions
    broken = made.scheme == "entities"
    assert report["regions_kept"] == regions - broken
    assert [item["code"] for item in report["rejected"]] == ["unknown_control"] * broken


def test_every_span_is_its_slice(made: Made) -> None:
    texts = {row["id"]: row["text"] for row in _rows(made, "v1.0.0")}
    found = 0
    for config in ("v1.0.0", "v1.0.0-annotations"):
        for row in _rows(made, config):
            for span in _spans(row):
                assert texts[row["id"]][span["start"] : span["end"]] == span["text"]
                found += 1
    assert found > 50 or made.scheme == "stance"


def test_every_annotators_labels_are_there(made: Made) -> None:
    texts = {row["id"]: row["text"] for row in _rows(made, "v1.0.0")}
    got, expected = [], []
    loaded = load_dataset(str(made.store / "fx"), "v1.0.0-annotations")["train"]
    for row in loaded:
        got.append((texts[row["id"]], sorted(_labels_of(row, loaded.features))))
    for task, annotation in _finished(made.raw):
        expected.append((task["data"]["text"], sorted(_labels_in(made.scheme, annotation))))
    assert sorted(got) == sorted(expected)


def _labels_of(row: dict[str, Any], features: Any) -> Iterator[tuple[Any, ...]]:
    """The labels of a loaded row: spans with their label, and what relations joined."""
    if "entities" in row:
        names = features["entities"].feature["label"].names
        yield from ((e["start"], e["end"], names[e["label"]]) for e in row["entities"])
    if "label" in row:
        yield (features["label"].names[row["label"]],)
    modes = features["claims"].feature["mode"].names if "claims" in row else []
    for claim in row.get("claims", []):
        (content,) = claim["content"]
        place = content["start"], content["end"]
        yield ("Claim", *place, modes[claim["mode"]])
        for role in ("source", "cue"):
            yield from ((role, *place, s["start"], s["end"]) for s in claim[role])
    yield from (("unlinked", s["start"], s["end"]) for s in row.get("unlinked", []))


def _labels_in(scheme: str, annotation: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The same, read from Label Studio's JSON."""
    result = annotation["result"]
    regions = {r["id"]: r["value"] for r in result if r["type"] == "labels"}
    if scheme == "stance":
        yield from ((c,) for r in result if r["type"] == "choices" for c in r["value"]["choices"])
    elif scheme == "entities":
        known = {"PER", "ORG", "LOC"}
        for value in regions.values():
            yield from ((value["start"], value["end"], n) for n in value["labels"] if n in known)
    else:
        yield from _claims_in(result, regions)


def _claims_in(
    result: list[dict[str, Any]], regions: dict[str, dict[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    modes = {r["id"]: r["value"]["choices"][0] for r in result if r["type"] == "choices"}
    linked = set()
    for name, value in regions.items():
        if value["labels"] == ["Claim"]:
            yield "Claim", value["start"], value["end"], modes.get(name, "undetermined")
    for item in result:
        if item["type"] != "relation":
            continue
        ends = sorted(
            (item["from_id"], item["to_id"]), key=lambda end: regions[end]["labels"] != ["Claim"]
        )
        content, other = (regions[end] for end in ends)
        linked.add(ends[1])
        role = {"Source": "source", "Cue": "cue"}[other["labels"][0]]
        yield role, content["start"], content["end"], other["start"], other["end"]
    for name, value in regions.items():
        if value["labels"] != ["Claim"] and name not in linked:
            yield "unlinked", value["start"], value["end"]


def test_nobody_is_named(made: Made) -> None:
    people = json.loads(shared("exports", "users.json").read_bytes())
    words = {person["email"] for person in people} | {p["username"] for p in people} - {""}
    words |= {person["first_name"] for person in people} - {""}
    for path in made.store.rglob("*"):
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            text = json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False)
        assert not [word for word in words if f'"{word}"' in text or f" {word} " in text], path
        assert "@example.com" not in text


def test_without_leave_nothing_is_set_aside(made: Made, tmp_path: Path) -> None:
    if made.scheme != "entities":
        return
    export = shared("exports", "fx_entities_json_all.json")
    config = shared("exports", "configs", "entities.xml")
    ran = annotate(
        *("version", "create", "fx", "--scheme", "entities", "--from", export),
        *("--config", config, "--store", tmp_path / "store"),
        home=tmp_path,
    )
    assert ran.code == 1
    assert "1 set aside, 0 allowed" in ran.err
    assert "task 2082" in ran.err
    assert "region x" in ran.err
    assert not (tmp_path / "store" / "fx").exists()
    (code,) = re.findall(r"region x: (\w+): ", ran.err)
    told = re.search(rf"^\| `{code}` \|.*\| (.+) \|$", _LEDGER.read_text("utf-8"), re.MULTILINE)
    assert told is not None
    remedy = told[1].replace("`", "")
    assert f"; {remedy}; see all with " in ran.err
    ran = annotate("check", "entities", export, "--config", config, home=tmp_path)
    assert ran.code == 1
    assert f"\nto do about {code}: {remedy}\n" in ran.out
