"""A data folder of an older Label Studio -> one of the present version, by way of a copy.

The tables are changed in a copy, which takes the place of the original only
when that has worked; the original stays beside it. Where no table changed it
stays in its place. Refused: a folder that a newer version made.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from annotate.errors import StateError
from annotate.studio.local.database import (
    DATABASE,
    copy_consistently,
    is_newer,
    read_version,
    tables_of,
    write_version,
)
from annotate.studio.local.places import VERSION
from annotate.studio.local.template import migrate_folder


def upgrade_folder(
    python: Path, folder: Path, *, hold: int, on_progress: Callable[[str], None]
) -> None:
    """Bring the database of `folder` to the version that is used now.

    `hold` is the descriptor of a lock that the work holds too. Raises
    StateError where that fails; the folder is then as it was.
    """
    version = read_version(folder)
    if version == VERSION:
        return
    if is_newer(version, VERSION):
        raise StateError(
            f"the data folder is of Label Studio {version}, here is {VERSION}",
            where=str(folder),
            do="install a newer annotate, or choose another data folder",
        )
    on_progress(f"upgrading a copy of the database from {version} to {VERSION}")
    for left_over in folder.glob("upgrading-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="upgrading-") as work:
        copy = Path(work) / DATABASE
        copy_consistently(folder / DATABASE, copy)
        kept = Path(work) / "kept"
        migrate_folder(python, Path(work), hold=hold, on_progress=on_progress)
        if tables_of(copy) == tables_of(folder / DATABASE):
            # as after one that was killed at its end, whose old database stays as it was kept
            write_version(folder)
            return
        # copied, since a start that finds no database makes an empty one
        shutil.copy2(folder / DATABASE, kept)
        kept.replace(folder / f"{DATABASE}.{version}")
        copy.replace(folder / DATABASE)
    write_version(folder)
