"""Rows and a manifest -> the files of a version, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from annotate.dataset.arrow import make_table
from annotate.dataset.card import version_card
from annotate.dataset.croissant import make_croissant
from annotate.dataset.layout import SplitWriter, WrittenFile
from annotate.dataset.manifest import DataConfig, DataFile, Manifest
from annotate.dataset.rows import Rows, Schemas
from annotate.dataset.splits import SPLITS
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256, write_synced
from annotate.store.log import LoggedFile

_CONFIG_SUFFIX = {"gold": ""}


def write_data_files(rows: Rows, folder: Path, version: str) -> dict[str, DataConfig]:
    """Write the Parquet files of every config below `folder`, and describe them."""
    (folder / "data").mkdir()
    configs = {}
    for config in rows.rows:
        files = [
            _name_file(written, split)
            for split in SPLITS
            for written in _write_split(rows, config, split, folder, version)
        ]
        suffix = _CONFIG_SUFFIX.get(config, f"-{config}")
        configs[config] = DataConfig(name=f"{version}{suffix}", files=files)
    return configs


def write_texts(folder: Path, manifest: Manifest, schemas: Schemas) -> None:
    """Write the manifest, and the card and the Croissant metadata that follow from it."""
    write_synced(folder / "manifest.json", manifest.model_dump_json(indent=1).encode() + b"\n")
    for name, data in derived_texts(manifest, schemas).items():
        write_synced(folder / name, data)


def derived_texts(manifest: Manifest, schemas: Schemas) -> dict[str, bytes]:
    """The files of a version that can be made again from its manifest and columns."""
    return {
        "README.md": version_card(manifest).encode("utf-8"),
        "croissant.json": make_croissant(manifest, schemas),
    }


def put_objects(folder: DatasetFolder, staged: Path) -> list[LoggedFile]:
    """Make durable objects of all files in `staged`."""
    return [
        LoggedFile(
            path=path.relative_to(staged).as_posix(),
            sha256=folder.put_object(path),
            bytes=path.stat().st_size,
        )
        for path in sorted(staged.rglob("*"))
        if path.is_file()
    ]


def _write_split(
    rows: Rows, config: str, split: str, folder: Path, version: str
) -> list[WrittenFile]:
    found = make_table(rows.schemas[config], rows.rows[config].get(split, []))
    with SplitWriter(folder / "data", f"{split}-{config}", found.schema) as writer:
        start = 0
        for first, count in rows.batches[config].get(split, []):
            writer.write(found[start : start + count], first or version)
            start += count
    return writer.files


def _name_file(written: WrittenFile, split: str) -> DataFile:
    """Put the hash of its bytes into a file's name."""
    sha = file_sha256(written.path)
    named = written.path.with_stem(f"{written.path.stem}-{sha[:12]}")
    written.path.rename(named)
    return DataFile(
        path=f"data/{named.name}",
        split=split,
        rows=written.rows,
        bytes=named.stat().st_size,
        sha256=sha,
        batches=written.batches,
    )
