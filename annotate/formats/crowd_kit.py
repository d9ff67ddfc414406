"""Every annotator's votes as Crowd-Kit's table: `task`, `worker`, `label`.

A task is a text (and target), or for spans a token. Holds one label a task and worker.
The format: https://crowd-kit.readthedocs.io
"""

from __future__ import annotations

from pathlib import Path

from annotate.formats.base import Format, Losses, Table
from annotate.formats.csv import open_csv
from annotate.formats.votes import read_votes


class CrowdKit(Format):
    """A CSV file that pandas and Crowd-Kit's aggregations read as it is."""

    name = "crowd-kit"
    suffix = ".csv"
    holds_annotator = True
    of_annotators = True
    not_held = "texts, titles, dates and urls"

    def write(self, table: Table, path: Path) -> Losses:
        losses = Losses()
        with open_csv(path) as add:
            add(["task", "worker", "label"])
            for vote in read_votes(table, losses):
                add([vote.item, vote.annotator, vote.label])
        return losses


FORMATS = (CrowdKit(),)
