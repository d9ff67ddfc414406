"""The card's numbers, made again from what a plain reader loads."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
import yaml
from datasets import get_dataset_config_names, load_dataset

from annotate.dataset.card.readme import NEWEST, version_card
from annotate.pipeline import create_version
from annotate.store.care.verify import verify
from annotate.store.create.retract import retract_article
from annotate.store.folder import DatasetFolder
from tests.store.made import KEY, articles, create, task

_EXPORTS = Path(__file__).resolve().parents[2] / "seeds" / "exports"
_SCHEMES = ("entities", "stance", "claims")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the second round of the seeds in each scheme."""
    store = tmp_path_factory.mktemp("store")
    for scheme in _SCHEMES:
        export = str(_EXPORTS / f"{scheme}.round2.json")
        create_version(scheme, scheme=scheme, inputs=[export], store=store, key=KEY)
    return store


def _tables(card: str) -> dict[str, list[list[str]]]:
    """The first table below each heading, without its head, cells as they stand."""
    found: dict[str, list[list[str]]] = {}
    for part in re.split(r"^## ", card, flags=re.MULTILINE)[1:]:
        heading, *lines = part.splitlines()
        rows = [line for line in lines if line.startswith("|")]
        end = next((n for n, row in enumerate(rows) if n > 1 and row.startswith("|---")), None)
        found[heading] = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
            for row in rows[2 : end - 1 if end else None]
        ]
    return found


def test_a_dataset_of_many_versions_lists_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert NEWEST == 20
    monkeypatch.setattr("annotate.store.derive.NEWEST", 2)
    for number in range(4):
        create(tmp_path, articles(1), message=f"Number {number}")
        (tmp_path / "ents" / "card.md").write_text(f"{number}\n", encoding="utf-8")
    card = (tmp_path / "ents" / "README.md").read_text(encoding="utf-8")
    names = [n for n in get_dataset_config_names(str(tmp_path / "ents")) if "-" not in n]
    assert names == ["v1.0.3", "v1.0.2"]
    assert "\n2 older versions are loaded by their folder.\n" in card
    assert len(load_dataset(str(tmp_path / "ents" / "v1.0.1"))["train"]) == 1


def test_names_and_messages_are_seen_as_they_are(tmp_path: Path) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    label, licence, plain = "<script>x</script>", "<img src=x> &lt;b", "R&D < 5 & more"
    made = [{**one, "data": {**one["data"], "licence": licence}} for one in articles(2)]
    mine = [{**one, "data": {**one["data"], "licence": plain}} for one in articles(2, start=2)]
    for one in made:
        for annotation in one["annotations"]:
            annotation["result"][0]["value"]["labels"] = [label]
    message = "About <b>bold</b> &amp; more"
    create(tmp_path, [*made, *mine], labels=["PER", label], message=message)
    for path in ("ents/README.md", "ents/v1.0.0/README.md"):
        card = (tmp_path / path).read_text(encoding="utf-8")
        assert f"| {plain} | 2 |" in card
        body = card.split("---\n", 2)[2]
        tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(body)
        inline = [inner for token in tokens for inner in token.children or ()]
        html = [t.content for t in (*tokens, *inline) if t.type.startswith("html")]
        assert all("details>" in found for found in html)  # those of the card itself
        words = ["".join(t.content for t in token.children or ()) for token in tokens]
        assert {label, licence, plain, message} <= set(words)


@pytest.mark.parametrize("fence", ["```", "  ~~~text"])
def test_no_message_and_no_licence_breaks_the_card(tmp_path: Path, fence: str) -> None:
    markdown_it = pytest.importorskip("markdown_it")
    tasks = articles(2)
    for item in tasks:
        item["data"]["licence"] = "CC\rBY"
    create(tmp_path, tasks, message=f"First line\r\nSecond line\r{fence}\rThird")
    headings = []
    for path in ("ents/README.md", "ents/v1.0.0/README.md"):
        body = (tmp_path / path).read_bytes().decode("utf-8").split("---\n", 2)[2]
        tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(body)
        cells = [
            tokens[place + 1].content
            for place, token in enumerate(tokens)
            if token.type == "td_open"
        ]
        assert "CC BY" in cells
        assert not {"Second line", "BY"} & set(cells)
        assert {t.info for t in tokens if t.type == "fence"} <= {"python", "bibtex"}
        headings.append(sum(token.type == "heading_open" for token in tokens))
    assert min(headings) > 5


@pytest.mark.parametrize(
    ("rows", "size"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (20_000_000, "10M<n<100M"), (10**12, "n>1T")],
)
def test_the_size_is_one_that_the_hub_knows(tmp_path: Path, rows: int, size: str) -> None:
    made = create(tmp_path, articles(1)).manifest
    (file,) = made.configs["gold"].files
    gold = made.configs["gold"].model_copy(
        update={"files": [file.model_copy(update={"rows": rows})]}
    )
    manifest = made.model_copy(update={"configs": made.configs | {"gold": gold}})
    head = yaml.safe_load(version_card(manifest).split("---\n")[1])
    assert head["size_categories"] == [size]


def _card(store: Path, name: str) -> str:
    return (store / name / "v1.0.0" / "README.md").read_text(encoding="utf-8")


def _load(store: Path, name: str, suffix: str = "") -> Any:
    return load_dataset(str(store / name), f"v1.0.0{suffix}")


def _label_names(row: dict[str, Any], features: Any) -> list[str]:
    """The labels of a loaded gold row."""
    if "entities" in row:
        names = features["entities"].feature["label"].names
        return [names[entity["label"]] for entity in row["entities"]]
    if "label" in row:
        return [] if row["label"] is None else [features["label"].names[row["label"]]]
    roles = features["unlinked"].feature["role"].names
    spans = {(s["start"], s["end"], roles[s["role"]]) for s in row["unlinked"]}
    for claim in row["claims"]:
        for role in ("source", "cue", "content"):
            spans |= {(s["start"], s["end"], role.capitalize()) for s in claim[role]}
    return [label for _, _, label in spans]


@pytest.mark.parametrize("scheme", _SCHEMES)
def test_sizes_labels_annotators_and_licences(store: Path, scheme: str) -> None:
    tables, gold = _tables(_card(store, scheme)), _load(store, scheme)
    everyone = _load(store, scheme, "-annotations")
    assert [row for row in tables["Sizes"] if "bio" not in row[0]] == [
        *(["`v1.0.0`", split, str(len(rows))] for split, rows in gold.items()),
        *(["`v1.0.0-annotations`", split, str(len(rows))] for split, rows in everyone.items()),
    ]
    counts = {
        split: Counter(n for row in rows for n in _label_names(row, rows.features))
        for split, rows in gold.items()
    }
    total: Counter[str] = sum(counts.values(), Counter())
    assert [row[:-1] for row in tables["Labels"]] == [
        [
            label,
            *(str(counts[split][label]) for split in gold),
            str(n),
            f"{100 * n / total.total():.1f}%",
        ]
        for label, n in sorted(total.items())
    ]
    bars = {row[0]: len(row[-1]) for row in tables["Labels"]}
    assert max(bars, key=lambda label: bars[label]) in {
        label for label, n in total.items() if n == max(total.values())
    }
    people = Counter(row["annotator"] for rows in everyone.values() for row in rows)
    assert {who: int(n) for who, n in tables["Annotators"]} == people
    licences = {row["article_id"]: row["licence"] for rows in gold.values() for row in rows}
    by_name = Counter(licence or "unknown" for licence in licences.values())
    assert {name: int(n) for name, n in tables["Licence of the texts"]} == by_name


def test_alpha_of_stance_by_another_implementation(store: Path) -> None:
    said: dict[str, dict[str, int]] = {}
    for rows in _load(store, "stance", "-annotations").values():
        for row in rows:
            said.setdefault(row["annotator"], {})[row["id"]] = row["label"]
    units = sorted({unit for answers in said.values() for unit in answers})
    matrix = np.array([[answers.get(unit, np.nan) for unit in units] for answers in said.values()])
    alpha = krippendorff.alpha(reliability_data=matrix, level_of_measurement="nominal")
    found = {row[0]: row for row in _tables(_card(store, "stance"))["Agreement"]}
    assert float(found["alpha: stance"][2]) == pytest.approx(alpha, abs=0.0005)


def test_exact_f1_of_entities_counted_by_hand(store: Path) -> None:
    drawn: dict[str, list[Counter[tuple[int, int, int]]]] = {}
    for rows in _load(store, "entities", "-annotations").values():
        for row in rows:
            spans = Counter((e["start"], e["end"], e["label"]) for e in row["entities"])
            drawn.setdefault(row["id"], []).append(spans)
    pairs = [found for found in drawn.values() if len(found) == 2]
    matched = sum((one & other).total() for one, other in pairs)
    both = sum(one.total() + other.total() for one, other in pairs)
    found = {row[0]: row for row in _tables(_card(store, "entities"))["Agreement"]}
    _, n, value, interval = found["span F1, exact"]
    assert int(n) == both
    assert float(value) == pytest.approx(2 * matched / both, abs=0.0005)
    low, high = map(float, interval.split(" to "))
    assert low < float(value) < high


def test_the_dataset_card_says_the_same_of_the_newest_version(store: Path) -> None:
    for scheme in _SCHEMES:
        root = (store / scheme / "README.md").read_text(encoding="utf-8")
        sections = _card(store, scheme).split("| | |\n", 1)[1]
        assert root.endswith(sections)


def test_the_head_of_the_card(tmp_path: Path) -> None:
    licences = ["CC-BY-4.0", "cc-by-4.0", "All rights reserved", None]
    tasks = [
        task(f"Anna Novak spoke {n}.", {1: [(0, 10, "PER")]}, licence=licence)
        for n, licence in enumerate(licences)
    ]
    create(tmp_path, tasks)
    card = _card(tmp_path, "ents")
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["license"] == ["cc-by-4.0", "other", "unknown"]
    assert head["size_categories"] == ["n<1K"]
    assert "No task has two annotations, so nothing is known of it." in card
    assert "- tasks with one annotation, which nobody has checked: 4" in card
    assert "- articles whose licence is unknown: 1" in card
    assert "not recorded: the label config is not the shipped one" in card


def test_the_guideline_is_named_by_its_digest(store: Path) -> None:
    import hashlib

    guideline = Path(__file__).resolve().parents[2] / "label_configs" / "claims.md"
    assert hashlib.sha256(guideline.read_bytes()).hexdigest() in _card(store, "claims")


def test_a_low_alpha_is_a_known_limit(tmp_path: Path) -> None:
    tasks = [
        task(f"Anna Novak spoke {n}.", {1: [(0, 10, "PER")], 2: [(0, 4, "ORG")]}) for n in range(4)
    ]
    create(tmp_path, tasks)
    assert re.search(r"- token alpha is -?0\.\d{3}, below 0\.667", _card(tmp_path, "ents"))
    create(tmp_path, articles(4), name="good")
    assert "0.667" not in _card(tmp_path, "good")


def test_tex_can_set_the_citation(tmp_path: Path) -> None:
    create(tmp_path, articles(1), name="my_news.2")
    card = (tmp_path / "my_news.2" / "README.md").read_text(encoding="utf-8")
    assert (
        r"""@misc{my_news.2-1.0.0,
  title = {my\_news.2},
"""
        in card
    )


def test_of_rows_carried_over_it_is_said_where_their_losses_are_counted(tmp_path: Path) -> None:
    tied = task("Bert left.", {1: [(0, 4, "PER")], 2: []}, url="https://example.org/b")
    create(tmp_path, [*articles(1), tied, task("Nobody.", {})])
    retract_article(DatasetFolder(tmp_path, "ents"), _article(tmp_path, "v1.0.0", "Anna"))
    first, second = (
        (tmp_path / "ents" / version / "README.md").read_text(encoding="utf-8")
        for version in ("v1.0.0", "v2.0.0")
    )
    assert "- tasks without annotation, not in here: 1\n" in first
    assert "- ties between annotators: 1 (drop)\n" in first
    assert "carried over" not in first
    assert (
        "- rows carried over from ents@v1.0.0: what was not annotated, skipped, set aside or tied"
        " when they were made is counted there, not here\n"
    ) in second


def _article(store: Path, version: str, word: str) -> str:
    """The article of the row of a version that holds a word."""
    loaded = load_dataset(str(store / "ents" / version))
    rows = [row for split in loaded.values() for row in split]
    return next(str(row["article_id"]) for row in rows if word in row["text"])


def test_numbers_that_are_not_those_of_the_data_are_found(store: Path, tmp_path: Path) -> None:
    from annotate.store.care import deep
    from annotate.store.versions import open_version

    version = open_version(DatasetFolder(store, "entities"))
    assert list(deep.check_rows(version)) == []
    numbers = version.manifest.numbers
    figure = numbers.agreement.figures[0]
    changed = figure.model_copy(update={"value": (figure.value or 0) - 0.001})
    figures = [changed, *numbers.agreement.figures[1:]]
    updates: tuple[dict[str, Any], ...] = (
        {"articles": numbers.articles + 1},
        {"labels": {}},
        {"agreement": numbers.agreement.model_copy(update={"figures": figures})},
    )
    for update in updates:
        wrong = version.manifest.model_copy(update={"numbers": numbers.model_copy(update=update)})
        found = list(deep.check_rows(replace(version, manifest=wrong)))
        assert ("manifest.json", "its numbers are not those of the data") in found


def test_a_version_without_gathered_tasks_has_its_agreement_too(
    store: Path, tmp_path: Path
) -> None:
    shutil.copytree(store / "entities", tmp_path / "entities")
    folder = DatasetFolder(tmp_path, "entities")
    rows = _load(tmp_path, "entities")["train"]
    made = retract_article(folder, rows[0]["article_id"])
    manifest = json.loads((tmp_path / "entities" / str(made.version) / "manifest.json").read_text())
    assert manifest["numbers"]["agreement"]["compared"] < 11
    assert manifest["numbers"]["agreement"]["figures"][0]["value"] > 0.8
    assert verify(folder, made.version, deep=True) == []
