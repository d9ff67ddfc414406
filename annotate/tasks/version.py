"""NAME@VERSION -> the gold rows of a version, read from the store, a folder or an address.

Only the published parts are relied on: `manifest.json` of the version, the
Parquet files that it lists, and the label names that the files carry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from annotate.articles.sources.remote import find_remote
from annotate.errors import VersionError

_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError)
"""What a damaged Parquet file fails with, besides Arrow's own errors."""
_LEFT_OPEN = frozenset({"mention", "mode", "attitude", "negated"})
"""What is null where annotators decided nothing."""
_SPEC = re.compile(r"([a-z0-9][a-z0-9._-]*)@(v\d+\.\d+\.\d+)")


class GoldVersion(NamedTuple):
    """A version of a dataset in a store."""

    name: str
    scheme: str
    files: list[str]
    """Paths or addresses of its gold Parquet files."""
    labels: dict[str, list[str]]
    """The label names of each column that has some."""

    def rows(self, columns: list[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows with the named columns, labels as names.

        Raises VersionError where a file cannot be read, and for a null in a row other than
        of what annotators left open.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in self.files:
            try:
                with _open(path) as raw, pq.ParquetFile(raw) as file:
                    features = _features(file.schema_arrow)
                    for batch in file.iter_batches(batch_size=256, columns=columns):
                        for row in batch.to_pylist():
                            for name in columns:
                                _refuse_null(name, row.get(name))
                            yield {n: _named(value, features.get(n)) for n, value in row.items()}
            except (*_DAMAGED, pa.ArrowException) as error:
                raise VersionError(
                    f"cannot be read: {' '.join(str(error).split())}",
                    where=path,
                    do=f"run `annotate version verify {self.name.partition('@')[0]}`",
                ) from None


def is_version(text: str) -> bool:
    """Whether `text` has the form NAME@VERSION."""
    return _SPEC.fullmatch(text) is not None


def find_version(spec: str, store: str | Path) -> GoldVersion:
    """The version that NAME@VERSION names in a store, a folder or an address.

    Raises VersionError where it does not exist or its manifest cannot be used,
    Unreachable where the store does not answer.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise VersionError(f"{spec!r} is not NAME@VERSION", do="write, for example, claims@v1.0.0")
    folder = "/".join([str(store).rstrip("/"), *match.groups()])
    path = f"{folder}/manifest.json"
    try:
        with _open(path) as file:
            manifest = json.load(file)
        files = [f"{folder}/{file['path']}" for file in manifest["configs"]["gold"]["files"]]
        return GoldVersion(spec, manifest["scheme"], files, manifest["labels"])
    except OSError:
        raise VersionError(
            f"no version {spec}", where=str(store), do="see `annotate version list`"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise VersionError(f"not a manifest: {error}", where=path) from None


def _open(path: str) -> BinaryIO:
    if "://" not in path:
        return Path(path).open("rb")
    for found in find_remote(path, bool):
        return found.opener()
    raise FileNotFoundError(path)


def _refuse_null(path: str, value: Any) -> None:
    """Raise ValueError where a value, or anything that it holds, is null and may not be."""
    name = path.rpartition(".")[2]
    if isinstance(value, dict):
        for field, inner in value.items():
            _refuse_null(f"{path}.{field}", inner)
    elif isinstance(value, list) and name != "source_kind":  # a kind may be open
        for item in value:
            _refuse_null(path, item)
    elif value is None and name not in _LEFT_OPEN:
        raise ValueError(f"a row lacks its {path}")


def _features(schema: Any) -> dict[str, Any]:
    document = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    features: dict[str, Any] = document.get("info", {}).get("features", {})
    return features


def _named(value: Any, feature: Any) -> Any:
    """`value` with the codes of labels replaced by their names."""
    if value is None or feature is None or feature.get("_type") == "Value":
        return value
    if feature.get("_type") == "ClassLabel":
        return feature["names"][value]
    if feature.get("_type") == "List":
        return [_named(item, feature["feature"]) for item in value]
    return {name: _named(item, feature.get(name)) for name, item in value.items()}
