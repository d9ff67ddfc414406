"""`annotate key`: the key behind the annotators' pseudonyms."""

from __future__ import annotations

import click

from annotate.annotations.pseudonym import key_path, load_key


@click.group("key")
def command() -> None:
    """The key behind the annotators' pseudonyms."""


@command.command("show")
def show_key() -> None:
    """Show the key's fingerprint and where it is, never the key.

    Example: annotate key show
    """
    click.echo(f"{load_key().fingerprint}  {key_path()}")
