"""A table and a format -> files on disk, whole or not at all.

Everything is written under another name beside the goal and renamed when it is whole, so that
an error leaves nothing behind. A file that is there is replaced; a folder with anything in it is
refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from annotate.errors import InputError, StateError
from annotate.files import made_whole
from annotate.formats.base import Format, Losses, Table


class Exported(NamedTuple):
    """What an export wrote."""

    rows: int
    labels: int
    """Labels in the rows, before what the format could not hold: spans, their choices,
    relations, choices on a text."""
    ties: int
    losses: Losses


def export_table(table: Table, target: Format, path: Path) -> Exported:
    """Write `table` to `path` in a format.

    Where a format has no place for the annotator, `path` becomes a folder with a file (or
    folder) for each. Raises InputError for a scheme that the format cannot hold and for a path
    that cannot be written, StateError where the table has no row.
    """
    target.check(table.scheme)
    if not len(table.rows):
        raise StateError("no task has a finished annotation", do="annotate and pull again")
    pieces = _pieces(table, target)
    _check_path(path, is_folder=pieces is not None or not target.suffix)
    labels = sum(document.drawing.labels for document in table.documents())
    try:
        with made_whole(path) as made:
            losses = target.write(table, made) if pieces is None else Losses()
            if pieces is not None:
                made.mkdir()
                for name, piece in pieces.items():
                    losses.add(target.write(piece, made / f"{name}{target.suffix}"))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return Exported(len(table.rows), labels, table.ties, losses)


def _pieces(table: Table, target: Format) -> dict[str, Table] | None:
    """The table of each annotator; None where all go into one."""
    names = [column.name for column in table.columns]
    if target.holds_annotator or "annotator" not in names:
        return None
    rows = table.rows.by_value(names.index("annotator"))
    return {name: table._replace(rows=found) for name, found in rows.items()}


def _check_path(path: Path, *, is_folder: bool) -> None:
    if not path.parent.is_dir():
        raise InputError("its folder does not exist", where=str(path))
    if path.is_dir() and not is_folder:
        raise InputError("is a folder", where=str(path), do="name a file")
    if is_folder and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError("is there already", where=str(path), do="name a new folder")
