"""Annotations made under an older label config -> read in the words of the present one.

Each task carries the digest of the config that it was pushed with. Where that
is another one than the given, migrations say what became of the names. A
config that only gained names needs none. Refused, with the exact differences:
names that are gone without a word, a name that would mean two things, and
migrations that lead elsewhere, in a circle, or from where nothing is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from annotate.annotations.migration import HOW, Migration
from annotate.errors import ConfigError
from annotate.schemes.label_config import LabelConfig


class Renames(NamedTuple):
    """What became of older names, each in the names of the present config."""

    labels: dict[str, dict[str, str]]
    """Control (its present name) -> older label -> present label."""
    controls: dict[str, str]
    relations: dict[str, str]


class _Names(NamedTuple):
    """The names that annotations use, of one config."""

    labels: frozenset[tuple[str, str]]
    controls: frozenset[str]
    relations: frozenset[str]


def compare_configs(before: LabelConfig, after: LabelConfig) -> tuple[list[str], list[str]]:
    """What `after` lost and what it gained, name by name."""
    old, new = _names(before), _names(after)
    return _differences(old, new), _differences(new, old)


def migrate_config(
    config: LabelConfig,
    migrations: Sequence[Migration],
    pushed: Mapping[str, str],
    known: Mapping[str, LabelConfig],
    *,
    carried: Collection[str] = (),
) -> LabelConfig:
    """`config` as it reads annotations of every config in `pushed`.

    `pushed` holds the digest of each config that tasks were pushed with -> the
    first input (the digest of tasks made elsewhere is empty), `known` configs
    by digest, `carried` digests of versions carried over. Raises ConfigError
    where a config in `pushed` is another one and no migration leads from it,
    and for migrations that do not fit or that nothing asks for.
    """
    steps = _by_start(config, migrations)
    migrated = with_older_names(config, compose(config, migrations))
    _refuse_unused(config, steps, {*pushed, *carried})
    for digest, name in pushed.items():
        before = known.get(digest)
        if digest in steps and before is not None:
            _refuse_unsaid(before, migrated)
        elif digest and digest not in steps and digest != config.digest:
            _refuse_lost(digest, name, config, before)
    return migrated


def compose(config: LabelConfig, migrations: Iterable[Migration]) -> Renames:
    """All migrations as one, into the names of `config`.

    Raises ConfigError where one leads elsewhere or in a circle, or names what
    `config` lacks, and where a name would mean two things.
    """
    steps = _by_start(config, migrations)
    composer = _Composer(config)
    for step in steps.values():
        composer.add(step, _later(config, steps, step))
    if composer.wrong:
        wrong = "; ".join(dict.fromkeys(composer.wrong))
        raise ConfigError(f"the migration does not fit: {wrong}", where=config.where, do=HOW)
    return composer.renames


def with_older_names(config: LabelConfig, renames: Renames) -> LabelConfig:
    """`config` with each older name as a further word for what it became."""
    controls = dict(config.controls)
    for name, labels in renames.labels.items():
        known = controls[name]
        older = {old: known.mapped[new] for old, new in labels.items()}
        controls[name] = known._replace(mapped={**known.mapped, **older})
    controls |= {old: controls[new] for old, new in renames.controls.items()}
    older = {old: config.relations[new] for old, new in renames.relations.items()}
    return config._replace(controls=controls, relations={**config.relations, **older})


def rename_result(result: Iterable[Any], renames: Renames) -> list[dict[str, Any]]:
    """What Label Studio stored for one annotation, in the names that the older ones became.

    What is no result, and no name, was set aside when it was read, and is left out.
    """
    return [_rename_item(item, renames) for item in result if isinstance(item, dict)]


def renamed_words(
    before: LabelConfig, config: LabelConfig, renames: Renames
) -> dict[str, dict[str, str]]:
    """Control -> value before -> value now, in the scheme's words, where they differ."""
    found: dict[str, dict[str, str]] = {}
    for name, control in before.controls.items():
        final = renames.controls.get(name, name)
        for old, new in renames.labels.get(final, {}).items():
            word, now = control.mapped.get(old), config.controls[final].mapped[new]
            if word is not None and word != now:
                found.setdefault(control.name, {})[word] = now
    return found


def _rename_item(item: dict[str, Any], renames: Renames) -> dict[str, Any]:
    made = dict(item)
    if isinstance(made.get("labels"), list):
        made["labels"] = _rename(made["labels"], renames.relations)
    name = made.get("from_name")
    if not isinstance(name, str):
        return made
    made["from_name"] = renames.controls.get(name, name)
    names = renames.labels.get(made["from_name"], {})
    value = made.get("value")
    if isinstance(value, dict):
        made["value"] = value | {
            kind: _rename(value[kind], names)
            for kind in ("labels", "choices")
            if isinstance(value.get(kind), list)
        }
    return made


def _rename(labels: Iterable[Any], names: Mapping[str, str]) -> list[Any]:
    """The labels in their new names, each once."""
    return list(dict.fromkeys(names.get(n, n) for n in labels if not isinstance(n, list | dict)))


def _by_start(config: LabelConfig, migrations: Iterable[Migration]) -> dict[str, Migration]:
    """The migrations by the digest of the config before."""
    steps: dict[str, Migration] = {}
    for step in migrations:
        if steps.setdefault(step.before, step) != step:
            raise ConfigError(
                f"two migrations lead from the label config {step.before}",
                where=config.where,
                do="make one of them",
            )
    return steps


def _later(config: LabelConfig, steps: Mapping[str, Migration], step: Migration) -> list[Migration]:
    """The migrations that follow `step`, up to `config`."""
    if step.before == config.digest:
        raise ConfigError(
            f"a migration leads from the label config given, {step.before}, to {step.after}",
            where=config.where,
            do="give the label config that it leads to, with --config",
        )
    way: list[Migration] = []
    digest = step.after
    while digest != config.digest:
        if digest == step.before or any(digest == passed.before for passed in way):
            raise ConfigError(
                f"the migrations lead in a circle, through {digest}",
                where=config.where,
                do="let them lead to the label config given",
            )
        if digest not in steps:
            raise ConfigError(
                f"a migration leads to the label config {digest}, "
                f"and none from there to the one given, {config.digest}",
                where=config.where,
                do="check its `to`, give that config with --config, or the migration that follows",
            )
        way.append(steps[digest])
        digest = steps[digest].after
    return way


def _refuse_unsaid(before: LabelConfig, migrated: LabelConfig) -> None:
    lost, _ = compare_configs(before, migrated)
    if lost:
        raise ConfigError(
            f"the migration does not say what became of {', '.join(lost)}",
            where=migrated.where,
            do="add it to the migration file",
        )


def _refuse_lost(digest: str, name: str, config: LabelConfig, before: LabelConfig | None) -> None:
    if before is None:
        raise ConfigError(
            f"tasks of {name} were pushed with the label config {digest}, "
            f"the one given is {config.digest}, and no version here was made with the former",
            where=config.where,
            do=f"give the config as it was, or {HOW}, "
            f"with from: {digest} (or its file) and to: {config.digest}",
        )
    lost, gained = compare_configs(before, config)
    if lost:
        raise ConfigError(
            f"the label config has changed since tasks of {name} were pushed: "
            f"gone {', '.join(lost)}; new {', '.join(gained) or 'nothing'}",
            where=config.where,
            do=f"{HOW}, with from: {digest} and to: {config.digest}",
        )


def _refuse_unused(config: LabelConfig, steps: Mapping[str, Migration], starts: set[str]) -> None:
    """Raise ConfigError for a migration from a config that nothing was made with."""
    reached = set(starts)
    for start in starts:
        while start in steps:
            start = steps[start].after
            reached.add(start)
    strange = [] if "" in starts else [digest for digest in steps if digest not in reached]
    if strange:
        raise ConfigError(
            f"a migration leads from the label config {strange[0]}, and no task of the inputs "
            f"was pushed with that, but with {', '.join(sorted(starts)) or 'none'}",
            where=config.where,
            do="check its `from`, or leave the migration out",
        )


class _Composer:
    """Follows every name of migrations to what it is called in one config."""

    def __init__(self, config: LabelConfig) -> None:
        self.config = config
        self.renames = Renames({}, {}, {})
        self.wrong: list[str] = []

    def add(self, step: Migration, later: Sequence[Migration]) -> None:
        """Take in one migration; `later` are those that follow it."""
        for control, labels in step.labels.items():
            for old, new in labels.items():
                self._add_label(old, *_after(later, control, new))
        known = self.config
        for old, new in step.controls.items():
            end = _after(later, new)[0]
            self._add_name("control", old, end, known.controls, self.renames.controls)
        for old, new in step.relations.items():
            end = _after_relation(later, new)
            self._add_name("relation", old, end, known.relations, self.renames.relations)

    def _add_label(self, old: str, control: str, label: str) -> None:
        found = self.config.controls.get(control)
        added = self.renames.labels.setdefault(control, {})
        if found is None or label not in found.mapped:
            self.wrong.append(f"{control} {label} is not in the label config")
        elif _differ(old, label, found.mapped, added):
            self.wrong.append(f"{control} {old} would mean two things")
        else:
            added[old] = label

    def _add_name(
        self, kind: str, old: str, new: str, known: Collection[str], added: dict[str, str]
    ) -> None:
        if new not in known:
            self.wrong.append(f"{kind} {new} is not in the label config")
        elif (old in known and old != new) or added.get(old, new) != new:
            self.wrong.append(f"{kind} {old} would mean two things")
        else:
            added[old] = new


def _differ(old: str, label: str, mapped: Mapping[str, str], added: Mapping[str, str]) -> bool:
    """Whether `old` stands for something else than `label` already."""
    word = mapped[label]
    return mapped.get(old, word) != word or mapped[added.get(old, label)] != word


def _after(later: Iterable[Migration], control: str, label: str = "") -> tuple[str, str]:
    """What a control and a label of it are called after the steps that follow."""
    for step in later:
        control = step.controls.get(control, control)
        label = step.labels.get(control, {}).get(label, label)
    return control, label


def _after_relation(later: Iterable[Migration], relation: str) -> str:
    for step in later:
        relation = step.relations.get(relation, relation)
    return relation


def _names(config: LabelConfig) -> _Names:
    return _Names(
        frozenset((name, label) for name, c in config.controls.items() for label in c.mapped),
        frozenset(config.controls),
        frozenset(config.relations),
    )


def _differences(there: _Names, here: _Names) -> list[str]:
    """Names of `there` that `here` has not; a control that is gone stands for its labels."""
    gone = there.controls - here.controls
    labels = sorted(pair for pair in there.labels - here.labels if pair[0] not in gone)
    return [
        *(f"control {name}" for name in sorted(gone)),
        *(f"{control} {label}" for control, label in labels),
        *(f"relation {label}" for label in sorted(there.relations - here.relations)),
    ]
