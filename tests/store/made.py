"""Small exports and datasets, made for the tests of the store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotate.annotations.pseudonym import PseudonymKey
from annotate.pipeline import create_version
from annotate.store.commit import commit_version
from annotate.store.create.version import Created
from annotate.store.documents import write_documents
from annotate.store.folder import DatasetFolder
from annotate.store.log import read_log
from annotate.store.versions import open_version

KEY = PseudonymKey(b"a key for the tests alone")
Spans = Sequence[tuple[int, int, str]]
LABELS = ("PER", "ORG", "GPE")


def config_xml(labels: Sequence[str] = LABELS) -> str:
    """A label config for entities with these labels."""
    from xml.sax.saxutils import quoteattr

    values = "".join(f"<Label value={quoteattr(label)}/>" for label in labels)
    return (
        '<View><Text name="text" value="$text"/>'
        f'<Labels name="entity" toName="text">{values}</Labels></View>'
    )


def task(text: str, annotators: Mapping[int, Spans], **data: Any) -> dict[str, Any]:
    """A task as Label Studio exports it: person -> spans (start, end, label)."""
    annotations = [
        {
            "id": person,
            "completed_by": person,
            "created_at": "2026-01-02T03:04:05Z",
            "lead_time": 1.5,
            "result": [
                {
                    "id": f"r{number}",
                    "type": "labels",
                    "from_name": "entity",
                    "to_name": "text",
                    "value": {
                        "start": start,
                        "end": end,
                        "text": text[start:end],
                        "labels": [label],
                    },
                }
                for number, (start, end, label) in enumerate(spans)
            ],
        }
        for person, spans in annotators.items()
    ]
    return {"id": 1, "data": {"text": text, **data}, "annotations": annotations}


def our_task(
    number: int, text: str = "", *, group: str, start: int = 0, **data: Any
) -> dict[str, Any]:
    """A task as `annotate tasks` makes it, with one entity; its id as a number is `number`."""
    text = text or f"Anna Novak spoke on day {number}."
    return task(
        text,
        {1: [(0, 10, "PER")]},
        unit_key=f"{start:016x}{number:016x}",
        article_id=f"{number:032x}",
        group=group,
        unit="article",
        unit_start=start,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        **data,
    )


def export(path: Path, tasks: Sequence[dict[str, Any]]) -> str:
    """Write an export; returns its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return str(path)


def articles(count: int, *, label: str = "PER", start: int = 0) -> list[dict[str, Any]]:
    """`count` tasks, each with two annotators who agree on one entity."""
    return [
        task(
            f"Anna Novak spoke in Tesk on day {number}.",
            {1: [(0, 10, label)], 2: [(0, 10, label)]},
            url=f"https://example.org/{number}",
            title=f"Day {number}",
            date="2026-01-02",
        )
        for number in range(start, start + count)
    ]


def inputs_folder(store: Path) -> Path:
    """Where `create` leaves what it makes versions of; each process has its own."""
    return store.parent / f"{store.name}-inputs" / str(os.getpid())


def create(
    store: Path,
    tasks: Sequence[dict[str, Any]],
    *,
    name: str = "ents",
    labels: Sequence[str] = LABELS,
    **options: Any,
) -> Created:
    """Make the next version of an entities dataset from tasks."""
    return create_in(store, inputs_folder(store), tasks, name=name, labels=labels, **options)


def create_in(
    store: str | Path,
    work: Path,
    tasks: Sequence[dict[str, Any]],
    *,
    name: str = "ents",
    labels: Sequence[str] = LABELS,
    **options: Any,
) -> Created:
    """As `create`, in any store, with the inputs in the folder `work`."""
    config = work / "config.xml"
    work.mkdir(parents=True, exist_ok=True)
    config.write_text(config_xml(labels), encoding="utf-8")
    inputs = [export(work / "export.json", tasks)] if tasks else []
    return create_version(
        name, scheme="entities", inputs=inputs, store=store, config=config, key=KEY, **options
    )


def commit_lie(folder: DatasetFolder) -> None:
    """Commit v9.0.0 after v1.1.0, with its rows and a logical hash that they do not have."""
    version = open_version(folder)
    with folder.files.stage() as staged:
        shutil.copytree(version.path("manifest.json").parent, staged, dirs_exist_ok=True)
        lie = {"version": "v9.0.0", "parent": "v1.1.0", "logical_hash": "0" * 64}
        manifest = version.manifest.model_copy(update=lie)
        write_documents(staged, manifest, version.schemas())
        assert commit_version(folder, read_log(folder), staged, manifest)
