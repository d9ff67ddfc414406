"""A planned version -> its manifest: what it holds and where it came from."""

from __future__ import annotations

import platform
from collections import Counter
from importlib.metadata import version as installed
from pathlib import PurePath

from annotate.annotations.notes import Notes
from annotate.dataset.arrow.hashing import logical_hash
from annotate.dataset.arrow.tables import label_lists
from annotate.dataset.manifest import Manifest, UsedInput
from annotate.files import legible
from annotate.schemes.label_config import config_path, shipped_config
from annotate.store.create.plan import Plan, Request
from annotate.store.create.stage import StagedRows, name_configs
from annotate.store.derive import owner_words
from annotate.store.diff.versions import VersionDiff
from annotate.store.folder import DatasetFolder
from annotate.store.local import file_sha256
from annotate.store.log import now
from annotate.store.rowtables import hash_tables
from annotate.text import text_sha256


def make_manifest(
    folder: DatasetFolder,
    number: str,
    plan: Plan,
    notes: Notes,
    request: Request,
    rows: StagedRows,
    diff: VersionDiff,
) -> Manifest:
    """The manifest of a version whose data files are staged."""
    config = request.config
    return Manifest(
        name=folder.name,
        version=number,
        scheme=request.scheme.name,
        parent=plan.before.entry.version if plan.before else None,
        bump=diff.bump,
        message=request.message,
        created_at=now(),
        logical_hash=logical_hash(hash_tables(rows.files), plan.schemas, config.digest),
        configs=name_configs(rows.files, number),
        labels={path: list(names) for path, names in label_lists(plan.schemas["gold"]).items()},
        label_config=config.xml,
        config_digest=config.digest,
        names=dict(request.names),
        migrations=list(request.migrations),
        policy=request.policy,
        ties=request.ties,
        split=plan.split,
        repair=request.repair,
        ties_found=rows.ties,
        bio_dropped=rows.bio_dropped,
        bio_moved=rows.bio_moved,
        changes={split: change._asdict() for split, change in diff.splits.items()},
        counts=dict(rows.ledger.counts),
        rejected=dict(Counter(entry.code for entry in rows.ledger.set_aside)),
        inputs=[UsedInput(name=_portable(name), sha256=sha) for name, sha in notes.inputs.items()],
        carried=[
            UsedInput(name=f"{v.folder.name}@{v.entry.version}", sha256=v.manifest.logical_hash)
            for v in request.carried
        ],
        left_out=list(plan.left_out),
        owner_words=text_sha256(owner_words(folder)),
        key_fingerprint=request.key_fingerprint,
        numbers=rows.numbers,
        guideline=_guideline(request),
        tools={tool: installed(tool) for tool in ("annotate", "pyarrow")}
        | {"python": platform.python_version()},
    )


def _guideline(request: Request) -> str | None:
    """The digest of the guideline, where there is one and its label config was used."""
    name = request.scheme.name
    path = config_path(f"{name}.md")
    if shipped_config(name).digest != request.config.digest or not path.exists():
        return None
    return file_sha256(path)


def _portable(name: str) -> str:
    """A name that says nothing of the machine: a path below the current folder, or a file name."""
    path = PurePath(name)
    return legible(path.name if path.is_absolute() or ".." in path.parts else path.as_posix())
