"""Every annotator's votes as the tables that cleanlab's multiannotator functions take.

`labels.csv` has `task`, `annotator`, `label` (a whole number), which is what
`convert_long_to_wide_dataset` reads; `classes.json` names the numbers; `examples.csv` has the
text of each task. Holds one label a task and annotator.
The format: https://docs.cleanlab.ai/stable/cleanlab/multiannotator.html
"""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec

from annotate.formats.base import Format, Losses, Table
from annotate.formats.votes import read_votes, vote_labels


class Cleanlab(Format):
    """A folder of three files."""

    name = "cleanlab"
    summary = "votes as task, annotator, label number (every annotator's)"
    suffix = ""
    holds_annotator = True
    of_annotators = True
    not_held = "titles, dates and urls"

    def write(self, table: Table, path: Path) -> Losses:
        losses, labels = Losses(), vote_labels(table)
        codes = {label: code for code, label in enumerate(labels)}
        path.mkdir()
        (path / "classes.json").write_bytes(msgspec.json.encode(labels) + b"\n")
        known: set[str] = set()
        with (
            (path / "labels.csv").open("w", encoding="utf-8", newline="") as votes_file,
            (path / "examples.csv").open("w", encoding="utf-8", newline="") as examples_file,
        ):
            votes = csv.writer(votes_file, lineterminator="\n")
            examples = csv.writer(examples_file, lineterminator="\n")
            votes.writerow(["task", "annotator", "label"])
            examples.writerow(["task", "text"])
            for vote in read_votes(table, losses):
                votes.writerow([vote.item, vote.annotator, codes[vote.label]])
                if vote.item not in known:
                    known.add(vote.item)
                    examples.writerow([vote.item, vote.text])
        return losses


FORMATS = (Cleanlab(),)
