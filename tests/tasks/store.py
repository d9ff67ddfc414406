"""A store with versions made of the seeds' own hand annotations."""

from __future__ import annotations

import json
from pathlib import Path

from annotate.annotations.pseudonym import PseudonymKey
from annotate.demo.hand import make_result, read_hand
from annotate.pipeline import create_version
from annotate.tasks import build_tasks
from tests.tasks.made import SEEDS, seed_articles


def make_store(folder: Path) -> Path:
    """`entities` and `claims` v1.0.0, of one annotator's first round; returns the store."""
    key = PseudonymKey(b"a key for the tests of suggestions")
    for scheme in ("entities", "claims"):
        tasks = {t.data["url"]: t for t in build_tasks(seed_articles(), scheme)}
        export = []
        path = SEEDS / "annotations" / f"{scheme}.round1.anna.json"
        for number, hand in enumerate(read_hand(path), 1):
            url = (SEEDS / "articles" / hand.article).read_text("utf-8").split("\n")[2]
            task = tasks[url]
            result = make_result(scheme, str(task.data["text"]), hand)
            done = {"id": number, "completed_by": 1, "result": result, "was_cancelled": False}
            export.append({"id": number, "data": task.data, "annotations": [done]})
        exported = folder / f"{scheme}.json"
        exported.write_text(json.dumps(export), encoding="utf-8")
        store = folder / "datasets"
        create_version(scheme, scheme=scheme, inputs=[str(exported)], store=store, key=key)
    return folder / "datasets"
