"""A version without its texts -> what goes to a repository of such versions.

No log goes, since it names the files with texts, and so no `version pull` can
take the repository for the dataset. A repository that holds texts, or another
dataset, is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from annotate.dataset.card.readme import NEWEST
from annotate.dataset.manifest import VERSION, Manifest, version_number
from annotate.errors import StateError
from annotate.store.bare.offsets import WHOLE, write_bare
from annotate.store.derive import beside
from annotate.store.folder import MANIFEST
from annotate.store.hub.repo import Content, HubRepo, HubState
from annotate.store.hub.shipment import Shipment, log_on_hub, on_hub, refuse_others
from annotate.store.log import Log
from annotate.store.versions import Version

_BARE = re.compile(rf"({VERSION.pattern})/{re.escape(WHOLE)}")


def bare_shipment(version: Version, log: Log, hub: HubRepo, folder: Path) -> Shipment:
    """A version without its texts, which are left out in the new folder `folder`."""
    manifest = write_bare(version, folder)
    number = version.entry.version
    files: dict[str, Content] = {
        f"{number}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

    def add_rest(state: HubState) -> dict[str, Content]:
        others = _others(version, log, hub, state)
        shown = {m.version: m for m in others if m.version not in log.marked} | {number: manifest}
        newest = sorted(shown.values(), key=lambda m: version_number(m.version), reverse=True)
        older = len(newest[NEWEST:])
        made = beside(version.folder, newest[:NEWEST], older=older, url=hub.where)
        return on_hub(made, version, hub)

    # other bytes of the same rows (by another pyarrow) are the same version
    known_by = {f"{number}/{WHOLE}": files[f"{number}/{WHOLE}"]}
    return Shipment(version, files, known_by, add_rest)


def _others(version: Version, log: Log, hub: HubRepo, state: HubState) -> list[Manifest]:
    """The manifests of the versions that are there; StateError where they are not ours."""
    if log_on_hub(state):
        raise StateError(
            "the repository holds versions with their texts",
            where=hub.where,
            do="name another one for those without",
        )
    there = [found[1] for path in state.files if (found := _BARE.fullmatch(path))]
    if not there:
        refuse_others(hub, state)
    logged = {entry.version: entry.logical_hash for entry in log.versions}
    manifests = [_fetch(hub, state, number) for number in there]
    for manifest in manifests:
        if (manifest.name, manifest.logical_hash) != (
            version.manifest.name,
            logged.get(manifest.version),
        ):
            raise StateError(
                f"{manifest.name} {manifest.version} on the Hub is not a version of this store",
                where=hub.where,
                do="name another repository",
            )
    return manifests


def _fetch(hub: HubRepo, state: HubState, number: str) -> Manifest:
    with TemporaryDirectory(prefix="annotate-push-") as work:
        path = hub.download(f"{number}/{MANIFEST}", Path(work), revision=state.head)
        try:
            return Manifest.model_validate_json(path.read_bytes())
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StateError(
                f"{number}/{MANIFEST} is no manifest: {reason}", where=hub.where
            ) from None
