"""`annotate tasks` and `annotate config`, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from annotate.cli import cli
from annotate.errors import ConfigError, RejectsError
from tests.tasks.store import make_store

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, args)))


def test_tasks_on_stdout_and_in_a_file(tmp_path: Path) -> None:
    shown = run("tasks", "entities", SEEDS / "articles", "--unit", "sentence")
    written = run(
        "tasks", "entities", SEEDS / "articles", "--unit", "sentence", "-o", tmp_path / "t.json"
    )

    tasks = json.loads(shown.stdout)
    assert json.loads((tmp_path / "t.json").read_text("utf-8")) == tasks
    assert {task["data"]["unit"] for task in tasks} == {"sentence"}
    assert shown.stderr == f"{len(tasks)} tasks\n"
    assert written.stdout == ""
    texts = {p.read_text("utf-8").split("\n")[2]: p for p in (SEEDS / "articles").glob("*.txt")}
    for task in tasks:
        title, _, _, *rest = texts[task["data"]["url"]].read_text("utf-8").split("\n")
        article = "\n".join([title, "", *[line for line in rest if line]])
        start = task["data"]["unit_start"]
        assert article[start : start + len(task["data"]["text"])] == task["data"]["text"]


def test_nothing_is_written_where_a_record_is_bad(tmp_path: Path) -> None:
    (tmp_path / "n.jsonl").write_text('{"text": "good"}\nbad\n')

    done = run("tasks", "entities", tmp_path / "n.jsonl", "-o", tmp_path / "t.json")
    piped = run("tasks", "entities", tmp_path / "n.jsonl")
    allowed = run("tasks", "entities", tmp_path / "n.jsonl", "--max-rejects", "1")

    assert isinstance(done.exception, RejectsError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.jsonl"]
    assert piped.stdout == ""
    assert f"{tmp_path}/n.jsonl: line 2: is no JSON object" in str(piped.exception)
    assert "; 2 read = 1 articles + 1 set aside, 0 allowed; see all" in str(piped.exception)
    assert len(json.loads(allowed.stdout)) == 1
    assert f"set aside: {tmp_path}/n.jsonl: line 2: is no JSON object" in allowed.stderr
    assert "2 read = 1 articles + 1 set aside\n" in allowed.stderr


def test_stance_with_targets_and_guessed_columns(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("Body,Headline\nThe vote is on.,T\n")
    (tmp_path / "targets.txt").write_text("the harbour\nthe mayor\n")

    done = run("tasks", "stance", tmp_path / "n.csv", "--targets", tmp_path / "targets.txt")

    assert [t["data"]["target"] for t in json.loads(done.stdout)] == ["the harbour", "the mayor"]
    assert "columns guessed: --columns text=Body,title=Headline" in done.stderr


def test_labels_of_targets_may_have_spaces_between(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    given: list[str | Path] = ["tasks", "stance", SEEDS / "articles", "--store", store]
    apart, together, one = (
        run(*given, "--targets", "entities@v1.0.0", "--target-labels", labels).stdout
        for labels in ("PER, ORG", "PER,ORG", "PER")
    )
    assert apart == together != one


def test_targets_and_articles_that_miss_each_other_are_counted(tmp_path: Path) -> None:
    lines = [{"text": f"Text {n}.", "url": f"https://a.example/{n}"} for n in range(3)]
    (tmp_path / "n.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    targets = tmp_path / "targets.csv"
    targets.write_text("text,url\nmayor,https://A.example/1\nport,https://a.example/one\n")

    done = run("tasks", "stance", tmp_path / "n.jsonl", "--targets", targets)

    (task,) = json.loads(done.stdout)
    assert (task["data"]["url"], task["data"]["target"]) == ("https://a.example/1", "mayor")
    astray = f"{targets}: 1 targets are for articles that are not there: check url and article_id"
    assert astray in done.stderr.splitlines()
    assert "2 of 3 articles have no target, and make no task" in done.stderr.splitlines()
    with targets.open("a") as file:
        file.write("harbour,\n")
    again = run("tasks", "stance", tmp_path / "n.jsonl", "--targets", targets)
    assert len(json.loads(again.stdout)) == 4
    assert "have no target" not in again.stderr


def test_suggestions_go_out_with_their_task() -> None:
    done = run("tasks", "claims", SEEDS / "articles" / "07-lost-panel.txt", "--suggest", "rules")

    (task,) = json.loads(done.stdout)
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "rules 1"
    assert 0 < prediction["score"] <= 1
    assert {r["type"] for r in prediction["result"]} == {"labels", "relation", "choices"}


def test_config_check(tmp_path: Path) -> None:
    (tmp_path / "c.xml").write_text('<View><Text name="text" value="$body"/></View>')

    done = run("config", "check", tmp_path / "c.xml", "--scheme", "entities")

    assert isinstance(done.exception, ConfigError)
    assert str(done.exception).startswith(f"{tmp_path}/c.xml: 2 problems for the scheme entities")
    assert done.stderr.splitlines() == [
        f'{tmp_path}/c.xml: no <Labels name="entity">',
        f"{tmp_path}/c.xml: <Text> shows $body, which tasks do not have",
    ]

    done = run("config", "check", tmp_path / "c.xml", "--scheme", "entities", "--json")

    assert isinstance(done.exception, ConfigError)
    assert json.loads(done.stdout) == {
        "file": f"{tmp_path}/c.xml",
        "scheme": "entities",
        "problems": [
            'no <Labels name="entity">',
            "<Text> shows $body, which tasks do not have",
        ],
    }


@pytest.mark.parametrize("scheme", ["entities", "claims"])
def test_config_preview(scheme: str, tmp_path: Path) -> None:
    source = SEEDS / "articles" / "01-harbour-vote.txt"

    done = run("config", "preview", scheme, source, "-o", tmp_path / "p.html")

    assert done.stdout == f"{tmp_path}/p.html\n"
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "Port Calder council backs harbour expansion" in page
    assert "http" not in page.replace("https://courier.example/city/2023/03/harbour-vote", "")
    assert run("config", "preview", scheme, source, "-o", "-").stdout == page
