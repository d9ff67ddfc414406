"""The page of datasets: its tables name what the files of a version hold, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.command import annotate

_ROOT = Path(__file__).resolve().parents[2]
_SPAN = {"start", "end", "text", "part"}
_WITHOUT_A_TEXT = {"withheld"}
"""What only the manifest of a copy without texts has."""
_NOT_SAID_BY_ONE = {"votes", "voters", "distribution", "target", "target_kind", "holder"}
_SCHEMES = ("entities", "stance", "claims")

Columns = dict[str, str]
"""Path -> type."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of each scheme, made of the seeds."""
    home = tmp_path_factory.mktemp("store")
    for scheme in _SCHEMES:
        export = _ROOT / "seeds" / "exports" / f"{scheme}.round1.json"
        ran = annotate("version", "create", scheme, "--scheme", scheme, "--from", export, home=home)
        assert ran.code == 0, ran.err
    return home / "datasets"


def _section(title: str) -> list[list[str]]:
    """The cells of the rows of a section's table."""
    page = (_ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def _said(title: str) -> Columns:
    return {name.strip("`"): kind for name, kind, _ in _section(title)}


def _held(store: Path, scheme: str, config: str) -> Columns:
    file = next((store / scheme / "v1.0.0" / "data").glob(f"*-{config}-*.parquet"))
    features = json.loads(pq.read_schema(file).metadata[b"huggingface"])["info"]["features"]
    return {path: kind for name, feature in features.items() for path, kind in _walk(name, feature)}


def _walk(path: str, feature: dict[str, Any]) -> list[tuple[str, str]]:
    """The path and type of a feature, and of what is in it, but for the fields of a span."""
    kind, prefix = feature.get("_type"), ""
    if kind == "List":
        feature, prefix = feature["feature"], "list of "
        kind = feature.get("_type")
    if kind is not None:
        return [(path, prefix + ("label" if kind == "ClassLabel" else feature["dtype"]))]
    is_span = set(feature) >= _SPAN
    inner = [name for name in feature if not (is_span and name in _SPAN)]
    within = [found for name in inner for found in _walk(f"{path}.{name}", feature[name])]
    return [(path, prefix + ("span" if is_span else "record")), *within]


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_the_columns_of_gold(store: Path, scheme: str) -> None:
    *common, last = _said("gold of every scheme").items()
    said = [*common, *_said(f"gold of {scheme}").items(), last]
    assert said == list(_held(store, scheme, "gold").items())


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_the_columns_of_annotations(store: Path, scheme: str) -> None:
    first, second, *rest = _said("annotations").items()
    own = {
        path: kind
        for path, kind in _said(f"gold of {scheme}").items()
        if _NOT_SAID_BY_ONE.isdisjoint(path.split("."))
    }
    said = [first, second, *own.items(), *rest]
    assert said == list(_held(store, scheme, "annotations").items())


def test_the_columns_of_tokens(store: Path) -> None:
    assert list(_said("bio").items()) == list(_held(store, "entities", "bio").items())
    for scheme in ("stance", "claims"):
        assert not list((store / scheme).rglob("*-bio-*"))


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_the_fields_of_the_manifest(store: Path, scheme: str) -> None:
    manifest = json.loads((store / scheme / "v1.0.0" / "manifest.json").read_bytes())
    rows = _section("manifest.json")
    said = [name for names, _ in rows for name in re.findall(r"`(\w+)`", names)]
    assert len(said) == len(set(said))
    assert set(said) == set(manifest) | _WITHOUT_A_TEXT
    gold = manifest["configs"]["gold"]
    inner = {
        "configs": {*manifest["configs"], *gold, *gold["files"][0]},
        "inputs": set(manifest["inputs"][0]),
        "numbers": set(manifest["numbers"]),
        "changes": {field for counts in manifest["changes"].values() for field in counts},
        "tools": set(manifest["tools"]),
    }
    words = {name: held for names, held in rows for name in re.findall(r"`(\w+)`", names)}
    for name, fields in inner.items():
        assert fields <= set(re.findall(r"`(\w+)`", words[name])), name
