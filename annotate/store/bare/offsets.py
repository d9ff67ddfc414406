"""A version -> a folder of its labels, offsets and digests, without any text.

In it are `manifest.json` (of the files that are there), `whole.json` (what the
version is with its texts, so that hydrating can prove that it made it again),
the card and the Croissant metadata, and the gold and annotations configs. The
tokens of `bio` are the text, so that config is left out. A target that quotes an
article is emptied, and its pieces stand in `whole.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from annotate.dataset.arrow.tables import (
    arrow_schema,
    columns_of,
    features_of,
    read_rows,
    schema_columns,
)
from annotate.dataset.bare.quotes import Pieces, find_quotes
from annotate.dataset.bare.withheld import WITHHELD, bare_columns, bare_row
from annotate.dataset.manifest import DataConfig, Manifest
from annotate.errors import StateError
from annotate.schemes import load_scheme
from annotate.schemes.columns import Column
from annotate.store.care.reading import reading
from annotate.store.checkout import refuse_taken
from annotate.store.datafiles import make_tables, with_batches, write_split
from annotate.store.documents import derived_documents
from annotate.store.folder import MANIFEST
from annotate.store.local import file_sha256, sync_folder, write_synced
from annotate.store.log import LoggedFile
from annotate.store.versions import Version

WHOLE = "whole.json"
_CONFIGS = ("gold", "annotations")


class Whole(BaseModel):
    """A version as it is with its texts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    manifest: Manifest
    files: list[LoggedFile]
    """As they stand in the log."""
    features: dict[str, dict[str, Any]]
    """Config -> the Hugging Face features of its columns, in column order."""
    quoted: dict[str, dict[str, Pieces]]
    """Row id -> column whose value quotes an article -> the pieces that give it."""

    def schemas(self) -> dict[str, tuple[Column, ...]]:
        """The columns of every config, with texts."""
        return {name: columns_of(features) for name, features in self.features.items()}


def checkout_bare(version: Version, target: Path) -> None:
    """Write a version without its texts to `target`, all or nothing.

    Raises InputError where `target` holds something, StateError where the
    version cannot be published without texts.
    """
    refuse_taken(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as work, reading(version):
        made = Path(work) / "bare"
        write_bare(version.checked(), made)
        made.replace(target)
    sync_folder(target.parent)


def write_bare(version: Version, folder: Path) -> Manifest:
    """Write a version without texts into the new folder `folder`.

    Raises StateError where a target repeats an article in a way that no places
    can stand for.
    """
    schemas = version.schemas()
    quoted = _find_quoted(version)
    (folder / "data").mkdir(parents=True)
    configs, bare = {}, {}
    for name in _CONFIGS:
        config, bare[name] = version.manifest.configs[name], bare_columns(schemas[name])
        files = []
        for split, found in groupby(config.files, key=lambda file: file.split):
            rows = (
                (batch, bare_row(bare[name], _without_quotes(row, quoted)))
                for file in found
                for batch, row in with_batches(file, read_rows([version.path(file.path)]))
            )
            tables = make_tables(bare[name], rows)
            files += write_split(folder / "data", name, split, bare[name], tables)
        configs[name] = DataConfig(name=config.name, files=files)
    manifest = version.manifest.model_copy(update={"configs": configs, "withheld": [*WITHHELD]})
    write_synced(folder / MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    whole = Whole(
        manifest=version.manifest,
        files=version.entry.files,
        features={name: features_of(arrow_schema(columns)) for name, columns in schemas.items()},
        quoted=quoted,
    )
    write_synced(folder / WHOLE, whole.model_dump_json(indent=1).encode() + b"\n")
    for path, data in derived_documents(manifest, bare).items():
        write_synced(folder / path, data)
    return manifest


def read_whole(folder: Path) -> Whole:
    """What a folder of offsets says of its version.

    Raises StateError for a folder that is none, or whose files are not those
    that it lists.
    """
    try:
        whole = Whole.model_validate_json((folder / WHOLE).read_bytes())
        manifest = _read_manifest(folder)
    except OSError:
        raise StateError(
            f"is no version without texts: it has no {WHOLE}",
            where=str(folder),
            do="name the folder of one version, as v1.0.0",
        ) from None
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StateError(f"is damaged: {reason}", where=str(folder), do="fetch it again") from None
    for file in (f for name in _CONFIGS for f in manifest.configs[name].files):
        path = folder / file.path
        if not path.is_file() or file_sha256(path) != file.sha256:
            raise StateError(
                f"{file.path} is missing or damaged", where=str(folder), do="fetch it again"
            )
    _check_features(folder, whole, manifest)
    return whole


def _check_features(folder: Path, whole: Whole, manifest: Manifest) -> None:
    """Raise StateError where the columns that a version is said to have are not those here."""
    try:
        schemas = whole.schemas()
        stated = {name: bare_columns(columns) for name, columns in schemas.items()}
        for columns in schemas.values():
            arrow_schema(columns)  # also of what is withheld, and of `bio`
    except (LookupError, TypeError, ValueError, AttributeError):  # features are of any form
        stated = {}
    for name in _CONFIGS:
        path = folder / manifest.configs[name].files[0].path
        if stated.get(name) != schema_columns(path):
            what = f"is damaged: {WHOLE} has other features than {path.name}"
            raise StateError(what, where=str(folder), do="fetch it again")


class BareRow(NamedTuple):
    """A row without its texts."""

    split: str
    batch: str
    """The version in which it first stood."""
    values: dict[str, Any]
    """Labels are names."""


def read_bare(folder: Path, config: str) -> Iterator[BareRow]:
    """The rows of a config in a folder of offsets, in the order of its files."""
    for file in _read_manifest(folder).configs[config].files:
        for batch, row in with_batches(file, read_rows([folder / file.path])):
            yield BareRow(file.split, batch, row)


def _read_manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / MANIFEST).read_bytes())


def _find_quoted(version: Version) -> dict[str, dict[str, Pieces]]:
    """Row id -> column of the scheme's own whose value quotes an article -> its pieces."""
    names, gold = list(load_scheme(version.manifest.scheme).context({})), version.paths("gold")
    values = {row[name] for row in read_rows(gold) for name in names} if names else set()
    quotes, legible = find_quotes(read_rows(gold), values - {None})
    for value in sorted(legible):
        raise StateError(
            f"the target {value[:60]!r} repeats an article in other letters",
            where=version.name,
            do="make a version whose target is in other words",
        )
    quoted: dict[str, dict[str, Pieces]] = {}
    for row in read_rows(gold) if quotes else ():
        found = {name: quotes[row[name]] for name in names if row[name] in quotes}
        if found:
            quoted[row["id"]] = found
    return quoted


def _without_quotes(row: dict[str, Any], quoted: dict[str, dict[str, Pieces]]) -> dict[str, Any]:
    gone = quoted.get(row["id"], {})
    return {name: None if name in gone else value for name, value in row.items()}
