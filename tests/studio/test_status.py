"""How far a project is, on a real Label Studio and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.pipeline import follow_project
from annotate.studio import (
    LocalStudio,
    connect,
    create_project,
    make_annotator,
    pull_project,
    status,
    submit_annotation,
)
from annotate.studio.local.people import invitation
from annotate.studio.projects import Project
from annotate.studio.status import _Work, _work, project_status, summarise
from tests.command import annotate
from tests.studio.pusher import CONFIG
from tests.studio.standin import stand_in

ARTICLE = "Title {0}\n20240102\nhttps://news.example/{0}\nOne paragraph, number {0}.\n"


def person(start: int, end: int) -> dict[str, Any]:
    region = {"id": f"r{start}", "from_name": "entity", "to_name": "text", "type": "labels"}
    return region | {"value": {"start": start, "end": end, "labels": ["PER"]}}


def test_counts_by_hand() -> None:
    project = Project(1, "by hand", "", 4, 2, "http://labels.test/projects/1")
    work = [
        _Work(1, 7, False, 10.0, "2024-01-01T10:00:00Z"),
        _Work(1, 8, False, 30.0, "2024-01-01T11:00:00Z"),
        _Work(2, 7, False, 20.0, "2024-01-02T10:00:00Z"),
        _Work(3, 7, True, 1.0, "2024-01-03T10:00:00Z"),
        _Work(2, 7, False, 3600.0, "2024-01-01T09:00:00Z"),
    ]
    found = summarise(project, dict.fromkeys([1, 2, 3, 4], 2), work)
    # task 1 is done, 2 has one of two, 3 and 4 have none
    assert (found.tasks, found.done, found.begun, found.shared) == (4, 1, 1, 1)
    assert found.annotations_left == 5
    assert found.seconds == 25.0
    assert found.hours_left == pytest.approx(5 * 25 / 3600)
    seven, eight = found.annotators
    assert (seven.annotated, seven.skipped, seven.seconds, seven.left) == (2, 1, 20.0, 1)
    assert seven.newest == "2024-01-03T10:00:00Z"
    assert (eight.annotated, eight.skipped, eight.seconds, eight.left) == (1, 0, 30.0, 3)


def test_nothing_measured() -> None:
    found = summarise(Project(1, "new", "", 2, 1, ""), {1: 1, 2: 1}, [])
    assert (found.done, found.annotations_left, found.hours_left) == (0, 2, None)
    assert found.annotators == []


def test_calibration_tasks_want_more_than_the_others() -> None:
    work = [_Work(1, person, False, 10.0, "2024-01-01T10:00:00Z") for person in (7, 8)]
    found = summarise(Project(1, "calibrated", "", 2, 1, ""), {1: 3, 2: 1}, work)
    assert (found.done, found.begun, found.annotations_left) == (0, 1, 2)


def test_annotations_of_nobody_are_a_person_each() -> None:
    of_nobody = {"completed_by": None, "lead_time": 10.0}
    made = [{"id": 5} | of_nobody, {"id": 6} | of_nobody, {"id": 7, "completed_by": 8}]
    task = {"id": 1, "annotations": made}
    found = summarise(Project(1, "left", "", 2, 3, ""), {1: 3, 2: 3}, _work(task))
    assert (found.done, found.shared, found.annotations_left) == (1, 1, 3)
    eight, nobody = found.annotators
    assert (eight.person, eight.annotated, eight.left) == (8, 1, 1)
    assert (nobody.person, nobody.annotated, nobody.skipped, nobody.left) == (None, 1, 0, 0)


def test_the_status_of_a_project_of_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "_PAGE", 3)
    kept, said = list[bytes](), list[str]()
    with stand_in() as studio:
        project = studio.add_project("stood in for", CONFIG, maximum_annotations=2)["id"]
        ids = [studio.add_task(project, {"data": {"text": f"Go {n}"}}) for n in range(6)]
        studio.annotate(ids[0], completed_by=12, lead_time=10.04, created_at="2024-01-02")
        studio.annotate(ids[0], completed_by=3, lead_time=20.04, created_at="2024-01-01")
        studio.annotate(ids[1], completed_by=12, lead_time=40, created_at="2024-01-03")
        studio.annotate(ids[2], completed_by=3, lead_time=9, skip=True)
        studio.annotate(ids[3], completed_by=None)
        studio.tasks[ids[5]]["overlap"] = None
        found = project_status(
            studio.server, "stood in for", keep=kept.append, on_progress=said.append
        )
    assert (found.tasks, found.overlap, found.done, found.begun, found.shared) == (6, 2, 1, 2, 1)
    assert (found.annotations_left, found.seconds) == (8, 20.0)
    assert [tuple(one) for one in found.annotators] == [
        (3, 1, 1, 20.0, 4, "2024-01-01"),
        (12, 2, 0, 25.0, 4, "2024-01-03"),
        (None, 1, 0, None, 0, ""),
    ]
    assert [json.loads(line)["id"] for line in kept] == ids[:4]
    assert said == ["read 3 of 4 tasks", "read 4 of 4 tasks"]


@pytest.mark.studio
def test_a_project_from_its_making_to_its_status(local_studio: LocalStudio, tmp_path: Path) -> None:
    server, title = local_studio.server, "project of a team"
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(ARTICLE.format(number))
    files = sorted(map(str, tmp_path.glob("*.txt")))

    def run(*command: str) -> str:
        ran = annotate(*command, home=tmp_path, env=env)
        assert ran.code == 0, ran.err
        return ran.out

    settings = ("--overlap", "2", "--sampling", "uniform")
    run("project", "create", title, "--scheme", "entities", *settings)
    again = annotate("project", "create", title, "--scheme", "entities", home=tmp_path, env=env)
    assert again.code == 1
    assert "exists already" in again.err
    said = run("push", "entities", *files, "--project", title)
    assert "3 tasks added, 0 were there" in said
    listed = {p["title"]: p for p in json.loads(run("project", "list", "--json"))}
    assert (listed[title]["tasks"], listed[title]["overlap"]) == (3, 2)
    with connect(server) as studio:
        project = studio.get(f"api/projects/{listed[title]['id']}/")
    assert (project["sampling"], project["maximum_annotations"]) == ("Uniform sampling", 2)
    assert project["show_instruction"]
    assert "<h3>Entities: guideline for annotators</h3>" in project["expert_instruction"]

    path = tmp_path / "pulled.json"
    pull_project(server, project=title, path=path, on_progress=lambda _: None)
    ids = [task["id"] for task in json.loads(path.read_bytes())]
    assert "agreement so far: undefined: nobody has annotated yet" in run(
        "project", "status", title
    )
    # of four spans on the one task that both annotated, a pair is equal: F1 is 2 of 4
    drawn = {"anna": [(0, 5), (9, 12)], "benno": [(0, 5), (13, 22)]}
    for name, tasks in (("anna", ids[:2]), ("benno", ids[:1])):
        for task in tasks:
            regions = [person(*span) for span in drawn[name]]
            submit_annotation(make_annotator(local_studio, name), task, regions, lead_time=30)
    submit_annotation(make_annotator(local_studio, "benno"), ids[2], [], was_cancelled=True)
    status = json.loads(run("project", "status", title, "--json"))
    names = ("tasks", "overlap", "done", "begun", "shared", "annotations_left", "seconds")
    assert [status[name] for name in names] == [3, 2, 1, 1, 1, 3, 30.0]
    anna, ben = status["annotators"]
    assert [anna[name] for name in ("annotated", "skipped", "left")] == [2, 0, 1]
    assert [ben[name] for name in ("annotated", "skipped", "left")] == [1, 1, 1]
    assert anna["annotator"].startswith("p-")
    assert "@" not in json.dumps(status)
    said = run("project", "status", title)
    assert "1 of 3 tasks have the annotations that they want, 1 more were begun; 1 were" in said
    assert "2 annotated, 0 skipped, 30 s a task, 1 left (30 s)" in said
    assert "agreement so far: span F1, exact 0.500 (" in said
    whole = json.loads(run("agreement", "entities", "--project", title, "--json"))
    assert status["agreement"] == {"scheme": "entities", **whole["figures"][0]}
    assert status["agreement"]["value"] == 0.5
    assert "label_config" not in status

    with connect(make_annotator(local_studio, "benno")) as studio:
        who = studio.get("api/current-user/whoami")["id"]
    with connect(server) as studio:
        studio.delete(f"api/users/{who}/")
    status = json.loads(run("project", "status", title, "--json"))
    assert [status[name] for name in names[2:6]] == [1, 1, 1, 3]
    assert [one["annotator"] for one in status["annotators"]] == [anna["annotator"], "nobody"]
    assert [status["annotators"][1][name] for name in ("annotated", "skipped")] == [1, 1]


@pytest.mark.studio
def test_the_agreement_of_a_foreign_config(
    local_studio: LocalStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, title = local_studio.server, "project of strangers"
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.api_key)
    config = '<View><Text name="t" value="$text"/><Rating name="stars" toName="t"/></View>'
    create_project(server, title=title, label_config=config)
    _, agreement = follow_project(title, on_progress=lambda _: None)
    assert (agreement.scheme, agreement.value) == (None, None)
    assert "its label config fits no scheme" in str(agreement.undefined)
    assert "--config FILE --map" in str(agreement.undefined)


@pytest.mark.studio
def test_invitation_opens_the_sign_up_until_it_is_renewed(local_studio: LocalStudio) -> None:
    def opens(address: str) -> bool:
        with httpx.Client(trust_env=False) as browser:
            page = browser.get(address)
            form = {"email": "dora@annotate.localhost", "password": "long-enough-1"}
            form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
            assert page.status_code == 200
            return browser.post(address, data=form).status_code == 302

    old = invitation(local_studio.server)
    new = invitation(local_studio.server, renew=True)
    assert old != new
    assert not opens(old)
    assert opens(new)
