"""A version's recorded inputs -> its logical hash, made again from them alone.

The inputs are found by their SHA-256, under whatever name. Of the store only
the parent is used (for labels, splits and versions carried over).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from annotate.annotations.migrate import compose, with_older_names
from annotate.annotations.notes import note_tasks
from annotate.annotations.pseudonym import PseudonymKey
from annotate.annotations.source import Source, open_inputs
from annotate.dataset.arrow.hashing import logical_hash
from annotate.errors import InputError
from annotate.schemes import load_scheme
from annotate.store.care.reading import reading
from annotate.store.create.plan import Request, make_plan
from annotate.store.create.stage import make_parts, write_files
from annotate.store.create.version import HERE
from annotate.store.folder import DatasetFolder
from annotate.store.log import Log
from annotate.store.rowtables import hash_tables
from annotate.store.versions import Version, load_log, open_named, open_version


class Rebuilt(NamedTuple):
    """A version made again."""

    version: str
    recorded: str
    """The logical hash in the log."""
    found: str
    """The one made now."""

    @property
    def same(self) -> bool:
        """Whether they are equal."""
        return self.recorded == self.found


def rebuild_version(
    folder: DatasetFolder, wanted: str | None, files: Sequence[str], *, key: PseudonymKey
) -> Rebuilt:
    """Make a version again from `files` and from the recorded names below the current folder.

    Raises InputError naming every input that is not among them.
    """
    version = open_version(folder, wanted)
    manifest, entry = version.manifest, version.entry
    log = load_log(folder)
    before = Log([e for e in log.entries if e.seq < entry.seq], None)
    config = manifest.parse_config()
    scheme = load_scheme(manifest.scheme)
    request = Request(
        scheme=scheme,
        config=config,
        names=manifest.names,
        key_fingerprint=manifest.key_fingerprint,
        key=key,
        policy=manifest.policy,
        ties=manifest.ties,
        repair=manifest.repair,
        split=manifest.split,
        max_rejects=sum(manifest.rejected.values()),
        carried=[open_named(folder, used.name) for used in manifest.carried],
        retracts=entry.retracts,
        left_out=manifest.left_out,
        migrations=manifest.migrations,
    )
    sources = _find_inputs(version, files)
    notes = note_tasks(sources, scheme, config)
    renames = compose(config, manifest.migrations)
    request = request._replace(reading=with_older_names(config, renames))
    plan = make_plan(folder, before, notes, request)
    with (
        reading(*request.carried),
        make_parts(plan, notes, request, HERE.shards) as parts,
        TemporaryDirectory(prefix="annotate-") as staged,
    ):
        rows = write_files(plan, parts, request, Path(staged), HERE.files)
        found = logical_hash(hash_tables(rows.files), plan.schemas, config.digest)
    return Rebuilt(entry.version, manifest.logical_hash, found)


def _find_inputs(version: Version, files: Sequence[str]) -> list[Source]:
    named = [used.name for used in version.manifest.inputs if Path(used.name).is_file()]
    by_sha: dict[str, Source] = {}
    for source in open_inputs([*files, *named]):
        by_sha.setdefault(source.sha256, source)
    missing = [used for used in version.manifest.inputs if used.sha256 not in by_sha]
    if missing:
        listed = ", ".join(f"{used.name} (SHA-256 {used.sha256})" for used in missing)
        raise InputError(f"{version.name} was made from {listed}", do="name the files with --from")
    return [by_sha[used.sha256] for used in version.manifest.inputs]
