"""The whole way: exports -> checked annotations -> gold -> a version in a store.

Only this module and the command line join the stages.
"""

from __future__ import annotations

import datetime as dt
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from annotate.annotations.gather import Gathering, gather
from annotate.annotations.ledger import Place
from annotate.annotations.pseudonym import PseudonymKey, load_key
from annotate.annotations.source import Source, open_input
from annotate.consensus.policy import PolicyName, Ties
from annotate.consensus.resolve import resolve_tasks
from annotate.dataset.arrow import label_lists, read_rows
from annotate.dataset.hashing import logical_hash
from annotate.dataset.manifest import Manifest
from annotate.dataset.rows import Resolved, Rows, make_rows, make_schemas, named_row
from annotate.dataset.splits import Splitter
from annotate.errors import InputError, StateError, VersionError
from annotate.schemes import load_scheme
from annotate.schemes.base import Reject, Scheme
from annotate.schemes.label_config import (
    LabelConfig,
    parse_label_config,
    read_label_config,
    shipped_config,
)
from annotate.store.commit import commit_version, write_data_files
from annotate.store.diff import Side, VersionDiff, compare, differing_ids, next_version
from annotate.store.local import DatasetFolder, remove_tree
from annotate.store.log import Entry, read_log
from annotate.store.versions import config_paths, load_manifest
from annotate.studio import find_server, pull_project

_FIRST = "v1.0.0"


class Created(NamedTuple):
    """What `create_version` made."""

    manifest: Manifest
    gathering: Gathering

    def report(self) -> dict[str, Any]:
        """The document of `version create --json`."""
        counts = self.gathering.ledger.counts
        return {
            "version": self.manifest.version,
            "bump": self.manifest.bump,
            "logical_hash": self.manifest.logical_hash,
            "rows": self.manifest.rows(),
            "tasks": counts["tasks"],
            "annotations": counts["annotations_kept"],
            "regions_read": counts["regions_read"],
            "regions_kept": counts["regions_kept"],
            "rejected": [
                {"code": entry.code, "unit_key": entry.unit_key, "detail": entry.detail}
                for entry in self.gathering.ledger.set_aside
            ],
        }


class _Parent(NamedTuple):
    """What a new version takes from the one before."""

    manifest: Manifest
    rows: dict[str, tuple[str, str]]
    groups: dict[str, str]
    first: dict[str, str]
    annotations: Counter[tuple[str, str]]


def read_annotations(
    scheme: str,
    inputs: Sequence[str | Source],
    *,
    config: str | Path | None = None,
    names: Mapping[str, str] | None = None,
    repair: bool = False,
    key: PseudonymKey | None = None,
) -> Gathering:
    """Gather the annotations of Label Studio JSON files.

    `config` is the label config they were made with (the shipped one where
    None), `names` maps its names to ours, `repair` mends what can be proven.
    Raises AnnotateError subclasses.
    """
    label_config = find_config(scheme, config, names)
    sources = [open_input(item) if isinstance(item, str) else item for item in inputs]
    kind = load_scheme(scheme)
    return gather(sources, kind, label_config, key or load_key(), repair=repair)


@contextmanager
def input_sources(inputs: Sequence[str], projects: Sequence[str]) -> Iterator[list[Source]]:
    """Open export files, and pull live projects into files that go again."""
    if not inputs and not projects:
        raise InputError("no input", do="name an export, or a project with --project")
    with TemporaryDirectory(prefix="annotate-") as folder:
        sources = [open_input(name) for name in inputs]
        for number, title in enumerate(projects):
            path = Path(folder) / f"project-{number}.json"
            pull_project(find_server(), project=title, path=path, on_progress=lambda _: None)
            sources.append(open_input(str(path))._replace(name=f"project {title}"))
        yield sources


def find_config(
    scheme: str, config: str | Path | None, names: Mapping[str, str] | None = None
) -> LabelConfig:
    """The label config of a file, or the shipped one of the scheme."""
    load_scheme(scheme)
    return read_label_config(config, names) if config else shipped_config(scheme)


def create_version(
    name: str,
    *,
    scheme: str,
    inputs: Sequence[str | Source],
    store: str | Path = "datasets",
    config: str | Path | None = None,
    names: Mapping[str, str] | None = None,
    policy: PolicyName = "majority",
    ties: Ties = "drop",
    repair: bool = False,
    max_rejects: int = 0,
    message: str = "",
    key: PseudonymKey | None = None,
) -> Created:
    """Make the next version of a dataset from exports; its number follows from the diff.

    Nothing is written where anything is wrong: an input that cannot be read,
    more set aside than `max_rejects` root causes, a parent of another scheme or
    pseudonym key, no difference from the parent.
    """
    kind, key = load_scheme(scheme), key or load_key()
    folder = DatasetFolder(store, name)
    entries = read_log(folder) if folder.log.is_dir() else []
    parent = _read_parent(folder, entries, scheme, key)
    gathering = read_annotations(scheme, inputs, config=config, names=names, repair=repair, key=key)
    resolved, ties_found = _resolve(gathering, kind, parent, policy=policy, ties=ties)
    gathering.ledger.close(max_rejects=max_rejects)
    if not resolved:
        raise StateError("no task has a finished annotation", do="annotate and pull again")
    label_config = find_config(scheme, config, names)
    labels = parent.manifest.labels if parent else {}
    rows = make_rows(resolved, kind, make_schemas(kind, label_config, labels))
    digest = label_config.digest
    diff = _diff_from_parent(folder, parent, rows, digest, kind)
    folder.create()
    staged = folder.new_tmp()
    try:
        number = next_version(parent.manifest.version, diff.bump) if parent else _FIRST
        manifest = Manifest(
            name=name,
            version=number,
            scheme=scheme,
            parent=parent.manifest.version if parent else None,
            bump=diff.bump,
            message=message,
            created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            logical_hash=logical_hash(rows.hashed, rows.schemas, digest),
            configs=write_data_files(rows, staged, number),
            labels=_label_lists(rows),
            label_config=label_config.xml,
            config_digest=digest,
            names=dict(names or {}),
            policy=policy,
            ties=ties,
            ties_found=ties_found,
            bio_dropped=rows.bio_dropped,
            bio_moved=rows.bio_moved,
            counts=dict(gathering.ledger.counts),
            rejected=dict(Counter(entry.code for entry in gathering.ledger.set_aside)),
            inputs={Path(path).name: sha for path, sha in gathering.inputs.items()},
            key_fingerprint=key.fingerprint,
            annotators=len({a.annotator for task in gathering.tasks for a in task.annotations}),
            tools={tool: installed(tool) for tool in ("annotate", "pyarrow")}
            | {"python": platform.python_version()},
        )
        commit_version(folder, staged, manifest, _count_labels(rows, kind), entries)
    finally:
        remove_tree(staged)
    return Created(manifest, gathering)


def diff_versions(name: str, old: str, new: str, *, store: str | Path = "datasets") -> VersionDiff:
    """Compare two versions of a dataset, by their gold rows."""
    folder = DatasetFolder(store, name)
    before = _read_parent_of(folder, load_manifest(folder, old))
    after = _read_parent_of(folder, load_manifest(folder, new))
    differing = differing_ids(before.rows, after.rows)
    scheme = load_scheme(after.manifest.scheme)
    return compare(_side(folder, before, differing), _side(folder, after, differing), scheme)


def load_version(name: str, version: str | None = None, *, store: str | Path = "datasets") -> Any:
    """The gold rows of a version as a `datasets.DatasetDict`; the newest where none is named."""
    from datasets import load_dataset

    folder = DatasetFolder(store, name)
    manifest = load_manifest(folder, version)
    return load_dataset(str(folder.root), manifest.configs["gold"].name)


def version_config(manifest: Manifest) -> LabelConfig:
    """The label config that a version was made with."""
    where = f"{manifest.name} {manifest.version}"
    return parse_label_config(manifest.label_config, where=where, names=manifest.names)


def _read_parent(
    folder: DatasetFolder, entries: list[Entry], scheme: str, key: PseudonymKey
) -> _Parent | None:
    if not entries:
        return None
    manifest = load_manifest(folder, entries[-1].version)
    if manifest.scheme != scheme:
        raise VersionError(
            f"{folder.name} has the scheme {manifest.scheme}, not {scheme}",
            do="give the new dataset another name",
        )
    if manifest.key_fingerprint != key.fingerprint:
        raise StateError(
            f"{folder.name} was made with the pseudonym key {manifest.key_fingerprint}, "
            f"yours is {key.fingerprint}",
            do="restore that key, or give the new dataset another name",
        )
    return _read_parent_of(folder, manifest)


def _read_parent_of(folder: DatasetFolder, manifest: Manifest) -> _Parent:
    parent = _Parent(manifest, {}, {}, {}, Counter())
    for split, paths in config_paths(folder, manifest, "gold").items():
        for row in read_rows(paths, ["id", "group", "row_hash"]):
            parent.rows[row["id"]] = (split, row["row_hash"])
            parent.groups[row["id"]] = row["group"]
    for file in manifest.configs["gold"].files:
        path = folder.root / manifest.version / file.path
        firsts = (version for version, count in file.batches for _ in range(count))
        for row, first in zip(read_rows([path], ["id"]), firsts, strict=True):
            parent.first[row["id"]] = first
    for paths in config_paths(folder, manifest, "annotations").values():
        for row in read_rows(paths, ["id", "row_hash"]):
            parent.annotations[row["id"], row["row_hash"]] += 1
    return parent


def _resolve(
    gathering: Gathering,
    scheme: Scheme[Any],
    parent: _Parent | None,
    *,
    policy: PolicyName,
    ties: Ties,
) -> tuple[list[Resolved], int]:
    splits = {row: split for row, (split, _) in parent.rows.items()} if parent else {}
    groups = dict(parent.groups) if parent else {}
    groups |= {task.data.unit_key: task.data.group for task in gathering.tasks}
    splitter = Splitter(splits, groups)
    resolved, found = [], 0
    golds = resolve_tasks(gathering.tasks, scheme, policy=policy, ties=ties)
    for task, gold in zip(gathering.tasks, golds, strict=True):
        unit = task.data.unit_key
        split = splitter.split_of(unit, task.data.group)
        if split is None:
            detail = f"the group {task.data.group} stands in two splits already"
            place = Place("", "", "", unit)
            gathering.ledger.add(place, [Reject("split_bridge", "task", "", detail)])
            continue
        found += gold.ties
        first = parent.first.get(unit) if parent else None
        resolved.append(Resolved(task, gold, split, first))
    return resolved, found


def _diff_from_parent(
    folder: DatasetFolder, parent: _Parent | None, rows: Rows, digest: str, scheme: Scheme[Any]
) -> VersionDiff:
    if parent is None:
        return VersionDiff("major", {}, {})
    new = {row.id: (row.split, row.row_hash) for row in rows.hashed if row.config == "gold"}
    differing = differing_ids(parent.rows, new)
    columns = rows.schemas["gold"]
    full = {
        row[0]: named_row(columns, row)
        for found in rows.rows["gold"].values()
        for row in found
        if row[0] in differing
    }
    annotations = Counter((r.id, r.row_hash) for r in rows.hashed if r.config == "annotations")
    side = Side(new, full, annotations, _label_lists(rows), (digest,))
    diff = compare(_side(folder, parent, differing), side, scheme)
    if diff.bump == "none":
        raise VersionError(f"nothing differs from {parent.manifest.version}", where=folder.name)
    return diff


def _side(folder: DatasetFolder, parent: _Parent, differing: set[str]) -> Side:
    manifest = parent.manifest
    full: dict[str, dict[str, Any]] = {}
    for paths in config_paths(folder, manifest, "gold").values():
        full |= {row["id"]: row for row in read_rows(paths) if row["id"] in differing}
    return Side(parent.rows, full, parent.annotations, manifest.labels, (manifest.config_digest,))


def _label_lists(rows: Rows) -> dict[str, list[str]]:
    return {path: list(names) for path, names in label_lists(rows.schemas["gold"]).items()}


def _count_labels(rows: Rows, scheme: Scheme[Any]) -> dict[str, Counter[str]]:
    """How often each label stands in the gold rows, for the card."""
    columns = rows.schemas["gold"]
    counts = Counter(
        item.label
        for found in rows.rows["gold"].values()
        for row in found
        for item in scheme.labelled(named_row(columns, row))
    )
    return {"label": Counter(dict(sorted(counts.items())))}
