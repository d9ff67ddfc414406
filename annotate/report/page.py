"""A version in the store -> one self-contained HTML page on it; two versions -> one on both.

Everything on a page is computed from the version, its log and its parent. A
page asks nothing of any server, runs nothing, and shows no words of texts whose
licence is not recorded, unless that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotate.report.content import EXAMPLES, Content, hides_texts, read_content, show_changes
from annotate.report.edits import task_change
from annotate.report.examples import examples_section
from annotate.report.figures import agreement_section, suspects_section
from annotate.report.html import Html, element, join, page, table, words
from annotate.report.marked import label_badge
from annotate.report.sections import (
    annotators_section,
    labels_section,
    ledger_section,
    limits_section,
    lineage_section,
    load_section,
    sizes_section,
    tiles,
)
from annotate.schemes.colours import Palette
from annotate.store.care.reading import reading
from annotate.store.diff.changes import Changes
from annotate.store.diff.versions import AnnotatorChange, LabelChange, SplitChange, VersionDiff
from annotate.store.versions import Version, load_log

_VEILED = (
    "The licence of some texts here is not recorded. Their words are not shown, only where their"
    " labels lie; --allow-unknown-licence shows them."
)


def version_page(version: Version, *, allow_unknown: bool = False, examples: int = EXAMPLES) -> str:
    """The page of one version.

    `examples` is how many gold rows are drawn. `allow_unknown` shows texts whose
    licence is not recorded; it is for pages that stay in the house. Raises
    StateError for a damaged file: a page is passed on.
    """
    with reading(version):
        return _version_page(
            read_content(version.checked(), allow_unknown=allow_unknown, examples=examples)
        )


def _version_page(content: Content) -> str:
    manifest = content.manifest
    sections = [
        ("Sizes and splits", sizes_section(manifest)),
        ("Labels", labels_section(manifest, content.palette)),
        ("Examples", examples_section(content)),
        ("Agreement", agreement_section(content)),
        ("Annotators", annotators_section(manifest)),
        ("Worth another look", suspects_section(content)),
        ("What changed", _since_parent(content)),
        ("What was read and set aside", ledger_section(manifest)),
        ("Known limits", limits_section(manifest)),
        ("Lineage", lineage_section(content)),
        ("How to load it", load_section(content)),
    ]
    head = [
        element("p", f"{manifest.scheme} · {manifest.created_at[:10]}", class_="kicker"),
        element("h1", words(manifest.name), f" {manifest.version}"),
        element("p", words(manifest.message)) if manifest.message else Html(""),
        element("p", _VEILED, class_="note") if content.veiled else Html(""),
        tiles(manifest),
    ]
    return _page(f"{manifest.name} {manifest.version}", head, sections)


def diff_page(
    older: Version,
    newer: Version,
    diff: VersionDiff,
    changes: Changes,
    *,
    allow_unknown: bool = False,
) -> str:
    """The page of what changed between two versions: the counts of `diff`, and `changes`."""
    with reading(older, newer):
        return _diff_page(older, newer, diff, changes, allow_unknown=allow_unknown)


def _diff_page(
    older: Version, newer: Version, diff: VersionDiff, changes: Changes, *, allow_unknown: bool
) -> str:
    manifest = newer.manifest
    palette = Palette(manifest.label_config, manifest.names)
    log = load_log(newer.folder)
    shown = show_changes(changes.shown, log, allow_unknown=allow_unknown)
    veiled = hides_texts(changes.shown, log, allow_unknown=allow_unknown)
    head = [
        element("p", f"{manifest.scheme} · {diff.bump}", class_="kicker"),
        element("h1", words(manifest.name), f" {older.entry.version} → {manifest.version}"),
        element("p", _VEILED, class_="note") if veiled else Html(""),
    ]
    tasks = _tasks(changes._replace(shown=shown), palette)
    title = f"{manifest.name} {older.entry.version} to {manifest.version}"
    return _page(title, head, [("Counts", _counts(diff, palette)), ("Tasks", tasks)])


def _page(title: str, head: Sequence[Html], sections: Sequence[tuple[str, Html]]) -> str:
    links = [element("li", element("a", name, href=f"#{_anchor(name)}")) for name, _ in sections]
    body = [
        element(
            "section", element("h2", name, id=_anchor(name)), made, aria_labelledby=_anchor(name)
        )
        for name, made in sections
    ]
    return page(
        title,
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", head, element("nav", element("ul", links), aria_label="On this page")),
        element("main", body, id="content"),
        element(
            "footer",
            "Made by annotate from the version itself. This page is one file; it loads nothing.",
        ),
    )


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _since_parent(content: Content) -> Html:
    manifest, changes = content.manifest, content.changes
    if manifest.parent is None:
        return element("p", "This is the first version.")
    if changes is None:
        return element("p", f"The version before, {manifest.parent}, is not in this store.")
    rows = [
        (split, *(f"{counts[name]:,}" for name in ("added", "removed", "changed", "moved")))
        for split, counts in manifest.changes.items()
    ]
    head = ("split", "added", "removed", "changed", "moved here")
    return join(
        [
            element("p", f"A {manifest.bump} change since {manifest.parent}, by gold rows:"),
            table(head, rows, caption=f"Gold rows since {manifest.parent}"),
            _tasks(changes, content.palette),
        ]
    )


def _tasks(changes: Changes, palette: Palette) -> Html:
    more = changes.tasks - len(changes.shown)
    return join(
        [
            element("p", f"{changes.tasks:,} tasks differ."),
            join(task_change(change, palette) for change in changes.shown),
            element("p", f"{more:,} more tasks differ and are not shown here.")
            if more
            else Html(""),
        ]
    )


def _counts(diff: VersionDiff, palette: Palette) -> Html:
    kinds: list[tuple[str, Mapping[str, SplitChange | LabelChange | AnnotatorChange]]] = [
        ("split", diff.splits),
        ("label", diff.labels),
        ("annotations by", diff.annotators),
    ]
    renamed = [line for migration in diff.migrations for line in migration.lines()]
    made = [element("p", "Renamed: ", words("; ".join(renamed)))] if renamed else []
    for kind, found in kinds:
        if found:
            columns = next(iter(found.values()))._fields
            rows = [(_name(kind, name, palette), *map(str, n)) for name, n in found.items()]
            made.append(table((kind, *columns), rows, caption=f"Changes by {kind}"))
    return join(made or [element("p", "Nothing differs.")])


def _name(kind: str, name: str, palette: Palette) -> Html:
    return label_badge(name, palette) if kind == "label" else words(name)
