"""Runs the demo: two annotators, two rounds, three schemes, one real Label Studio."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from annotate.demo.hand import HandTask, make_result, read_hand
from annotate.errors import StateError
from annotate.models import Task
from annotate.pipeline import create_version, diff_versions
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.studio import (
    Server,
    connect,
    list_projects,
    local_status,
    make_annotator,
    pull_project,
    push_tasks,
    start_local,
    stop_local,
    submit_annotation,
    update_annotation,
)
from annotate.tasks.prepare import TaskOptions, prepare_tasks

SCHEMES = ("entities", "stance", "claims")
ANNOTATORS = ("anna", "ben")
_SEEDS = Path(__file__).resolve().parents[2] / "seeds"
Say = Callable[[str], None]


class DemoResult(NamedTuple):
    """Where everything is when the demo is done."""

    url: str
    username: str
    exports: Path
    store: Path
    running: bool
    """Whether Label Studio still runs."""
    removed: bool
    """Whether it ran before, and the demo's projects were removed from it."""


def run_demo(*, store: Path | None, keep: bool, say: Say, show: Say) -> DemoResult:
    """Run the demo; `say` gets progress, `show` what a user would look at.

    Label Studio is left running where `keep` is set, or where it ran before. From one
    that ran before the projects of the demo are removed when it ends, also where it fails,
    unless `keep` is set.
    """
    if not (_SEEDS / "articles").is_dir():
        raise StateError("the seeds are not here", do="run the demo in a clone of the project")
    work = Path(tempfile.mkdtemp(prefix="annotate-demo-"))
    exports = work / "exports"
    exports.mkdir()
    store = store or work / "datasets"
    before, titles = local_status(), list[str]()
    remove = before is not None and not keep
    local = before or start_local(data_dir=work / "studio", on_progress=say)
    try:
        say("making two annotators")
        people = {name: make_annotator(local, name) for name in ANNOTATORS}
        for scheme in SCHEMES:
            demo = _Scheme(scheme, local.server, people, exports, store, say, show)
            titles.append(demo.title)
            demo.run()
    finally:
        if remove:
            try:
                say("removing the projects of the demo")
            finally:
                _remove_projects(local.server, titles)
        if not keep and before is None:
            try:
                say("stopping Label Studio")
            finally:  # whoever listened may be gone
                stop_local()
    running = keep or before is not None
    return DemoResult(local.url, local.username, exports, store, running, remove)


def _remove_projects(server: Server, titles: Collection[str]) -> None:
    """Delete the projects of these titles, as far as they were made."""
    with connect(server) as studio:
        for project in list_projects(server):
            if project.title in titles:
                studio.delete(f"api/projects/{project.id}/")


class _Scheme:
    """The demo for one scheme."""

    def __init__(
        self,
        scheme: str,
        server: Server,
        people: dict[str, Server],
        exports: Path,
        store: Path,
        say: Say,
        show: Say,
    ) -> None:
        self.scheme, self.server, self.people = scheme, server, people
        self.exports, self.store, self.say, self.show = exports, store, say, show
        self.title = f"annotate demo: {scheme} {time.strftime('%Y-%m-%d %H:%M:%S')}"
        self.submitted: dict[tuple[str, str], int] = {}

    def run(self) -> None:
        """Push, annotate, pull and version; twice, the second time with corrections."""
        for number in (1, 2):
            work = {name: self._hand(number, name) for name in ANNOTATORS}
            wanted = {task.article for tasks in work.values() for task in tasks}
            tasks = self._tasks(wanted)
            pushed = push_tasks(
                self.server,
                tasks.values(),
                project=self.title,
                label_config=shipped_config(self.scheme).xml,
                on_progress=self._saying(),
            )
            self.show(f"{self.scheme} round {number}: {pushed.created} tasks pushed")
            export = self._pull()
            self._annotate(work, tasks, export, number)
            export = self._pull()
            recorded = self.exports / f"{self.scheme}.round{number}.json"
            recorded.write_bytes(export.read_bytes())
            created = create_version(
                self.scheme,
                scheme=self.scheme,
                inputs=[str(recorded)],
                store=self.store,
                message=f"Round {number} of the seeds",
            )
            rows = ", ".join(f"{n} {split}" for split, n in created.manifest.rows().items())
            self.show(f"{self.scheme} {created.manifest.version}: {rows} rows")
        self._compare(created.manifest.version)
        self._read_back()

    def _hand(self, number: int, annotator: str) -> list[HandTask]:
        name = f"{self.scheme}.round{number}.{annotator}.json"
        return list(read_hand(_SEEDS / "annotations" / name))

    def _tasks(self, wanted: set[str]) -> dict[tuple[str, str | None, str | None], Task]:
        """The tasks of the wanted articles, by file, target and holder."""
        scheme = load_scheme(self.scheme)
        targets = str(_SEEDS / "targets.csv") if scheme.has_targets else None
        files = {_address(file): file.name for file in (_SEEDS / "articles").glob("*.txt")}
        found = {}
        with prepare_tasks(
            [str(_SEEDS / "articles")],
            scheme,
            shipped_config(self.scheme),
            options=TaskOptions(targets=targets),
        ) as tasks:
            for task in tasks:
                data = {name: str(value) for name, value in task.data.items() if value}
                file = files[data["url"]]
                if file in wanted:
                    found[file, data.get("target"), data.get("holder")] = task
        return found

    def _annotate(
        self,
        work: dict[str, list[HandTask]],
        tasks: dict[tuple[str, str | None, str | None], Task],
        export: Path,
        number: int,
    ) -> None:
        ids = {t["data"]["unit_key"]: t["id"] for t in json.loads(export.read_bytes())}
        for annotator, done in work.items():
            for count, hand in enumerate(done, 1):
                task = tasks[hand.article, hand.target, hand.holder]
                unit = str(task.data["unit_key"])
                self._submit(annotator, unit, ids[unit], str(task.data["text"]), hand)
                if count % 5 == 0 or count == len(done):
                    self.say(f"{self.scheme} round {number}: {annotator} {count} of {len(done)}")

    def _submit(self, annotator: str, unit: str, task_id: int, text: str, hand: HandTask) -> None:
        server = self.people[annotator]
        result = [] if hand.skipped else make_result(self.scheme, text, hand)
        before = self.submitted.get((annotator, unit))
        if before is not None:
            update_annotation(server, before, result)
            return
        number = submit_annotation(server, task_id, result, was_cancelled=hand.skipped)
        self.submitted[annotator, unit] = number

    def _pull(self) -> Path:
        path = self.exports / f"{self.scheme}.json"
        pulled = pull_project(
            self.server, project=self.title, path=path, on_progress=self._saying()
        )
        self.say(f"{self.scheme}: pulled {pulled.fetched} of {pulled.tasks} tasks")
        return path

    def _compare(self, newest: str) -> None:
        diff = diff_versions(self.scheme, "v1.0.0", newest, store=self.store)
        self.show(diff.table(f"{self.scheme} v1.0.0 -> {newest}"))

    def _read_back(self) -> None:
        """Read the dataset as anybody would, without any code of ours."""
        from datasets import disable_progress_bars, load_dataset

        disable_progress_bars()
        loaded: Any = load_dataset(str(self.store / self.scheme))
        split = next(iter(loaded))
        row = loaded[split][0]
        self.show(f'load_dataset("{self.store / self.scheme}")["{split}"][0]:')
        own = {"entities": "entities", "stance": "distribution", "claims": "claims"}[self.scheme]
        self.show(f"  title: {row['title']}")
        self.show(f"  {own}: {json.dumps(row[own][:2], ensure_ascii=False)}")

    def _saying(self) -> Say:
        return lambda text: self.say(f"{self.scheme}: {text}")


def _address(article: Path) -> str:
    """The address of a seed article, its third line."""
    return article.read_text(encoding="utf-8").split("\n")[2]
