"""Annotations made under an older label config -> read in the words of the present one.

Each task carries the digest of the config that it was pushed with. Where that
is another one than the given, a migration file says what became of the names:

    from: 3f2a…            # digest of the config before, or the file it is in
    to: 9b1c…              # digest of the config after, or the file it is in
    labels:
      entity: {GPE: PLACE, LOC: PLACE}     # control: {before: after}; two may become one
    controls: {span: entity}
    relations: {attributed_to: source}

A config that only gained names needs none. Refused, with the exact differences:
names that are gone without a word, and a name that would mean two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from annotate.annotations.read import read_tasks
from annotate.annotations.source import Source
from annotate.errors import ConfigError, InputError
from annotate.schemes.label_config import LabelConfig, read_label_config

T = TypeVar("T")

CONFIG_DIGEST = "config_digest"
"""Field of a task's data: the digest of the label config that it was pushed with."""

_HOW = "say in a migration file what became of the names (from, to, labels, controls, relations)"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Migration(BaseModel):
    """What became of the names of one label config in the next."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    before: str = Field(alias="from", pattern="^[0-9a-f]{64}$")
    """Digest of the config before."""
    after: str = Field(alias="to", pattern="^[0-9a-f]{64}$")
    """Digest of the config after."""
    labels: dict[str, dict[str, str]] = {}
    """Control (its name after) -> label before -> label after."""
    controls: dict[str, str] = {}
    """Control before -> control after."""
    relations: dict[str, str] = {}
    """Relation label before -> relation label after."""

    def lines(self) -> list[str]:
        """Each renaming as a person would say it."""
        said = [f"control {old} became {new}" for old, new in self.controls.items()]
        for control, names in self.labels.items():
            said += [f"{control} {old} became {new}" for old, new in names.items()]
        return said + [f"relation {old} became {new}" for old, new in self.relations.items()]


class _Names(NamedTuple):
    """The names that annotations use, of one config."""

    labels: frozenset[tuple[str, str]]
    controls: frozenset[str]
    relations: frozenset[str]


def read_migration(path: str | Path) -> Migration:
    """Read a migration file (YAML, or JSON). Raises InputError naming everything wrong."""
    path = Path(path)
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such migration file", where=str(path)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None
    if not isinstance(written, dict):
        raise InputError("is no migration: it has no names", where=str(path), do=_HOW)
    for end in ("from", "to"):
        named = written.get(end)
        if isinstance(named, str) and not _DIGEST.fullmatch(named):
            written[end] = read_label_config(path.parent / named).digest
    try:
        return Migration.model_validate(written)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(wrong, where=str(path), do=_HOW) from None


def pushed_digests(sources: Iterable[Source]) -> dict[str, str]:
    """Digest of each label config that tasks of `sources` were pushed with -> the first input."""
    found: dict[str, str] = {}
    for source in sources:
        for task in read_tasks(source):
            digest = (task.data or {}).get(CONFIG_DIGEST)
            if isinstance(digest, str):
                found.setdefault(digest, source.name)
    return found


def compare_configs(before: LabelConfig, after: LabelConfig) -> tuple[list[str], list[str]]:
    """What `after` lost and what it gained, name by name."""
    old, new = _names(before), _names(after)
    return _differences(old, new), _differences(new, old)


def migrate_config(
    config: LabelConfig,
    migrations: Sequence[Migration],
    pushed: Mapping[str, str],
    known: Mapping[str, LabelConfig],
) -> LabelConfig:
    """`config` as it reads annotations of every config in `pushed`.

    `known` holds configs of earlier versions by digest. Raises ConfigError
    where a config in `pushed` is another one and no migration leads from it,
    and where one does not fit.
    """
    migrated = config
    for digest, name in pushed.items():
        way = _find_way(digest, config.digest, migrations)
        if way is None:
            _refuse_lost(digest, name, config, known.get(digest))
            continue
        migrated = _extend(migrated, way, config)
        before = known.get(digest)
        if way and before is not None and (lost := compare_configs(before, migrated)[0]):
            raise ConfigError(
                f"the migration does not say what became of {', '.join(lost)}",
                where=config.where,
                do="add it to the migration file",
            )
    return migrated


def _find_way(digest: str, wanted: str, migrations: Sequence[Migration]) -> list[Migration] | None:
    """The migrations from one config to the wanted one, in their order; None without a way."""
    way: list[Migration] = []
    while digest != wanted:
        step = next((m for m in migrations if m.before == digest and m not in way), None)
        if step is None:
            return None
        way.append(step)
        digest = step.after
    return way


def _refuse_lost(digest: str, name: str, config: LabelConfig, before: LabelConfig | None) -> None:
    if before is None:
        raise ConfigError(
            f"tasks of {name} were pushed with the label config {digest}, "
            f"the one given is {config.digest}, and no version here was made with the former",
            where=config.where,
            do=f"give the config as it was, or {_HOW}",
        )
    lost, gained = compare_configs(before, config)
    if lost:
        raise ConfigError(
            f"the label config has changed since tasks of {name} were pushed: "
            f"gone {', '.join(lost)}; new {', '.join(gained) or 'nothing'}",
            where=config.where,
            do=f"{_HOW}, with from: {digest} and to: {config.digest}",
        )


def _extend(config: LabelConfig, way: Sequence[Migration], present: LabelConfig) -> LabelConfig:
    """`config` with the names of each step as further words for those that they became."""
    for place, step in enumerate(way):
        later = way[place + 1 :]
        controls, relations = dict(config.controls), dict(config.relations)
        wrong: list[str] = []
        for control, labels in step.labels.items():
            for old, new in labels.items():
                name, label = _after(later, control, new)
                known = controls.get(name)
                if known is None or label not in known.mapped:
                    wrong.append(f"{name} {label} is not in the label config")
                elif known.mapped.get(old, known.mapped[label]) != known.mapped[label]:
                    wrong.append(f"{name} {old} would mean two things")
                else:
                    controls[name] = known._replace(
                        mapped={**known.mapped, old: known.mapped[label]}
                    )
        ends = {new: _after(later, new)[0] for new in step.controls.values()}
        wrong += _add(controls, step.controls, ends, present.controls, "control")
        ends = {new: _after_relation(later, new) for new in step.relations.values()}
        wrong += _add(relations, step.relations, ends, present.relations, "relation")
        if wrong:
            raise ConfigError(
                f"the migration does not fit: {'; '.join(wrong)}", where=present.where, do=_HOW
            )
        config = config._replace(controls=controls, relations=relations)
    return config


def _add(
    known: dict[str, T],
    renamed: Mapping[str, str],
    ends: Mapping[str, str],
    present: Mapping[str, T],
    kind: str,
) -> list[str]:
    """Let each old name stand for what the new one does at the end; returns what does not fit."""
    wrong = []
    for old, new in renamed.items():
        if ends[new] not in known:
            wrong.append(f"{kind} {ends[new]} is not in the label config")
        elif old in present and old != ends[new]:
            wrong.append(f"{kind} {old} would mean two things")
        else:
            known[old] = known[ends[new]]
    return wrong


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
