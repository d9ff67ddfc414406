"""Webhook payloads: recorded ones, and what no server sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.annotations.gather import stream
from annotate.annotations.source import open_input
from annotate.errors import ExportError
from annotate.schemes import load_scheme
from annotate.schemes.entities import Entity
from annotate.schemes.label_config import read_label_config
from tests.annotations.exports import KEY, annotation, gather_bytes, region, task
from tests.shared import shared

ANGELA = region("a", 5, 11, "PER", text="Angela")


def _payload(**event: Any) -> bytes:
    return json.dumps(event | {"project": {"id": 1}}).encode()


def _gather(*payloads: bytes) -> list[list[Entity]]:
    gathering = gather_bytes("entities", b"\n".join(payloads))
    return [a.record for found in gathering.tasks for a in found.annotations]


def test_recorded_payloads() -> None:
    path = shared("exports", "webhook_payloads.json")
    alive = {}
    for event in json.loads(path.read_bytes()):
        if "annotation" in event:
            alive[event["annotation"]["id"]] = event["annotation"]
        if event["action"] == "ANNOTATIONS_DELETED":
            for item in event["annotations"]:
                del alive[item["id"]]
    config = read_label_config(shared("exports", "configs", "entities.xml"), None)
    tasks = stream([open_input(str(path))], load_scheme("entities"), config, KEY)
    kept = [a for found in tasks for a in found.annotations]
    assert tasks.ledger.counts["annotations_read"] == len(alive) > 0
    assert sum(len(a.record) for a in kept) == tasks.ledger.counts["regions_kept"]


def test_annotations_made_of_suggestions_come_in_one_payload() -> None:
    tasks = [task() | {"id": number} for number in (7, 8)]
    tasks[1]["data"] = {"text": "Rome."}
    annotations = [
        annotation(ANGELA, number=1),
        annotation(region("r", 0, 4, "GPE", text="Rome"), number=2),
    ]
    payload = _payload(action="ANNOTATIONS_CREATED", annotation=annotations, task=tasks)
    assert _gather(payload) == [[Entity(5, 11, "PER")], [Entity(0, 4, "GPE")]]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"action": "ANNOTATION_CREATED", "annotation": 3}, "annotation"),
        ({"action": "ANNOTATION_CREATED", "annotation": annotation()}, "has no task"),
        ({"action": "ANNOTATION_CREATED", "annotation": annotation(), "task": {}}, "has no task"),
        (
            {"action": "ANNOTATIONS_CREATED", "annotation": [annotation()] * 2, "task": task()},
            "has no task",
        ),
        (
            {
                "action": "ANNOTATION_CREATED",
                "annotation": annotation(),
                "task": task() | {"id": {}},
            },
            "an id is {}",
        ),
        (
            {
                "action": "ANNOTATION_UPDATED",
                "annotation": annotation() | {"id": None},
                "task": task(),
            },
            "an id is None",
        ),
        ({"action": "TASKS_CREATED", "tasks": [3]}, "tasks"),
        ({"action": "TASKS_DELETED", "tasks": [{"id": []}]}, "an id is []"),
        ({"action": "ANNOTATIONS_DELETED", "annotations": "x"}, "annotations"),
    ],
)
def test_what_no_server_sends(event: dict[str, Any], said: str) -> None:
    good = _payload(action="ANNOTATION_CREATED", annotation=annotation(ANGELA), task=task())
    with pytest.raises(ExportError, match="line 2") as caught:
        _gather(good, _payload(**event))
    assert said in str(caught.value)
