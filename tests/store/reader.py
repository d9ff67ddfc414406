"""A plain program of a user of `datasets`: reads what it is told, prints what it saw.

    python reader.py '[["ents", "v1.0.0", "whole"], …]'

Each item is a path, a config or null, and how to read it: `loaded`, `whole` (streamed
to the end) or `half` (streamed, and left after three rows of every split).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

from datasets import load_dataset


def _labels(features: Any) -> list[str]:
    names: list[str] = []
    if "entities" in features:
        names = features["entities"].feature["label"].names
    elif "ner_tags" in features:
        names = features["ner_tags"].feature.names
    return names


def see(path: str, config: str | None, how: str) -> dict[str, Any]:
    """Rows by split, how many ids differ, the labels, and one row of each split."""
    loaded: Any = load_dataset(path, config, streaming=how != "loaded")
    rows: dict[str, int] = {}
    first: dict[str, Any] = {}
    ids = set()
    for split, found in loaded.items():
        kept: Iterable[Any] = islice(found, 3) if how == "half" else found
        rows[split] = 0
        for row in kept:
            first.setdefault(split, row)
            ids.add(row["id"])
            rows[split] += 1
    labels = _labels(next(iter(loaded.values())).features)
    return {"rows": rows, "ids": len(ids), "labels": labels, "first": first}


if __name__ == "__main__":
    json.dump([see(*item) for item in json.loads(sys.argv[1])], sys.stdout)
    sys.stdout.flush()
