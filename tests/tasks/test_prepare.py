"""Order, samples, calibration, targets and groups of prepared tasks."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotate.articles import Columns, read_articles
from annotate.errors import ConfigError, InputError, RejectsError, UsageError, VersionError
from annotate.models import Task
from annotate.pipeline import create_version
from annotate.schemes import load_scheme
from annotate.schemes.label_config import parse_label_config, shipped_config
from annotate.tasks import TaskOptions, build_tasks, prepare_tasks
from annotate.tasks.order import ORDERS
from annotate.tasks.targets import read_version_targets
from tests.annotations import exports
from tests.articles.likeness.test_groups import SEEDS as SEED_ARTICLES
from tests.articles.made import records, write_jsonl
from tests.store.made import KEY, create, export
from tests.store.made import task as made_task
from tests.tasks.store import make_store
from tests.tasks.test_suggest import checked


def prepare(scheme: str, *sources: Path | str, **options: Any) -> list[Task]:
    columns, say = options.pop("columns", None), options.pop("say", lambda _: None)
    with prepare_tasks(
        list(map(str, sources)),
        load_scheme(scheme),
        shipped_config(scheme),
        columns=Columns(columns),
        options=TaskOptions(**options),
        say=say,
    ) as tasks:
        return list(tasks)


def urls(tasks: list[Task]) -> list[str]:
    return [str(task.data["url"]) for task in tasks]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    made = records(60)
    write_jsonl(tmp_path / "n.jsonl", made)
    random.Random(3).shuffle(made)  # noqa: S311
    (tmp_path / "shuffled").mkdir()
    write_jsonl(tmp_path / "shuffled" / "n.jsonl", made)
    return tmp_path / "n.jsonl"


def test_a_label_config_that_shows_another_field_is_refused(collection: Path) -> None:
    xml = shipped_config("entities").xml.replace('value="$text"', 'value="$body"')
    config = parse_label_config(xml, where="own.xml")
    with (
        pytest.raises(ConfigError, match=r"^own.xml: its <Text> shows \$body, .*value=\"\$text\"$"),
        prepare_tasks([str(collection)], load_scheme("entities"), config),
    ):
        pass


def test_tasks_from_python_are_those_of_the_command(collection: Path) -> None:
    made = records(60)
    near = made[0] | {"url": "https://copy.example.net/1", "text": made[0]["text"] + " More."}
    write_jsonl(collection, [*made, near, made[5]])
    tasks = list(build_tasks(read_articles([str(collection)]), "entities", unit="paragraph"))
    assert tasks == prepare("entities", collection, unit="paragraph")
    groups = {task.data["url"]: task.data["group"] for task in tasks}
    assert groups["https://copy.example.net/1"] == groups[made[0]["url"]]
    assert len(set(groups.values())) == 60
    windows = list(
        build_tasks(read_articles([str(collection)]), "entities", unit="window", window=90)
    )
    assert windows == prepare("entities", collection, unit="window", window=90)
    assert max(len(str(task.data["text"])) for task in windows) <= 90


def test_articles_that_contradict_each_other_are_refused_from_python(tmp_path: Path) -> None:
    one, other = records(2)
    write_jsonl(tmp_path / "n.jsonl", [one, other | {"url": one["url"]}])
    with pytest.raises(
        RejectsError, match=r"has other text; .* 2 read = 1 articles \+ 1 set aside"
    ):
        list(build_tasks(read_articles([str(tmp_path / "n.jsonl")]), "entities"))


def test_an_unknown_scheme_is_refused_from_python(collection: Path) -> None:
    with pytest.raises(UsageError, match="no scheme 'entity'; use one of claims, entities, stance"):
        list(build_tasks(read_articles([str(collection)]), "entity"))


def test_order_and_sample_do_not_depend_on_the_order_read(collection: Path) -> None:
    shuffled = collection.parent / "shuffled"
    for order in ("date", "random", "outlets"):
        expected = urls(prepare("entities", collection, order=order))
        assert sorted(expected) == sorted(urls(prepare("entities", collection)))
        assert urls(prepare("entities", shuffled, order=order)) == expected
    one = urls(prepare("entities", collection, sample=9))
    assert len(one) == 9
    assert set(urls(prepare("entities", shuffled, sample=9))) == set(one)
    assert set(urls(prepare("entities", collection, sample=9, seed=1))) != set(one)
    again = urls(prepare("entities", collection, order="random"))
    assert again != urls(prepare("entities", collection, order="random", seed=1))


def test_date_and_outlets(collection: Path) -> None:
    dates = [task.data["date"] for task in prepare("entities", collection, order="date")]
    assert dates == sorted(record["date"] for record in records(60))
    hosts = [url.split("/")[2] for url in urls(prepare("entities", collection, order="outlets"))]
    assert all(len(set(hosts[n : n + 7])) == 7 for n in range(0, 56, 7))


def test_calibration_comes_first_and_says_so(collection: Path) -> None:
    tasks = prepare("entities", collection, calibration=5, unit="paragraph")

    marked = [bool(task.data.get("calibration")) for task in tasks]
    assert marked == sorted(marked, reverse=True)
    assert len({t.data["article_id"] for t in tasks if t.data.get("calibration")}) == 5
    keys = {t.data["unit_key"] for t in prepare("entities", collection, unit="paragraph")}
    assert {t.data["unit_key"] for t in tasks} == keys
    shuffled = prepare("entities", collection.parent / "shuffled", calibration=5)
    assert {t.data["article_id"] for t in shuffled[:5]} == {
        t.data["article_id"] for t in prepare("entities", collection, calibration=5)[:5]
    }


def test_calibration_on_fewer_articles_than_asked_for_says_so(collection: Path) -> None:
    said: list[str] = []
    tasks = prepare("entities", SEED_ARTICLES, calibration=99, say=said.append)
    marked = {t.data["group"] for t in tasks if t.data.get("calibration")}
    assert len(marked) == 11  # of twelve articles, two of them copies
    assert [line[:57] for line in said] == [
        "--calibration 99: only 11 articles are marked; no two may"
    ]
    prepare("entities", SEED_ARTICLES, calibration=11, say=said.append)
    assert len(said) == 1


def test_calibration_is_of_articles_that_have_a_task(collection: Path) -> None:
    targets = collection.parent / "targets.jsonl"
    asked = [{"text": "a tax", "url": records(60)[number]["url"]} for number in (7, 41)]
    write_jsonl(targets, asked)
    tasks = prepare("stance", collection, targets=str(targets), calibration=2)
    assert [task.data.get("calibration") for task in tasks] == [True, True]


def test_calibration_comes_before_the_most_uncertain() -> None:
    tasks = prepare("claims", SEED_ARTICLES, suggest="rules", order="uncertain", calibration=3)

    marked = [bool(task.data.get("calibration")) for task in tasks]
    assert marked == [True] * 3 + [False] * (len(tasks) - 3)
    for part in (tasks[:3], tasks[3:]):
        scores = [task.predictions[0].score or 0 for task in part]
        assert scores == sorted(scores)


def test_most_uncertain_suggestion_first() -> None:
    tasks = prepare("claims", SEED_ARTICLES, suggest="rules", order="uncertain")

    scores = [task.predictions[0].score or 0 for task in tasks]
    assert min(scores) > 0
    assert scores == sorted(scores)
    assert len(set(scores)) > 5


def test_copies_share_their_group() -> None:
    groups = Counter(task.data["group"] for task in prepare("entities", SEED_ARTICLES))
    assert sorted(groups.values()) == [1] * 10 + [2]


def test_bad_records_stop_before_anything_is_built(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text('{"text": "a"}\nb\n')
    with pytest.raises(RejectsError, match=r"line 2.* 1 set aside, 0 allowed"):
        prepare("entities", path)
    assert len(prepare("entities", path, max_rejects=1)) == 1
    path.write_text("")
    with pytest.raises(InputError, match="no article there"):
        prepare("entities", path)


def test_targets_from_a_column(tmp_path: Path) -> None:
    rows = [
        {"text": "one", "url": "https://a.example/1", "topic": "tax", "who": "Oduya"},
        {"text": "one", "url": "https://a.example/1", "topic": "ban", "who": ""},
        {"text": "two", "url": "https://a.example/2", "topic": None},
    ]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {"target": "topic", "holder": "who"}

    tasks = prepare("stance", tmp_path, columns=columns)

    found = [(t.data["text"], t.data["target"], t.data["holder"]) for t in tasks]
    assert found == [("one", "tax", "Oduya"), ("one", "ban", "")]
    assert len({t.data["unit_key"] for t in tasks}) == 2
    with pytest.raises(InputError, match="needs targets, and no article has one; give --targets"):
        prepare("stance", tmp_path)


@pytest.mark.parametrize("targets", [None, "t.txt"])
def test_labels_without_a_version_are_refused(
    targets: str | None, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(collection.parent)
    Path("t.txt").write_text("tax\n")
    with pytest.raises(InputError, match=r"--target-labels: chooses among the entities of a ver"):
        prepare("stance", collection, targets=targets, target_labels=("ORG",))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("store"))


def test_targets_from_an_earlier_version(store: Path) -> None:
    options = {"targets": "entities@v1.0.0", "store": str(store), "target_labels": ("ORG",)}
    tasks = prepare("stance", SEED_ARTICLES / "07-lost-panel.txt", **options)
    assert [t.data["target"] for t in tasks] == ["Vellmar Museum of Art"]

    options = {"targets": "claims@v1.0.0", "store": str(store)}
    tasks = prepare("stance", SEED_ARTICLES / "07-lost-panel.txt", **options)
    assert [(t.data["target"], t.data["target_kind"], t.data["holder"]) for t in tasks] == [
        (
            "A painted panel missing from the Vellmar Museum of Art since 1974 was found on "
            "Sunday behind a boiler",
            "proposition",
            "",
        ),
        ('it "the best bad housekeeping in our history"', "proposition", ""),
    ]
    for version, do in (("entities", "use PER, ORG, GPE, "), ("claims", "leave it out")):
        options = {"targets": f"{version}@v1.0.0", "target_labels": ("ORGG",), "store": str(store)}
        with pytest.raises(InputError, match=f"no entities labelled ORGG; {do}"):
            prepare("stance", SEED_ARTICLES, **options)
    with pytest.raises(VersionError, match=r"no version claims@v9.0.0; see"):
        prepare("stance", SEED_ARTICLES, targets="claims@v9.0.0", store=str(store))


def test_a_span_of_white_space_is_no_target(tmp_path: Path) -> None:
    text, store = "Olin saw  Rome.", tmp_path / "store"
    drawn = {
        "entities": [("entity", "PER", 0, 4), ("entity", "LOC", 8, 10)],
        "claims": [("role", "Content", 8, 10), ("role", "Content", 0, 4)],
    }
    for scheme, spans in drawn.items():
        result = [
            exports.region(f"r{start}", start, end, label, control=control)
            for control, label, start, end in spans
        ]
        made = exports.task(exports.annotation(*result), text=text)
        path = tmp_path / f"{scheme}.json"
        path.write_text(json.dumps([made]), encoding="utf-8")
        create_version(scheme, scheme=scheme, inputs=[str(path)], store=store, key=KEY)
        found = read_version_targets(f"{scheme}@v1.0.0", store).by_article
        assert [[target.text for target in own] for own in found.values()] == [["Olin"]]


def test_targets_from_a_damaged_version(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "store")
    path = next((tmp_path / "store/entities/v1.0.0/data").glob("train-gold-*"))
    whole, failed = path.read_bytes(), 0
    named = f"{path}: cannot be read: "
    for place in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        options = {"targets": "entities@v1.0.0", "store": str(tmp_path / "store")}
        try:
            prepare("stance", SEED_ARTICLES / "07-lost-panel.txt", **options)
        except VersionError as error:
            failed += 1
            assert str(error).startswith(named)
            assert error.do == "run `annotate version verify entities`"
    assert failed


@pytest.mark.parametrize("column", ["article_id", "entities"])
def test_targets_from_a_version_that_lacks_a_column(
    store: Path, tmp_path: Path, column: str
) -> None:
    shutil.copytree(store, tmp_path / "store")
    path = next((tmp_path / "store/entities/v1.0.0/data").glob("train-gold-*"))
    table = pq.ParquetFile(path).read().drop_columns([column])
    pq.write_table(table, path)
    with pytest.raises(VersionError, match=f"{path}: cannot be read: a row lacks its {column};"):
        prepare("stance", SEED_ARTICLES, targets="entities@v1.0.0", store=str(tmp_path / "store"))


@pytest.mark.parametrize(
    ("scheme", "field"), [("entities", "text"), ("claims", "content"), ("claims", "content.text")]
)
def test_a_version_with_a_null_inside_of_a_record(
    store: Path, tmp_path: Path, scheme: str, field: str
) -> None:
    shutil.copytree(store, tmp_path / "store")
    path = next((tmp_path / f"store/{scheme}/v1.0.0/data").glob("train-gold-*"))
    table = pq.ParquetFile(path).read()
    rows = table.to_pylist()
    first = next(row[scheme][0] for row in rows if row[scheme])
    (first if field in first else first["content"][0])[field.rpartition(".")[2]] = None
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    version, options = f"{scheme}@v1.0.0", {"store": str(tmp_path / "store")}
    said = f"{path}: cannot be read: a row lacks its {scheme}.{field};"
    with pytest.raises(VersionError, match=said):
        prepare(scheme, SEED_ARTICLES, suggest=f"dataset:{version}", **options)
    with pytest.raises(VersionError, match=said):
        prepare("stance", SEED_ARTICLES, targets=version, **options)


def test_spans_seen_before_are_suggested(store: Path, tmp_path: Path) -> None:
    text = (
        "Port Calder met Vellmar. Vellmars trams, said Mira Oduya of Port Calder.\n"
        "Nothing seen here."
    )
    (tmp_path / "n.jsonl").write_text(json.dumps({"text": text}) + "\n")

    (task,) = prepare(
        "entities", tmp_path / "n.jsonl", suggest="dataset:entities@v1.0.0", store=str(store)
    )

    (suggestion,) = task.predictions
    assert suggestion.model_version == "dataset entities@v1.0.0"
    assert suggestion.score is not None and 0 < suggestion.score <= 1
    found = [
        (r["value"]["start"], r["value"]["text"], r["value"]["labels"]) for r in suggestion.result
    ]
    assert found == [
        (0, "Port Calder", ["GPE"]),
        (16, "Vellmar", ["GPE"]),
        (46, "Mira Oduya", ["PER"]),
        (60, "Port Calder", ["GPE"]),
    ]


def test_of_seen_names_that_begin_alike_the_longest_is_suggested(tmp_path: Path) -> None:
    names = ["A", "An", "Ann", "Anna", "Anna Lee", "Anna Leeds", "Annab"]
    gold = "; ".join(names)
    spans = [(gold.index(f"{name};"), gold.index(f"{name};") + len(name)) for name in names[:-1]]
    spans.append((len(gold) - 5, len(gold)))
    create(tmp_path / "datasets", [made_task(gold, {1: [(*span, "PER") for span in spans]})])
    text = "A, An, Anna Lee, Anna Leed, Annab, Annabe, Ann Anna"
    (tmp_path / "n.jsonl").write_text(json.dumps({"text": text}), encoding="utf-8")
    options = {"suggest": "dataset:ents@v1.0.0", "store": str(tmp_path / "datasets")}
    (task,) = prepare("entities", tmp_path / "n.jsonl", **options)
    found = [r["value"]["text"] for p in task.predictions for r in p.result]
    assert found == ["A", "An", "Anna Lee", "Anna", "Annab", "Ann", "Anna"]


def test_seen_names_stand_as_whole_words_in_any_script(tmp_path: Path) -> None:
    gold = "Jose, राम, علی, 7"
    spans = [(0, 4, "PER"), (6, 9, "PER"), (11, 14, "PER"), (16, 17, "PER")]
    create(tmp_path / "datasets", [made_task(gold, {1: spans})])
    texts = {
        "Jose\u0301 met Jose.": [(10, "Jose")],
        "e\u0301Jose met Jose\u0301, ❤\ufe0fJose": [(20, "Jose")],
        "रामायण, राम।": [(8, "राम")],
        "علی\u200cها, \u200cعلی, علی": [(14, "علی")],
        "7\ufe0f\u20e3 of 7": [(7, "7")],
    }
    rows = (
        json.dumps({"text": text, "url": f"https://x.example/{n}"}) for n, text in enumerate(texts)
    )
    (tmp_path / "n.jsonl").write_text("\n".join(rows), encoding="utf-8")

    tasks = prepare(
        "entities",
        tmp_path / "n.jsonl",
        suggest="dataset:ents@v1.0.0",
        store=str(tmp_path / "datasets"),
    )

    found = {
        str(t.data["text"]): [
            (r["value"]["start"], r["value"]["text"]) for p in t.predictions for r in p.result
        ]
        for t in tasks
    }
    assert found == texts


def test_claims_of_a_copied_paragraph_are_suggested(store: Path, tmp_path: Path) -> None:
    line = "A guard at Olmarsh said that he had not heard of the order."
    (tmp_path / "n.jsonl").write_text(json.dumps({"text": f"😀 New.\n{line}\nEnd."}) + "\n")

    (task,) = prepare(
        "claims", tmp_path / "n.jsonl", suggest="dataset:claims@v1.0.0", store=str(store)
    )

    (suggestion,) = task.predictions
    regions = {r["value"]["labels"][0]: r for r in suggestion.result if r["type"] == "labels"}
    assert {k: r["value"]["text"] for k, r in regions.items()} == {
        "Source": "A guard at Olmarsh",
        "Cue": "said",
        "Content": "he had not heard of the order",
    }
    assert regions["Source"]["value"]["start"] == 7
    content = regions["Content"]["id"]
    assert {(r["from_id"], r["to_id"]) for r in suggestion.result if r["type"] == "relation"} == {
        (content, regions["Source"]["id"]),
        (content, regions["Cue"]["id"]),
    }


@pytest.mark.parametrize("suggest", ["rules", "dataset:claims@v1.0.0"])
def test_a_role_that_the_config_lacks_is_left_out_of_a_suggestion(
    suggest: str, store: Path, tmp_path: Path
) -> None:
    line = "A guard at Olmarsh said that he had not heard of the order."
    (tmp_path / "n.jsonl").write_text(json.dumps({"text": line}) + "\n")
    without = re.sub('<Label value="Cue".*?/>', "", shipped_config("claims").xml)
    config = parse_label_config(without, where="c.xml")
    assert config.values("role") == ("Source", "Content")

    options = TaskOptions(suggest=suggest, store=str(store))
    given = ([str(tmp_path / "n.jsonl")], load_scheme("claims"), config)
    with prepare_tasks(*given, options=options) as tasks:
        (task,) = tasks

    (suggestion,) = task.predictions
    (claim,) = checked("claims", config, line, suggestion).claims
    assert claim.cue == ()
    assert [line[a:b] for a, b in claim.content] == ["he had not heard of the order"]
    assert [line[a:b] for part in claim.source for a, b in part] == ["A guard at Olmarsh"]


def test_claims_that_share_words_are_suggested_as_they_were_made(tmp_path: Path) -> None:
    line = "He said “we won” and, later, “by far”, adding that nobody lost."
    text = f"😀 One.\n{line}"

    def words(name: str, what: str, role: str) -> dict[str, Any]:
        start = text.index(what)
        return exports.region(name, start, start + len(what), role, "role")

    # one source with a kind and without; a content in two fragments, of which one is a content too
    result = [
        words("a", "He", "Source"),
        words("b", "He", "Source"),
        exports.choice("a", "kind", "named"),
        words("c", "said", "Cue"),
        words("d", "we won", "Content"),
        words("e", "by far", "Content"),
        exports.choice("d", "mode", "direct"),
        words("f", "by far", "Content"),
        words("g", "nobody lost", "Content"),
        *(exports.relation(*ends) for ends in ("da", "dc", "de", "fb", "ga", "gc")),
    ]
    export(tmp_path / "gold.json", [exports.task(exports.annotation(*result), text=text)])
    store = tmp_path / "store"
    create_version("claims", scheme="claims", inputs=[tmp_path / "gold.json"], store=store, key=KEY)
    (tmp_path / "n.jsonl").write_text(json.dumps({"text": f"{line}\nNew."}) + "\n")

    (task,) = prepare(
        "claims", tmp_path / "n.jsonl", suggest="dataset:claims@v1.0.0", store=str(store)
    )

    (suggestion,) = task.predictions
    record = checked("claims", shipped_config("claims"), str(task.data["text"]), suggestion)
    assert [
        (
            [line[a:b] for a, b in claim.content],
            claim.mode,
            claim.source,
            claim.source_kind,
            [line[a:b] for part in claim.cue for a, b in part],
        )
        for claim in record.claims
    ] == [
        (["we won", "by far"], "direct", (((0, 2),),), ("named",), ["said"]),
        (["by far"], "undetermined", (((0, 2),),), (None,), []),
        (["nobody lost"], "undetermined", (((0, 2),),), ("named",), ["said"]),
    ]


def test_orders_are_known() -> None:
    assert ORDERS == ("given", "date", "random", "outlets", "uncertain")
    with pytest.raises(InputError, match="no order 'newest'"):
        prepare("entities", SEED_ARTICLES, order="newest")
