"""What is put before whoever decides follows the work that it is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.schemes.label_config import shipped_config
from annotate.studio import (
    LocalStudio,
    connect,
    make_annotator,
    submit_annotation,
    update_annotation,
)
from tests.command import Ran, annotate
from tests.studio.standin import stand_in

ARTICLE = "Title {0}\n20240102\nhttps://news.example/decide/{0}\nAda met Bo, number {0}.\n"
WORK, DECIDED = "those who differ", "those who differ, decided"


def label(task: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Ada, marked with a label."""
    start = task["data"]["text"].index("Ada")
    value = {"start": start, "end": start + 3, "text": "Ada", "labels": [name]}
    kind = {"from_name": "entity", "to_name": "text", "type": "labels"}
    return [{"id": "r", "value": value} | kind]


def test_what_differs_goes_to_a_stand_in_and_never_among_work(tmp_path: Path) -> None:
    tasks = []
    for number, said in enumerate([("PER", "ORG"), ("PER", "PER"), ("PER",)]):  # by each person
        task: dict[str, Any] = {"id": number, "data": {"text": f"Ada met Bo. {number}"}}
        task["annotations"] = [
            {"id": 10 * number + person, "completed_by": person, "result": label(task, name)}
            for person, name in enumerate(said)
        ]
        tasks.append(task)
    (tmp_path / "work.json").write_text(json.dumps(tasks))
    with stand_in() as studio:
        env = {"LABEL_STUDIO_URL": studio.server.url, "LABEL_STUDIO_API_KEY": "of-nobody"}
        command = ("adjudicate", "entities", "work.json", "--project", DECIDED)

        def run(*options: str) -> Ran:
            return annotate(*command, *options, home=tmp_path, env=env)

        nothing = {"present": 0, "updated": 0, "removed": 0, "offered": 0}
        found = {"disagreed": 1, "agreed": 1, "decided": 0, "single": 1, "created": 1} | nothing
        tried, made = run("--dry-run", "--json").json, run("--json").json
        url = f"{studio.server.url}/projects/1"
        assert tried == found | {"project_id": None, "url": studio.server.url, "dry_run": True}
        assert made == found | {"project_id": 1, "url": url, "dry_run": False}
        assert studio.projects[1]["maximum_annotations"] == 1
        (held,) = studio.tasks.values()
        assert held["data"]["adjudicates"].count("p-") == 2
        assert run().out == (
            f"1 tasks to decide; 1 agreed, 1 of one\n0 tasks added, 1 were there: {url}\n"
        )
        tasks[0]["annotations"][0]["result"][0]["value"]["end"] = 999
        (tmp_path / "beyond.json").write_text(json.dumps(tasks))
        beyond = annotate(
            "adjudicate", "entities", "beyond.json", *command[3:], home=tmp_path, env=env
        )
        assert (beyond.code, beyond.out) == (1, "")
        assert "beyond.json: task 0, annotation 0, region r: out_of_bounds" in beyond.err
        studio.add_task(1, {"data": {"text": "work of annotators"}})
        refused = run()
    assert (refused.code, refused.out) == (1, "")
    assert f"project {DECIDED!r} is one that annotators work in" in refused.err


def test_a_migration_may_come_from_a_pipe(tmp_path: Path) -> None:
    task: dict[str, Any] = {"id": 1, "data": {"text": "Ada met Bo."}}
    task["annotations"] = [
        {"id": person, "completed_by": person, "result": label(task, name)}
        for person, name in enumerate(("PERSON", "ORG"), 1)
    ]
    (tmp_path / "work.json").write_text(json.dumps([task]))
    config = shipped_config("entities")
    names = {"entity": {"PERSON": "PER"}}
    step = {"from": "a" * 64, "to": config.digest, "labels": names}
    with stand_in() as studio:
        ran = annotate(
            *("adjudicate", "entities", "work.json", "--project", DECIDED),
            *("--migration", "/dev/stdin"),
            home=tmp_path,
            env={"LABEL_STUDIO_URL": studio.server.url, "LABEL_STUDIO_API_KEY": "of-nobody"},
            stdin=json.dumps(step).encode(),
        )
        assert (ran.code, ran.err.count("annotate:")) == (0, 0), ran.err
        found = [one["result"][0]["value"]["labels"] for one in studio.predictions.values()]
    assert sorted(found) == [["ORG"], ["PER"]]


@pytest.mark.studio
def test_tabs_follow_work_that_was_changed_or_withdrawn(
    local_studio: LocalStudio, tmp_path: Path
) -> None:
    server = local_studio.server
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
    env["ANNOTATE_PSEUDONYM_KEY"] = "a key of the tests alone"
    people = {name: make_annotator(local_studio, name) for name in ("anna", "ben", "cleo")}

    def run(*command: str | Path) -> str:
        ran = annotate(*command, home=tmp_path, env=env)
        assert ran.code == 0, ran.err
        return ran.out

    def pulled(title: str) -> list[dict[str, Any]]:
        run("pull", "--project", title, "-o", f"{title}.json")
        tasks: list[dict[str, Any]] = json.loads((tmp_path / f"{title}.json").read_bytes())
        return sorted(tasks, key=lambda task: str(task["data"]["url"]))

    def adjudicate(*options: str) -> str:
        pulled(WORK)
        return run("adjudicate", "entities", f"{WORK}.json", "--project", DECIDED, *options)

    def tabs() -> dict[str, list[str]]:
        """The labels of the suggestions, by the task's article."""
        return {
            task["data"]["url"].rpartition("/")[2]: sorted(
                suggestion["result"][0]["value"]["labels"][0] for suggestion in task["predictions"]
            )
            for task in pulled(DECIDED)
        }

    for number in range(4):
        (tmp_path / f"{number}.txt").write_text(ARTICLE.format(number))
    files = sorted(tmp_path.glob("*.txt"))
    run("push", "entities", *files, "--project", WORK, "--overlap", "3")
    submitted = {
        (number, name): submit_annotation(people[name], task["id"], label(task, said))
        for number, task in enumerate(pulled(WORK))
        for name, said in (("anna", "PER"), ("ben", "ORG"), ("cleo", "GPE"))
    }
    assert "4 tasks to decide" in adjudicate()
    three = ["GPE", "ORG", "PER"]
    assert tabs() == {"0": three, "1": three, "2": three, "3": three}

    # of the first one person is withdrawn, over the second and third all agree now; the
    # third is decided already
    tasks = pulled(WORK)
    submit_annotation(server, pulled(DECIDED)[2]["id"], label(tasks[2], "WORK"))
    with connect(server) as studio:
        studio.delete(f"api/annotations/{submitted[0, 'cleo']}/")
    for number in (1, 2):
        for name in ("ben", "cleo"):
            update_annotation(people[name], submitted[number, name], label(tasks[number], "PER"))
    said = adjudicate("--dry-run")
    assert "2 tasks to decide; 2 agreed" in said
    assert "1 suggestions would change, 1 tasks that nobody worked on would be removed" in said
    assert len(tabs()) == 4
    said = adjudicate()
    assert "1 suggestions changed, 1 tasks that nobody worked on removed" in said
    assert tabs() == {"0": ["ORG", "PER"], "2": three, "3": three}
    assert "0 tasks added, 2 were there: " in adjudicate()

    # nothing is left to decide over; the decision stays
    with connect(server) as studio:
        for number, name in ((0, "ben"), (3, "ben"), (3, "cleo")):
            studio.delete(f"api/annotations/{submitted[number, name]}/")
    adjudicate()
    assert list(tabs()) == ["2"]
