"""What goes to a dataset repository on the Hub with one version, and what may be there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from annotate.errors import StateError
from annotate.store.folder import CARD, LOG
from annotate.store.hub.repo import Content, HubRepo, HubState
from annotate.store.log import ENTRY
from annotate.store.versions import Version

_ENTRY = re.compile(f"{re.escape(LOG)}/{ENTRY.pattern}")
_OF_NOBODY = frozenset({".gitattributes", CARD})
"""What a new repository may hold."""


class Shipment(NamedTuple):
    """What is to be in a repository when a version is there."""

    version: Version
    files: Mapping[str, Content]
    """Those of the version itself, by path."""
    known_by: Mapping[str, Content]
    """Files by which the version is known to be there."""
    add_rest: Callable[[HubState], dict[str, Content]]
    """The files beside the version; raises StateError where the repository does not fit."""


def log_on_hub(state: HubState) -> list[str]:
    """The paths of the log's entries in a repository, oldest first."""
    return sorted(path for path in state.files if _ENTRY.fullmatch(path))


def refuse_others(hub: HubRepo, state: HubState) -> None:
    """Raise StateError where a repository without versions of ours holds something else."""
    if not set(state.files) <= _OF_NOBODY:
        raise StateError(
            "the repository holds something else", where=hub.where, do="name a new one"
        )


def on_hub(beside: Mapping[str, bytes], version: Version, hub: HubRepo) -> dict[str, Content]:
    """The files beside the versions, with a card whose example names the repository."""
    own = f'load_dataset("datasets/{version.manifest.name}"'
    card = beside[CARD].replace(own.encode(), f'load_dataset("{hub.repo}"'.encode())
    return {**beside, CARD: card}
