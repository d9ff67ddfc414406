"""The whole way: exports -> checked annotations -> gold -> a version in a store.

Only this module and the command line join the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from annotate.annotations.gather import Gathering, ReadWith, TaskStream, stream
from annotate.annotations.migrate import migrate_config
from annotate.annotations.migration import Migration
from annotate.annotations.migration_file import MigrationFile, read_migrations
from annotate.annotations.notes import Notes, note_tasks
from annotate.annotations.pseudonym import PseudonymKey, load_key
from annotate.annotations.source import Source, open_input, open_inputs
from annotate.consensus.policy import PolicyName, Ties, check_policy
from annotate.engine import EngineName, open_engine
from annotate.errors import AnnotateError, ConfigError, UsageError
from annotate.files import listed
from annotate.schemes import load_scheme, scheme_names
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import (
    LabelConfig,
    config_path,
    fit_config,
    parse_label_config,
    read_label_config,
    shipped_config,
)
from annotate.store.care.reading import reading
from annotate.store.create.plan import Request
from annotate.store.create.version import Created, Runners, make_version
from annotate.store.diff.sides import side_of_version
from annotate.store.diff.versions import VersionDiff, compare
from annotate.store.folder import DatasetFolder
from annotate.store.log import log_or_empty
from annotate.store.versions import (
    Version,
    is_here,
    load_log,
    open_named,
    open_version,
    read_manifest,
)
from annotate.text import check_message

if TYPE_CHECKING:
    from annotate.studio.status import ProjectStatus

_WORTH_PROCESSES = 32 << 20
"""Bytes of inputs from which more than one process is worth its start."""
_OF_SHARDS = ("annotate.dataset.shard", "annotate.store.create.parts")
"""Modules that processes load while the inputs are noted."""


def read_annotations(
    scheme: str,
    inputs: Sequence[str | Path | Source],
    *,
    config: str | Path | None = None,
    names: Mapping[str, str] | None = None,
    repair: bool = False,
    key: PseudonymKey | None = None,
    migrations: Sequence[str | Path] = (),
    keep_results: bool = False,
) -> Gathering:
    """Gather the annotations of Label Studio JSON files, and hold them.

    Takes and raises what `stream_annotations` does. What is set aside is listed in the ledger
    and raises nothing before `ledger.close(max_rejects=…)`.
    """
    return stream_annotations(
        scheme,
        inputs,
        config=config,
        names=names,
        repair=repair,
        key=key,
        migrations=migrations,
        keep_results=keep_results,
    ).gather()


def stream_annotations(
    scheme: str,
    inputs: Sequence[str | Path | Source],
    *,
    config: str | Path | LabelConfig | None = None,
    names: Mapping[str, str] | None = None,
    repair: bool = False,
    key: PseudonymKey | None = None,
    migrations: Sequence[str | Path | MigrationFile] = (),
    keep_results: bool = False,
) -> TaskStream:
    """The annotations of Label Studio JSON files, task by task, however many there are.

    `config` is the label config they were made with (the shipped one where
    None), `names` maps its names to ours, `repair` mends what can be proven,
    `migrations` are files that say what became of the names of older configs,
    `keep_results` holds what Label Studio stored beside what was read from it.
    Raises AnnotateError subclasses; ConfigError where tasks were pushed with
    another label config, and names of that are gone without a migration.
    """
    label_config = find_config(scheme, config, names)
    files = read_migrations(migrations)
    return stream(
        open_inputs(inputs),
        load_scheme(scheme),
        label_config,
        key or load_key(),
        repair=repair,
        read_with=_reader(label_config, files, lambda: _shipped(scheme)),
        keep_results=keep_results,
    )


class AgreementSoFar(NamedTuple):
    """The first figure of `annotate agreement` for a project, or why there is none."""

    scheme: str | None
    """None where the label config fits no scheme."""
    name: str | None = None
    of: str | None = None
    """The question that it is about; None is all."""
    value: float | None = None
    low: float | None = None
    """Lower end of the 95 % bootstrap interval."""
    high: float | None = None
    n: int = 0
    """Units that it rests on."""
    undefined: str | None = None
    """Why there is no value, or no interval."""


def follow_project(
    title: str, *, on_progress: Callable[[str], None]
) -> tuple[ProjectStatus, AgreementSoFar]:
    """How far a project is, and how far its annotators agree. Raises StateError without it."""
    from annotate.studio import find_server
    from annotate.studio.status import project_status

    with NamedTemporaryFile(prefix="annotate-", suffix=".json") as file:
        status = project_status(
            find_server(),
            title,
            keep=lambda line: file.write(line + b"\n"),
            on_progress=on_progress,
        )
        file.flush()
        return status, _agreement_so_far(status, open_input(file.name))


def _agreement_so_far(status: ProjectStatus, source: Source) -> AgreementSoFar:
    from annotate.consensus.agreement import overall_figures

    where = f"project {status.title}"
    config = parse_label_config(status.label_config, where=where)
    scheme = next((name for name in scheme_names() if _fits(config, load_scheme(name))), None)
    if scheme is None:
        how = "give it to `annotate agreement SCHEME --project TITLE --config FILE --map …`"
        return AgreementSoFar(None, undefined=f"its label config fits no scheme; {how}")
    if not any(person.annotated for person in status.annotators):
        return AgreementSoFar(scheme, undefined="nobody has annotated yet")
    kind, read_with = load_scheme(scheme), _reader(config, [], lambda: _shipped(scheme))
    source = source._replace(name=where)
    try:
        tasks = stream([source], kind, config, load_key(), read_with=read_with)
        first, *_ = overall_figures(tasks, kind)
        tasks.ledger.close(max_rejects=0)
    except AnnotateError as error:
        return AgreementSoFar(scheme, undefined=str(error))
    return AgreementSoFar(scheme, **first)


def _fits(config: LabelConfig, scheme: Scheme[Any]) -> bool:
    try:
        fit_config(config, scheme.name, scheme.needs, scheme.relations)
    except ConfigError:
        return False
    return True


@contextmanager
def input_sources(
    inputs: Sequence[str], projects: Sequence[str], *, or_none: bool = False
) -> Iterator[list[Source]]:
    """Open export files, and pull live projects into files that go again.

    Raises UsageError where there is neither, unless `or_none`.
    """
    if not inputs and not projects and not or_none:
        raise _no_input()
    with TemporaryDirectory(prefix="annotate-") as folder:
        sources = open_inputs(inputs)
        for number, title in enumerate(projects):
            path = Path(folder) / f"project-{number}.json"
            _pull(title, path)
            sources.append(open_input(str(path))._replace(name=f"project {title}"))
        yield sources


def _no_input() -> UsageError:
    return UsageError("no input", do="name an export, or a project with --project")


def _pull(title: str, path: Path) -> None:
    from annotate.studio import find_server, pull_project

    pull_project(find_server(), project=title, path=path, on_progress=lambda _: None)


def find_config(
    scheme: str, config: str | Path | LabelConfig | None, names: Mapping[str, str] | None = None
) -> LabelConfig:
    """The label config of a file, or the shipped one of the scheme, in our names for its own.

    One that was found already stays as it is.
    """
    load_scheme(scheme)
    if isinstance(config, LabelConfig):
        return config
    return read_label_config(config or config_path(f"{scheme}.xml"), names)


def create_version(
    name: str,
    *,
    scheme: str,
    inputs: Sequence[str | Path | Source],
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
    engine: EngineName | None = None,
    processes: int | None = None,
    scheduler: str | None = None,
    migrations: Sequence[str | Path] = (),
) -> Created:
    """Make the next version of a dataset from exports; its number follows from the diff.

    The inputs and the versions of `carried` (`NAME@v1.0.0`) are the whole
    content. `split` (`ratio`, `date:2024-01-01` or `outlet`) places the stories
    that have no split yet; None is the rule of the parent. `migrations` are
    files that say what became of the names of older label configs. With
    `dry_run` nothing is written and the result is what would be. `engine`,
    `processes` and `scheduler` are those of `open_engine`; None takes as many
    processes as there are cores where the inputs are worth it.

    Nothing is written where anything is wrong. Raises UsageError for no input and for
    options that do not fit, InputError for an input that cannot be read (ExportError) and
    for a label config that lost names without a migration (ConfigError), RejectsError for
    more set aside than `max_rejects` root causes, StateError for a parent of another scheme
    or key, VersionError for no difference from it and for one that is not there, EngineError
    and Unreachable as `open_engine` does.
    """
    check_policy(policy, ties)
    check_message(message)
    inputs = listed(inputs)
    if not inputs and not carried:
        raise _no_input()
    folder = DatasetFolder(store, name)
    key = key or load_key()
    files = read_migrations(migrations)
    request = Request(
        scheme=load_scheme(scheme),
        config=find_config(scheme, config, names),
        migrations=list({file.migration.before: file.migration for file in files}.values()),
        names=dict(names or {}),
        key_fingerprint=key.fingerprint,
        key=key,
        policy=policy,
        ties=ties,
        split=split,
        repair=repair,
        max_rejects=max_rejects,
        message=message,
        carried=[open_named(folder, item) for item in listed(carried)],
    )
    sources = open_inputs(inputs)
    size = sum(len(source.data) for source in sources)
    size += sum(file.bytes for version in request.carried for file in version.entry.files)
    engine = engine or ("local" if size > _WORTH_PROCESSES else "here")
    with _open_runners(engine, processes, scheduler) as runners:
        note = partial(_note_inputs, sources, request, files, folder)
        return make_version(folder, note, runners=runners, dry_run=dry_run)


def diff_versions(name: str, old: str, new: str, *, store: str | Path = "datasets") -> VersionDiff:
    """Compare two versions of a dataset, by their gold rows.

    `old` and `new` are numbers (`v1.0.0`) or tags. Raises VersionError for one that is not there.
    """
    folder = DatasetFolder(store, name)
    versions = [open_version(folder, wanted) for wanted in (old, new)]
    with reading(*versions):
        before, after = (side_of_version(version) for version in versions)
        diff = compare(before, after, load_scheme(versions[1].manifest.scheme))
    return diff._replace(migrations=_migrations_since(folder, *versions))


def load_version(name: str, version: str | None = None, *, store: str | Path = "datasets") -> Any:
    """The gold rows of a version as a `datasets.DatasetDict`; the newest where none is named.

    `version` is a number (`v1.0.0`) or a tag. Raises VersionError where it is not there,
    StateError where a file of it is damaged.
    """
    from datasets import DatasetDict

    from annotate.store.checkout import readable_files
    from annotate.store.rowfiles import paths_by_split

    found = open_version(DatasetFolder(store, name), version)
    paths = paths_by_split(readable_files(found), "gold")
    # `datasets` takes `[`, `*` and `?` in a path for a pattern
    files = {split: [escape(str(path)) for path in some] for split, some in paths.items()}
    # `load_dataset("parquet", …)` is the same, and tells a server of each load
    return DatasetDict.from_parquet(files, config_name=found.configs["gold"].name)


def _migrations_since(folder: DatasetFolder, old: Version, new: Version) -> list[Migration]:
    """The migrations of the versions after `old`, up to `new`."""
    found = [
        migration
        for entry in load_log(folder).kept
        if old.entry.seq < entry.seq <= new.entry.seq and is_here(folder, entry)
        for migration in read_manifest(folder, entry).migrations
    ]
    known = {migration.before for migration in old.manifest.migrations}
    return list({m.before: m for m in found if m.before not in known}.values())


def _note_inputs(
    sources: Sequence[Source],
    request: Request,
    files: Sequence[MigrationFile],
    folder: DatasetFolder,
) -> tuple[Notes, Request]:
    """The tasks that are there, and the request with the config to read them by."""
    read_with = _reader(
        request.config,
        files,
        lambda: _shipped(request.scheme.name) | _past_configs(folder),
        carried=[version.manifest.parse_config() for version in request.carried],
    )
    notes = note_tasks(sources, request.scheme, request.config)
    return notes, request._replace(reading=read_with(notes.pushed))


@contextmanager
def _open_runners(
    engine: EngineName, processes: int | None, scheduler: str | None
) -> Iterator[Runners]:
    """Who checks tasks, and who writes files: processes here, wherever tasks are checked."""
    with open_engine(
        engine, processes=processes, scheduler=scheduler, modules=_OF_SHARDS
    ) as shards:
        if engine != "dask":
            yield Runners(shards, shards)
            return
        with open_engine("local") as written:
            yield Runners(shards, written)


def _reader(
    config: LabelConfig,
    files: Sequence[MigrationFile],
    past: Callable[[], dict[str, LabelConfig]],
    *,
    carried: Sequence[LabelConfig] = (),
) -> ReadWith:
    """What gives the config to read annotations by; `past` is asked only where one differs."""

    def read_with(pushed: Mapping[str, str]) -> LabelConfig:
        if not files and pushed.keys() <= {config.digest, ""}:
            return config
        known = past() | {one.digest: one for one in carried}
        for file in files:
            known |= file.configs
        digests = [one.digest for one in carried]
        migrations = [file.migration for file in files]
        return migrate_config(config, migrations, pushed, known, carried=digests)

    return read_with


def _shipped(scheme: str) -> dict[str, LabelConfig]:
    config = shipped_config(scheme)
    return {config.digest: config}


def _past_configs(folder: DatasetFolder) -> dict[str, LabelConfig]:
    """The label configs of a dataset's versions, by digest."""
    past = log_or_empty(folder).kept
    manifests = [read_manifest(folder, entry) for entry in past if is_here(folder, entry)]
    return {manifest.config_digest: manifest.parse_config() for manifest in manifests}
