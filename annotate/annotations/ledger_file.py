"""The ledger -> a Parquet file, one row an entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotate.annotations.ledger import FLAGS, REASONS, REPAIRS, Ledger
from annotate.files import legible, made_whole, refuse_not_utf8

_FIELDS = ("entry", "code", "sentence", "unit_key", "kind", "part", "detail", "root")
_PLACE = ("file", "task", "annotation", "annotator")


def save_ledger(ledger: Ledger, path: Path) -> int:
    """Write every entry of the ledger; returns how many.

    `entry` is `set_aside`, `superseded`, `flag` or `repair`; `sentence` says
    what the code means; fields that an entry has not are null. Raises InputError for a name
    that Arrow cannot open.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {name: pa.bool_() if name == "root" else pa.string() for name in (*_FIELDS, *_PLACE)}
    rows = [dict.fromkeys(types) | _legible(row) for row in _rows(ledger)]
    refuse_not_utf8(path.absolute())
    with made_whole(path) as made:
        pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(types)), made)
    return len(rows)


def _legible(row: dict[str, Any]) -> dict[str, Any]:
    """The row; names of inputs stand in it, which need not be UTF-8."""
    return {name: legible(v) if isinstance(v, str) else v for name, v in row.items()}


def _rows(ledger: Ledger) -> Iterator[dict[str, Any]]:
    for entry in ledger.set_aside:
        yield {"entry": "set_aside", "sentence": REASONS[entry.code].meaning, **entry._asdict()}
    for older in ledger.superseded:
        sentence = "the same person annotated the task again"
        yield {"entry": "superseded", "sentence": sentence, **older._asdict()}
    for flag in ledger.flags:
        yield {"entry": "flag", "sentence": FLAGS[flag.code], **flag._asdict()}
    for repair in ledger.repairs:
        yield {"entry": "repair", "sentence": REPAIRS[repair.code], **repair._asdict()}
