"""A version in the store -> everything that its page says, as plain data.

Agreement and suspects are made from the rows of at most 500 tasks, those
that the card's figures rest on; examples are also taken from the first rows.
Texts whose licence is not recorded are not passed on: every character of theirs
that is no space becomes a block of the same width, so that labels keep their
places.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from annotate.annotations.gather import GatheredTask
from annotate.consensus.agreement import agreement_report
from annotate.consensus.suspects import suspects_report
from annotate.dataset.arrow.tables import read_columns, read_rows_of
from annotate.dataset.card.agreement import choose_compared, deciding_units
from annotate.dataset.card.records import read_records
from annotate.dataset.manifest import Manifest
from annotate.schemes import load_scheme
from annotate.schemes.base import Drawing, Scheme
from annotate.schemes.colours import Palette
from annotate.store.diff.changes import Changes, FieldEdit, RowEdit, TaskChange, find_changes
from annotate.store.log import Log
from annotate.store.versions import Version, is_here, load_log, read_manifest

EXAMPLES = 4
CHANGES = 20
"""Changed tasks that are shown label by label."""
LONGEST = 6000
"""Characters of a text that may be an example."""
_FIRST = 200
"""Tasks that examples are taken from beside those that are compared."""
_LETTER = re.compile(r"\S")
_VEIL = "▒"
_RETRACTED = "An article that was retracted"


class Example(NamedTuple):
    """A gold row, drawn."""

    row: Mapping[str, Any]
    split: str
    drawing: Drawing
    about: Mapping[str, Any]
    """What the labels are about, such as the target of a stance."""


class Content(NamedTuple):
    """Everything that the page of a version says."""

    version: Version
    log: Log
    palette: Palette
    examples: list[Example]
    agreement: Mapping[str, Any]
    suspects: Mapping[str, Any]
    texts: Mapping[str, str]
    """Task -> its text, or what stands for it."""
    about: Mapping[str, str]
    """Task -> what its labels are about, such as the target of a stance."""
    veiled: bool
    """Whether the words of any text are not shown for want of a licence."""
    changes: Changes | None
    """None for a version without a parent, or whose parent is not in the store."""

    @property
    def manifest(self) -> Manifest:
        """What the version says of itself."""
        return self.version.manifest


def read_content(version: Version, *, allow_unknown: bool, examples: int = EXAMPLES) -> Content:
    """Read everything; `allow_unknown` shows texts of unknown licence too."""
    scheme = load_scheme(version.manifest.scheme)
    log = load_log(version.folder)
    rows, tasks = _read_rows(version, scheme, log.retracted)
    shown = {row["id"]: show_text(row["text"], row["licence"], allow_unknown) for row in rows}
    splits = _splits(version)
    changes = _read_parent(version, log)
    since = changes.shown if changes else []
    drawn = [
        Example(
            {**row, "text": shown[row["id"]]},
            splits[row["id"]],
            scheme.draw(row),
            {name: value for name, value in scheme.context(row).items() if value},
        )
        for row in rows
    ]
    return Content(
        version,
        log,
        Palette(version.manifest.label_config, version.manifest.names),
        choose_examples(drawn, examples),
        agreement_report(tasks, scheme),
        _without_decided(suspects_report(tasks, scheme), rows),
        shown,
        {row["id"]: about for row in rows if (about := _about(scheme, row))},
        any(shown[row["id"]] != row["text"] for row in rows)
        or hides_texts(since, log, allow_unknown=allow_unknown),
        changes and changes._replace(shown=show_changes(since, log, allow_unknown=allow_unknown)),
    )


def show_text(text: str, licence: str | None, allow_unknown: bool) -> str:
    """The text where its licence is known (or that does not matter), else blocks."""
    return text if (licence or "").strip() or allow_unknown else _LETTER.sub(_VEIL, text)


def show_changes(
    changes: Sequence[TaskChange], log: Log, *, allow_unknown: bool
) -> list[TaskChange]:
    """Changes with their texts as `show_text` has them; of retracted articles nothing is shown."""
    return [_show_change(change, log, allow_unknown=allow_unknown) for change in changes]


def hides_texts(changes: Sequence[TaskChange], log: Log, *, allow_unknown: bool) -> bool:
    """Whether `show_changes` leaves out words for want of a licence, not of a retracted article."""
    return any(
        show_text(text, change.licence, allow_unknown) != text
        for change in changes
        if change.article_id not in log.retracted
        for text in (change.before, change.after)
    )


def _show_change(change: TaskChange, log: Log, *, allow_unknown: bool) -> TaskChange:
    gone = change.article_id in log.retracted
    before, after = (
        show_text(text, None if gone else change.licence, allow_unknown and not gone)
        for text in (change.before, change.after)
    )
    shown = change._replace(before=before, after=after)
    if not gone:
        return shown
    return shown._replace(
        title=_RETRACTED,
        context={},
        gold=change.gold and _veil(change.gold),
        annotators={who: _veil(edit) for who, edit in change.annotators.items()},
    )


def _veil(edit: RowEdit) -> RowEdit:
    """The names of the columns that differ, with blocks for what stood in them."""
    fields = (
        FieldEdit(f.name, *(v if v is None else show_text(str(v), None, False) for v in f[1:]))
        for f in edit.fields
    )
    return edit._replace(fields=tuple(fields))


def choose_examples(drawn: Sequence[Example], count: int) -> list[Example]:
    """Rows that show as many different labels and choices as may be, shorter ones first.

    The first is the one that shows most, the next the one that adds most to it.
    """
    waiting = sorted(
        (e for e in drawn if len(e.row["text"]) <= LONGEST),
        key=lambda e: (len(e.row["text"]), e.row["id"]),
    )
    chosen: list[Example] = []
    seen: set[str] = set()
    while waiting and len(chosen) < count:
        best = max(waiting, key=lambda e: len(_kinds(e.drawing) - seen))
        seen |= _kinds(best.drawing)
        waiting.remove(best)
        chosen.append(best)
    return chosen


def _kinds(drawing: Drawing) -> set[str]:
    """What there is to see in a drawing."""
    kinds = {f"{control} {value}" for control, value in drawing.choices.items()}
    for shape in drawing.shapes:
        kinds |= {shape.label, *shape.said}
    return kinds | {f"undecided {name}" for name in drawing.undecided}


def _read_rows(
    version: Version, scheme: Scheme[Any], retracted: Collection[str]
) -> tuple[list[dict[str, Any]], list[GatheredTask]]:
    """The gold rows that the page shows, and what everybody said on those that are compared.

    Where none can be compared, the first ones stand for them. Rows of articles that were
    retracted since are left out.
    """
    asked = dict(_pairs(version, "gold", ["id", "annotators"]))
    said = list(_pairs(version, "annotations", ["id", "annotator"]))
    everybody = Counter(unit for unit, _ in said)
    compared, _ = choose_compared((everybody - Counter(deciding_units(said, asked))).items())
    first = set(islice(asked, _FIRST))
    judged = compared or first
    found = read_rows_of(version.paths("gold"), judged | first)
    rows = [row for row in found if row["article_id"] not in retracted]
    own = read_rows_of(version.paths("annotations"), judged)
    return rows, read_records([row for row in rows if row["id"] in judged], own, scheme)


def _pairs(version: Version, config: str, columns: list[str]) -> Iterator[tuple[Any, Any]]:
    for path in version.paths(config):
        yield from zip(*read_columns(path, columns), strict=True)


def _without_decided(
    report: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Suspects without the ties of rows that were adjudicated, also where nobody else decided."""
    decided = {row["id"] for row in rows if row["policy"] == "adjudicated"}
    return {**report, "ties": [t for t in report["ties"] if t["unit_key"] not in decided]}


def _about(scheme: Scheme[Any], row: Mapping[str, Any]) -> str | None:
    context = scheme.context(row)
    return scheme.stratum(context) if context else None


def _splits(version: Version) -> dict[str, str]:
    return {
        name: split
        for split, paths in version.config_paths("gold").items()
        for path in paths
        for name in read_columns(path, ["id"])[0]
    }


def _read_parent(version: Version, log: Log) -> Changes | None:
    parent = version.manifest.parent
    entry = next((entry for entry in log.kept if entry.version == parent), None)
    if entry is None or not is_here(version.folder, entry):
        return None
    older = Version(version.folder, entry, read_manifest(version.folder, entry)).checked()
    return find_changes(older, version, most=CHANGES)
