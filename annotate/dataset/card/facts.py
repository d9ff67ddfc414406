"""A manifest -> the sections of a card: what is in a version and how far to trust it.

Every number stands in the manifest, so a card can be made again from the log
alone. What only people know (why the articles were chosen, who the annotators
are) is for the owner's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from annotate.consensus.wording import figure_name
from annotate.dataset.manifest import AgreementFigure, Manifest
from annotate.dataset.splits import SPLITS

_BAR = 20
"""Characters of the longest bar."""
_MOST_ANNOTATORS = 30
_TENTATIVE = 0.667
_HTML = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)")
"""What begins a tag or stands for a character; elsewhere both are what they are."""
_ENTITIES = {"<": "&lt;", "&": "&amp;"}
_FENCE = re.compile(r"^ {0,3}(?=```|~~~)", re.MULTILINE)
"""Where a block of code begins, which goes on to the next fence, or to the end."""


def describe(manifest: Manifest) -> list[str]:
    """The sections of a version's card as lines of Markdown."""
    return [
        *_facts(manifest),
        *_withheld(manifest),
        *_sizes(manifest),
        *_labels(manifest),
        *_agreement(manifest),
        *_annotators(manifest),
        *_licences(manifest),
        *["## Known limits", "", *(f"- {as_words(line)}" for line in limits(manifest)), ""],
        *_citation(manifest),
    ]


def table_cell(text: str) -> str:
    """A text that cannot break a Markdown table, and is seen as it is."""
    return as_words(text).replace("|", "\\|").replace("\n", " ")


def as_words(text: str) -> str:
    """A text of which Markdown takes nothing for HTML, nor for code that swallows what follows."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FENCE.sub(r"\\", _HTML.sub(lambda found: _ENTITIES[found[0]], lines))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table; columns after the first are aligned to the right."""
    lines = [
        f"| {' | '.join(head)} |",
        f"|---|{'---:|' * (len(head) - 1)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]
    return [*lines, ""]


def _facts(manifest: Manifest) -> list[str]:
    numbers = manifest.numbers
    guideline = (
        f"`label_configs/{manifest.scheme}.md` of annotate, SHA-256 `{manifest.guideline}`"
        if manifest.guideline
        else "not recorded: the label config is not the shipped one"
    )
    renamed = [line for migration in manifest.migrations for line in migration.lines()]
    facts = {
        "scheme": manifest.scheme,
        "made": manifest.created_at,
        "parent": manifest.parent or "none",
        "change": manifest.bump,
        "articles": f"{numbers.articles}, telling {numbers.stories} stories",
        "annotations": f"{sum(numbers.annotators.values())} by {len(numbers.annotators)} people",
        "policy": f"{manifest.policy}, ties: {manifest.ties} ({manifest.ties_found} found)",
        "splits": f"by {manifest.split}; a story never stands in two, an item keeps its split",
        "label config": f"in `manifest.json`, digest `{manifest.config_digest}`",
        **({"renamed": table_cell("; ".join(renamed))} if renamed else {}),
        "guideline": guideline,
        "logical hash": f"`{manifest.logical_hash}`",
    }
    lines = [f"| {name} | {value} |" for name, value in facts.items()]
    return ["| | |", "|---|---|", *lines, ""]


def _withheld(manifest: Manifest) -> list[str]:
    if not manifest.withheld:
        return []
    return [
        "## Without texts",
        "",
        f"{withheld_line(manifest)} The offsets are half-open ranges of Unicode code points in the"
        " text of their row. Whoever has the articles can put the texts in again:",
        "",
        "```sh",
        f"annotate hydrate {manifest.version} articles/ -o {manifest.name}-{manifest.version}",
        "```",
        "",
        f"`{manifest.version}` is the folder that holds `whole.json`, whatever its name; "
        "`articles/` is what the tasks were made of, or a Label Studio export, or a version with"
        " its texts. Every text must have the SHA-256 of its row, and the rows that are made must"
        " have their row hashes and the logical hash below.",
        "",
    ]


def withheld_line(manifest: Manifest) -> str:
    """What is left out of a version without texts, a sentence or two."""
    columns = " and ".join(f"`{name}`" for name in manifest.withheld)
    return (
        f"The texts are not in here: the columns {columns}, the `text` of every span, targets that"
        " quote an article and the tokens of `bio` are left out. `article_id`, `url`, `unit_start`,"
        " `text_length` and `text_sha256` say where the text of a row stands."
    )


def _sizes(manifest: Manifest) -> list[str]:
    rows = [
        (f"`{config.name}`", split, count)
        for key, config in manifest.configs.items()
        for split, count in manifest.rows(key).items()
    ]
    return ["## Sizes", "", *_table(("config", "split", "rows"), rows)]


def _labels(manifest: Manifest) -> list[str]:
    counts = manifest.numbers.labels
    splits = [split for split in SPLITS if split in manifest.rows()]
    totals = {label: sum(found.values()) for label, found in counts.items()}
    most, whole = max(totals.values(), default=0), sum(totals.values())
    rows = [
        (
            table_cell(label),
            *(counts[label].get(split, 0) for split in splits),
            total,
            f"{total / whole:.1%}",
            "█" * max(1, round(_BAR * total / most)),
        )
        for label, total in totals.items()
    ]
    if not rows:
        return ["## Labels", "", "No label stands in gold.", ""]
    lines = _table(("label", *splits, "all", "share", ""), rows)
    lines[1] = lines[1].removesuffix("---:|") + "---|"
    return ["## Labels", "", "How often each label stands in gold.", "", *lines]


def _agreement(manifest: Manifest) -> list[str]:
    found = manifest.numbers.agreement
    lines = ["## Agreement", ""]
    if not found.compared:
        return [*lines, "No task has two annotations, so nothing is known of it.", ""]
    of = "" if found.compared == found.tasks else f", chosen by a hash out of {found.tasks}"
    lines += [
        f"Over all annotators, on {found.compared} tasks with two annotations or more{of}, before"
        f" the policy. Intervals are of 95 %, by drawing tasks again {found.replicates} times.",
        "",
    ]
    whole = {figure.name for figure in found.figures if figure.of is None}
    parts = [f for f in found.figures if f.of is not None and f.name in whole]
    lines += _figures([f for f in found.figures if f not in parts])
    if parts:
        lines += ["<details><summary>By label</summary>", "", *_figures(parts), "</details>", ""]
    return lines


def _figures(figures: Iterable[AgreementFigure]) -> list[str]:
    rows = [
        (
            table_cell(figure_name(f.name, f.of)),
            f.n,
            "undefined" if f.value is None else f"{f.value:.3f}",
            f.undefined or "" if f.low is None else f"{f.low:.3f} to {f.high:.3f}",
        )
        for f in figures
    ]
    return _table(("figure", "n", "value", "95 % interval"), rows)


def figure_lines(manifest: Manifest) -> list[str]:
    """The agreement, a line for each figure with a value."""
    found = manifest.numbers.agreement
    if not found.compared:
        return ["No task has two annotations, so nothing is known of the agreement."]
    return [
        f"{figure_name(f.name, f.of)} = {f.value:.3f} (n = {f.n}"
        + (f", 95 % interval {f.low:.3f} to {f.high:.3f})" if f.low is not None else ")")
        for f in found.figures
        if f.value is not None
    ]


def _annotators(manifest: Manifest) -> list[str]:
    numbers = manifest.numbers
    by_count = ", ".join(
        f"{tasks} with {n}" for n, tasks in sorted(numbers.tasks_by_annotations.items(), key=_size)
    )
    found = sorted(numbers.annotators.items(), key=lambda item: (-item[1], item[0]))
    shown = found[:_MOST_ANNOTATORS]
    lines = ["## Annotators", "", f"Tasks by number of annotations: {by_count}.", ""]
    lines += _table(("pseudonym", "annotations"), shown)
    if len(found) > len(shown):
        rest = sum(n for _, n in found[len(shown) :])
        lines += [f"{len(found) - len(shown)} more made {rest}.", ""]
    return lines


def _size(item: tuple[str, int]) -> int:
    return int(item[0])


def _licences(manifest: Manifest) -> list[str]:
    rows = [(table_cell(name) or "unknown", n) for name, n in manifest.numbers.licences.items()]
    where = ["They are not in here; this is what is recorded of them.", ""]
    head = ["## Licence of the texts", "", *(where if manifest.withheld else [])]
    return [*head, *_table(("licence", "articles"), rows)]


def limits(manifest: Manifest) -> list[str]:
    """What a version is known not to hold or not to be good for, a sentence each."""
    counts, numbers = manifest.counts, manifest.numbers
    set_aside = "".join(f"; {code} {n}" for code, n in sorted(manifest.rejected.items()))
    lines = [
        f"tasks without annotation, not in here: {counts['tasks_without_annotation']}",
        f"skipped annotations: {counts['skipped']}, drafts: {counts['drafts']}",
        f"set aside: {sum(manifest.rejected.values())}{set_aside}",
    ]
    if manifest.carried:
        versions = ", ".join(used.name for used in manifest.carried)
        lines.append(
            f"rows carried over from {versions}: what was not annotated, skipped, set aside or"
            " tied when they were made is counted there, not here"
        )
    single = numbers.tasks_by_annotations.get("1", 0)
    if single:
        lines.append(f"tasks with one annotation, which nobody has checked: {single}")
    if manifest.ties_found:
        lines.append(f"ties between annotators: {manifest.ties_found} ({manifest.ties})")
    if numbers.licences.get(""):
        lines.append(f"articles whose licence is unknown: {numbers.licences['']}")
    lines += [
        f"{figure_name(f.name, f.of)} is {f.value:.3f}, below {_TENTATIVE}: by Krippendorff's rule"
        " too low to draw even tentative conclusions"
        for f in numbers.agreement.figures
        if "alpha" in f.name and f.value is not None and f.value < _TENTATIVE
    ]
    if "bio" in manifest.configs:
        lines.append(
            f"`{manifest.configs['bio'].name}` holds one tag a token: tokens are runs of word"
            " characters or single other characters, and of nested or overlapping spans the"
            f" outermost is kept ({manifest.bio_dropped} dropped); a border inside a token moves"
            f" to the token's border ({manifest.bio_moved} moved)"
        )
    return lines


def citation(manifest: Manifest) -> str:
    """How to cite a version: BibTeX, with the logical hash that names its content."""
    number = manifest.version.removeprefix("v")
    title = manifest.name.replace("_", r"\_")  # the one character of a name that TeX acts on
    return (
        f"@misc{{{manifest.name}-{number},\n"
        f"  title = {{{title}}},\n"
        f"  year = {{{manifest.created_at[:4]}}},\n"
        f"  version = {{{number}}},\n"
        f"  note = {{Logical hash {manifest.logical_hash}}}\n"
        "}"
    )


def _citation(manifest: Manifest) -> list[str]:
    return [
        "## Citation",
        "",
        "`CITATION.cff` in the dataset's folder names its newest version, and who made it where"
        " the owner's words do; this names the version that is described here.",
        "",
        "```bibtex",
        citation(manifest),
        "```",
    ]
