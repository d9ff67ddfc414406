"""Manifests -> the card of a dataset: a README with YAML configs.

The configs make `load_dataset` work with no code of ours, on the dataset's
folder, on a version's folder and on the Hub. The card is made from the log and
from the owner's words in `card.md`; it can always be made again.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml

from annotate.dataset.card.facts import as_words, describe, table_cell
from annotate.dataset.manifest import DataConfig, Manifest

NEWEST = 20
"""Versions that a dataset's card lists; older ones load by their folder."""
_STEPS = tuple(10**n for n in range(3, 13))
_POWERS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
_SIZES = ("n<1K", *(f"{low}<n<{high}" for low, high in pairwise(_POWERS)), "n>1T")
"""As the Hub calls them."""
_LICENCES = {
    name.lower(): name.lower()
    for name in (
        *("CC0-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0"),
        *("CC-BY-SA-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0"),
        *("CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0"),
        *("CC-BY-NC-SA-4.0", "MIT", "Apache-2.0"),
    )
}
"""Licences that the Hub knows by name; it refuses a card with another one."""
_TASKS = {
    "entities": ["token-classification"],
    "stance": ["text-classification"],
}


def version_card(manifest: Manifest) -> str:
    """The card that stands in a version's own folder."""
    body = [
        f"# {manifest.name} {manifest.version}",
        "",
        as_words(manifest.message) or f"Labels of the scheme {manifest.scheme}.",
        "",
        *describe(manifest),
    ]
    return _front_matter([manifest], prefix=False) + "\n".join(body) + "\n"


def dataset_card(manifests: Sequence[Manifest], owner_words: str, *, older: int = 0) -> str:
    """The card of a dataset.

    `manifests` are the versions it lists, newest first; `owner_words` come
    without their front matter; `older` is how many more there are.
    """
    newest = manifests[0]
    body = [
        f"# {newest.name}",
        "",
        *([owner_words.strip(), ""] if owner_words.strip() else []),
        f"Newest version: `{newest.version}`, scheme {newest.scheme}.",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'gold = load_dataset("datasets/{newest.name}")',
        f'gold = load_dataset("datasets/{newest.name}", "{newest.version}")',
        f'everyone = load_dataset("datasets/{newest.name}", "{newest.version}-annotations")',
        "```",
        "",
        "| version | made | rows | change | message |",
        "|---|---|---|---|---|",
        *(
            f"| [{m.version}]({m.version}/README.md) | {m.created_at[:10]} "
            f"| {sum(m.rows().values())} | {m.bump} | {table_cell(m.message)} |"
            for m in manifests
        ),
        "",
        *([f"{older} older versions are loaded by their folder.", ""] if older else []),
        f"What follows is about {newest.version}.",
        "",
        *describe(newest),
    ]
    return _front_matter(manifests, prefix=True) + "\n".join(body) + "\n"


def part_card(manifest: Manifest, configs: Mapping[str, DataConfig], *, lacking: int) -> str:
    """The card of a version that was hydrated in part: of its rows, those that have a text."""
    part = manifest.model_copy(update={"configs": dict(configs)})
    body = [
        f"# A part of {manifest.name} {manifest.version}",
        "",
        f"{sum(part.rows().values())} of {sum(manifest.rows().values())} gold rows: {lacking} lack"
        " their text, see `lacking.jsonl`. This is not the version, so it has no manifest and no"
        f" logical hash; that of the version is `{manifest.logical_hash}`.",
    ]
    return _front_matter([part], prefix=False) + "\n".join(body) + "\n"


def _front_matter(manifests: Sequence[Manifest], *, prefix: bool) -> str:
    newest = manifests[0]
    configs = [
        _config(config, f"{manifest.version}/" if prefix else "")
        for manifest in manifests
        for config in manifest.configs.values()
    ]
    configs[0]["default"] = True
    document: dict[str, Any] = {
        "pretty_name": newest.name,
        "license": ["unknown"] if newest.withheld else _licences(newest),
        "size_categories": [_SIZES[bisect(_STEPS, sum(newest.rows().values()))]],
        "tags": ["annotate", newest.scheme, *(["offsets-only"] if newest.withheld else [])],
        "configs": configs,
        "dataset_info": [
            _info(config) for manifest in manifests for config in manifest.configs.values()
        ],
    }
    if newest.scheme in _TASKS:
        document["task_categories"] = _TASKS[newest.scheme]
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return f"---\n{text}---\n\n"


def _licences(manifest: Manifest) -> list[str]:
    """The licences of the texts in the Hub's words."""
    found = manifest.numbers.licences
    return sorted({_LICENCES.get(n.lower(), "other") if n else "unknown" for n in found})


def _config(config: DataConfig, prefix: str) -> dict[str, Any]:
    paths: dict[str, list[str]] = {}
    for file in config.files:
        paths.setdefault(file.split, []).append(prefix + file.path)
    files = [{"split": split, "path": found} for split, found in paths.items()]
    return {"config_name": config.name, "data_files": files}


def _info(config: DataConfig) -> dict[str, Any]:
    splits: dict[str, dict[str, Any]] = {}
    for file in config.files:
        split = splits.setdefault(
            file.split, {"name": file.split, "num_bytes": 0, "num_examples": 0}
        )
        split["num_bytes"] += file.bytes
        split["num_examples"] += file.rows
    return {"config_name": config.name, "splits": list(splits.values())}
