"""Pages on versions: what they say is what the version holds, and nothing in it can harm."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotate.pipeline import create_version, diff_versions
from annotate.report.content import choose_examples, read_content, show_text
from annotate.report.edits import task_change
from annotate.report.figures import agreement_section, suspects_section
from annotate.report.html import page
from annotate.report.page import diff_page, version_page
from annotate.store.create.retract import retract_article
from annotate.store.diff.changes import RowEdit, find_changes
from annotate.store.folder import DatasetFolder
from annotate.store.versions import Version, load_log, open_version
from tests.report.parsed import check_harmless
from tests.store.made import KEY, articles, config_xml, create, export, task

_SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "exports"
_EVIL = "</p></style><script>alert(1)</script><img src=x onerror='alert(2)'>\"'&<!--"


def _version(store: Path, name: str = "ents", version: str | None = None) -> Version:
    return open_version(DatasetFolder(store, name), version)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded exports as two versions of each scheme."""
    store = tmp_path_factory.mktemp("seeds") / "datasets"
    for scheme in ("entities", "stance", "claims"):
        for number in (1, 2):
            export = str(_SEEDS / f"{scheme}.round{number}.json")
            create_version(scheme, scheme=scheme, inputs=[export], store=store, key=KEY)
    return store


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Two versions whose words are all hostile: text, labels, title, message, licence, links."""
    store, labels = tmp_path / "datasets", (f"L{_EVIL}", f"M{_EVIL}")
    text = f"{_EVIL} said Anna."
    described = {"title": _EVIL, "url": "javascript:alert(1)", "licence": _EVIL, "date": _EVIL}
    spans = [(0, 10, labels[0]), (5, len(_EVIL), labels[1]), (3, 8, labels[0])]
    for second in (spans, [*spans[:2], (0, 4, labels[1])]):
        create(store, [task(text, {1: second, 2: second, 3: spans[:1]}, **described)],
               labels=labels, message=_EVIL)  # fmt: skip
    return store


def test_a_manifest_that_somebody_else_wrote_stays_words(hostile: Path) -> None:
    version = _version(hostile)
    names = ("created_at", "message", "bump", "logical_hash", "config_digest", "split")
    said = dict.fromkeys(names, _EVIL) | {"tools": {_EVIL: _EVIL}}
    counts = version.manifest.counts | {_EVIL: 3}
    manifest = version.manifest.model_copy(update=said | {"counts": counts})
    check_harmless(version_page(replace(version, manifest=manifest)))


def test_hostile_words_stay_words(hostile: Path) -> None:
    made = version_page(_version(hostile))
    parsed = check_harmless(made)
    assert parsed.text.count(_EVIL) > 10
    assert f"L{_EVIL}" in parsed.text
    assert "javascript:" not in re.sub(r"<bdi>[^<]*</bdi>", "", made)
    old, new = _version(hostile, version="v1.0.0"), _version(hostile, version="v2.0.0")
    diff = diff_versions("ents", "v1.0.0", "v2.0.0", store=hostile)
    parsed = check_harmless(diff_page(old, new, diff, find_changes(old, new, most=9)))
    assert f"M{_EVIL}" in parsed.text


def test_hostile_annotators_stay_words(hostile: Path) -> None:
    content = read_content(_version(hostile), allow_unknown=False)
    people = {"annotator": _EVIL, "first": _EVIL, "second": _EVIL}
    agreement = dict(content.agreement)
    for name in ("by_annotator", "by_pair"):
        agreement[name] = [
            {**e, **{k: v for k, v in people.items() if k in e}} for e in agreement[name]
        ]
    suspects = dict(content.suspects)
    for name in ("suspects", "annotators"):
        suspects[name] = [{**entry, "annotator": _EVIL} for entry in suspects[name]]
    suspects["drift"] = [
        {"annotator": _EVIL, "early": 0.9, "late": 0.7, "tasks": 20, "drifts": True},
        {"annotator": "p-steady", "early": 0.9, "late": 0.9, "tasks": 20, "drifts": False},
    ]
    suspects["speed"] = [
        {"annotator": _EVIL, "unit_key": _EVIL, "seconds": 2.0, "characters": 1200, "z": -4.0}
    ]
    suspects["ties"] = [{**e, "answers": {_EVIL: [_EVIL]}} for e in suspects["ties"]]
    content = content._replace(agreement=agreement, suspects=suspects)
    change = find_changes(_version(hostile, version="v1.0.0"), content.version, most=1).shown[0]
    change = change._replace(annotators={_EVIL: RowEdit("added", (), (), {_EVIL: 1})})
    body = (
        agreement_section(content),
        suspects_section(content),
        task_change(change, content.palette),
    )
    text = check_harmless(page("x", *body)).text
    assert text.count(_EVIL) > 5
    assert f"{_EVIL}0.900.7020" in text
    assert "p-steady" not in text
    assert f"{_EVIL}21,200{_EVIL}" in text


@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_the_page_has_the_numbers_of_the_version(seeds: Path, scheme: str) -> None:
    version = _version(seeds, scheme)
    text = check_harmless(version_page(version, allow_unknown=True)).text
    manifest = version.manifest
    for label, found in manifest.numbers.labels.items():
        assert re.search(rf"{label}{sum(found.values())}\d+\.\d%", text), label
    for who, count in manifest.numbers.annotators.items():
        assert f"{who}{count}" in text
    for figure in manifest.numbers.agreement.figures:
        if figure.value is not None:
            assert f"{figure.value:.3f}" in text
    for name, count in manifest.counts.items():
        assert not count or str(count) in text, name
    entries = [manifest.logical_hash, open_version(version.folder, "v1.0.0").manifest.logical_hash]
    assert all(logical_hash in text for logical_hash in entries)
    assert f'load_dataset("datasets/{scheme}", "v2.0.0")' in text
    assert f"annotate version verify {scheme} v2.0.0 --deep makes it again" in text
    assert all(used.sha256 in text for used in manifest.inputs)


def test_the_same_version_gives_the_same_page(seeds: Path) -> None:
    version = _version(seeds, "claims")
    assert version_page(version) == version_page(version)


def test_texts_of_unknown_licence_are_not_passed_on(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    known = [{**t, "data": {**t["data"], "licence": "CC0-1.0"}} for t in articles(2, start=5)]
    secret = [
        task("Zebra Quagga left Okapi.", {1: [(0, 12, "PER")], 2: [(0, 5, "PER")]}, title="Hidden"),
        task("Zebra met Quagga.", {1: [(0, 5, "PER")], 2: [(0, 5, "ORG")]}, licence=" "),
    ]
    create(store, known)
    create(store, [*known, *secret])
    made = version_page(_version(store), examples=9)
    assert not re.search("zebra|quagga|okapi", made, re.IGNORECASE)
    assert "Anna Novak" in made
    assert "▒▒▒▒▒ ▒▒▒▒▒▒" in made
    assert "--allow-unknown-licence" in made
    assert show_text("Zebra", "\t", False) == "▒▒▒▒▒", "of an older release"
    old, new = _version(store, version="v1.0.0"), _version(store)
    assert new.manifest.numbers.licences == {"": 2, "CC0-1.0": 2}
    diff = diff_versions("ents", "v1.0.0", new.entry.version, store=store)
    pages = [
        diff_page(old, new, diff, find_changes(old, new, most=9), allow_unknown=a)
        for a in (False, True)
    ]
    assert not re.search("zebra|quagga|okapi", pages[0], re.IGNORECASE)
    assert ["--allow-unknown-licence" in page for page in pages] == [True, False]
    shown = version_page(_version(store), allow_unknown=True, examples=9)
    assert "Zebra" in shown
    assert "▒" not in shown


def test_of_a_retracted_article_nothing_is_shown(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    other = [{**t, "data": {**t["data"], "licence": "CC0-1.0"}} for t in articles(3)]
    for label, name in (("PER", "Quagga"), ("ORG", "Okapi")):
        zebra = {1: [(0, 5, label)], 2: [(0, 5, "GPE" if label == "PER" else label)]}
        about = {"title": name, "url": f"https://x.org/z#{name}", "date": f"2024-01-0{len(name)}"}
        mine = task("Zebra left.", zebra, **about, licence=f"L{len(name)}")
        create(store, [*other, mine])
    gone = next(r for r in _version(store).gold_rows(limit=9) if r["title"] == "Okapi")
    folder = DatasetFolder(store, "ents")
    retract_article(folder, gone["article_id"])
    versions = [_version(store, version=e.version) for e in load_log(folder).versions]
    assert len(versions) == 3
    pages = [version_page(v, allow_unknown=True, examples=9) for v in versions]
    diff = diff_versions("ents", "v1.0.0", "v2.0.0", store=store)
    changes = find_changes(versions[0], versions[1], most=9)
    assert "Zebra" in changes.shown[0].after
    assert changes.shown[0].gold
    differing = [field.name for field in changes.shown[0].gold.fields]
    assert {"title", "url", "date", "licence"} <= {*differing}
    pages.append(diff_page(versions[0], versions[1], diff, changes, allow_unknown=True))
    hidden = re.compile("zebra|quagga|okapi|2024-01", re.IGNORECASE)
    assert not [page for page in pages if hidden.search(page)]
    assert "<b>title: </b><del><bdi>▒▒▒▒▒▒</bdi></del> → <ins><bdi>▒▒▒▒▒</bdi></ins>" in pages[3]
    assert all("An article that was retracted" in p for p in pages[1:])
    pages.append(diff_page(versions[0], versions[1], diff, changes))
    assert not [page for page in pages if "--allow-unknown-licence" in page], "it shows nothing"
    assert pages[2].count(" · holds a retracted article") == 2
    # the card of the dataset has no config of a version that holds it
    shown = [re.findall(r"load_dataset\((.+)\)", html.unescape(page)) for page in pages[1:3]]
    assert shown[0][0] == '"datasets/ents/v2.0.0", "v2.0.0"'
    assert shown[1][0] == '"datasets/ents", "v3.0.0"'


def test_a_first_version_and_one_of_a_single_annotator(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    create(store, [task("Nothing here.", {1: []}, licence="CC0-1.0")])
    text = check_harmless(version_page(_version(store))).text
    assert "No label stands in gold." in text
    assert "No task has two annotations" in text
    assert "This is the first version." in text
    assert "No labels." in text


def test_what_was_renamed_is_said(tmp_path: Path) -> None:
    store, labels = tmp_path / "datasets", ("PERSON", "ORG")
    for name, found in (("old", ("PER", "ORG")), ("new", labels)):
        (tmp_path / f"{name}.xml").write_text(config_xml(found), encoding="utf-8")
    migration = tmp_path / "names.yaml"
    migration.write_text("{from: old.xml, to: new.xml, labels: {entity: {PER: PERSON}}}")
    create(store, articles(2), labels=("PER", "ORG"))
    create(store, articles(2), labels=labels, migrations=[migration])
    old, new = _version(store, version="v1.0.0"), _version(store)
    diff = diff_versions("ents", "v1.0.0", "v2.0.0", store=store)
    text = check_harmless(diff_page(old, new, diff, find_changes(old, new, most=9))).text
    assert "Renamed: entity PER became PERSON" in text
    assert "renamedentity PER became PERSON" in check_harmless(version_page(new)).text
    assert "became" not in check_harmless(version_page(old)).text


def test_what_was_set_aside_is_said(tmp_path: Path) -> None:
    store = tmp_path / "datasets"
    create(store, [task("Anna.", {1: [(0, 4, "PER"), (0, 4, "NOPE")]})], max_rejects=1)
    text = check_harmless(version_page(_version(store))).text
    assert "1 parts were set aside" in text
    assert "unknown_label1" in text


def test_examples_show_as_much_as_they_can(seeds: Path) -> None:
    content = read_content(_version(seeds, "entities"), allow_unknown=True, examples=3)
    labels = [{shape.label for shape in e.drawing.shapes} for e in content.examples]
    assert len(set().union(*labels)) == 11
    assert choose_examples([], 3) == []


def test_examples_are_not_only_the_few_that_can_be_compared(tmp_path: Path) -> None:
    single = [
        task(f"Day {n}: Anna.", {1: [(len(f"Day {n}: "), len(f"Day {n}: Anna"), "PER")]})
        for n in range(500)
    ]
    long = task("Anna. " * 1200, {1: [(0, 4, "PER")], 2: [(0, 4, "ORG")]})
    create(tmp_path, [*single, long])
    content = read_content(_version(tmp_path), allow_unknown=True)
    assert content.manifest.numbers.agreement.compared == 1
    assert content.agreement["tasks"] == 1
    assert [example.row["text"][:3] for example in content.examples] == ["Day"] * 4
    text = check_harmless(version_page(content.version, examples=0)).text
    assert "No row of 6,000 characters or fewer is shown here." in text


def test_an_example_says_how_a_stance_was_answered(tmp_path: Path) -> None:
    given = {
        "All of it.": ("favor", "favor", "against"),
        "None of it.": ("favor", "against"),
        "Some of it.": ("favor", "favor", "against", "neutral"),
    }
    choice = {"id": "s", "from_name": "stance", "to_name": "text", "type": "choices"}
    tasks = [
        {
            "id": number,
            "data": {"text": text, "target": "it", "target_kind": "entity", "licence": "CC0-1.0"},
            "annotations": [
                {"id": n, "completed_by": n, "result": [{**choice, "value": {"choices": [value]}}]}
                for n, value in enumerate(values)
            ],
        }
        for number, (text, values) in enumerate(given.items())
    ]
    path, store = export(tmp_path / "e.json", tasks), tmp_path / "datasets"
    create_version("s", scheme="stance", inputs=[path], store=store, key=KEY)

    text = check_harmless(version_page(_version(store, "s"))).text

    votes = "How the votes fellanswershareagainst{}%favor{}%Labels stand"
    assert f"stance: favor  {votes.format(33, 67)}" in text
    tied = "left undecided by the votes: stance"
    assert f"{tied}{votes.format(50, 50)}" in text
    most = "How the votes fellanswershareagainst25%favor50%neutral25%"
    assert f"{tied}{most}" in text, "half is no majority, though nothing has as many"
    assert "2 questions that the majority leaves open. " in text
    assert "stance: against 1, favor 2, neutral 1" in text
    assert "are equal" not in text


def test_no_reliability_is_of_nothing(seeds: Path) -> None:
    content = read_content(_version(seeds, "claims"), allow_unknown=True)
    shares = [entry["n"] for entry in content.suspects["annotators"]]
    assert any(0 < n <= 0.5 for n in shares)
    made = suspects_section(content)
    rows = re.findall(r'data-head="of">(\d+)</td>', made)
    assert len(rows) == sum(round(n) > 0 for n in shares)
    assert "0" not in rows


def test_what_a_ground_truth_decided_is_no_tie(tmp_path: Path) -> None:
    flagged, open_ = (
        task(text, {1: [(0, 4, "PER")], 2: []}, licence="CC0-1.0") for text in ("Anna.", "Bert.")
    )
    flagged["annotations"][0]["ground_truth"] = True
    for policy, ties in (("majority", 2), ("adjudicated", 1)):
        create(tmp_path, [flagged, open_], name=policy, policy=policy)
        version = _version(tmp_path, policy)
        assert version.manifest.ties_found == ties
        assert f"<p>{ties} questions that the majority" in version_page(version)


def test_claims_are_drawn_with_their_numbers(seeds: Path) -> None:
    made: Any = check_harmless(version_page(_version(seeds, "claims"), allow_unknown=True)).text
    plain = made.replace("\u2060", "")
    assert re.search(r"\[4\sSource:Petra Lund-Okafor\], \[4\sCue:said\] \[4\sContent:losses", plain)
    assert "4Petra Lund-Okafor (kind named)saidlosses stood at 19 percent" in plain
