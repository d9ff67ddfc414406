"""What people use in our place for export -> dataset, each in a process of its own.

    python -m benchmarks.peers EXPORT

Each function takes an export file and a path and writes what that program
makes of it: no checks and no versions, and but for the second no gold and no
tokens. Imports count, since they are in the call. `run_peers` gives what each
took, the middle of three turns; one whose packages are missing, or that fails, is
told by its reason.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import Measure, median_of, run_apart

_TURNS = 3
_TOKEN = re.compile(r"\w+|[^\w\s]")


class Peer(NamedTuple):
    """A way to make a dataset of an export."""

    name: str
    run: Callable[[str, str], int]
    """(export, output) -> rows."""
    needs: str
    """The module that must be there."""


def json_from_list(export: str, out: str) -> int:
    """The script that people write: `json`, a list of dicts, `Dataset.from_list`."""
    import json

    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    tasks = json.loads(Path(export).read_bytes())
    rows = [_row(task) for task in tasks]
    Dataset.from_list(rows).to_parquet(out)
    return len(rows)


def json_same_content(export: str, out: str) -> int:
    """That script, writing what a version holds: gold by majority, annotations, tokens."""
    import json

    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    tasks = json.loads(Path(export).read_bytes())
    gold = [task["data"] | {"entities": _majority(task)} for task in tasks]
    annotations = [_annotation(task, one) for task in tasks for one in task["annotations"]]
    tokens = [_tokens(row) for row in gold]
    Path(out).mkdir()
    for name, rows in (("gold", gold), ("annotations", annotations), ("bio", tokens)):
        Dataset.from_list(rows).to_parquet(f"{out}/{name}.parquet")
    return len(gold)


def datasets_json(export: str, out: str) -> int:
    """`load_dataset("json")`, then `map` to the same rows."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        found = load_dataset("json", data_files=export, split="train", cache_dir=cache)
        found = found.map(_row, remove_columns=found.column_names)
        found.to_parquet(out)
        return len(found)


def pandas_json(export: str, out: str) -> int:
    """`pandas.read_json`, a row a task, `to_parquet`."""
    import pandas as pd

    frame = pd.read_json(export)
    tasks: Any = frame.to_dict("records")
    rows = pd.DataFrame([_row(task) for task in tasks])
    rows.to_parquet(out)
    return len(rows)


def sdk_conll(export: str, out: str) -> int:
    """The SDK's converter to CoNLL, which knows labels only."""
    converter: Any = import_module("label_studio_sdk.converter").Converter
    config = """<View><Labels name="entity" toName="text"><Label value="PER"/></Labels>
    <Text name="text" value="$text"/></View>"""
    converter(config, None).convert_to_conll2003(export, out, is_dir=False)
    return sum(1 for _ in Path(out, "result.conll").open(encoding="utf-8"))


PEERS = (
    Peer("json + Dataset.from_list", json_from_list, "datasets"),
    Peer("json + from_list, same content", json_same_content, "datasets"),
    Peer("datasets: load_dataset + map", datasets_json, "datasets"),
    Peer("pandas.read_json", pandas_json, "pandas"),
    Peer("label-studio-sdk: CoNLL", sdk_conll, "label_studio_sdk.converter"),
)


def run_peers(export: Path) -> dict[str, Measure | str]:
    """What each peer took for `export`, or in a word why it did not run."""
    runs: dict[str, list[Measure]] = {peer.name: [] for peer in PEERS}
    reasons: dict[str, str] = {}
    for peer in _TURNS * PEERS:
        if find_spec(peer.needs) is None:
            reasons[peer.name] = f"{peer.needs} is not installed"
            continue
        with tempfile.TemporaryDirectory() as folder:
            out = str(Path(folder, "out"))
            try:
                runs[peer.name].append(run_apart(peer.run, str(export), out, name=peer.name))
            except subprocess.CalledProcessError as error:
                reasons[peer.name] = f"failed ({error})"
    return {name: reasons.get(name) or median_of(found) for name, found in runs.items()}


def main() -> None:
    """Print a line a peer."""
    for name, found in run_peers(Path(sys.argv[1])).items():
        print(found.line() if isinstance(found, Measure) else f"{name:<36}{found}")


def _row(task: dict[str, Any]) -> dict[str, Any]:
    """Text and spans of all annotations of a task."""
    spans = [
        {key: result["value"][key] for key in ("start", "end", "text")}
        | {"label": (result["value"].get("labels") or [""])[0]}
        for annotation in task["annotations"]
        for result in annotation["result"]
        if result["type"] == "labels"
    ]
    return {"text": task["data"]["text"], "unit_key": task["data"]["unit_key"], "spans": spans}


def _spans(annotation: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans of an annotation, each with its mention."""
    results = annotation["result"]
    mentions = {r["id"]: r["value"]["choices"][0] for r in results if r["type"] == "choices"}
    return [
        {key: result["value"][key] for key in ("start", "end", "text")}
        | {"label": result["value"]["labels"][0], "mention": mentions.get(result["id"], "NAM")}
        for result in results
        if result["type"] == "labels"
    ]


def _annotation(task: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in ("completed_by", "lead_time", "created_at")}
    return {"id": task["data"]["unit_key"], **kept, "entities": _spans(one)}


def _majority(task: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans that more than half of the annotators gave, with who did."""
    voters: dict[tuple[Any, ...], list[int]] = {}
    for one in task["annotations"]:
        for span in _spans(one):
            key = (span["start"], span["end"], span["text"], span["label"], span["mention"])
            voters.setdefault(key, []).append(one["completed_by"])
    names = ("start", "end", "text", "label", "mention")
    most = len(task["annotations"]) / 2
    return [
        dict(zip(names, key, strict=True)) | {"votes": len(who), "voters": who}
        for key, who in sorted(voters.items())
        if len(who) > most
    ]


def _tokens(row: dict[str, Any]) -> dict[str, Any]:
    """The tokens of a row with their BIO tags."""
    found = list(_TOKEN.finditer(row["text"]))
    tags = ["O"] * len(found)
    starts = {token.start(): n for n, token in enumerate(found)}
    for span in row["entities"]:
        inside = "B"
        for n in range(starts.get(span["start"], len(found)), len(found)):
            if found[n].start() >= span["end"]:
                break
            tags[n], inside = f"{inside}-{span['label']}", "I"
    return {"id": row["unit_key"], "tokens": [token.group() for token in found], "tags": tags}


if __name__ == "__main__":
    main()
