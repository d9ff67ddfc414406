"""A planned version -> its manifest: what it holds and where it came from."""

from __future__ import annotations

import datetime as dt
import platform
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version as installed
from pathlib import PurePath

from annotate.annotations.gather import Gathering
from annotate.dataset.hashing import logical_hash
from annotate.dataset.manifest import DataConfig, Manifest, UsedInput
from annotate.schemes.label_config import config_path, shipped_config
from annotate.store.derive import owner_words
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256
from annotate.store.numbers import count_numbers_of
from annotate.store.plan import Plan, Request
from annotate.store.sides import label_names_of
from annotate.text import text_sha256


def make_manifest(
    folder: DatasetFolder,
    plan: Plan,
    gathering: Gathering,
    request: Request,
    configs: Mapping[str, DataConfig],
) -> Manifest:
    """The manifest of a version whose data files are `configs`."""
    rows, config = plan.rows, request.config
    return Manifest(
        name=folder.name,
        version=plan.number,
        scheme=request.scheme.name,
        parent=plan.parent.manifest.version if plan.parent else None,
        bump=plan.diff.bump,
        message=request.message,
        created_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        logical_hash=logical_hash(rows.hashed, rows.schemas, config.digest),
        configs=dict(configs),
        labels=label_names_of(rows),
        label_config=config.xml,
        config_digest=config.digest,
        names=dict(request.names),
        migrations=list(request.migrations),
        policy=request.policy,
        ties=request.ties,
        split=plan.split,
        repair=request.repair,
        ties_found=plan.ties,
        bio_dropped=rows.bio_dropped,
        bio_moved=rows.bio_moved,
        changes={split: change._asdict() for split, change in plan.diff.splits.items()},
        counts=dict(plan.ledger.counts),
        rejected=dict(Counter(entry.code for entry in plan.ledger.set_aside)),
        inputs=[
            UsedInput(name=_portable(name), sha256=sha) for name, sha in gathering.inputs.items()
        ],
        carried=[
            UsedInput(name=f"{v.folder.name}@{v.entry.version}", sha256=v.manifest.logical_hash)
            for v in request.carried
        ],
        owner_words=text_sha256(owner_words(folder)),
        key_fingerprint=request.key_fingerprint,
        numbers=count_numbers_of(rows, request.scheme),
        guideline=_guideline(request),
        tools={tool: installed(tool) for tool in ("annotate", "pyarrow")}
        | {"python": platform.python_version()},
    )


def _guideline(request: Request) -> str | None:
    """The digest of the guideline, where the annotators had the label config it belongs to."""
    name = request.scheme.name
    if shipped_config(name).digest != request.config.digest:
        return None
    return file_sha256(config_path(f"{name}.md"))


def _portable(name: str) -> str:
    """A name that says nothing of the machine: a path below the current folder, or a file name."""
    path = PurePath(name)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()
