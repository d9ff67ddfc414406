"""Push, annotate, pull, on a real Label Studio."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import ConfigError, InputError, StateError
from annotate.identity import unit_key
from annotate.models import Article, Suggestion, Task
from annotate.schemes.label_config import parse_label_config
from annotate.studio import (
    LocalStudio,
    PushResult,
    Server,
    Settings,
    connect,
    create_project,
    find_project,
    list_projects,
    make_annotator,
    pull_project,
    push_tasks,
    submit_annotation,
    update_annotation,
)
from annotate.studio.connection import query
from annotate.studio.pull import project as pull
from annotate.tasks import build_tasks
from tests.command import Ran, annotate
from tests.studio.pusher import numbered_task

pytestmark = pytest.mark.studio

CONFIG = """<View>
  <Labels name="entity" toName="text"><Label value="PER"/><Label value="ORG"/></Labels>
  <Text name="text" value="$text"/>
</View>"""

_NUMBERS = itertools.count()


@pytest.fixture
def server(local_studio: LocalStudio) -> Server:
    return local_studio.server


@pytest.fixture
def title() -> str:
    return f"project {next(_NUMBERS)}"


def quiet(_: str) -> None:
    pass


def make_task(text: str, *, suggested: bool = False) -> Task:
    key = unit_key(article=None, start=0, text=text, scheme="entities")
    suggestion = Suggestion(model_version="rules", score=0.5, result=[person(0, 2, "Go")])
    return Task(
        data={"text": text, "title": "", "date": None, "unit_start": 0, "unit_key": key},
        predictions=[suggestion] if suggested else [],
    )


def person(start: int, end: int, text: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": ["PER"]}
    return {
        "id": "r1",
        "from_name": "entity",
        "to_name": "text",
        "type": "labels",
        "value": value,
    }


def push(server: Server, title: str, *tasks: Task) -> PushResult:
    return push_tasks(
        server,
        tasks,
        project=title,
        label_config=CONFIG,
        settings=Settings(instruction="Mark every name."),
        on_progress=quiet,
    )


def pulled(server: Server, title: str, path: Path) -> list[dict[str, Any]]:
    pull_project(server, project=title, path=path, on_progress=quiet)
    tasks: list[dict[str, Any]] = json.loads(path.read_bytes())
    return tasks


def test_pushing_twice_adds_nothing(server: Server, title: str) -> None:
    tasks = [make_task(f"Go {number}", suggested=number == 1) for number in range(120)]
    first = push(server, title, *tasks[:100])
    assert (first.created, first.present) == (100, 0)
    second = push(server, title, *tasks, tasks[-1])
    assert second == PushResult(first.project_id, 20, 101, 0, 0, first.url)
    found = find_project(server, title)
    assert found is not None
    assert (found.id, found.tasks) == (first.project_id, 120)


def test_two_annotators(
    local_studio: LocalStudio, server: Server, title: str, tmp_path: Path
) -> None:
    text = "Go 😀 Angela\nand Go"
    push(server, title, make_task(text, suggested=True), make_task("nothing here"))
    first, second = pulled(server, title, tmp_path / "ids.json")
    anna, ben = make_annotator(local_studio, "anna"), make_annotator(local_studio, "ben")
    submit_annotation(anna, first["id"], [person(5, 11, "Angela")], lead_time=1.5)
    submitted = submit_annotation(ben, first["id"], [])
    submit_annotation(ben, second["id"], [], was_cancelled=True)
    update_annotation(ben, submitted, [person(5, 11, "Angela")])

    path = tmp_path / "pulled.json"
    told: list[str] = []
    result = pull_project(server, project=title, path=path, on_progress=told.append)
    assert result == (2, 3, 2, 0, True, path)
    assert told
    assert b"@" not in path.read_bytes()
    first, second = json.loads(path.read_bytes())
    assert first["data"]["text"] == text
    assert first["data"]["date"] is None
    people = [annotation["completed_by"] for annotation in first["annotations"]]
    assert len(set(people)) == 2
    assert all(isinstance(number, int) for number in people)
    for annotation in first["annotations"]:
        value = annotation["result"][0]["value"]
        assert text[value["start"] : value["end"]] == "Angela"
        assert not annotation["ground_truth"]
    assert first["predictions"][0]["model_version"] == "rules"
    assert first["predictions"][0]["result"][0]["value"]["end"] == 2
    assert second["annotations"][0]["was_cancelled"]


def test_incremental_pull_has_the_bytes_of_a_full_one(
    server: Server, title: str, tmp_path: Path
) -> None:
    push(server, title, *(make_task(f"Go {number}", suggested=True) for number in range(5)))
    kept, full = tmp_path / "kept.json", tmp_path / "full.json"
    first = pulled(server, title, kept)
    ids = [task["id"] for task in first]
    nothing = pull_project(server, project=title, path=kept, on_progress=quiet)
    assert (nothing.tasks, nothing.fetched, nothing.removed) == (5, 0, 0)

    submit_annotation(server, ids[1], [person(0, 2, "Go")])
    push(server, title, make_task("Go on"))
    with connect(server) as studio:
        studio.delete(f"api/tasks/{ids[2]}/")
        # not every one of these moves the task's updated_at
        studio.post(f"api/tasks/{ids[3]}/drafts", {"result": [], "lead_time": 1})
        studio.delete(f"api/predictions/{first[4]['predictions'][0]['id']}/")
    result = pull_project(server, project=title, path=kept, on_progress=quiet)
    assert (result.tasks, result.annotations, result.fetched, result.removed) == (5, 1, 4, 1)
    by_id = {task["id"]: task for task in pulled(server, title, full)}
    assert kept.read_bytes() == full.read_bytes()
    assert len(by_id[ids[3]]["drafts"]) == 1
    assert by_id[ids[4]]["predictions"] == []

    with connect(server) as studio:
        studio.delete(f"api/drafts/{by_id[ids[3]]['drafts'][0]['id']}/")
    again = {task["id"]: task for task in pulled(server, title, kept)}
    assert again[ids[3]]["drafts"] == []


def test_what_moves_no_time_is_pulled_too(
    local_studio: LocalStudio, server: Server, title: str, tmp_path: Path
) -> None:
    push(server, title, *(make_task(f"Go {number}") for number in range(4)))
    kept, full = tmp_path / "kept.json", tmp_path / "full.json"
    tasks = pulled(server, title, kept)
    project, ids = tasks[0]["project"], [task["id"] for task in tasks]
    leaver = make_annotator(local_studio, "leaver")
    for task in ids[:2]:
        submit_annotation(leaver, task, [person(0, 2, "Go")], was_cancelled=task == ids[1])
        submit_annotation(server, task, [])
    pulled(server, title, kept)
    with connect(leaver) as studio:
        number = studio.get("api/current-user/whoami")["id"]
    with connect(server) as studio:
        studio.delete(f"api/users/{number}/")
        action = f"api/dm/actions?id=add_data_field&project={project}"
        field = {"value_name": "batch", "value_type": "String", "value": "second"}
        chosen = {"selectedItems": {"all": False, "included": ids[2:3]}}
        studio.post(action, {"project": project} | chosen | field)
    result = pull_project(server, project=title, path=kept, on_progress=quiet)
    assert (result.fetched, result.settled) == (3, True)
    tasks = pulled(server, title, full)
    assert kept.read_bytes() == full.read_bytes()
    people = [[a["completed_by"] for a in task["annotations"]] for task in tasks]
    assert people == [[None, 1], [None, 1], [], []]
    assert [task["data"].get("batch") for task in tasks] == [None, None, "second", None]
    again = pull_project(server, project=title, path=kept, on_progress=quiet)
    assert again.fetched == 0


def test_many_pages_are_one_file(
    server: Server, title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(server, title, *(make_task(f"Go {number}") for number in range(5)))
    expected = pulled(server, title, tmp_path / "one.json")
    monkeypatch.setattr(query, "_PAGE", 2)
    monkeypatch.setattr(pull, "_PAGE", 2)
    assert pulled(server, title, tmp_path / "many.json") == expected
    assert [task["data"]["text"] for task in expected] == [f"Go {number}" for number in range(5)]


def test_broken_file_is_pulled_anew(server: Server, title: str, tmp_path: Path) -> None:
    push(server, title, make_task("Go"), make_task("Go on"))
    path = tmp_path / "pulled.json"
    expected = pulled(server, title, path)
    path.write_bytes(path.read_bytes()[:-20])
    result = pull_project(server, project=title, path=path, on_progress=quiet)
    assert (result.tasks, result.fetched) == (2, 2)
    assert json.loads(path.read_bytes()) == expected


def test_what_is_no_pull_of_the_project_is_not_replaced(
    server: Server, title: str, tmp_path: Path
) -> None:
    path = tmp_path / "pulled.json"
    push(server, title, make_task("Go"))
    push(server, f"{title} b", make_task("Go on"))
    pulled(server, title, path)
    kept = path.read_bytes()
    with pytest.raises(InputError, match=r"pulled\.json: holds another project; name another"):
        pulled(server, f"{title} b", path)
    assert path.read_bytes() == kept
    for other in ("# Notes\n", '[{"id": 1, "data": {"text": "Go"}}]'):
        path.write_text(other)
        with pytest.raises(InputError, match=r"pulled\.json: is no file of a pull"):
            pulled(server, title, path)
        assert path.read_text() == other


def test_a_pull_goes_where_a_link_leads_and_keeps_permissions(
    server: Server, title: str, tmp_path: Path
) -> None:
    push(server, title, make_task("Go"))
    path, link, pipe = tmp_path / "real.json", tmp_path / "link.json", tmp_path / "pipe"
    link.symlink_to(path)
    pulled(server, title, link)
    path.chmod(0o600)
    push(server, title, make_task("Go on"))
    assert len(pulled(server, title, link)) == 2
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    os.mkfifo(pipe)
    with pytest.raises(InputError, match=r"pipe: is no regular file"):
        pulled(server, title, pipe)
    assert pipe.is_fifo()


def test_several_projects_are_checked_at_once(server: Server, title: str, tmp_path: Path) -> None:
    for name in (title, f"{title} b"):
        article = Article(title=name, text=f"Go to {name}", origin="made")
        push(server, name, *build_tasks([article], "entities"))
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
    (tmp_path / "config.xml").write_text(CONFIG)
    both = ("--project", title, "--project", f"{title} b", "--config", "config.xml", "--json")
    ran = annotate("check", "entities", *both, home=tmp_path, env=env)
    assert ran.err == ""
    assert ran.json["tasks"] == 2


def test_what_the_pull_command_says_and_writes(server: Server, title: str, tmp_path: Path) -> None:
    push(server, title, make_task("Go"), make_task("Go on 😀"), make_task("Go home"))
    env = {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}

    def run(*options: str) -> Ran:
        return annotate("pull", "--project", title, *options, home=tmp_path, env=env)

    assert run("-o", "p.json").out == "3 tasks, 0 annotations in p.json\n"
    with connect(server) as studio:
        studio.delete(f"api/tasks/{json.loads((tmp_path / 'p.json').read_bytes())[0]['id']}/")
    gone = "; 1 tasks left it, which the project no longer has\n"
    assert run("-o", "p.json").out == f"2 tasks, 0 annotations in p.json{gone}"
    piped = run("-o", "-")
    assert piped.out.encode() == (tmp_path / "p.json").read_bytes()
    assert piped.err.endswith("2 tasks, 0 annotations\n")
    assert run("-o", "-", "--json").code == 2
    assert sorted(path.name for path in tmp_path.glob("*-*")) == []


def test_empty_project_is_pulled(server: Server, title: str, tmp_path: Path) -> None:
    create_project(server, title=title, label_config=CONFIG)
    assert pulled(server, title, tmp_path / "pulled.json") == []


def test_missing_project_and_folder(server: Server, title: str, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no project is called"):
        pulled(server, title, tmp_path / "pulled.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError):
        pulled(server, title, tmp_path / "missing" / "pulled.json")


def test_two_projects_of_one_title(server: Server, title: str) -> None:
    config = {"title": title, "label_config": CONFIG}
    with connect(server) as studio:
        studio.post("api/projects/", config)
        studio.post("api/projects/", config)
    with pytest.raises(StateError, match="2 projects are called"):
        push(server, title, make_task("Go"))


def test_title_is_matched_exactly(server: Server, title: str) -> None:
    create_project(server, title=f"{title} more", label_config=CONFIG)
    assert find_project(server, title) is None
    with pytest.raises(StateError, match="exists already"):
        create_project(server, title=f"{title} more", label_config=CONFIG)
    with pytest.raises(InputError, match="3 to 50"):
        create_project(server, title="x" * 51, label_config=CONFIG)
    listed = list_projects(server)
    assert listed == sorted(listed)
    assert f"{title} more" in [project.title for project in listed]


def test_other_config_is_refused(server: Server, title: str) -> None:
    push(server, title, make_task("Go"))
    other = CONFIG.replace("ORG", "GPE")
    with pytest.raises(StateError, match="another label config"):
        push_tasks(server, [], project=title, label_config=other, on_progress=quiet)
    with pytest.raises(ConfigError):
        push_tasks(server, [], project=title, label_config="<View>", on_progress=quiet)


def test_config_that_label_studio_refuses(server: Server, title: str) -> None:
    empty = '<View><Labels name="entity" toName="missing"/></View>'
    with pytest.raises(StateError, match="status 400"):
        push_tasks(server, [], project=title, label_config=empty, on_progress=quiet)


@pytest.mark.parametrize("bad", [{"text": "Go"}, {"text": "Go", "unit_key": "k", "title": "\0"}])
def test_unusable_task_is_not_sent(server: Server, title: str, bad: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="task 2"):
        push(server, title, make_task("Go"), Task(data=bad))
    assert find_project(server, title) is None


def test_wrong_key(server: Server, tmp_path: Path, title: str) -> None:
    wrong = Server(url=server.url, api_key="0" * 40)
    with pytest.raises(StateError, match="API key") as caught:
        pulled(wrong, title, tmp_path / "pulled.json")
    assert wrong.api_key not in str(caught.value)


def test_annotation_of_a_missing_task(server: Server) -> None:
    with pytest.raises(StateError, match="404"):
        submit_annotation(server, 10**9, [])


def test_dry_run_changes_nothing(server: Server, title: str) -> None:
    tasks = [numbered_task(number) for number in range(3)]

    def dry_run() -> PushResult:
        return push_tasks(
            server,
            tasks,
            project=title,
            label_config=CONFIG,
            dry_run=True,
            on_progress=quiet,
        )

    assert dry_run()[:4] == (None, 3, 0, 0)
    assert find_project(server, title) is None
    first = push(server, title, tasks[0])
    assert dry_run()[:4] == (first.project_id, 2, 1, 0)
    found = find_project(server, title)
    assert found is not None
    assert found.tasks == 1


def test_changed_suggestion_is_updated(server: Server, title: str, tmp_path: Path) -> None:
    push(server, title, numbered_task(1, suggested=True), numbered_task(2))
    changed = numbered_task(1, suggested=True)
    changed.predictions[0].result[0]["value"]["labels"] = ["ORG"]
    other = changed.predictions[0].model_copy(update={"model_version": "other rules"})
    tasks = [changed.model_copy(update={"predictions": [*changed.predictions, other]})]
    tasks.append(numbered_task(2, suggested=True))
    kept = tmp_path / "kept.json"
    before = pulled(server, title, kept)
    assert push(server, title, *tasks)[1:5] == (0, 2, 3, 0)
    assert push(server, title, *tasks)[1:5] == (0, 2, 0, 0)
    # the suggestion that was there is the same one, with other regions
    after = pulled(server, title, kept)
    assert [task["id"] for task in after] == [task["id"] for task in before]
    made = [[(p["model_version"], p["result"]) for p in task["predictions"]] for task in after]
    wanted = [[(p.model_version, p.result) for p in task.predictions] for task in tasks]
    assert made == wanted
    assert after[0]["predictions"][0]["id"] == before[0]["predictions"][0]["id"]
    # Label Studio would show annotators the suggestions of one name alone
    with connect(server) as studio:
        project = studio.get(f"api/projects/{before[0]['project']}/")
    assert project["model_version"] == ""


@pytest.mark.parametrize("pushed", [1, 30])
def test_changed_text_is_refused(server: Server, title: str, pushed: int) -> None:
    push(server, title, *(numbered_task(number) for number in range(pushed)))
    other = [numbered_task(100), numbered_task(0, "Angela was there zero times.")]
    with pytest.raises(StateError, match="the text of 1 tasks is another one") as caught:
        push(server, title, *other)
    assert "Article 0" in str(caught.value)
    found = find_project(server, title)
    assert found is not None
    assert found.tasks == pushed


def test_untouched_copies_go_and_work_stays(server: Server, title: str, tmp_path: Path) -> None:
    tasks = [numbered_task(number) for number in range(4)]
    project = push(server, title, *tasks).project_id
    with connect(server) as studio:
        studio.post(f"api/projects/{project}/import", [task.model_dump() for task in tasks])
    ids = [task["id"] for task in pulled(server, title, tmp_path / "ids.json")]
    submit_annotation(server, ids[4], [person(0, 6, "Angela")])
    submit_annotation(server, ids[1], [])
    submit_annotation(server, ids[5], [])
    with connect(server) as studio:
        studio.post(f"api/tasks/{ids[6]}/drafts", {"result": [], "lead_time": 1})
    assert push(server, title, *tasks)[1:5] == (0, 4, 0, 2)
    left = [task["id"] for task in pulled(server, title, tmp_path / "left.json")]
    # of the first the copy was worked on, of the second both, the third's copy has a draft
    assert left == [ids[1], ids[2], ids[3], ids[4], ids[5], ids[6]]


def test_the_digest_of_the_config_travels_with_the_tasks(
    server: Server, title: str, tmp_path: Path
) -> None:
    push(server, title, numbered_task(1))
    (task,) = pulled(server, title, tmp_path / "pulled.json")
    assert task["data"]["config_digest"] == parse_label_config(CONFIG, where="").digest
