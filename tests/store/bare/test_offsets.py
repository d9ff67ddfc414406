"""Versions without texts: what is in them, what is not, and that hydrating gives them back."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import get_dataset_config_names, load_dataset

from annotate.articles import read_articles
from annotate.errors import StateError
from annotate.models import UnitKind
from annotate.pipeline import create_version
from annotate.store.bare.hydrate import Hydrated, hydrate, wanted_texts
from annotate.store.bare.offsets import checkout_bare
from annotate.store.bare.texts import read_texts
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256
from annotate.store.versions import open_version
from annotate.tasks import build_tasks
from tests.command import annotate
from tests.store.made import KEY, create, export, task

_SEEDS = Path(__file__).resolve().parents[3] / "seeds"
_SCHEMES = ("entities", "stance", "claims")
_ARTICLES = str(_SEEDS / "articles")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the second round of the seeds in each scheme, and each without texts."""
    store = tmp_path_factory.mktemp("whole") / "store"
    for scheme in _SCHEMES:
        made = str(_SEEDS / "exports" / f"{scheme}.round2.json")
        create_version(scheme, scheme=scheme, inputs=[made], store=store, key=KEY)
        checkout_bare(open_version(DatasetFolder(store, scheme)), store.parent / scheme)
    return store


def _hydrate(bare: Path, out: Path, *sources: str | Path, partial: bool = False) -> Hydrated:
    whole, texts = wanted_texts(bare)
    read_texts(texts, [str(source) for source in sources], field="text", store=bare.parent)
    return hydrate(bare, whole, texts, out, partial=partial)


def _bytes(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _words(text)
    return {tuple(words[n : n + 5]) for n in range(len(words) - 4)}


def _strings(value: Any) -> Iterator[str]:
    """Every string in a value, but addresses."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner) if name != "url" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _published(folder: Path) -> Iterator[str]:
    """All that can be read in a folder; the texts of its Parquet footers too."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            yield from (text for row in table.to_pylist() for text in _strings(row))
            # columns of words, as tokens are, are a text too
            yield from (" ".join(_strings({n: c})) for n, c in table.to_pydict().items())
            footer = path.read_bytes()
            yield footer[-pq.read_metadata(path).serialized_size :].decode("latin-1")
        else:
            yield path.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_no_five_words_of_an_article_are_published(store: Path, scheme: str) -> None:
    articles = {run for a in read_articles([_ARTICLES]) for run in _runs(f"{a.title}\n{a.text}")}
    leaked = [_runs(text) & articles for text in _published(store.parent / scheme)]
    assert not any(leaked), [runs for runs in leaked if runs]
    whole = [_runs(text) & articles for text in _published(store / scheme / "v1.0.0")]
    assert len(set().union(*whole)) > 1000, "the same search finds the texts where they are"


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_hydrating_gives_the_version_back_byte_for_byte(
    store: Path, scheme: str, tmp_path: Path
) -> None:
    done = _hydrate(store.parent / scheme, tmp_path / "out", _ARTICLES)
    version = open_version(DatasetFolder(store, scheme))
    assert done.same_bytes
    assert done.logical_hash == version.manifest.logical_hash
    assert (done.rows, done.lacking) == (sum(version.manifest.rows().values()), [])
    assert _bytes(tmp_path / "out") == _bytes(store / scheme / "v1.0.0")
    configs = get_dataset_config_names(str(tmp_path / "out"))
    assert ("v1.0.0-bio" in configs) == (scheme == "entities")
    for config in configs:
        one, other = (
            load_dataset(str(folder), config, cache_dir=str(tmp_path / folder.name))
            for folder in (tmp_path / "out", store / scheme / "v1.0.0")
        )
        assert {s: list(rows) for s, rows in one.items()} == {
            s: list(rows) for s, rows in other.items()
        }


def test_a_hydrated_version_stands_in_its_store(store: Path, tmp_path: Path) -> None:
    _hydrate(store.parent / "entities", tmp_path / "out", _ARTICLES)
    shutil.copytree(store / "entities", tmp_path / "entities")
    shutil.rmtree(tmp_path / "entities/.annotate/objects")
    shutil.rmtree(tmp_path / "entities/v1.0.0")
    (tmp_path / "out").rename(tmp_path / "entities/v1.0.0")
    assert verify(DatasetFolder(tmp_path, "entities"), deep=True) == []


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_without_texts_it_loads_and_nothing_of_identity_is_lost(store: Path, scheme: str) -> None:
    bare = load_dataset(str(store.parent / scheme))
    whole = load_dataset(str(store / scheme))
    gone = {"text", "title"}
    for split, rows in whole.items():
        assert bare[split].features.keys() - {"text_length"} == rows.features.keys() - gone
        assert bare[split]["text_length"][:] == [len(text) for text in rows["text"]]
        same = {"id", "article_id", "group", "unit", "unit_start", "url", "text_sha256"}
        for name in same | {"row_hash", "annotators", "policy", "date", "licence"}:
            assert bare[split][name][:] == rows[name][:], name
        for one, other in zip(bare[split], rows, strict=True):
            for column in {"entities", "claims", "evidence", "unlinked"} & one.keys():
                assert one[column] == _without_text(other[column])
    people = load_dataset(str(store.parent / scheme), "v1.0.0-annotations")
    everyone = load_dataset(str(store / scheme), "v1.0.0-annotations")
    for split, rows in everyone.items():
        assert list(people[split]) == [_without_text(row) for row in rows]


def _without_text(value: Any) -> Any:
    if isinstance(value, dict):
        is_span = {"start", "end"} <= value.keys()
        return {n: _without_text(v) for n, v in value.items() if not (is_span and n == "text")}
    return [_without_text(item) for item in value] if isinstance(value, list) else value


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")
@pytest.mark.parametrize("scheme", _SCHEMES)
def test_the_card_and_croissant_say_so(store: Path, scheme: str) -> None:
    folder = store.parent / scheme
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "The texts are not in here: the columns `title` and `text`" in card
    assert f"annotate hydrate v1.0.0 articles/ -o {scheme}-v1.0.0" in card
    assert "\n`v1.0.0` is the folder that holds `whole.json`, whatever its name; " in card
    assert "license:\n- unknown" in card
    assert "v1.0.0-bio" not in card
    loaded = mlcroissant.Dataset(folder / "croissant.json")
    assert (list(loaded.metadata.ctx.issues.errors), list(loaded.metadata.ctx.issues.warnings)) == (
        [],
        [],
    )
    assert "`annotate hydrate` puts them in again" in str(loaded.metadata.description)
    (first, *_) = loaded.records("v1.0.0")
    assert first["v1.0.0/text_length"] > 100
    assert "v1.0.0/text" not in first


@pytest.mark.parametrize("unit", ["paragraph", "sentence", "window"])
def test_other_units_are_cut_out_of_their_articles(tmp_path: Path, unit: UnitKind) -> None:
    tasks = []
    for made in build_tasks(read_articles([_ARTICLES]), "entities", unit=unit, window=500):
        data: dict[str, Any] = dict(made.data)
        end = len(data["text"].split()[0])
        tasks.append(task(data.pop("text"), {1: [(0, end, "PER")]}, **data))
    create(tmp_path / "store", tasks)
    version = open_version(DatasetFolder(tmp_path / "store", "ents"))
    checkout_bare(version, tmp_path / "bare")
    assert _hydrate(tmp_path / "bare", tmp_path / "out", _ARTICLES).same_bytes
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "store/ents/v1.0.0")
    pieces = export(tmp_path / "pieces.json", tasks)
    assert _hydrate(tmp_path / "bare", tmp_path / "not" / "there", pieces).same_bytes


def _foreign(tmp_path: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A version of tasks made elsewhere, without texts, and the tasks."""
    texts = [f"Anna Novak spoke 😀 {n}.\r\n\r\nIn Tesk{'.' * n}\r\n" for n in range(6)]
    tasks = [task(text, {1: [(0, 10, "PER")]}, title=f"Day {text[19]}") for text in texts]
    create(tmp_path / "store", tasks)
    checkout_bare(open_version(DatasetFolder(tmp_path / "store", "ents")), tmp_path / "bare")
    return tmp_path / "bare", tasks


def test_texts_of_tasks_made_elsewhere(tmp_path: Path) -> None:
    bare, tasks = _foreign(tmp_path)
    lines = tmp_path / "texts.jsonl"
    records = [{"text": t["data"]["text"], "title": t["data"]["title"]} for t in tasks]
    lines.write_text("".join(f"{json.dumps(r)}\n" for r in records), encoding="utf-8")
    whole = str(tmp_path / "store/ents/v1.0.0")
    for n, source in enumerate([export(tmp_path / "e.json", tasks), str(lines), whole]):
        assert _hydrate(bare, tmp_path / f"out{n}", source).same_bytes, source
    named, texts = wanted_texts(bare)
    read_texts(texts, ["ents@v1.0.0"], field="text", store=tmp_path / "store")
    assert hydrate(bare, named, texts, tmp_path / "named").same_bytes
    with pytest.raises(StateError, match="has no texts either"):
        read_texts(texts, [str(bare)], field="text", store=tmp_path)


def test_the_columns_of_the_texts_may_be_named(tmp_path: Path) -> None:
    bare, tasks = _foreign(tmp_path)
    records = [{"w": one["data"]["text"], "t": one["data"]["title"]} for one in tasks]
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    (tmp_path / "texts.jsonl").write_text(lines, encoding="utf-8")
    named = ("texts.jsonl", "--columns", "text=w,title=t", "-o", "out")
    ran = annotate("hydrate", bare, *named, home=tmp_path)
    assert ran.code == 0, ran.err
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "store/ents/v1.0.0")


def test_a_row_with_another_title_is_not_taken_for_the_row(tmp_path: Path) -> None:
    bare, tasks = _foreign(tmp_path)
    tasks[0]["data"]["title"] = "Another"
    tasks[1]["data"]["text"] += "!"
    done = _hydrate(bare, tmp_path / "out", export(tmp_path / "e.json", tasks))
    assert sorted(row.what for row in done.lacking) == [
        "its article is not there",
        "its text is right and its title or a label is another",
    ]
    assert not (tmp_path / "out").exists()


def test_a_row_without_a_title_is_made_of_an_article_that_has_one(tmp_path: Path) -> None:
    text = "Anna Novak spoke in Tesk."
    create(tmp_path / "store", [task(text, {1: [(0, 10, "PER")]})])
    checkout_bare(open_version(DatasetFolder(tmp_path / "store", "ents")), tmp_path / "bare")
    lines = tmp_path / "texts.jsonl"
    lines.write_text(json.dumps({"text": text, "title": "Spoken"}), encoding="utf-8")
    assert _hydrate(tmp_path / "bare", tmp_path / "out", lines).same_bytes


def test_rows_whose_titles_are_all_others_are_listed(tmp_path: Path) -> None:
    bare, tasks = _foreign(tmp_path)
    for made in tasks:
        made["data"]["title"] = "Another"
    done = _hydrate(bare, tmp_path / "out", export(tmp_path / "e.json", tasks))
    assert (done.rows, len(done.lacking), done.written) == (0, 6, False)


def test_a_title_that_a_target_quotes_is_found_in_whatever_source(tmp_path: Path) -> None:
    text, title = "Anna Novak spoke in Tesk.", "The river board will raise the dam"
    stance = {"type": "choices", "from_name": "stance", "to_name": "text"}
    made = task(text, {1: []}, title=title, target=f"{title} by June", target_kind="proposition")
    made["annotations"][0]["result"] = [{"id": "a", **stance, "value": {"choices": ["favor"]}}]
    right = export(tmp_path / "right.json", [made])
    options: Any = {"scheme": "stance", "inputs": [right], "store": tmp_path / "store"}
    create_version("ents", key=KEY, **options)
    checkout_bare(open_version(DatasetFolder(tmp_path / "store", "ents")), tmp_path / "bare")
    others = [
        export(tmp_path / f"{number}.json", [task(text, {}, **data)])
        for number, data in enumerate(({}, {"title": "Another headline of the same words"}))
    ]
    for number, sources in enumerate(([right, *others], [*others, right])):
        assert _hydrate(tmp_path / "bare", tmp_path / f"out{number}", *sources).same_bytes


def test_what_lacks_its_text_is_listed_and_nothing_is_written(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    shutil.copytree(_ARTICLES, folder)
    (folder / "01-harbour-vote.txt").unlink()
    changed = folder / "03-border-talks.txt"
    words = changed.read_text(encoding="utf-8").split(" ")
    changed.write_text(" ".join([*words[:40], "not", *words[40:]]), encoding="utf-8")
    bare, out = store.parent / "claims", tmp_path / "out"
    args = ("hydrate", bare, folder, "-o", out)
    ran = annotate(*args, home=tmp_path)
    assert ran.code == 1
    assert not out.exists()
    listed = [line.split("  ") for line in ran.out.splitlines()]
    rows = {
        r["id"]: r["url"] for rows in load_dataset(str(bare)).values() for r in rows if r["url"]
    }
    said = {re.sub(r"https?://", "", rows[line[0]]): line[-1] for line in listed}
    assert len(said) == len(listed) == 2
    assert sorted(said.values()) == ["its article has another text", "its article is not there"]
    assert "2 of 12 rows lack their text; nothing is written" in ran.err
    ran = annotate(*args, "--partial", "--json", home=tmp_path)
    assert (ran.code, ran.json["written"], ran.json["logical_hash"]) == (0, True, None)
    left = load_dataset(str(out))
    assert sum(map(len, left.values())) == 10
    assert {r["id"] for r in ran.json["lacking"]} == {line[0] for line in listed}
    lacking = [json.loads(line) for line in (out / "lacking.jsonl").read_text().splitlines()]
    assert lacking == ran.json["lacking"]
    people = load_dataset(str(out), "v1.0.0-annotations-part")
    kept = {row["id"] for rows in left.values() for row in rows}
    assert {row["id"] for rows in people.values() for row in rows} == kept
    assert not (out / "manifest.json").exists()
    assert "This is not the version" in (out / "README.md").read_text(encoding="utf-8")
    ran = annotate(*args, home=tmp_path)
    assert "is there already" in ran.err


def test_the_commands_and_the_place_in_a_store(store: Path, tmp_path: Path) -> None:
    bare = tmp_path / "without" / "stance"
    ran = annotate(
        *("version", "restore", "stance", "v1.0.0", bare / "v1.0.0", "--offsets-only"),
        *("--store", store),
        home=tmp_path,
    )
    assert (ran.code, ran.err) == (0, "")
    assert _bytes(bare / "v1.0.0") == _bytes(store.parent / "stance")
    ran = annotate(
        *("hydrate", "stance@v1.0.0", _SEEDS / "exports" / "stance.round2.json"),
        *("-o", tmp_path / "out", "--store", bare.parent),
        home=tmp_path,
    )
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert "the same version, byte for byte: logical hash" in ran.err
    ran = annotate("hydrate", "stance@v1.0.0", "x", "-o", "y", "--store", "s3://b", home=tmp_path)
    said = "a version without texts is read from a folder alone"
    do = "name the folder that holds stance@v1.0.0"
    assert (ran.code, ran.out, ran.err) == (1, "", f"annotate: s3://b: {said}; {do}\n")
    assert _bytes(tmp_path / "out") == _bytes(store / "stance" / "v1.0.0")


def test_a_target_whose_article_is_gone_is_lacking(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    shutil.copytree(_ARTICLES, folder)
    whole = json.loads((store.parent / "stance/whole.json").read_text(encoding="utf-8"))
    quoted = {
        piece[0]
        for columns in whole["quoted"].values()
        for pieces in columns.values()
        for piece in pieces
        if isinstance(piece, list)
    }
    gold = load_dataset(str(store / "stance"))
    rows = {row["id"]: row for found in gold.values() for row in found}
    assert any(quoted - {name} for name in whole["quoted"]), "a target of another row's article"
    elsewhere = next(
        (name, piece[0])
        for name, columns in whole["quoted"].items()
        for pieces in columns.values()
        for piece in pieces
        if isinstance(piece, list) and rows[piece[0]]["article_id"] != rows[name]["article_id"]
    )
    source = rows[elsewhere[1]]["url"]
    for path in folder.iterdir():
        if source in path.read_text(encoding="utf-8"):
            path.unlink()
    done = _hydrate(store.parent / "stance", tmp_path / "out", folder)
    said = {row.id: row.what for row in done.lacking}
    assert said[elsewhere[0]] == "the article that its target quotes is not there"


def test_files_of_other_bytes_are_the_same_version(store: Path, tmp_path: Path) -> None:
    """As where another pyarrow wrote the version."""
    bare, other = tmp_path / "bare", "0" * 64
    shutil.copytree(store.parent / "claims", bare)
    whole = json.loads((bare / "whole.json").read_text(encoding="utf-8"))
    for file in (f for c in whole["manifest"]["configs"].values() for f in c["files"]):
        logged = next(f for f in whole["files"] if f["path"] == file["path"])
        file["path"] = logged["path"] = file["path"][:-20] + other[:12] + ".parquet"
        file["sha256"] = logged["sha256"] = other
    (bare / "whole.json").write_text(json.dumps(whole), encoding="utf-8")
    done = _hydrate(bare, tmp_path / "out", _ARTICLES)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))
    assert (done.written, done.same_bytes, done.lacking) == (True, False, [])
    assert done.logical_hash == manifest["logical_hash"] == whole["manifest"]["logical_hash"]
    for file in (f for c in manifest["configs"].values() for f in c["files"]):
        assert file_sha256(tmp_path / "out" / file["path"]) == file["sha256"] != other
    assert sum(map(len, load_dataset(str(tmp_path / "out")).values())) == done.rows


def test_another_logical_hash_is_refused(store: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(store.parent / "claims", bare)
    whole = json.loads((bare / "whole.json").read_text(encoding="utf-8"))
    whole["manifest"]["logical_hash"] = "0" * 64
    (bare / "whole.json").write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(StateError, match="row hashes do not make its logical hash"):
        _hydrate(bare, tmp_path / "out", _ARTICLES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare"]


@pytest.mark.parametrize("config", ["gold", "annotations", "bio"])
@pytest.mark.parametrize(
    "features",
    [{"id": "x"}, {"id": {"_type": "Value"}}, {"id": {"dtype": [], "_type": "Value"}}],
)
def test_features_that_no_version_has_are_refused(
    store: Path, tmp_path: Path, config: str, features: dict[str, Any]
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(store.parent / "entities", bare)
    whole = json.loads((bare / "whole.json").read_text(encoding="utf-8"))
    whole["features"][config] = features
    (bare / "whole.json").write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(StateError, match=r"bare: is damaged: whole\.json has other features than"):
        wanted_texts(bare)


def test_a_folder_that_was_tampered_with_is_refused(store: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(store.parent / "entities", bare)
    _overwrite(next((bare / "data").glob("train-gold-*")), "date", "1999-01-01")
    with pytest.raises(StateError, match="is missing or damaged"):
        wanted_texts(bare)
    _name_hashes(bare)
    done = _hydrate(bare, tmp_path / "out", _ARTICLES)
    assert {row.what for row in done.lacking} == {
        "its text is right and its title or a label is another"
    }
    assert not done.written
    with pytest.raises(StateError, match=r"has no whole\.json"):
        wanted_texts(store / "entities" / "v1.0.0")


def test_an_annotation_that_was_tampered_with_is_refused(store: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(store.parent / "entities", bare)
    _overwrite(next((bare / "data").glob("train-annotations-*")), "entities", [])
    _name_hashes(bare)
    with pytest.raises(StateError, match=r"an annotation of row \w+ has another hash"):
        _hydrate(bare, tmp_path / "out", _ARTICLES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare"]


def _overwrite(path: Path, column: str, value: Any) -> None:
    """Give all rows of a file one value."""
    table = pq.read_table(path, partitioning=None)
    field = table.schema.field(column)
    values = pa.array([value] * table.num_rows, field.type)
    pq.write_table(table.set_column(table.column_names.index(column), field, values), path)


def _name_hashes(bare: Path) -> None:
    """Write into the manifest the hashes that the files have."""
    manifest = json.loads((bare / "manifest.json").read_text(encoding="utf-8"))
    for file in (f for config in manifest["configs"].values() for f in config["files"]):
        file["sha256"] = file_sha256(bare / file["path"])
    (bare / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("field", "value"), [("version", "../../v1.0.0"), ("split", "../up"), ("path", "../up.parquet")]
)
def test_names_that_lead_out_of_the_folder_are_refused(
    store: Path, tmp_path: Path, field: str, value: str
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(store.parent / "claims", bare)
    for name in ("whole.json", "manifest.json"):
        document = json.loads((bare / name).read_text(encoding="utf-8"))
        manifest = document.get("manifest", document)
        target = manifest if field == "version" else manifest["configs"]["gold"]["files"][0]
        target[field] = value
        (bare / name).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(StateError, match="names files that no version has"):
        wanted_texts(bare)
