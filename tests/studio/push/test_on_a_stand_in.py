"""What a push decides, sends and says: on a stand-in for Label Studio, no real one."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import InputError, StateError, Unreachable
from annotate.models import Suggestion, Task
from annotate.studio import PushResult, Server, push_tasks
from annotate.studio.connection import failures
from annotate.studio.push import tasks as push_module
from tests.command import Ran, annotate
from tests.studio.faulty import FaultyProxy, faulty_proxy
from tests.studio.pusher import CONFIG, numbered_task
from tests.studio.standin import StandIn, stand_in

TITLE = "stood in for"


@pytest.fixture
def studio() -> Iterator[StandIn]:
    with stand_in() as studio:
        yield studio


@pytest.fixture
def line(studio: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """A line to the stand-in that can break, with short pauses."""
    monkeypatch.setattr(failures, "PAUSES", (0.01, 0.02, 0.03))
    monkeypatch.setattr(push_module, "_SETTLE_SECONDS", 0.0)
    with faulty_proxy(studio.server.url) as proxy:
        yield proxy


def quiet(_: str) -> None:
    pass


def push(to: StandIn | FaultyProxy, *tasks: Task, **options: Any) -> PushResult:
    server = to.server if isinstance(to, StandIn) else Server(url=to.url, api_key="of-nobody")
    options = {"on_progress": quiet} | options
    return push_tasks(server, tasks, project=TITLE, label_config=CONFIG, **options)


def fill(studio: StandIn, *tasks: Task, **fields: Any) -> list[int]:
    """A project with these tasks; returns their numbers there."""
    project = studio.add_project(TITLE, CONFIG, **fields)["id"]
    return [studio.add_task(project, task.model_dump(mode="json")) for task in tasks]


def once(fault: str, method: str, part: str) -> Callable[[str, str], str | None]:
    """Has the first such request fail."""
    left = [fault]

    def choose(how: str, path: str) -> str | None:
        return left.pop() if left and how == method and part in path else None

    return choose


def suggesting(task: Task, *names: str, score: float = 0.5) -> Task:
    """A task with one suggestion by each name."""
    region = {"id": "r", "value": {"start": 0, "end": 6, "labels": ["PER"]}}
    made = [Suggestion(model_version=name, score=score, result=[region]) for name in names]
    return task.model_copy(update={"predictions": made})


def other(task: Task, **data: Any) -> Task:
    return task.model_copy(update={"data": task.data | data})


def keys(studio: StandIn) -> Counter[str]:
    return Counter(task["data"]["unit_key"] for task in studio.tasks.values())


def each_once(tasks: list[Task]) -> Counter[Any]:
    return Counter(task.data["unit_key"] for task in tasks)


def test_a_dry_run_says_what_a_push_does_and_writes_nothing(studio: StandIn) -> None:
    one, two, three, four = (numbered_task(n, suggested=True) for n in range(4))
    nowhere = push(studio, one, two, one, dry_run=True)
    assert nowhere == PushResult(None, 2, 1, 0, 0, studio.server.url)
    held = fill(studio, one, suggesting(two, "rules", score=0.1), three, three)
    number = studio.tasks[held[0]]["project"]
    url = f"{studio.server.url}/projects/{number}"
    for dry_run in (True, False):
        pushed = push(studio, one, two, three, four, four, dry_run=dry_run)
        # one that was there has another score, one a copy; the last is missing, and given twice
        assert pushed == PushResult(number, 1, 4, 1, 1, url)
        assert ({how for how, _, _ in studio.asked} == {"GET"}) == dry_run
    assert keys(studio) == each_once([one, two, three, four])
    assert studio.suggested(held[1])[0]["score"] == 0.5
    studio.asked.clear()
    assert push(studio, one, two, three, four) == PushResult(number, 0, 4, 0, 0, url)
    assert {how for how, _, _ in studio.asked} == {"GET"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text": "Go"}, "task 3: has no unit_key"),
        ({"text": "Go", "unit_key": ""}, "task 3: has no unit_key"),
        ({"text": "Go", "unit_key": 7}, "task 3: has no unit_key"),
        ({"text": "G\0", "unit_key": "k"}, "task 3 (k): "),
        ({"text": "Go", "unit_key": "k", "title": "\ud83d"}, "in title"),
    ],
)
def test_a_task_that_cannot_be_sent_is_named_and_nothing_sent(
    studio: StandIn, data: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        push(studio, numbered_task(1), numbered_task(2), Task(data=data))
    assert not studio.asked


def test_two_suggestions_of_one_name_are_refused(studio: StandIn) -> None:
    task = suggesting(numbered_task(2), "rules", "rules")
    with pytest.raises(InputError, match=r"^task 2 \(.*\): has two suggestions of one name"):
        push(studio, numbered_task(1), task)
    assert not studio.asked


def test_few_tasks_are_found_in_a_large_project(studio: StandIn) -> None:
    fill(studio, *map(numbered_task, range(1300)))
    pushed = push(studio, *map(numbered_task, range(1180, 1305)))
    assert (pushed.created, pushed.present) == (5, 120)
    assert keys(studio) == each_once(list(map(numbered_task, range(1305))))


@pytest.mark.parametrize("deleted", ["task", "suggestion"])
def test_what_is_deleted_meanwhile_ends_no_push(
    studio: StandIn, monkeypatch: pytest.MonkeyPatch, deleted: str
) -> None:
    tasks = [numbered_task(number, suggested=True) for number in range(3)]
    push(studio, *tasks)
    first, answer = min(studio.tasks), studio.answer
    (of_first,) = (one["id"] for one in studio.suggested(first))

    def delete_before(method: str, address: str, body: Any) -> Any:
        if method == "PATCH":
            studio.predictions.pop(of_first, None)
            if deleted == "task":
                studio.tasks.pop(first, None)
        return answer(method, address, body)

    monkeypatch.setattr(studio, "answer", delete_before)
    push(studio, *(suggesting(task, "rules", score=0.25) for task in tasks))
    assert keys(studio) == each_once(tasks)
    assert [one["score"] for one in studio.predictions.values()] == [0.25] * 3


@pytest.mark.parametrize("most", [7, 100])
def test_a_server_that_gives_short_pages_gives_all_of_them(studio: StandIn, most: int) -> None:
    studio.most = most
    tasks = [numbered_task(number, suggested=True) for number in range(120)]
    assert push(studio, *tasks).created == 120
    changed = [suggesting(task, "rules", score=0.25) for task in tasks]
    pushed = push(studio, *changed)
    assert (pushed.created, pushed.present, pushed.updated) == (0, 120, 120)
    assert keys(studio) == each_once(tasks)
    assert {one["score"] for one in studio.predictions.values()} == {0.25}


@pytest.mark.parametrize("held", [3, 60])
def test_other_texts_at_a_place_are_counted_and_refused(studio: StandIn, held: int) -> None:
    there = fill(studio, *map(numbered_task, range(held)))
    new = [numbered_task(n, "Another text.") for n in (2, 1)]
    new.append(other(numbered_task(0), text="Another text under its key."))
    with pytest.raises(StateError) as refused:
        push(studio, numbered_task(90), *new)
    assert "the text of 3 tasks" in str(refused.value)
    assert f"the first is task {there[0]} there (Article 0)" in str(refused.value)
    assert keys(studio) == each_once(list(map(numbered_task, range(held))))


PLACE = {"article_id": "a", "target": "Bo", "target_kind": "entity", "holder": None}


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"article_id": "b"},
        {"article_id": None},
        {"unit": "paragraph"},
        {"unit_start": 7},
        {"target": "Angela"},
        {"target_kind": "question"},
        {"holder": "Angela"},
    ],
)
def test_another_text_elsewhere_is_another_task(studio: StandIn, elsewhere: dict[str, Any]) -> None:
    near = other(numbered_task(3), **PLACE | {"unit": "sentence", "unit_start": 40})
    of_none = other(numbered_task(2), article_id=None)
    fill(studio, near, other(numbered_task(1), **PLACE), of_none)
    new = numbered_task(1, "Another text.")
    pushed = push(studio, other(new, **PLACE | elsewhere))
    assert (pushed.created, pushed.present) == (1, 0)
    with pytest.raises(StateError, match="the text of 1 tasks"):
        push(studio, other(new, **PLACE | {"holder": ""}))
    with pytest.raises(StateError, match="the text of 1 tasks"):
        push(studio, other(of_none, text="Another text under its key."))


def test_of_copies_the_one_worked_on_stays_and_else_the_first(studio: StandIn) -> None:
    tasks = [numbered_task(number) for number in range(6)]
    first = fill(studio, *tasks)
    project = studio.tasks[first[0]]["project"]
    copies = [studio.add_task(project, task.model_dump(mode="json")) for task in tasks]
    studio.annotate(copies[1])
    studio.annotate(copies[2], skip=True)
    studio.annotate(first[3])
    studio.annotate(copies[3])
    studio.draft(copies[4])
    studio.draft(first[5])
    assert push(studio, *tasks).removed == 4
    gone = {copies[0], first[1], first[2], copies[5]}
    assert set(studio.tasks) == {*first, *copies} - gone


@pytest.mark.parametrize("begin", [StandIn.annotate, StandIn.draft])
def test_a_copy_that_somebody_begins_on_meanwhile_stays(
    studio: StandIn, line: FaultyProxy, begin: Callable[[StandIn, int], None]
) -> None:
    task = numbered_task(1)
    first, *copies = fill(studio, *[task] * 24)

    def begin_meanwhile(when: str, _method: str, path: str) -> None:
        if (when, path.rpartition("/")[2]) == ("after", "import"):
            begin(studio, copies[14])

    line.watch = begin_meanwhile
    pushed = push(line, task, numbered_task(2))
    # beside an annotation the first is a copy too; a draft may yet come to nothing
    kept = {copies[14]} if studio.tasks[copies[14]]["annotations"] else {first, copies[14]}
    assert kept < set(studio.tasks)
    assert (len(studio.tasks), pushed.removed) == (len(kept) + 1, 24 - len(kept))


def test_settled_tasks_go_where_nobody_worked_on_them(studio: StandIn) -> None:
    tasks = [suggesting(numbered_task(number), "p-1", "p-2") for number in range(6)]
    held = fill(studio, *tasks)
    studio.annotate(held[1])
    studio.annotate(held[2], skip=True)
    studio.draft(held[3])
    settled = {str(task.data["unit_key"]) for task in tasks[:4]}
    pushed = push(studio, suggesting(tasks[4], "p-2"), settled=settled)
    # the tab of p-1 goes from the one that is pushed, and from no other
    assert (pushed.present, pushed.updated, pushed.removed) == (1, 1, 1)
    assert list(studio.tasks) == held[1:]
    assert [one["model_version"] for one in studio.suggested(held[4])] == ["p-2"]
    assert len(studio.suggested(held[5])) == 2


def test_where_nothing_is_settled_tabs_go_all_the_same(studio: StandIn) -> None:
    task = suggesting(numbered_task(1), "p-1", "p-2")
    (number,) = fill(studio, task)
    assert push(studio, suggesting(task, "p-2"), settled=set()).updated == 1
    assert [one["model_version"] for one in studio.suggested(number)] == ["p-2"]


def test_a_suggestion_is_known_by_its_name(studio: StandIn) -> None:
    task = numbered_task(1)
    (number,) = fill(studio, suggesting(task, "mine", "theirs", score=0.1))
    wanted = suggesting(task, "mine")
    equal = wanted.predictions[0].model_dump() | {"task": number}
    kept, _ = [studio.add_prediction(equal)["id"] for _ in range(2)]
    # of three by one name that one stays which is as it shall be
    said: list[str] = []
    assert push(studio, wanted, on_progress=said.append).updated == 2
    assert said == ["updated suggestions of 1 of 1 tasks"]
    left = {one["id"]: one["model_version"] for one in studio.suggested(number)}
    assert sorted(left.values()) == ["mine", "theirs"]
    assert left[kept] == "mine"
    wanted.predictions[0].result[0]["value"]["end"] = 7
    assert push(studio, wanted, suggesting(numbered_task(2), "mine")).updated == 1
    assert studio.predictions[kept]["result"] == wanted.predictions[0].result
    assert not studio.sent("PATCH", "projects")
    assert push(studio, suggesting(wanted, "mine", "new")).updated == 2
    shown = {"model_version": "", "show_collab_predictions": True}
    assert studio.sent("PATCH", "projects") == [shown]


@pytest.mark.parametrize("fault", ["502", "lost", "502 after"])
@pytest.mark.parametrize("part", ["/projects/", "/import", "/predictions/"])
def test_over_a_line_that_breaks_once_all_is_there_once(
    studio: StandIn, line: FaultyProxy, part: str, fault: str
) -> None:
    tasks = [numbered_task(number) for number in range(3)]
    if part == "/predictions/":
        fill(studio, *(suggesting(task, "theirs") for task in tasks))
        tasks = [suggesting(task, "rules") for task in tasks]
    line.choose = once(fault, "POST", part)
    push(line, *tasks)
    assert line.faults[fault] == 1
    assert len(studio.projects) == 1
    assert keys(studio) == each_once(tasks)
    assert len(studio.predictions) == (6 if part == "/predictions/" else 0)
    # sent again where it had not arrived, and there alone
    assert len(studio.sent("POST", part)) == {"/import": 1, "/projects/": 2}.get(part, 3)


def test_what_of_a_broken_import_has_arrived_is_not_sent_again(
    studio: StandIn, line: FaultyProxy
) -> None:
    tasks = [numbered_task(number) for number in range(3)]
    half = iter(tasks[:2])

    def arrive(when: str, _method: str, path: str) -> None:
        if when == "before" and path.endswith("/import"):
            for task in half:
                studio.add_task(1, task.model_dump(mode="json"))

    line.watch, line.choose = arrive, once("502", "POST", "/import")
    assert push(line, *tasks).created == 3
    ((sent,),) = studio.sent("POST", "/import")
    assert sent["data"]["unit_key"] == tasks[2].data["unit_key"]
    assert keys(studio) == each_once(tasks)


def test_a_suggestion_that_a_gateway_sent_twice_and_told_nothing_of_is_there_once(
    studio: StandIn, line: FaultyProxy
) -> None:
    task = suggesting(numbered_task(1), "rules")
    (number,) = fill(studio, numbered_task(1))
    wanted = task.predictions[0].model_dump()

    def send_before(when: str, method: str, path: str) -> None:
        if (when, method, path) == ("before", "POST", "/api/predictions/"):
            studio.add_prediction(wanted | {"task": number})

    line.watch, line.choose = send_before, once("lost", "POST", "/predictions/")
    assert push(line, task).updated == 1
    assert len(studio.sent("POST", "/predictions/")) == 1
    (left,) = studio.suggested(number)
    assert {name: left[name] for name in wanted} == wanted


@pytest.mark.parametrize("fault", ["repeated", "late"])
def test_what_a_gateway_sends_twice_or_late_is_there_once(
    studio: StandIn, line: FaultyProxy, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "_SETTLE_SECONDS", 2.0)  # that late is a second
    tasks = [numbered_task(number) for number in range(3)]
    line.choose = once(fault, "POST", "/import")
    pushed = push(line, *tasks)
    assert len(studio.sent("POST", "/import")) == 2
    assert (pushed.created, pushed.removed) == (3, 3)
    assert keys(studio) == each_once(tasks)


@pytest.mark.parametrize("count", [0, 1])
def test_a_project_that_is_made_late_a_second_time_is_said(
    studio: StandIn, line: FaultyProxy, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_module, "_SETTLE_SECONDS", 2.0)
    line.choose = once("late", "POST", "/projects/")
    with pytest.raises(StateError, match="2 projects are called 'stood in for'"):
        push(line, *map(numbered_task, range(count)))


def test_a_line_that_stays_broken_is_tried_as_often_as_there_are_pauses(
    studio: StandIn, line: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "PAUSES", (0.3, 0.4, 0.5))
    line.choose = lambda method, _path: "502" if method == "POST" else None
    fill(studio)
    begun = time.monotonic()
    with pytest.raises(Unreachable, match="do the same again"):
        push(line, numbered_task(1))
    assert time.monotonic() - begun >= 1.2
    assert [how for how, _ in line.asked].count("POST") == 1 + len(failures.PAUSES)
    line.asked.clear()
    line.choose = lambda method, _path: "429" if method == "POST" else None
    line.retry_after = "0"
    with pytest.raises(Unreachable, match="too many requests"):
        push(line, numbered_task(1))
    assert [how for how, _ in line.asked].count("POST") == 1 + len(failures.PAUSES)


def test_what_never_arrives_ends_the_command(studio: StandIn) -> None:
    (number,) = fill(studio, numbered_task(1))
    studio.keeps = False
    changed = suggesting(numbered_task(1), "rules")
    with pytest.raises(StateError, match="2 tasks and 0 suggestions do not arrive") as refused:
        push(studio, changed, numbered_task(2), numbered_task(3))
    assert refused.value.exit_code == 1
    assert len(studio.suggested(number)) == 1
    assert len(studio.sent("POST", "/import")) == 8


def test_tasks_are_sent_in_parts_that_one_request_carries(
    studio: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def parts() -> list[int]:
        return [len(sent) for sent in studio.sent("POST", "/import")]

    push(studio, *map(numbered_task, range(250)), on_progress=said.append)
    assert parts() == [100, 100, 50]
    assert [line.partition(",")[0] for line in said] == [
        f"pushed {count} of 250 tasks" for count in (100, 200, 250)
    ]
    studio.asked.clear()
    monkeypatch.setattr(push_module, "_BATCH_BYTES", 10_000)
    sizes = [20_000, 4000, 4000, 20_000, 4000]
    push(studio, *(numbered_task(300 + n, "x" * size) for n, size in enumerate(sizes)))
    assert parts() == [1, 2, 1, 1]


def test_calibration_is_offered_to_as_many_as_are_asked(studio: StandIn) -> None:
    tasks = [
        other(numbered_task(n), calibration=True) if n < 3 else numbered_task(n) for n in range(5)
    ]
    held = fill(studio, *tasks)
    studio.tasks[held[3]]["overlap"] = 9  # as a calibration before had it
    for _ in range(2):
        studio.annotate(held[0])
    assert push(studio, *tasks).offered == 0
    assert not studio.sent("PATCH")
    assert push(studio, *tasks, annotators=2, dry_run=True).offered == 4
    assert not studio.sent("PATCH")
    assert push(studio, *tasks, annotators=2).offered == 4
    assert [studio.tasks[n]["overlap"] for n in held] == [2, 2, 2, 1, 1]
    assert [studio.tasks[n]["is_labeled"] for n in held] == [True, False, False, False, False]
    assert studio.projects[1]["show_overlap_first"] is True
    assert push(studio, *tasks, annotators=2).offered == 0


def test_a_task_that_the_project_asks_fewer_for_stays_as_it_is(studio: StandIn) -> None:
    tasks = [numbered_task(0), other(numbered_task(1), calibration=True)]
    first, second = fill(studio, *tasks, maximum_annotations=2)
    studio.tasks[first]["overlap"] = 1  # as Label Studio has it beyond a share of the tasks
    studio.tasks[second]["overlap"] = 3
    assert push(studio, *tasks, annotators=3).offered == 0
    assert not studio.sent("PATCH")


def test_a_task_that_has_enough_and_is_not_finished_is_offered_anew(studio: StandIn) -> None:
    task = other(numbered_task(1), calibration=True)
    (number,) = fill(studio, task, maximum_annotations=2)
    for _ in range(2):  # while its number was set
        studio.annotate(number)
    assert push(studio, task, annotators=2).offered == 1
    assert studio.tasks[number]["is_labeled"] is True


def test_a_task_that_is_deleted_before_it_is_offered_ends_no_push(
    studio: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [other(numbered_task(number), calibration=True) for number in range(3)]
    push(studio, *tasks)
    first, answer = min(studio.tasks), studio.answer

    def delete_before(method: str, address: str, body: Any) -> Any:
        if method == "PATCH":
            studio.tasks.pop(first, None)
        return answer(method, address, body)

    monkeypatch.setattr(studio, "answer", delete_before)
    push(studio, *tasks, annotators=2)
    assert keys(studio) == each_once(tasks)
    assert {task["overlap"] for task in studio.tasks.values()} == {2}


def test_the_command_says_what_was_done_on_stdout_and_how_on_stderr(
    studio: StandIn, tmp_path: Path
) -> None:
    env = {"LABEL_STUDIO_URL": studio.server.url, "LABEL_STUDIO_API_KEY": "of-nobody"}
    for number, line in enumerate(["Angela left Tesk.", "A storm closed the harbour."]):
        text = f"{line}\n20240102\nhttps://a.example/{number}\n{line}\n"
        (tmp_path / f"{number}.txt").write_text(text)

    def run(*options: str) -> Ran:
        command = ("push", "entities", "0.txt", "1.txt", "--project", TITLE)
        return annotate(*command, *options, home=tmp_path, env=env)

    tried = run("--dry-run", "--json")
    nothing = {"present": 0, "updated": 0, "removed": 0, "offered": 0}
    named = {"project_id": None, "created": 2, "url": studio.server.url}
    assert tried.json == nothing | named | {"dry_run": True}
    assert run("--dry-run").out == f"2 tasks would be added, 0 were there: {studio.server.url}\n"
    assert not studio.projects
    url = f"{studio.server.url}/projects/1"
    done = run("--overlap", "2")
    assert studio.projects[1]["maximum_annotations"] == 2
    assert done.out == f"2 tasks added, 0 were there: {url}\n"
    assert "pushed 2 of 2 tasks" in done.err.splitlines()
    (first, _) = studio.tasks
    studio.add_task(1, studio.tasks[first])
    calibration = ("--calibration", "2", "--annotators", "3")
    again = run(*calibration)
    assert again.out == (
        "0 tasks added, 2 were there, 2 tasks offered to another number of people,"
        f" 1 copies that nobody worked on removed: {url}\n"
    )
