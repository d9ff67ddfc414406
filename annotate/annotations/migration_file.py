"""A migration file -> what became of the names of one label config in the next.

    from: 3f2a…            # digest of the config before, or the file it is in
    to: 9b1c…              # digest of the config after, or the file it is in
    labels:
      entity: {GPE: PLACE, LOC: PLACE}     # control: {before: after}; two may become one
    controls: {span: entity}
    relations: {attributed_to: source}

YAML or JSON, and every value in it is a text, so that a label `NO` stays one.
Refused: fields that are not these, a name given twice, aliases (a few lines of
them can stand for gigabytes), a file past 1 MiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from annotate.annotations.migration import HOW, Migration
from annotate.errors import ConfigError, InputError
from annotate.files import listed
from annotate.schemes.label_config import LabelConfig, read_label_config

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 1 << 20


class MigrationFile(NamedTuple):
    """A migration, and the label configs that its file named by their files."""

    migration: Migration
    configs: dict[str, LabelConfig]
    """By digest."""


def read_migrations(migrations: Iterable[str | Path | MigrationFile]) -> list[MigrationFile]:
    """Those of files; one that was read already stays as it is, since a pipe is read once."""
    names = listed(migrations)
    return [one if isinstance(one, MigrationFile) else read_migration(one) for one in names]


def read_migration(path: str | Path) -> MigrationFile:
    """Read a migration file. Raises InputError naming everything wrong in it."""
    path = Path(path)
    written = _load(path)
    if not isinstance(written, dict):
        raise InputError("is no migration: it has no names", where=str(path), do=HOW)
    configs = {}
    for end in ("from", "to"):
        named = written.get(end)
        if named and isinstance(named, str) and not _DIGEST.fullmatch(named):
            config = _read_config(path, end, named)
            configs[config.digest] = config
            written[end] = config.digest
    try:
        return MigrationFile(Migration.model_validate(written), configs)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(wrong, where=str(path), do=HOW) from None


class _Loader(yaml.BaseLoader):
    """Texts, lists and mappings alone, each key once, and nothing twice by an alias."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias (*name)")
        return super().compose_node(parent, index)

    def construct_scalar(self, node: Any) -> Any:
        """A text; JSON escapes a character past U+FFFF as two halves, which YAML leaves apart."""
        try:
            halves = super().construct_scalar(node).encode("utf-16-le", "surrogatepass")
            return halves.decode("utf-16-le")
        except UnicodeDecodeError:
            line = node.start_mark.line + 1
            raise yaml.YAMLError(f"line {line} has half of a surrogate pair") from None

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.YAMLError(f"line {key.start_mark.line + 1} has a name that is no text")
            name = self.construct_scalar(key)
            if name in seen:
                raise yaml.YAMLError(f"{name} stands twice, line {key.start_mark.line + 1}")
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise InputError(f"is larger than {_MOST_BYTES} bytes", where=str(path), do=HOW)
        return yaml.load(data.decode("utf-8-sig"), Loader=_Loader)  # noqa: S506
    except FileNotFoundError:
        raise InputError("no such migration file", where=str(path)) from None
    except RecursionError:
        raise InputError("is nested too deep", where=str(path), do=HOW) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise InputError(f"cannot be read: {said}", where=str(path), do=HOW) from None


def _read_config(path: Path, end: str, named: str) -> LabelConfig:
    try:
        return read_label_config(path.parent / named)
    except ConfigError as error:
        raise InputError(
            f"{end}: {error}",
            where=str(path),
            do="give the digest of the label config (64 hexadecimal digits), or its file",
        ) from None
