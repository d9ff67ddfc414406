"""croissant.json, as the reference implementation validates and reads it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mlcroissant
import pytest
from datasets import load_dataset

from annotate.pipeline import create_version
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from tests.store.made import KEY, articles, create

# what mlcroissant itself uses of rdflib
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
_EXPORTS = Path(__file__).resolve().parents[2] / "seeds" / "exports"
_SPANS = {"source", "cue", "content"}
"""Of a claim: lists of records in a list of records, which the loader cannot read."""


@pytest.fixture(scope="module", params=["entities", "stance", "claims"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version of the seeds."""
    scheme: str = request.param
    store = tmp_path_factory.mktemp(scheme)
    export = str(_EXPORTS / f"{scheme}.round2.json")
    create_version(scheme, scheme=scheme, inputs=[export], store=store, key=KEY, message="Two.")
    return store / scheme / "v1.0.0"


def _plain(value: Any) -> Any:
    """A record as mlcroissant gives it, with short names and text as str."""
    if isinstance(value, dict):
        return {name.rsplit("/", 1)[1]: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None  # a null in a list of numbers is read through pandas
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _key(split: str, row: dict[str, Any]) -> tuple[str, ...]:
    return (split, row["id"], row["row_hash"], row.get("annotator", ""))


def _readable(value: Any) -> Any:
    """A row as `datasets` gives it, without what the loader cannot read."""
    if isinstance(value, dict):
        kept = _SPANS if "source_kind" in value else set()
        return {name: _readable(inner) for name, inner in value.items() if name not in kept}
    return [_readable(item) for item in value] if isinstance(value, list) else value


def test_it_is_valid_1_1_without_a_warning(version: Path) -> None:
    loaded = mlcroissant.Dataset(version / "croissant.json")
    issues = loaded.metadata.ctx.issues
    assert (list(issues.errors), list(issues.warnings)) == ([], [])
    assert loaded.metadata.ctx.is_v1_1()
    assert loaded.metadata.version == "1.0.0"


def test_the_records_are_the_rows(version: Path) -> None:
    loaded = mlcroissant.Dataset(version / "croissant.json")
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    for config in manifest["configs"].values():
        rows = {
            _key(split, row): _readable(row)
            for split, found in load_dataset(str(version), config["name"]).items()
            for row in found
        }
        records = [_plain(record) for record in loaded.records(config["name"])]
        assert len(records) == sum(file["rows"] for file in config["files"])
        for record in records:
            assert record == rows[_key(record.pop("split"), record)]


def test_every_code_has_its_name(version: Path) -> None:
    loaded = mlcroissant.Dataset(version / "croissant.json")
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    for path, names in manifest["labels"].items():
        records = [_plain(record) for record in loaded.records(f"labels/{path}")]
        assert records == [{"code": n, "name": name} for n, name in enumerate(names)]


def test_what_it_says_of_annotation_is_in_the_manifest(version: Path) -> None:
    loaded = mlcroissant.Dataset(version / "croissant.json").metadata
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    figure = manifest["numbers"]["agreement"]["figures"][0]
    first = loaded.data_annotation_analysis[0]
    assert f"= {figure['value']:.3f} (n = {figure['n']}, 95 % interval" in first
    assert f"{figure['low']:.3f} to {figure['high']:.3f})" in first
    assert manifest["config_digest"] in " ".join(loaded.data_annotation_protocol)
    assert manifest["guideline"] in " ".join(loaded.data_annotation_protocol)
    assert loaded.annotator_demographics[0].startswith("2 people, known by pseudonyms")
    counts = manifest["numbers"]["tasks_by_annotations"]
    assert loaded.annotations_per_item == f"1: {counts['1']} tasks, 2: {counts['2']} tasks"
    assert any("skipped annotations: 1" in line for line in loaded.data_limitations)


def test_unusual_label_names(tmp_path: Path) -> None:
    labels = ('"quoted"', "a/b", "ü 😀", "null", "# c")
    create(tmp_path, articles(2, label="a/b"), labels=labels)
    loaded = mlcroissant.Dataset(tmp_path / "ents" / "v1.0.0" / "croissant.json")
    records = [_plain(record) for record in loaded.records("labels/entities.label")]
    assert [record["name"] for record in records] == list(labels)
    record = _plain(next(iter(loaded.records("v1.0.0"))))
    assert record["entities"][0]["label"] == labels.index("a/b")


def test_it_can_be_made_again(tmp_path: Path) -> None:
    create(tmp_path, articles(2))
    folder = DatasetFolder(tmp_path, "ents")
    objects = tmp_path / "ents" / ".annotate" / "objects"
    found = tmp_path / "ents" / "v1.0.0" / "croissant.json"
    whole = found.read_bytes()
    for path in [found, *objects.rglob("*")]:
        if path.is_file() and path.read_bytes() == whole:
            path.unlink()
            path.write_bytes(b"{}")
    assert verify(folder)
    repair(folder)
    assert found.read_bytes() == whole
    assert verify(folder, deep=True) == []
