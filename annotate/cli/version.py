"""`annotate version`: versioned datasets."""

from __future__ import annotations

import click

from annotate.cli.options import (
    config_option,
    consensus_options,
    json_option,
    map_option,
    max_rejects_option,
    names_of,
    repair_option,
    say,
    show_json,
    store_option,
)
from annotate.consensus.policy import PolicyName, Ties


@click.group("version")
def command() -> None:
    """Versioned datasets: create, list, show, diff."""


@command.command("create")
@click.argument("name")
@click.option("--scheme", required=True, help="entities, stance or claims.")
@click.option("--from", "inputs", multiple=True, metavar="INPUT", help="Label Studio JSON, or -.")
@click.option("--project", "projects", multiple=True, metavar="TITLE", help="A live project.")
@click.option("-m", "--message", default="", help="What this version is about.")
@config_option
@map_option
@consensus_options
@max_rejects_option
@repair_option
@store_option
@json_option
def create(
    name: str,
    scheme: str,
    inputs: tuple[str, ...],
    projects: tuple[str, ...],
    message: str,
    config: str | None,
    names: str | None,
    policy: PolicyName,
    ties: Ties,
    max_rejects: int,
    repair: bool,
    store: str,
    as_json: bool,
) -> None:
    """Make the next version of NAME; its number follows from what changed.

    Example: annotate version create claims --scheme claims --from export.json
    """
    from annotate.pipeline import create_version, input_sources

    with input_sources(inputs, projects) as sources:
        created = create_version(
            name,
            scheme=scheme,
            inputs=sources,
            store=store,
            config=config,
            names=names_of(names),
            policy=policy,
            ties=ties,
            repair=repair,
            max_rejects=max_rejects,
            message=message,
        )
    for entry in created.gathering.ledger.set_aside:
        say(f"set aside: {entry.line()}")
    if as_json:
        show_json(created.report())
        return
    rows = ", ".join(f"{split} {n}" for split, n in created.manifest.rows().items())
    click.echo(f"{name} {created.manifest.version} ({created.manifest.bump}): {rows} rows")


@command.command("list")
@click.argument("name", required=False)
@store_option
@json_option
def list_all(name: str | None, store: str, as_json: bool) -> None:
    """List the versions of NAME, or of every dataset in the store.

    Example: annotate version list claims
    """
    from annotate.store.local import DatasetFolder
    from annotate.store.versions import dataset_names, list_versions

    found = [
        {
            "name": dataset,
            "version": entry.version,
            "parent": entry.parent,
            "created_at": entry.created_at,
            "logical_hash": entry.logical_hash,
            "message": entry.message,
        }
        for dataset in ([name] if name else dataset_names(store))
        for entry in list_versions(DatasetFolder(store, dataset))
    ]
    if as_json:
        show_json(found)
        return
    for item in found:
        head = f"{item['name']} {item['version']}"
        click.echo(f"{head:<24} {item['created_at']}  {item['message']}".rstrip())


@command.command("show")
@click.argument("name")
@click.argument("version", required=False)
@store_option
@json_option
def show(name: str, version: str | None, store: str, as_json: bool) -> None:
    """Show what a version of NAME holds and where it came from.

    Example: annotate version show claims v1.0.0
    """
    from annotate.store.local import DatasetFolder
    from annotate.store.versions import load_manifest

    folder = DatasetFolder(store, name)
    manifest = load_manifest(folder, version)
    if as_json:
        show_json(manifest.model_dump())
        return
    click.echo((folder.root / manifest.version / "README.md").read_text(encoding="utf-8"))


@command.command("diff")
@click.argument("name")
@click.argument("old")
@click.argument("new")
@store_option
@json_option
def diff(name: str, old: str, new: str, store: str, as_json: bool) -> None:
    """Say what changed between two versions of NAME.

    Example: annotate version diff claims v1.0.0 v2.0.0
    """
    from annotate.pipeline import diff_versions

    found = diff_versions(name, old, new, store=store)
    if as_json:
        show_json(found.report())
        return
    click.echo(found.table(f"{name} {old} -> {new}"))
