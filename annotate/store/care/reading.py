"""Work on versions that fails -> the fault in their files that made it fail, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from annotate.errors import AnnotateError, StateError
from annotate.store.care.faults import is_of_system
from annotate.store.care.verify import verify_version
from annotate.store.versions import Version


@contextmanager
def reading(*versions: Version) -> Iterator[None]:
    """What fails in here for a fault in the files of `versions` is a StateError that names it.

    A file that is damaged, or whose log and manifest somebody made fit it, fails in many
    ways, or in none. So the hashes, and then the rows, are looked at only where something
    fails, and cost nothing else.
    """
    try:
        yield
    except (AnnotateError, MemoryError):
        raise
    except Exception as error:
        if is_of_system(error):
            raise
        for version in versions:
            version.check_files()
        for version in versions:
            _raise_fault(version)
        raise


def _raise_fault(version: Version) -> None:
    """Raise StateError for the first thing in a version's rows that is not as it should be."""
    folder = version.folder
    for fault in verify_version(folder, version.entry, deep=True):
        if fault.file.startswith("data"):
            do = f"run `annotate version verify {folder.name} --deep`"
            raise StateError(fault.what, where=f"{folder.where}/{fault.place}", do=do) from None
