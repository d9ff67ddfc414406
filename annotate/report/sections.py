"""The manifest and the log of a version -> the sections that state plain facts."""

from __future__ import annotations

from collections.abc import Mapping

from annotate.consensus.wording import LEADING
from annotate.dataset.card.facts import citation, limits
from annotate.dataset.manifest import Manifest
from annotate.dataset.splits import SPLITS
from annotate.report.charts import bar
from annotate.report.content import Content
from annotate.report.html import Child, Html, element, escape, join, table, words
from annotate.report.marked import label_badge
from annotate.schemes.colours import Palette
from annotate.store.derive import listed
from annotate.store.log import Log, VersionEntry

_COUNTED = {
    "tasks": "tasks in the inputs",
    "tasks_without_annotation": "of them without an annotation that counts, so not in the dataset",
    "annotations_read": "annotations read",
    "annotations_kept": "annotations kept",
    "skipped": "skipped by the annotator",
    "drafts": "drafts, not read",
    "duplicate": "duplicates",
    "ground_truth": "ground truths among those kept",
    "empty": "saying that there is nothing",
    "regions_read": "spans read",
    "regions_kept": "spans kept",
    "relations_read": "relations read",
    "relations_kept": "relations kept",
    "choices_read": "choices read",
    "choices_kept": "choices kept",
}
"""Counts of the ledger in the words of the page; one that is not here keeps its own name."""


def tiles(manifest: Manifest) -> Html:
    """The numbers that come first."""
    numbers = manifest.numbers
    labels = sum(n for found in numbers.labels.values() for n in found.values())
    rows = manifest.rows()
    shown: list[tuple[str, str, str]] = [
        ("articles", f"{numbers.articles:,}", f"{numbers.stories:,} stories"),
        ("rows", f"{sum(rows.values()):,}", ", ".join(f"{s} {n:,}" for s, n in rows.items())),
        ("labels in gold", f"{labels:,}", f"of {len(numbers.labels)} kinds"),
        (
            "annotations",
            f"{sum(numbers.annotators.values()):,}",
            f"{len(numbers.annotators)} annotators",
        ),
    ]
    valued = [f for f in numbers.agreement.figures if f.value is not None]
    figure = next((f for f in valued if f.name in LEADING), next(iter(valued), None))
    if figure is not None and figure.value is not None:
        of = f" of {figure.of}" if figure.of else ""
        between = "" if figure.low is None else f", {figure.low:.2f} to {figure.high:.2f}"
        shown.append(("agreement", f"{figure.value:.2f}", f"{figure.name}{of}{between}"))
    cells = (
        element("div", element("dt", name), element("dd", value, element("small", more)))
        for name, value, more in shown
    )
    return element("dl", cells, class_="tiles")


def sizes_section(manifest: Manifest) -> Html:
    """Rows by config and split, and the rule of the splits."""
    splits = [split for split in SPLITS if split in manifest.rows()]
    rows = []
    for key, config in manifest.configs.items():
        found = manifest.rows(key)
        size = sum(file.bytes for file in config.files)
        counts = [f"{found.get(split, 0):,}" for split in splits]
        rows.append(
            (element("code", config.name), *counts, f"{sum(found.values()):,}", f"{size:,}")
        )
    total = sum(manifest.rows().values())
    shares = [
        (split, f"{n:,}", bar(n / total), f"{n / total:.0%}")
        for split, n in manifest.rows().items()
    ]
    return join(
        [
            table(("config", *splits, "all", "bytes"), rows, caption="Rows by config and split"),
            element(
                "p",
                f"Stories were placed by the rule {manifest.split}; a story never stands in two"
                " splits, and what has a split keeps it.",
            ),
            table(("split", "rows", "", "share"), shares, caption="Gold rows by split"),
        ]
    )


def labels_section(manifest: Manifest, palette: Palette) -> Html:
    """How often each label stands in gold, by split."""
    counts = manifest.numbers.labels
    if not counts:
        return element("p", "No label stands in gold.")
    splits = [split for split in SPLITS if split in manifest.rows()]
    totals = {label: sum(found.values()) for label, found in counts.items()}
    most, whole = max(totals.values()), sum(totals.values())
    rows = [
        (
            label_badge(label, palette),
            bar(total / most, palette.style(label)),
            f"{total:,}",
            f"{total / whole:.1%}",
            *(f"{counts[label].get(split, 0):,}" for split in splits),
        )
        for label, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]
    return table(("label", "", "all", "share", *splits), rows, caption="Labels in gold")


def annotators_section(manifest: Manifest) -> Html:
    """Who made how much, under pseudonyms."""
    numbers = manifest.numbers
    found = sorted(numbers.annotators.items(), key=lambda item: (-item[1], item[0]))
    most = max(numbers.annotators.values(), default=1)
    rows = [(words(name), f"{n:,}", bar(n / most)) for name, n in found]
    asked = sorted(numbers.tasks_by_annotations.items(), key=lambda item: int(item[0]))
    said = ", ".join(f"{tasks:,} with {n}" for n, tasks in asked)
    return join(
        [
            element(
                "p",
                "Names are pseudonyms; the key to them is not in the dataset. Tasks by number of"
                f" annotations: {said}.",
            ),
            table(("pseudonym", "annotations", ""), rows, caption="Annotations by annotator"),
        ]
    )


def ledger_section(manifest: Manifest) -> Html:
    """What was read, kept and set aside."""
    rows = [(_COUNTED.get(name, name), f"{n:,}") for name, n in manifest.counts.items() if n]
    aside = sorted(manifest.rejected.items(), key=lambda item: (-item[1], item[0]))
    kept = table(("what", "how many"), rows, caption="What was read and kept")
    if not aside:
        return join([element("p", "Nothing that was read had to be set aside."), kept])
    reasons = [(element("code", code), f"{n:,}") for code, n in aside]
    return join(
        [
            element(
                "p",
                f"{sum(manifest.rejected.values()):,} parts were set aside, each with its reason.",
            ),
            kept,
            table(("reason", "how many"), reasons, caption="What was set aside"),
        ]
    )


def limits_section(manifest: Manifest) -> Html:
    """What is known to be missing or weak, and the licences of the texts."""
    licences = [
        (words(name or "not recorded"), f"{n:,}") for name, n in manifest.numbers.licences.items()
    ]
    return join(
        [
            element("ul", (element("li", line) for line in limits(manifest))),
            element("h3", "Licence of the texts"),
            table(("licence", "articles"), licences, caption="Articles by licence"),
        ]
    )


def lineage_section(content: Content) -> Html:
    """The versions up to this one, newest first, and what this one was made of."""
    manifest = content.manifest
    older = [e for e in content.log.versions if e.seq <= content.version.entry.seq]
    entries = [
        element("li", _entry(e, content.log), aria_current="true" if e is older[-1] else None)
        for e in reversed(older)
    ]
    renamed = [line for migration in manifest.migrations for line in migration.lines()]
    made = [
        *((f"from {used.name}", element("code", used.sha256)) for used in manifest.inputs),
        *(
            (f"carried over from {used.name}", element("code", used.sha256))
            for used in manifest.carried
        ),
        ("label config", element("code", manifest.config_digest)),
        *([("renamed", words("; ".join(renamed)))] if renamed else []),
        ("policy", f"{manifest.policy}, ties: {manifest.ties} ({manifest.ties_found:,} found)"),
        ("made with", ", ".join(f"{name} {number}" for name, number in manifest.tools.items())),
    ]
    return join(
        [
            element("ol", entries, class_="log", reversed=True),
            element("h3", "What this version was made of"),
            table(("", ""), made, caption="What this version was made of", class_="stack"),
        ]
    )


def _entry(entry: VersionEntry, log: Log) -> Html:
    tags = [tag for tag, version in log.tags.items() if version == entry.version]
    state = "purged" if entry.version in log.purged else None
    state = state or ("holds a retracted article" if entry.version in log.marked else None)
    after = f"{entry.bump}, after {entry.parent}" if entry.parent else "the first"
    facts: list[Child] = [f"{entry.created_at[:10]} · {after}"]
    facts += [f" · tag {tag}" for tag in tags]
    facts += [f" · {state}"] if state else []
    return join(
        [
            element("b", entry.version),
            " ",
            words(entry.message),
            element("div", facts, class_="meta"),
            element("div", "logical hash ", element("code", entry.logical_hash), class_="meta"),
        ]
    )


def load_section(content: Content) -> Html:
    """How to read the version, and how to cite it."""
    manifest = content.manifest
    name, version = manifest.name, manifest.version
    is_listed = any(entry.version == version for entry in listed(content.log))
    place = f"datasets/{name}" if is_listed else f"datasets/{name}/{version}"
    lines = [
        "from datasets import load_dataset",
        "",
        f'gold = load_dataset("{place}", "{version}")',
        f'everyone = load_dataset("{place}", "{version}-annotations")',
    ]
    facts: Mapping[str, Html] = {
        "logical hash": element("code", manifest.logical_hash),
        "made": escape(manifest.created_at),
    }
    return join(
        [
            element("pre", element("code", "\n".join(lines))),
            element(
                "p",
                "The hash names the content, whatever wrote the files; ",
                element("code", f"annotate version verify {name} {version} --deep"),
                " makes it again.",
            ),
            table(("", ""), facts.items(), caption="What names this version", class_="stack"),
            element("pre", element("code", citation(manifest))),
        ]
    )
