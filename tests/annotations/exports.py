"""Small Label Studio exports, written by hand, for the tests of gathering."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from annotate.annotations.gather import Gathering, stream
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import open_input
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config
from annotate.text import text_sha256

KEY = PseudonymKey(b"a key for tests only")
TEXT = "Go 😀 Angela! “We win,” said Bo Li of Rome."


def task(*annotations: dict[str, Any], text: Any = TEXT, **data: Any) -> dict[str, Any]:
    """A task with its annotations; task and annotation ids follow the text."""
    return {
        "id": 7,
        "data": {"text": text, **data},
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [],
        "created_at": "2026-01-01T00:00:00Z",
    }


def stamped(text: str, made_of: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    """A task that `annotate` made of another text."""
    own = {"unit_key": "k", "article_id": "a", "group": "a", "unit": "article", "unit_start": 0}
    return task(*annotations, text=text, text_sha256=text_sha256(made_of), **own)


def annotation(
    *result: dict[str, Any], number: int = 1, by: Any = 1, **more: Any
) -> dict[str, Any]:
    """A finished annotation."""
    return {
        "id": number,
        "completed_by": by,
        "result": list(result),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-02T00:00:00Z",
        "lead_time": 3.5,
        **more,
    }


def region(
    name: str, start: Any, end: Any, label: str, control: str = "entity", **value: Any
) -> dict[str, Any]:
    """A span of the text."""
    return {
        "id": name,
        "from_name": control,
        "to_name": "text",
        "type": "labels",
        "value": {"start": start, "end": end, "labels": [label], **value},
    }


def choice(name: str, control: str, *chosen: str) -> dict[str, Any]:
    """A choice on a region, or on the task where `name` is no region's."""
    value = {"choices": list(chosen)}
    return {"id": name, "from_name": control, "to_name": "text", "type": "choices", "value": value}


def relation(start: str, end: str, *labels: str) -> dict[str, Any]:
    """A relation between two regions."""
    item: dict[str, Any] = {"from_id": start, "to_id": end, "type": "relation"}
    return {**item, "direction": "right", **({"labels": list(labels)} if labels else {})}


def gather_tasks(scheme: str, *tasks: Any, repair: bool = False) -> Gathering:
    """Gather tasks as the one export that holds them."""
    return gather_bytes(scheme, json.dumps(tasks).encode(), repair=repair)


def gather_bytes(
    scheme: str, *exports: bytes, repair: bool = False, keep_results: bool = False
) -> Gathering:
    """Gather the bytes of exports with the shipped config."""
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for number, data in enumerate(exports):
            path = Path(folder) / f"{number}.json"
            path.write_bytes(data)
            sources.append(open_input(str(path)))
        kind, config = load_scheme(scheme), shipped_config(scheme)
        tasks = stream(sources, kind, config, KEY, repair=repair, keep_results=keep_results)
        return tasks.gather()


def codes(gathering: Gathering) -> list[tuple[str, str, bool]]:
    """What was set aside: (code, kind, root), after checking that the account is closed."""
    gathering.ledger.close(max_rejects=10**9)
    return [(e.code, e.kind, e.root) for e in gathering.ledger.set_aside]
