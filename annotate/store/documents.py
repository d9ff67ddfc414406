"""A manifest -> itself, and the documents that follow from it: the card, the Croissant metadata."""

from __future__ import annotations

from pathlib import Path

from annotate.dataset.card.croissant import make_croissant
from annotate.dataset.card.readme import version_card
from annotate.dataset.manifest import Manifest
from annotate.dataset.rows import Schemas
from annotate.store.folder import CARD, MANIFEST
from annotate.store.local import write_synced


def write_documents(folder: Path, manifest: Manifest, schemas: Schemas) -> None:
    """Write the manifest, and the card and the Croissant metadata that follow from it."""
    write_synced(folder / MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    for name, data in derived_documents(manifest, schemas).items():
        write_synced(folder / name, data)


def derived_documents(manifest: Manifest, schemas: Schemas) -> dict[str, bytes]:
    """The files of a version that can be made again from its manifest and columns."""
    return {
        CARD: version_card(manifest).encode("utf-8"),
        "croissant.json": make_croissant(manifest, schemas),
    }
