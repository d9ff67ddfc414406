"""`annotate version diff`: what changed between two versions, in numbers and in words."""

from __future__ import annotations

import os
import sys

import click

from annotate.cli.options import licence_option, store_option
from annotate.cli.output import out_path, put_page, say, show_json
from annotate.store.folder import DatasetFolder

_IN_TERMINAL, _ON_PAGE = 20, 200
"""Tasks whose changes are shown where no --limit is given."""


@click.command("diff")
@click.argument("name")
@click.argument("old")
@click.argument("new")
@click.option("--label", metavar="LABEL", help="Only what is about this label.")
@click.option("--annotator", metavar="PSEUDONYM", help="Only what this annotator did differently.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"Tasks shown word by word, {_IN_TERMINAL} unless given ({_ON_PAGE} in --html).",
)
@click.option("--html", "page", metavar="FILE", help="Write it as a page instead; - is stdout.")
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON document.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where anything differs.")
@licence_option
@store_option
def diff(
    name: str,
    old: str,
    new: str,
    label: str | None,
    annotator: str | None,
    limit: int | None,
    page: str | None,
    as_json: bool,
    exit_code: bool,
    allow_unknown: bool,
    store: str,
) -> None:
    """Say what changed between two versions of NAME, with the words in context.

    Below the counts stands each task that differs: in gold, then by annotator,
    what was added (+), removed (-) or changed (~). Colours are for terminals only.

    Example: annotate version diff claims v1.0.0 v2.0.0 --label Cue
    """
    from annotate.cli.changed import changed_lines
    from annotate.pipeline import diff_versions
    from annotate.report.page import diff_page
    from annotate.store.care.reading import reading
    from annotate.store.diff.changes import check_names, find_changes
    from annotate.store.versions import open_version

    path = out_path(page)
    if as_json and page == "-":
        raise click.UsageError("--html - and --json both write to stdout")
    older, newer = (open_version(DatasetFolder(store, name), v) for v in (old, new))
    check_names(older, newer, label=label, annotator=annotator)
    found = diff_versions(name, old, new, store=store)
    if as_json:
        show_json(found.report())
    elif page != "-":
        click.echo(found.table(f"{name} {old} -> {new}"))
    if page or not as_json:
        most = limit if limit is not None else _ON_PAGE if page else _IN_TERMINAL
        changes = find_changes(older, newer, most=most, label=label, annotator=annotator)
    if page:
        put_page(diff_page(older, newer, found, changes, allow_unknown=allow_unknown), path)
    elif not as_json:
        with reading(older, newer):
            lines = list(changed_lines(changes.shown))
        for line in lines:
            click.echo(line, color=False if os.environ.get("NO_COLOR") else None)
        if len(changes.shown) < changes.tasks:
            say(f"{changes.tasks - len(changes.shown)} more tasks differ; --limit shows more")
    if exit_code and found.bump != "none":
        sys.exit(1)
