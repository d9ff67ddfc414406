"""Manifests -> the card of a dataset: a README with YAML configs.

The configs make `load_dataset` work with no code of ours, on the dataset's
folder, on a version's folder and on the Hub. The card is made from the log and
from the owner's words in `card.md`; it can always be made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from annotate.dataset.manifest import DataConfig, Manifest

NEWEST = 20
"""Versions that a dataset's card lists; older ones load by their folder."""
_TASKS = {
    "entities": ["token-classification"],
    "stance": ["text-classification"],
}


def version_card(manifest: Manifest, label_counts: Mapping[str, Mapping[str, int]]) -> str:
    """The card that stands in a version's own folder."""
    body = [
        f"# {manifest.name} {manifest.version}",
        "",
        manifest.message or f"Labels of the scheme {manifest.scheme}.",
        "",
        *_facts(manifest),
        *_sizes(manifest),
        *_labels(label_counts),
        *_limits(manifest),
    ]
    return _front_matter([manifest], prefix=False) + "\n".join(body) + "\n"


def dataset_card(manifests: Sequence[Manifest], owner_words: str, *, older: int = 0) -> str:
    """The card of a dataset.

    `manifests` are the versions it lists, newest first; `older` is how many
    more there are.
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
            f"| {sum(m.rows().values())} | {m.bump} | {_cell(m.message)} |"
            for m in manifests
        ),
        "",
        *([f"{older} older versions are loaded by their folder.", ""] if older else []),
    ]
    return _front_matter(manifests, prefix=True) + "\n".join(body)


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
        "tags": ["annotate", newest.scheme],
        "configs": configs,
        "dataset_info": [
            _info(config) for manifest in manifests for config in manifest.configs.values()
        ],
    }
    if newest.scheme in _TASKS:
        document["task_categories"] = _TASKS[newest.scheme]
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return f"---\n{text}---\n\n"


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


def _facts(manifest: Manifest) -> list[str]:
    return [
        "| | |",
        "|---|---|",
        f"| scheme | {manifest.scheme} |",
        f"| made | {manifest.created_at} |",
        f"| parent | {manifest.parent or 'none'} |",
        f"| change | {manifest.bump} |",
        f"| policy | {manifest.policy}, ties: {manifest.ties} ({manifest.ties_found} found) |",
        f"| annotators | {manifest.annotators} |",
        f"| annotations | {sum(manifest.rows('annotations').values())} |",
        f"| logical hash | `{manifest.logical_hash}` |",
        f"| label config | `{manifest.config_digest}` |",
        "",
    ]


def _sizes(manifest: Manifest) -> list[str]:
    lines = ["| config | split | rows |", "|---|---|---|"]
    for config in manifest.configs.values():
        lines += [f"| `{config.name}` | {file.split} | {file.rows} |" for file in config.files]
    return [*lines, ""]


def _labels(label_counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    lines: list[str] = []
    for path, counts in label_counts.items():
        lines += [f"| {path} | count |", "|---|---|"]
        lines += [f"| {_cell(label)} | {count} |" for label, count in counts.items()]
        lines.append("")
    return lines


def _limits(manifest: Manifest) -> list[str]:
    counts = manifest.counts
    lines = [
        "## What is not in here",
        "",
        f"- tasks without annotation: {counts['tasks_without_annotation']}",
        f"- skipped annotations: {counts['skipped']}, drafts: {counts['drafts']}",
        f"- set aside: {sum(manifest.rejected.values())}"
        + "".join(f"; {code} {n}" for code, n in sorted(manifest.rejected.items())),
    ]
    if "bio" in manifest.configs:
        lines += [
            f"- `{manifest.configs['bio'].name}` holds one tag a token: tokens are runs of word"
            " characters or single other characters, and of nested or overlapping spans the"
            f" outermost is kept ({manifest.bio_dropped} dropped); a border inside a token moves"
            f" to the token's border ({manifest.bio_moved} moved)",
        ]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
