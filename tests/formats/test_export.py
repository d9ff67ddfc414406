"""What holds of every export: whole or not at all, safe names, annotators apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from annotate.dataset.rows import Row
from annotate.errors import InputError
from annotate.formats import formats, load_format
from annotate.formats.export import export_table
from annotate.formats.spool import RowSpool
from annotate.text import text_sha256
from tests.formats.making import (
    choice,
    drawings,
    gold_table,
    import_files,
    own_table,
    region,
    relation,
    save,
    task,
)

_SPANS = sorted(name for name in formats() if not formats()[name].of_annotators)


def _rome(folder: Path, title: str = "T", annotators: int = 1) -> Path:
    result = [region("In Rome", "r", "entity", "LOC", 3, 7)]
    return save(folder / "in.json", [task("In Rome", *[result] * annotators, title=title)])


@pytest.mark.parametrize("name", sorted(formats()))
def test_an_error_leaves_nothing_behind(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = load_format(name)
    table = own_table(_rome(tmp_path), "entities")
    if not target.of_annotators:
        table = gold_table(_rome(tmp_path), "entities")
    broken = table._replace(rows=_Failing(table.rows))
    with pytest.raises(InputError, match="cannot be written: No space left"):
        export_table(broken, target, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


class _Failing(RowSpool):
    """Rows that can be counted, but that fail after the first when they are written."""

    passes = 0

    def __init__(self, rows: Iterable[Row]) -> None:
        super().__init__()
        for number, row in enumerate(rows):
            self.add((number,), row)

    def __iter__(self) -> Iterator[Row]:
        self.passes += 1
        yield from super().__iter__()
        if self.passes > 1:
            raise OSError(28, "No space left")


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 3, 1, 0)])
def test_rows_stand_by_article_and_unit_whatever_the_input_has(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    result = [region("In Rome", "r", "entity", "LOC", 3, 7)]
    units = [("a", 0), ("a", 9), ("a", 10), ("b", 2)]
    tasks = [
        task("In Rome", result, unit_key=f"{name}{start}", article_id=name, group=name,
             unit="paragraph", unit_start=start, text_sha256=text_sha256("In Rome"))
        for name, start in units
    ]  # fmt: skip
    path = save(tmp_path / "in.json", [tasks[n] | {"id": n} for n in order])
    export_table(gold_table(path, "entities"), load_format("jsonl"), tmp_path / "out")
    rows = map(json.loads, (tmp_path / "out").read_text("utf-8").splitlines())
    assert [(row["article_id"], row["unit_start"]) for row in rows] == units


@pytest.mark.parametrize("name", ["brat", "webanno", "cleanlab"])
def test_a_folder_with_anything_in_it_is_not_touched(tmp_path: Path, name: str) -> None:
    table = own_table(_rome(tmp_path), "entities")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(InputError, match="is there already; name a new folder"):
        export_table(table, load_format(name), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]
    (tmp_path / "out" / "mine").unlink()
    export_table(table, load_format(name), tmp_path / "out")
    assert any((tmp_path / "out").iterdir())


def test_paths_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    table = gold_table(_rome(tmp_path), "entities")
    with pytest.raises(InputError, match="its folder does not exist"):
        export_table(table, load_format("csv"), tmp_path / "no" / "x.csv")
    with pytest.raises(InputError, match="is a folder; name a file"):
        export_table(table, load_format("csv"), tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is there already"):
        export_table(table, load_format("brat"), tmp_path / "file")


def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("old")
    export_table(gold_table(_rome(tmp_path), "entities"), load_format("csv"), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().startswith("id,")


@pytest.mark.parametrize("name", ["brat", "webanno"])
@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "/abs", "..", "a" * 500, "😀\n\t", "nul\\con:"]
)
def test_no_title_leads_out_of_the_folder(tmp_path: Path, name: str, title: str) -> None:
    table = gold_table(_rome(tmp_path, title), "entities")
    export_table(table, load_format(name), tmp_path / "out")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in written} == {tmp_path.name, "out"}
    assert all(len(path.name) < 100 for path in written)


@pytest.mark.parametrize("name", ["brat", "webanno"])
def test_a_title_is_only_in_the_name_of_the_file_and_that_is_said(
    tmp_path: Path, name: str
) -> None:
    title = "Will the port close? A study of harbours: part 2 of 3"
    target = load_format(name)
    export_table(gold_table(_rome(tmp_path, title), "entities"), target, tmp_path / "out")
    assert all(title not in data.decode("utf-8") for data in _bytes(tmp_path / "out"))
    assert any(
        path.name.startswith("Will-the-port-close-A-study-of-harbours-")
        for path in (tmp_path / "out").iterdir()
    )
    assert "title (but in the name of the file)" in target.not_held


@pytest.mark.parametrize("name", ["brat", "webanno"])
def test_no_id_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    made = task("In Rome", [], title="T")
    made["data"] |= {
        "unit_key": "../../x",
        "article_id": "a",
        "group": "g",
        "unit": "article",
        "unit_start": 0,
        "text_sha256": text_sha256("In Rome"),
    }
    table = gold_table(save(tmp_path / "in.json", [made]), "entities")
    export_table(table, load_format(name), tmp_path / "out")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent.name for path in written} == {tmp_path.name, "out"}


@pytest.mark.parametrize("name", _SPANS)
def test_annotators_are_kept_apart(tmp_path: Path, name: str) -> None:
    table = own_table(_rome(tmp_path, annotators=2), "entities")
    who = {document.annotator for document in table.documents()}
    assert len(who) == 2
    target = load_format(name)
    export_table(table, target, tmp_path / "out")
    if target.holds_annotator:
        assert (tmp_path / "out").is_file()
    else:
        assert {
            path.name.removesuffix(target.suffix) for path in (tmp_path / "out").iterdir()
        } == who


@pytest.mark.parametrize("name", ["conll", "conll-iobes", "conllu", "gliner", "brat", "webanno"])
def test_a_scheme_of_whole_texts_is_refused_where_it_has_no_place(
    tmp_path: Path, name: str
) -> None:
    made = task("Yes.", [choice("x", "stance", "favor")], target="Ann")
    table = gold_table(save(tmp_path / "in.json", [made]), "stance")
    with pytest.raises(InputError, match=f"{name} has no place for the scheme stance"):
        export_table(table, load_format(name), tmp_path / "out")


_TOKENS = {"cleanlab", "conll", "conll-iobes", "conllu", "crowd-kit", "gliner", "webanno"}


@pytest.mark.parametrize("name", sorted(formats()))
def test_a_text_of_white_space_is_kept_or_counted(tmp_path: Path, name: str) -> None:
    blank, target = "  \n\t ", load_format(name)
    result = [region(blank, "b", "entity", "LOC", 0, 2), choice("b", "mention", "NOM")]
    rome = [region("In Rome", "r", "entity", "LOC", 3, 7)]
    source = save(tmp_path / "in.json", [task(blank, result), task("In Rome", rome)])
    made = own_table if target.of_annotators else gold_table
    both = export_table(made(source, "entities"), target, tmp_path / "both").losses
    save(source, [task("In Rome", rome)])
    one = export_table(made(source, "entities"), target, tmp_path / "one").losses
    assert not one.lost
    kept = both.lost["text without a visible character"] == 0
    assert kept == (name not in _TOKENS)
    if not kept:
        assert both.lost["span without a visible character"] == 1
        assert both.lost["mention of a span"] == 1
        # the other text is written as if it were alone
        assert _bytes(tmp_path / "both") == _bytes(tmp_path / "one")
        save(source, [task(blank, [])])
        export_table(made(source, "entities"), target, tmp_path / "none")
        if name == "gliner":
            assert json.loads((tmp_path / "none").read_text("utf-8")) == []


def _bytes(path: Path) -> list[bytes]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return [file.read_bytes() for file in files]


def test_a_part_of_white_space_takes_its_choices_and_relations_along(tmp_path: Path) -> None:
    text = "no,  Ann"
    result = [
        region(text, "c", "role", "Content", 0, 2),
        region(text, "s", "role", "Source", 3, 5),
        choice("s", "kind", "named"),
        relation("c", "s", "source"),
    ]
    table = gold_table(save(tmp_path / "in.json", [task(text, result)]), "claims")
    losses = export_table(table, load_format("webanno"), tmp_path / "out").losses
    assert losses.lost == {
        "span without a visible character": 1,
        "kind of a span": 1,
        "relation source": 1,
    }


def _tied(folder: Path) -> Path:
    """A text that two are of two minds about, with evidence of both, and one that is decided."""
    text, data = "Yes, or no.", {"target": "Ann", "target_kind": "entity", "holder": ""}
    both = [
        region(text, "e", "evidence", "Evidence", 0, 3),
        choice("x", "explicitness", "explicit"),
    ]
    results = [[choice("s", "stance", said), *both] for said in ("favor", "against")]
    decided = task("Yes.", [choice("s", "stance", "favor")], **data)
    return save(folder / "in.json", [task(text, *results, **data), decided])


@pytest.mark.parametrize("name", ["label-studio", "prodigy"])
def test_a_tied_stance_is_left_out_where_nothing_would_read_back(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.jsonl"
    losses = export_table(gold_table(_tied(tmp_path), "stance"), load_format(name), out).losses
    assert losses.lost == {
        "text whose stance is tied": 1,
        "label of a text whose stance is tied": 2,
    }
    assert not losses.altered
    if name == "prodigy":
        made = tmp_path / "back.json"
        import_files(name, out, made, "stance")
        out = made
    # closes its ledger with nothing set aside
    drawn = drawings(gold_table(out, "stance"))
    assert {text: dict(drawing.choices) for text, drawing in drawn.items()} == {
        "Yes.": {"stance": "favor"}
    }


def test_suggestions_need_no_stance(tmp_path: Path) -> None:
    table, target = gold_table(_tied(tmp_path), "stance"), load_format("label-studio-predictions")
    losses = export_table(table, target, tmp_path / "out.json").losses
    assert not losses.lost and losses.altered.total() == 1
    assert len(json.loads((tmp_path / "out.json").read_text("utf-8"))) == 2


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InputError, match="no format 'xml'; use one of argilla, brat"):
        load_format("xml")


def test_votes_and_ids_are_in_json(tmp_path: Path) -> None:
    export_table(gold_table(_rome(tmp_path), "entities"), load_format("jsonl"), tmp_path / "x")
    (row,) = map(json.loads, (tmp_path / "x").read_text().splitlines())
    assert row["entities"][0]["label"] == "LOC" and row["entities"][0]["votes"] == 1
