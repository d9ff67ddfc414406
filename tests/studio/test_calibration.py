"""Calibration tasks go to everyone, the others to one: on a real Label Studio."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotate.errors import StateError
from annotate.studio import LocalStudio, Server, connect, find_project, make_annotator
from annotate.studio.submit import submit_annotation
from tests.command import Ran, annotate
from tests.studio.faulty import faulty_proxy

pytestmark = pytest.mark.studio

TITLE = "calibrated"
PEOPLE = ("anna", "ben", "cleo")
ARTICLE = "Title {0}\n20240102\nhttps://news.example/{0}\nOne paragraph, number {0}.\n"


@pytest.fixture
def push(local_studio: LocalStudio, tmp_path: Path) -> Push:
    return Push(local_studio.server, tmp_path)


class Push:
    """The command, on eight articles."""

    def __init__(self, server: Server, home: Path) -> None:
        self.env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
        self.home, self.title = home, TITLE
        self.files = list[Path]()
        for number in range(8):
            self.files.append(home / f"{number}.txt")
            self.files[-1].write_text(ARTICLE.format(number))

    def __call__(self, *options: str) -> Ran:
        project = ("--project", self.title)
        return annotate(
            "push", "entities", *self.files, *project, *options, home=self.home, env=self.env
        )

    def status(self) -> dict[str, int]:
        ran = annotate("project", "status", self.title, "--json", home=self.home, env=self.env)
        assert ran.code == 0, ran.err
        return {name: ran.json[name] for name in ("done", "begun", "annotations_left")}


def tasks_of(server: Server, title: str = TITLE) -> dict[int, int]:
    """Annotators wanted, by task."""
    project = find_project(server, title)
    assert project is not None
    with connect(server) as studio:
        rows = studio.get("api/tasks/", {"project": project.id, "include": "id,overlap"})["tasks"]
    return {row["id"]: row["overlap"] for row in rows}


def work(local: LocalStudio, name: str, count: int, title: str = TITLE) -> list[int]:
    """Annotate what Label Studio offers to a person, up to `count` tasks; returns their ids."""
    who, done = make_annotator(local, name), list[int]()
    project = find_project(who, title)
    assert project is not None
    for _ in range(count):
        try:
            with connect(who) as studio:
                task = studio.get(f"api/projects/{project.id}/next/")["id"]
        except StateError as error:
            assert "404" in str(error)  # Label Studio's way to say that nothing is left
            break
        submit_annotation(who, task, [])
        done.append(task)
    return done


def test_everyone_gets_the_calibration_and_first(local_studio: LocalStudio, push: Push) -> None:
    server = local_studio.server
    options = ("--calibration", "2", "--annotators", "3", "--sampling", "uniform")
    ran = push(*options)
    assert ran.code == 0, ran.err
    overlaps = tasks_of(server)
    assert sorted(overlaps.values()) == [1] * 6 + [3] * 2
    shared = {task for task, overlap in overlaps.items() if overlap == 3}
    assert push.status() == {"done": 0, "begun": 0, "annotations_left": 12}

    done = {name: work(local_studio, name, 3) for name in PEOPLE}
    for tasks in done.values():
        assert set(tasks[:2]) == shared
    own = [tasks[2] for tasks in done.values()]
    assert len(set(own)) == 3
    assert not shared & set(own)
    assert push.status() == {"done": 5, "begun": 0, "annotations_left": 3}

    # a fourth joins, after the calibration was over for three
    assert not shared & set(work(local_studio, "erik", 1))
    again = push("--calibration", "2", "--annotators", "4", "--json")
    assert json.loads(again.out)["created"] == 0
    assert {overlap for task, overlap in tasks_of(server).items() if task in shared} == {4}
    assert set(work(local_studio, "erik", 2)) == shared
    assert push.status() == {"done": 6, "begun": 0, "annotations_left": 2}


def test_another_number_of_articles_takes_the_place_of_the_first(
    local_studio: LocalStudio, push: Push
) -> None:
    server, push.title = local_studio.server, "calibrated anew"

    def for_all(people: int) -> set[int]:
        return {task for task, wanted in tasks_of(server, push.title).items() if wanted == people}

    def change(articles: int, people: int) -> int:
        """Push, and say of how many tasks the number of annotators was changed."""
        options = ("--calibration", str(articles), "--annotators", str(people))
        before = tasks_of(server, push.title)
        tried = push(*options, "--dry-run")
        assert tasks_of(server, push.title) == before
        offered: int = json.loads(push(*options, "--json").out)["offered"]
        after = tasks_of(server, push.title)
        assert sum(before[task] != after[task] for task in before) == offered
        assert sorted(after.values()) == [1] * (8 - articles) + [people] * articles
        said = f", {offered} tasks would be offered to another number of people: "
        assert (said in tried.out) == bool(offered)
        return offered

    assert push().code == 0
    assert change(2, 3) == 2
    first = for_all(3)
    assert change(4, 3) == 2
    added = for_all(3) - first
    assert len(added) == 2
    submit_annotation(server, min(added), [])
    assert push.status() == {"done": 0, "begun": 1, "annotations_left": 15}
    assert change(2, 4) == 4
    assert for_all(4) == first
    # one annotation is enough for what is not for everyone any more
    assert push.status() == {"done": 1, "begun": 0, "annotations_left": 13}
    assert change(2, 4) == 0
    assert push("--json").json["offered"] == 0
    assert for_all(4) == first


def test_an_annotation_while_it_is_pushed_bars_nobody_from_other_tasks(
    local_studio: LocalStudio, push: Push
) -> None:
    server, push.title = local_studio.server, "annotated meanwhile"
    assert push("--calibration", "1", "--annotators", "2").code == 0
    wanted = tasks_of(server, push.title)
    (shared,) = [task for task, people in wanted.items() if people == 2]
    submit_annotation(make_annotator(local_studio, "anna"), shared, [])
    with connect(server) as studio:
        # as before the calibration was for two, and one task is to be imported
        studio.patch(f"api/tasks/{shared}/", {"overlap": 1, "is_labeled": True})
        studio.delete(f"api/tasks/{max(wanted.keys() - {shared})}/")
    left = iter(["ben"])

    def annotate_meanwhile(when: str, _method: str, path: str) -> None:
        if when == "after" and path.endswith("/import") and (name := next(left, None)):
            submit_annotation(make_annotator(local_studio, name), shared, [])

    with faulty_proxy(server.url) as proxy:
        proxy.watch = annotate_meanwhile
        push.env["LABEL_STUDIO_URL"] = proxy.url
        assert push("--calibration", "1", "--annotators", "2").code == 0
    assert tasks_of(server, push.title)[shared] == 2
    (other,) = work(local_studio, "cleo", 1, push.title)
    assert other != shared


def test_calibration_needs_to_know_how_many_annotate(push: Push) -> None:
    for options in (("--calibration", "2"), ("--annotators", "2")):
        ran = push(*options)
        assert ran.code == 2
        assert "--calibration and --annotators go together" in ran.err
