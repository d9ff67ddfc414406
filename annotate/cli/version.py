"""`annotate version`: versioned datasets."""

from __future__ import annotations

from typing import Any

import click

from annotate.cli.options import consensus_options, json_option, message_option, store_option
from annotate.cli.output import say, show_json, warn_of_marks
from annotate.cli.reading_options import Reading, reading_options
from annotate.cli.version_care import COMMANDS
from annotate.cli.version_diff import diff
from annotate.cli.version_hub import COMMANDS as HUB_COMMANDS
from annotate.engine import ENGINES
from annotate.store.folder import DatasetFolder


@click.group("version")
def command() -> None:
    """Versioned datasets: make them, compare them, look after them."""


for _other in (diff, *COMMANDS, *HUB_COMMANDS):
    command.add_command(_other)


@command.command("create")
@click.argument("name")
@click.option("--scheme", required=True, help="entities, stance or claims.")
@click.option(
    "--from", "inputs", multiple=True, metavar="INPUT", help="Label Studio JSON, -, or NAME@v1.0.0."
)
@click.option("--project", "projects", multiple=True, metavar="TITLE", help="A live project.")
@message_option("What this version is about.")
@click.option(
    "--split",
    metavar="RULE",
    help="Where new stories go: ratio, date:2024-01-01 (test from that day on) or outlet;"
    " else as in the version before.",
)
@click.option("--dry-run", is_flag=True, help="Only say what the version would be.")
@reading_options
@consensus_options
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What does the work: this process, several of this machine, or a Dask cluster;"
    " else as the size of the inputs asks for.",
)
@click.option("--processes", type=click.IntRange(min=1), help="Of the engine local; or one a core.")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Of the engine dask.")
@store_option
@json_option
def create(
    name: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    dry_run: bool,
    reading: Reading,
    as_json: bool,
    **keywords: Any,
) -> None:
    """Make the next version of NAME; its number follows from what changed.

    The inputs are the whole content; --from NAME@v1.0.0 carries an older version over.
    Example: annotate version create claims --scheme claims --from export.json
    """
    from annotate.pipeline import create_version, input_sources
    from annotate.schemes import load_scheme
    from annotate.store.versions import names_version

    load_scheme(keywords["scheme"])  # an unknown one is wrong usage, whatever the inputs are
    carried = [name for name in inputs if names_version(name)]
    files = [name for name in inputs if name not in carried]
    with input_sources(files, projects, or_none=bool(carried)) as sources:
        created = create_version(
            name,
            inputs=sources,
            carried=carried,
            dry_run=dry_run,
            **reading._asdict(),
            **keywords,
        )
    for entry in created.ledger.set_aside:
        say(f"set aside: {entry.line()}")
    if as_json:
        show_json(created.report())
        return
    rows = ", ".join(f"{split} {n}" for split, n in created.manifest.rows().items())
    would = "would be " if dry_run else ""
    number = f"{created.manifest.version} ({created.manifest.bump})"
    click.echo(f"{name} {would}{number}: {rows} rows")
    if created.manifest.parent:
        click.echo(created.diff.table(f"since {created.manifest.parent}"))


@command.command("list")
@click.argument("name", required=False)
@store_option
@json_option
def list_all(name: str | None, store: str, as_json: bool) -> None:
    """List the versions of NAME, or of every dataset in the store.

    Example: annotate version list claims
    """
    from annotate.store.versions import dataset_names, load_log
    from annotate.text import visible

    found: list[dict[str, Any]] = [
        {
            "name": dataset,
            "version": entry.version,
            "parent": entry.parent,
            "created_at": entry.created_at,
            "logical_hash": entry.logical_hash,
            "message": entry.message,
            "tags": [tag for tag, version in log.tags.items() if version == entry.version],
            "marked": entry.version in log.marked,
            "purged": entry.version in log.purged,
        }
        for dataset in ([name] if name else dataset_names(store))
        for log in [load_log(DatasetFolder(store, dataset))]
        for entry in log.versions
    ]
    if as_json:
        show_json(found)
        return
    for item in found:
        head = f"{item['name']} {item['version']}"
        words = "  (holds a retracted article)" if item["marked"] else ""
        words = "  (purged: it held a retracted article)" if item["purged"] else words
        tags = "".join(f"  [{tag}]" for tag in item["tags"])
        line = f"{head:<24} {item['created_at']}  {item['message']}".rstrip() + tags + words
        click.echo(visible(line))


@command.command("show")
@click.argument("name")
@click.argument("version", required=False)
@store_option
@json_option
def show(name: str, version: str | None, store: str, as_json: bool) -> None:
    """Show what a version of NAME holds and where it came from.

    Example: annotate version show claims v1.0.0
    """
    from annotate.store.versions import marks_of, open_version
    from annotate.text import visible

    found = open_version(DatasetFolder(store, name), version).checked()
    articles = marks_of(found)
    if as_json:
        show_json(found.manifest.model_dump() | {"marked": bool(articles)})
        return
    warn_of_marks(found.name, articles)
    card = found.path("README.md").read_text(encoding="utf-8", errors="replace")
    for line in card.split("\n"):
        click.echo(visible(line))


@command.command("log")
@click.argument("name")
@store_option
@json_option
def log(name: str, store: str, as_json: bool) -> None:
    """Say what happened to NAME, newest first.

    Example: annotate version log claims
    """
    from annotate.store.history import describe_log
    from annotate.store.versions import load_log

    found = load_log(DatasetFolder(store, name))
    if as_json:
        show_json([entry.model_dump() for entry in reversed(found.entries)])
        return
    click.echo(describe_log(found))
