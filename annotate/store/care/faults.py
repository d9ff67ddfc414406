"""What every look at the files of a version shares: what a fault is, and what must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from annotate.dataset.rows import Schemas, make_schemas
from annotate.errors import AnnotateError
from annotate.schemes import load_scheme
from annotate.store.versions import Version

Fault = tuple[str, str]
"""(file of a version, what is wrong with it)."""


def stated_schemas(version: Version) -> Schemas:
    """The columns that the files of each config must have, by scheme and manifest."""
    manifest = version.manifest
    stated = make_schemas(load_scheme(manifest.scheme), manifest.parse_config(), manifest.labels)
    return {name: columns for name, columns in stated.items() if name in manifest.configs}


def as_faults(found: Iterable[Fault], file: str) -> Iterator[Fault]:
    """What is found, and in the end what looking on fails with: Arrow fails in many ways.

    Then `file` is what the log vouches for and nobody can read: somebody made the log fit it.
    """
    try:
        yield from found
    except (AnnotateError, MemoryError):
        raise
    except Exception as error:
        if is_of_system(error):
            raise
        words = " ".join(f"{type(error).__name__}: {error}".split())
        yield file, f"is what the log says, and nothing of a version: {words}"


def is_of_system(error: Exception) -> bool:
    """Whether the system failed, and not a file; an OSError of Arrow has no number."""
    return isinstance(error, OSError) and error.errno is not None
