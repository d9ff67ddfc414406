"""The Parquet files of a version, in the store or staged before the commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from annotate.dataset.manifest import DataConfig


class RowFiles(Protocol):
    """Where the files of each config are."""

    @property
    def configs(self) -> Mapping[str, DataConfig]:
        """`gold`, `annotations` and, for spans, `bio`."""

    def path(self, file: str) -> Path:
        """A local file with the bytes of one of the files."""


class StagedFiles(NamedTuple):
    """Files that are about to become a version."""

    folder: Path
    configs: Mapping[str, DataConfig]

    def path(self, file: str) -> Path:
        """A local file with the bytes of one of the files."""
        return self.folder / file


def paths_by_split(files: RowFiles, config: str) -> dict[str, list[Path]]:
    """The Parquet files of a config, by split; empty where there is no such config."""
    paths: dict[str, list[Path]] = {}
    found = files.configs.get(config)
    for file in found.files if found else []:
        paths.setdefault(file.split, []).append(files.path(file.path))
    return paths
