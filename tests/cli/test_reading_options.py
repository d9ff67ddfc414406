"""The options of reading come as one value, and fit the library's keywords."""

from __future__ import annotations

import inspect
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from annotate.cli.reading_options import Reading, reading_options
from annotate.cli.version import create
from annotate.pipeline import create_version, find_config
from tests.command import annotate
from tests.store.made import export, task


def _read(*arguments: str) -> list[Reading]:
    """What a command with these options gets."""
    found = []

    @click.command()
    @click.argument("scheme")
    @reading_options
    def command(scheme: str, reading: Reading) -> None:
        """A command."""
        assert scheme == "claims"
        found.append(reading)

    assert CliRunner().invoke(command, ["claims", *arguments]).exit_code == 0
    return found


def test_they_come_as_one_value() -> None:
    given = "--config c.xml --map span=role,Claim=Content --migration a --migration b"
    assert _read(*given.split(), "--max-rejects", "2", "--repair") == [
        Reading("c.xml", {"span": "role", "Claim": "Content"}, ("a", "b"), 2, True)
    ]


def test_a_comma_in_a_name_stands_in_quotation_marks() -> None:
    given = '"Person, real"=PER, "Place = LOC, far",NORP="people",\nA=b'
    assert _read("--map", given)[0].names == {
        "Person, real": "PER",
        "Place": "LOC, far",
        "NORP": '"people"',
        "A": "b",
    }


def test_a_foreign_name_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert _read("--map", "tense=past=PER,A==LOC")[0].names == {"tense=past": "PER", "A=": "LOC"}

    (tmp_path / "in.csv").write_text("a=b\nAnna left the town.\n")
    ran = annotate("articles", "in.csv", "--columns", "text=a=b", home=tmp_path)
    assert ran.code == 0


def test_without_them_all_is_as_shipped() -> None:
    assert _read() == [Reading(None, {}, (), 0, False)]


def test_what_create_passes_on_are_keywords_of_the_library() -> None:
    keywords = inspect.signature(create_version).parameters.keys()
    assert create.callback is not None
    callback = inspect.signature(inspect.unwrap(create.callback)).parameters
    options = {option.name for option in create.params} - set(Reading._fields)
    assert options - callback.keys() <= keywords
    assert set(Reading._fields) <= keywords


@pytest.mark.parametrize("command", ["check", "agreement", "suspects"])
def test_names_that_are_no_pairs_are_said(command: str, tmp_path: Path) -> None:
    ran = annotate(command, "claims", "export.json", "--map", "span", home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "annotate: --map: 'span' is not FOREIGN=OURS\n"


@pytest.mark.parametrize("command", ["check", "agreement", "suspects"])
def test_names_that_the_shipped_config_lacks_are_said(command: str, tmp_path: Path) -> None:
    export(tmp_path / "export.json", [task("Anna Novak spoke.", {1: [(0, 10, "PER")]})])
    given = ("entities", "export.json", "--map", "Nonsense=PER")
    ran = annotate(command, *given, home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "--map names Nonsense, which the config does not have" in ran.err
    assert ran.err.endswith("; --config gives another\n")


def test_names_of_the_shipped_config_are_mapped(tmp_path: Path) -> None:
    config = find_config("entities", None, {"PER": "Person"})
    assert config.values("entity")[0] == "Person"
    assert find_config("entities", None).values("entity")[0] == "PER"


def test_a_list_of_columns_that_is_none(tmp_path: Path) -> None:
    ran = annotate("articles", "in.csv", "--columns", "text=", home=tmp_path)
    assert ran.code == 2
    assert ran.err == "annotate: --columns: 'text=' is not OURS=THEIRS\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["articles", "in.csv", "--columns", "text=text,text=title"], "--columns: has text twice"),
        (["tasks", "claims", "in.csv", "--map", "A=B,A=C"], "--map: has A twice"),
        (["articles", "in.csv", "--columns", "text=a,title=a"], "--columns: names the column a"),
    ],
)
def test_a_name_that_is_given_twice(args: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,title,a\nx,y,z\n")
    ran = annotate(*args, home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"annotate: {said}")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["check", "agreement", "suspects"])
def test_a_command_without_an_input_is_used_wrongly(command: str, tmp_path: Path) -> None:
    ran = annotate(command, "entities", home=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("annotate: no input; name an export")


@pytest.mark.parametrize("command", ["check", "agreement", "suspects", "adjudicate", "create"])
def test_an_unknown_scheme_is_wrong_usage_before_any_file_is_opened(
    command: str, tmp_path: Path
) -> None:
    given = {
        "adjudicate": ("adjudicate", "nope", "gone.json", "--project", "Decided"),
        "create": ("version", "create", "d", "--scheme", "nope", "--from", "gone.json"),
    }.get(command, (command, "nope", "gone.json"))
    ran = annotate(*given, home=tmp_path)
    assert ran.code == 2
    assert "no scheme 'nope'; use one of claims, entities, stance" in ran.err
