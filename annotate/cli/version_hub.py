"""The commands of `annotate version` that speak with the Hub."""

from __future__ import annotations

import click

from annotate.cli.options import json_option, store_option
from annotate.cli.output import say, show_json
from annotate.store.folder import DatasetFolder

_repo_option = click.option(
    "--repo", required=True, metavar="USER/NAME", help="The dataset repository on the Hub."
)


@click.command("push")
@click.argument("name")
@click.argument("version", required=False)
@_repo_option
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@click.option(
    "--allow-unknown-licence", is_flag=True, help="Publish texts whose licence is not recorded."
)
@click.option(
    "--offsets-only", is_flag=True, help="Without texts: labels, offsets and digests alone."
)
@store_option
@json_option
def push(
    name: str,
    version: str | None,
    repo: str,
    dry_run: bool,
    offsets_only: bool,
    allow_unknown_licence: bool,
    store: str,
    as_json: bool,
) -> None:
    """Put a version of NAME on the Hub: one commit, then the tag; the token is HF_TOKEN's.

    A repository that is not there is made, private. Run again, it goes on where it broke off.
    Example: annotate version push claims v1.2.0 --repo user/claims --dry-run
    """
    from annotate.errors import StateError
    from annotate.store.hub.push import push_version
    from annotate.store.hub.repo import HubRepo, hub_token

    token = hub_token()
    if token is None and not dry_run:
        raise StateError("HF_TOKEN is not set", do="set it to a token that may write")
    done = push_version(
        DatasetFolder(store, name),
        version,
        HubRepo(repo, token=token),
        allow_unknown_licence=allow_unknown_licence,
        offsets_only=offsets_only,
        dry_run=dry_run,
    )
    if as_json:
        show_json(done.report())
        return
    for path, size in done.files.items():
        click.echo(f"{size:>12,}  {path}")
    verb = "would go" if dry_run else "went"
    total = sum(done.files.values())
    say(f"{len(done.files)} files, {total:,} bytes {verb} to {repo}; tag {done.version}")


@click.command("pull")
@click.argument("name")
@_repo_option
@store_option
@json_option
def pull(name: str, repo: str, store: str, as_json: bool) -> None:
    """Bring a dataset of ours from the Hub, with its log.

    A log that does not fit the one of NAME here is refused.
    Example: annotate version pull claims --repo user/claims
    """
    from annotate.store.hub.pull import pull_dataset
    from annotate.store.hub.repo import HubRepo, hub_token

    done = pull_dataset(DatasetFolder(store, name), HubRepo(repo, token=hub_token()))
    if as_json:
        show_json(done._asdict())
        return
    click.echo(f"{name}: {done.entries} new entries; brought {', '.join(done.brought) or 'none'}")
    if done.absent:
        say(f"in the log and not brought: {', '.join(done.absent)}")
    if done.unusable:
        say(f"not brought: {done.unusable}")


COMMANDS = (push, pull)
