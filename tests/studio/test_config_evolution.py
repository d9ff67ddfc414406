"""A label renamed in the middle of a real project: refused, right with a migration, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from annotate.annotations.pseudonym import PseudonymKey
from annotate.errors import ConfigError
from annotate.identity import article_id, unit_key
from annotate.models import Task
from annotate.pipeline import create_version, diff_versions, follow_project
from annotate.studio import (
    LocalStudio,
    Server,
    connect,
    pull_project,
    push_tasks,
    submit_annotation,
)
from annotate.text import text_sha256

pytestmark = pytest.mark.studio

KEY = PseudonymKey(b"a key of the tests")


def config(*labels: str) -> str:
    values = "".join(f'<Label value="{label}"/>' for label in labels)
    return (
        f'<View><Labels name="entity" toName="text">{values}</Labels>'
        '<Text name="text" value="$text"/></View>'
    )


OLD, NEW = config("PER", "GPE", "LOC"), config("PER", "PLACE")


def make_task(number: int) -> Task:
    text, url = f"Rain fell on Osk for {number} days.", f"https://news.example/osk/{number}"
    article = article_id(url, text)
    return Task(
        data={
            "text": text,
            "title": "",
            "date": None,
            "url": url,
            "article_id": article,
            "group": article,
            "unit": "article",
            "unit_start": 0,
            "text_sha256": text_sha256(text),
            "unit_key": unit_key(article=article, start=0, text=text, scheme="entities"),
        }
    )


def push(server: Server, title: str, xml: str, *numbers: int) -> int:
    tasks = [make_task(number) for number in numbers]
    pushed = push_tasks(server, tasks, project=title, label_config=xml, on_progress=lambda _: None)
    assert pushed.project_id is not None
    return pushed.project_id


def pull(server: Server, title: str, path: Path) -> dict[str, Any]:
    pull_project(server, project=title, path=path, on_progress=lambda _: None)
    return {task["data"]["text"]: task for task in json.loads(path.read_bytes())}


def label_osk(server: Server, task: dict[str, Any], label: str) -> None:
    value = {"start": 13, "end": 16, "text": "Osk", "labels": [label]}
    region = {"id": "r", "from_name": "entity", "to_name": "text", "type": "labels"}
    submit_annotation(server, task["id"], [region | {"value": value}])


def test_a_label_is_renamed_in_the_middle(
    local_studio: LocalStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, store = local_studio.server, tmp_path / "store"
    (tmp_path / "old.xml").write_text(OLD)
    (tmp_path / "new.xml").write_text(NEW)
    exports = [tmp_path / "places.json", tmp_path / "more.json"]

    project = push(server, "Places", OLD, 2, 3, 4)
    tasks = pull(server, "Places", exports[0])
    texts = [make_task(number).data["text"] for number in range(7)]
    label_osk(server, tasks[str(texts[2])], "GPE")
    label_osk(server, tasks[str(texts[3])], "LOC")
    pull(server, "Places", exports[0])

    def create(xml: str, *inputs: Path, migrations: tuple[Path, ...] = ()) -> Any:
        return create_version(
            "places",
            scheme="entities",
            inputs=[str(path) for path in inputs],
            store=store,
            config=tmp_path / xml,
            key=KEY,
            migrations=migrations,
        ).manifest

    assert create("old.xml", exports[0]).version == "v1.0.0"

    # the project's owner edits its labels; one task was pushed before that and is annotated after
    with connect(server) as studio:
        studio.patch(f"api/projects/{project}/", {"label_config": NEW})
    push(server, "Places", NEW, 2, 3, 4, 5)
    tasks = pull(server, "Places", exports[0])
    for number in (4, 5):
        label_osk(server, tasks[str(texts[number])], "PLACE")
    pull(server, "Places", exports[0])
    push(server, "More places", NEW, 6)
    (more,) = pull(server, "More places", exports[1]).values()
    label_osk(server, more, "PLACE")
    pull(server, "More places", exports[1])

    with pytest.raises(ConfigError) as caught:
        create("new.xml", *exports)
    assert f"tasks of {exports[0]} were pushed: gone entity GPE, entity LOC; new entity PLACE;" in (
        str(caught.value)
    )
    assert [path.name for path in (store / "places").glob("v*")] == ["v1.0.0"]

    step = tmp_path / "places.yaml"
    step.write_text("from: old.xml\nto: new.xml\nlabels:\n  entity: {GPE: PLACE, LOC: PLACE}\n")
    made = create("new.xml", *exports, migrations=(step,))
    assert (made.version, made.counts["annotations_kept"]) == ("v2.0.0", 5)
    found = load_dataset(str(store / "places"), "v2.0.0")
    labels = found["train"].features["entities"].feature["label"]
    assert labels.names == ["PER", "PLACE"]
    rows = {row["text"]: row["entities"] for split in found.values() for row in split}
    assert {text: [labels.int2str(e["label"]) for e in said] for text, said in rows.items()} == {
        text: ["PLACE"] for text in texts[2:]
    }
    told = diff_versions("places", "v1.0.0", "v2.0.0", store=store).table("places").splitlines()
    assert told[:3] == [
        "places: major",
        "  entity GPE became PLACE",
        "  entity LOC became PLACE",
    ]
    assert "  label PLACE: 3 added, 2 relabelled" in told

    # the status of such a project says why it knows no agreement
    monkeypatch.setenv("LABEL_STUDIO_URL", server.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.api_key)
    status, agreement = follow_project("Places", on_progress=lambda _: None)
    assert (status.tasks, agreement.scheme, agreement.value) == (4, "entities", None)
    assert "tasks of project Places were pushed with the label config" in str(agreement.undefined)
