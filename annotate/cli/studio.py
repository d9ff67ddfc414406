"""`annotate studio`: a local Label Studio."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from annotate.cli.options import LOCAL, json_option
from annotate.cli.output import named_path, say, show_json
from annotate.studio import LocalStudio, local_status, start_local, stop_local
from annotate.studio.local.backup import backup_local, folder_to_save, restore_local
from annotate.studio.local.state import ACCOUNTS


@click.group("studio")
def command() -> None:
    """A local Label Studio on 127.0.0.1, with SQLite, installed in its own environment."""


@command.command("start")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; else 8080 or a free one.")
@click.option(
    "--data-dir", type=LOCAL, metavar="DIR", help="Where its data is; else the user's data folder."
)
def start(port: int | None, data_dir: Path | None) -> None:
    """Start Label Studio, installing it the first time.

    Example: annotate studio start
    """
    local = start_local(port=port, data_dir=data_dir, on_progress=say)
    _show(local)


@command.command("stop")
def stop() -> None:
    """Stop the local Label Studio.

    Example: annotate studio stop
    """
    click.echo("stopped" if stop_local() else "none runs")


@command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Say whether the local Label Studio runs, and how to log in.

    Example: annotate studio status
    """
    local = local_status()
    if as_json:
        fields = ("url", "username", "port", "pid", "version")
        found = {name: getattr(local, name) for name in fields} if local else {}
        data_dir = {"data_dir": str(local.data_dir)} if local else {}
        show_json({"running": local is not None} | found | data_dir)
    elif local is None:
        click.echo("none runs; start one with `annotate studio start`")
    else:
        _show(local)


@command.command("backup")
@click.option("-o", "--output", metavar="FILE", help="Where to, .tar.gz; else named by the time.")
@click.option(
    "--data-dir", type=LOCAL, metavar="DIR", help="Which data; else that of the running server."
)
def backup(output: str | None, data_dir: Path | None) -> None:
    """Save projects, annotations, uploads and accounts to one file; the server may go on.

    The file lets its holder log in: keep it as you keep a password.

    Example: annotate studio backup -o friday.tar.gz
    """
    path = named_path(output) if output else None
    folder = folder_to_save(data_dir)
    say(f"saving {folder}")
    click.echo(backup_local(path, data_dir=folder))


@command.command("restore")
@click.argument("file", type=LOCAL)
@click.option(
    "--data-dir", type=LOCAL, metavar="DIR", help="Where to; else the user's data folder."
)
def restore(file: Path, data_dir: Path | None) -> None:
    """Make a data folder of a backup; one that is there is set aside, not deleted.

    A backup that is of another folder than the user's needs --data-dir.

    Example: annotate studio restore friday.tar.gz
    """
    folder, aside = restore_local(file, data_dir=data_dir)
    if aside is not None:
        say(f"what was there is now in {aside}")
    where = f" --data-dir {shlex.quote(str(folder))}" if data_dir else ""
    click.echo(f"restored in {folder}; start it with `annotate studio start{where}`")


def _show(local: LocalStudio) -> None:
    click.echo(f"Label Studio {local.version} at {local.url}")
    click.echo(f"user {local.username}, password in {local.data_dir / ACCOUNTS}")
    click.echo(f"data in {local.data_dir}")
