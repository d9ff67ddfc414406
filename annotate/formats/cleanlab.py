"""Every annotator's votes as the tables that cleanlab's multiannotator functions take.

`labels.csv` has `task`, `annotator`, `label` (a whole number), which is what
`convert_long_to_wide_dataset` reads; `classes.json` names the numbers; `examples.csv` has the
text of each task. Holds one label a task and annotator.
The format: https://docs.cleanlab.ai/stable/cleanlab/multiannotator.html
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from annotate.formats.base import Format, Losses, Table
from annotate.formats.csv import open_csv
from annotate.formats.votes import read_votes, vote_labels


class Cleanlab(Format):
    """A folder of three files."""

    name = "cleanlab"
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
            open_csv(path / "labels.csv") as add_vote,
            open_csv(path / "examples.csv") as add_example,
        ):
            add_vote(["task", "annotator", "label"])
            add_example(["task", "text"])
            for vote in read_votes(table, losses):
                add_vote([vote.item, vote.annotator, codes[vote.label]])
                if vote.item not in known:
                    known.add(vote.item)
                    add_example([vote.item, vote.text])
        return losses


FORMATS = (Cleanlab(),)
