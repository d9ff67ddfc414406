"""A store -> its datasets, their versions, and the files of each."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from annotate.dataset.manifest import Manifest
from annotate.errors import StateError, VersionError
from annotate.store.local import DatasetFolder
from annotate.store.log import Entry, read_log


def dataset_names(store: str | Path) -> list[str]:
    """Names of the datasets in a store, sorted."""
    root = Path(store)
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if (p / ".annotate" / "log").is_dir())


def list_versions(folder: DatasetFolder) -> list[Entry]:
    """The versions of a dataset, oldest first."""
    folder.must_exist()
    return read_log(folder)


def load_manifest(folder: DatasetFolder, version: str | None = None) -> Manifest:
    """The manifest of a version, or of the newest where none is named."""
    entries = list_versions(folder)
    known = [entry.version for entry in entries]
    if not known:
        raise VersionError(f"{folder.name} has no version yet")
    wanted = version or known[-1]
    if wanted not in known:
        raise VersionError(
            f"{folder.name} has no version {wanted}", do=f"it has {', '.join(known)}"
        )
    path = folder.root / wanted / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StateError("is missing", where=str(path)) from None
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StateError(f"not a manifest: {reason}", where=str(path)) from None


def config_paths(folder: DatasetFolder, manifest: Manifest, config: str) -> dict[str, list[Path]]:
    """The Parquet files of a config, by split."""
    paths: dict[str, list[Path]] = {}
    for file in manifest.configs[config].files:
        paths.setdefault(file.split, []).append(folder.root / manifest.version / file.path)
    return paths
