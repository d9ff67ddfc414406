"""The log of a dataset -> lines for a person, newest first."""

from __future__ import annotations

from annotate.store.log import Entry, Log, RetractEntry, TagEntry, VersionEntry
from annotate.text import visible


def describe_log(log: Log) -> str:
    """What happened, like a git log: a head line, facts, the message."""
    return "\n\n".join(
        "\n".join(map(visible, _describe(entry, log))) for entry in reversed(log.entries)
    )


def _describe(entry: Entry, log: Log) -> list[str]:
    head, facts = _facts(entry, log)
    words = ["", *entry.message.splitlines()] if entry.message else []
    return [head, *(f"    {line}".rstrip() for line in (*facts, entry.created_at, *words))]


def _facts(entry: Entry, log: Log) -> tuple[str, list[str]]:
    if isinstance(entry, VersionEntry):
        return f"version {entry.version}{_names(entry, log)}", _version_facts(entry)
    if isinstance(entry, TagEntry):
        return f"tag {entry.tag}", [f"on {entry.version}"]
    if isinstance(entry, RetractEntry):
        return f"retracted {', '.join(entry.retracts)}", [f"held by {', '.join(entry.marks)}"]
    return f"purged {', '.join(entry.versions)}", []


def _version_facts(entry: VersionEntry) -> list[str]:
    size = sum(file.bytes for file in entry.files)
    facts = [
        f"{entry.bump}, after {entry.parent}" if entry.parent else "the first",
        f"logical hash {entry.logical_hash}",
        f"{len(entry.files)} files, {size:,} bytes",
    ]
    if entry.retracts:
        facts.append(f"without the retracted {', '.join(entry.retracts)}")
    return facts


def _names(entry: VersionEntry, log: Log) -> str:
    names = [f"tag: {tag}" for tag, version in log.tags.items() if version == entry.version]
    if entry is log.versions[-1]:
        names.insert(0, "newest")
    if entry.version in log.purged:
        names.append("purged")
    elif entry.version in log.marked:
        names.append("retracted")
    return f" ({', '.join(names)})" if names else ""
