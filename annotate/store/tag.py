"""A version -> a name for it, given once and for good."""

from __future__ import annotations

import re

from annotate.dataset.manifest import VERSION
from annotate.errors import InputError, VersionError
from annotate.store.folder import DatasetFolder
from annotate.store.log import TagEntry, append_entry, now
from annotate.store.versions import find_entry, load_log
from annotate.text import check_message

_TAG = re.compile(rf"(?!{VERSION.pattern}$)[A-Za-z0-9][A-Za-z0-9._-]{{0,63}}")


def tag_version(folder: DatasetFolder, version: str, tag: str, *, message: str = "") -> TagEntry:
    """Tag a version.

    Raises InputError for a name or message that cannot be one, VersionError for a version
    that is not there and for a tag that is taken, even by the same version.
    """
    check_message(message)
    if not _TAG.fullmatch(tag) or ".." in tag:
        raise InputError(
            f"{tag!r} is no tag",
            do="use letters, digits, dot, dash and underscore, and no version number",
        )
    while True:
        log = load_log(folder)
        entry = find_entry(folder, log, version)
        if tag in log.tags:
            raise VersionError(
                f"{folder.name} has the tag {tag} on {log.tags[tag]}", do="choose another name"
            )
        with folder.files.committing():
            made = append_entry(
                folder,
                log,
                TagEntry,
                tag=tag,
                version=entry.version,
                created_at=now(),
                message=message,
            )
        if made is not None:
            return made
