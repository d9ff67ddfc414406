"""Rows and a manifest -> an immutable version, all or nothing.

Objects first (temporary file, sync, put-if-absent, sync of the folder), then
one log entry by put-if-absent, which is the commit, then the version's folder
by rename, then the card. The last two can be made again from the log and the
objects, so a crash leaves the old or the new version, never a mixture.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from annotate.dataset.arrow import make_table, write_parquet
from annotate.dataset.card import dataset_card, version_card
from annotate.dataset.manifest import DataConfig, DataFile, Manifest
from annotate.dataset.rows import Rows
from annotate.errors import StateError
from annotate.store.local import (
    DatasetFolder,
    file_sha256,
    put_if_absent,
    remove_tree,
    sync_folder,
    write_synced,
)
from annotate.store.log import Entry, LoggedFile, append_entry, last_hash, read_log
from annotate.store.versions import load_manifest

_CONFIG_SUFFIX = {"gold": ""}


def write_data_files(rows: Rows, folder: Path, version: str) -> dict[str, DataConfig]:
    """Write the Parquet files of every config below `folder`, and describe them."""
    (folder / "data").mkdir()
    configs = {}
    for config, by_split in rows.rows.items():
        files = [
            _write_split(rows, config, split, folder, version)
            for split in ("train", "validation", "test")
            if by_split.get(split)
        ]
        suffix = _CONFIG_SUFFIX.get(config, f"-{config}")
        configs[config] = DataConfig(name=f"{version}{suffix}", files=files)
    return configs


def commit_version(
    folder: DatasetFolder,
    staged: Path,
    manifest: Manifest,
    label_counts: Mapping[str, Counter[str]],
    known: list[Entry],
) -> None:
    """Commit the files in `staged` as the version that `manifest` describes.

    `known` is the log that the version was built on. Raises VersionError
    where another writer committed in the meantime.
    """
    write_synced(staged / "manifest.json", manifest.model_dump_json(indent=1).encode() + b"\n")
    card = version_card(manifest, label_counts)
    write_synced(staged / "README.md", card.encode("utf-8"))
    files = [
        LoggedFile(
            path=path.relative_to(staged).as_posix(),
            sha256=folder.put_object(path),
            bytes=path.stat().st_size,
        )
        for path in sorted(staged.rglob("*"))
        if path.is_file()
    ]
    entry = Entry(
        seq=len(known) + 1,
        previous=last_hash(folder, known),
        version=manifest.version,
        parent=manifest.parent,
        logical_hash=manifest.logical_hash,
        created_at=manifest.created_at,
        message=manifest.message,
        files=files,
    )
    append_entry(folder, entry)
    restore_derived(folder)


def restore_derived(folder: DatasetFolder) -> None:
    """Make what follows from the log and the objects: version folders and the card."""
    entries = read_log(folder)
    for entry in entries:
        if not (folder.root / entry.version).is_dir():
            _restore_version(folder, entry)
    if entries:
        write_card(folder, entries)


def write_card(folder: DatasetFolder, entries: list[Entry]) -> None:
    """Write the dataset's README from its versions and the owner's `card.md`."""
    manifests = [load_manifest(folder, entry.version) for entry in reversed(entries)]
    own = folder.root / "card.md"
    words = own.read_text(encoding="utf-8") if own.exists() else ""
    tmp = folder.new_tmp()
    write_synced(tmp / "README.md", dataset_card(manifests, words).encode("utf-8"))
    os.replace(tmp / "README.md", folder.root / "README.md")  # noqa: PTH105
    sync_folder(folder.root)
    remove_tree(tmp)


def _restore_version(folder: DatasetFolder, entry: Entry) -> None:
    tmp = folder.new_tmp()
    for file in entry.files:
        source, target = folder.object_path(file.sha256), tmp / file.path
        if not source.exists() or file_sha256(source) != file.sha256:
            raise StateError(
                f"the object {file.sha256} of {entry.version}/{file.path} is missing or damaged",
                where=str(folder.root),
                do="restore it from a copy",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        put_if_absent(source, target)
        sync_folder(target.parent)
    sync_folder(tmp)
    try:
        tmp.rename(folder.root / entry.version)
    except OSError:
        if not (folder.root / entry.version).is_dir():
            raise
        shutil.rmtree(tmp)
    sync_folder(folder.root)


def _write_split(rows: Rows, config: str, split: str, folder: Path, version: str) -> DataFile:
    found = rows.rows[config][split]
    path = folder / "data" / f"{split}-{config}.parquet"
    write_parquet(make_table(rows.schemas[config], found), path)
    sha = file_sha256(path)
    named = path.with_name(f"{split}-{config}-00000-of-00001-{sha[:12]}.parquet")
    path.rename(named)
    return DataFile(
        path=f"data/{named.name}",
        split=split,
        rows=len(found),
        bytes=named.stat().st_size,
        sha256=sha,
        batches=[(first or version, count) for first, count in rows.batches[config][split]],
    )
