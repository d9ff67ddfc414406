"""An empty Label Studio database with its tables made, kept for the next data folder.

Making the tables takes most of a minute, copying the file no time. It is taken
before any user, organisation or secret key exists, so that no two data folders
share one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from annotate.errors import StateError
from annotate.studio.local.database import DATABASE
from annotate.studio.local.install import label_studio_command
from annotate.studio.local.places import VERSION, cache_folder, server_environment, state_folder
from annotate.studio.local.process import last_lines, run_logged
from annotate.studio.locks import locked


def copy_database(python: Path, folder: Path, on_progress: Callable[[str], None]) -> None:
    """Put a migrated, empty database into `folder`, whole or not at all."""
    unfinished = folder / f"{DATABASE}.new"
    unfinished.unlink(missing_ok=True)
    shutil.copyfile(_migrated_database(python, on_progress), unfinished)
    unfinished.chmod(0o600)
    unfinished.replace(folder / DATABASE)


def _migrated_database(python: Path, on_progress: Callable[[str], None]) -> Path:
    database = cache_folder() / f"label-studio-{VERSION}.sqlite3"
    if database.exists():
        return database
    with locked(
        database.with_suffix(".lock"),
        on_wait=lambda: on_progress("waiting for another process to make the database"),
    ) as lock:
        if not database.exists():
            _migrate(python, database, lock, on_progress)
    return database


def _migrate(python: Path, database: Path, lock: int, on_progress: Callable[[str], None]) -> None:
    for left_over in database.parent.glob("migrating-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix="migrating-") as folder:
        migrate_folder(python, Path(folder), hold=lock, on_progress=on_progress)
        (Path(folder) / DATABASE).replace(database)


def migrate_folder(
    python: Path, folder: Path, *, hold: int, on_progress: Callable[[str], None]
) -> None:
    """Give the database in `folder`, or a new one, the tables of the present version.

    Raises StateError where that fails.
    """
    log = state_folder() / "migrate.log"
    log.unlink(missing_ok=True)
    # of the commands that migrate, the one that makes neither user nor organisation
    ask = ["user", "--username", "nobody@annotate.localhost", "--data-dir", str(folder)]
    code = run_logged(
        [*label_studio_command(python), *ask],
        env=server_environment(),
        log=log,
        hold=hold,
        tick=lambda seconds: on_progress(f"making the tables of the database: {seconds} s"),
    )
    if code != 0 or not (folder / DATABASE).exists():
        raise StateError(
            f"Label Studio could not make its database: {last_lines(log)}", where=str(log)
        )
