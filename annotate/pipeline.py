"""The whole way: exports -> checked annotations -> gold -> a version in a store.

Only this module and the command line join the stages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from platformdirs import user_cache_path

from annotate.annotations.gather import Gathering, gather
from annotate.annotations.pseudonym import PseudonymKey, load_key
from annotate.annotations.source import Source, open_input
from annotate.consensus.policy import PolicyName, Ties
from annotate.dataset.manifest import Manifest
from annotate.errors import InputError
from annotate.schemes import load_scheme
from annotate.schemes.label_config import (
    LabelConfig,
    parse_label_config,
    read_label_config,
    shipped_config,
)
from annotate.store.checkout import checkout
from annotate.store.create import Created, make_version
from annotate.store.diff import VersionDiff, compare
from annotate.store.folder import DatasetFolder
from annotate.store.plan import Request
from annotate.store.sides import side_of_version
from annotate.store.versions import Version, open_version
from annotate.studio import find_server, pull_project


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
def input_sources(
    inputs: Sequence[str], projects: Sequence[str], *, or_none: bool = False
) -> Iterator[list[Source]]:
    """Open export files, and pull live projects into files that go again.

    Raises InputError where there is neither, unless `or_none`.
    """
    if not inputs and not projects and not or_none:
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
    split: str | None = None,
    repair: bool = False,
    max_rejects: int = 0,
    message: str = "",
    key: PseudonymKey | None = None,
    carried: Sequence[str] = (),
    dry_run: bool = False,
) -> Created:
    """Make the next version of a dataset from exports; its number follows from the diff.

    The inputs and the versions of `carried` (`NAME@v1.0.0`) are the whole
    content. `split` (`ratio`, `date:2024-01-01` or `outlet`) places the stories
    that have no split yet; None is the rule of the parent. With `dry_run`
    nothing is written and the result is what would be.

    Nothing is written where anything is wrong: an input that cannot be read,
    more set aside than `max_rejects` root causes, a parent of another scheme or
    pseudonym key, no difference from the parent.
    """
    key = key or load_key()
    folder = DatasetFolder(store, name)
    request = Request(
        scheme=load_scheme(scheme),
        config=find_config(scheme, config, names),
        names=dict(names or {}),
        key_fingerprint=key.fingerprint,
        policy=policy,
        ties=ties,
        split=split,
        repair=repair,
        max_rejects=max_rejects,
        message=message,
        carried=[_open_carried(store, item) for item in carried],
    )
    gathering = read_annotations(scheme, inputs, config=config, names=names, repair=repair, key=key)
    return make_version(folder, gathering, request, dry_run=dry_run)


def diff_versions(name: str, old: str, new: str, *, store: str | Path = "datasets") -> VersionDiff:
    """Compare two versions of a dataset, by their gold rows."""
    folder = DatasetFolder(store, name)
    versions = [open_version(folder, wanted) for wanted in (old, new)]
    before, after = (side_of_version(version) for version in versions)
    return compare(before, after, load_scheme(versions[1].manifest.scheme))


def load_version(name: str, version: str | None = None, *, store: str | Path = "datasets") -> Any:
    """The gold rows of a version as a `datasets.DatasetDict`; the newest where none is named."""
    from datasets import load_dataset

    found = open_version(DatasetFolder(store, name), version)
    config = found.manifest.configs["gold"].name
    if found.folder.files.is_local:
        return load_dataset(f"{found.folder.where}/{found.entry.version}", config)
    copy = (
        user_cache_path("annotate")
        / "versions"
        / f"{name}-{config}-{found.manifest.logical_hash[:16]}"
    )
    if not copy.exists():
        checkout(found, copy)
    return load_dataset(str(copy), config)


def version_config(manifest: Manifest) -> LabelConfig:
    """The label config that a version was made with."""
    where = f"{manifest.name} {manifest.version}"
    return parse_label_config(manifest.label_config, where=where, names=manifest.names)


def _open_carried(store: str | Path, item: str) -> Version:
    """The version that `NAME@vX` names."""
    name, _, version = item.partition("@")
    return open_version(DatasetFolder(store, name), version)
