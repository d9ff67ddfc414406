"""`annotate key`: the key behind the annotators' pseudonyms."""

from __future__ import annotations

from pathlib import Path

import click

from annotate.annotations.pseudonym import back_up_key, find_person, key_place, load_key


@click.group("key")
def command() -> None:
    """The key behind the annotators' pseudonyms."""


@command.command("show")
def show_key() -> None:
    """Show the key's fingerprint and where it is, never the key.

    Example: annotate key show
    """
    click.echo(f"{load_key().fingerprint}  {key_place()}")


@command.command("backup")
@click.argument("file")
def back_up(file: str) -> None:
    """Write the key to FILE, which only you can read; keep it where the datasets are not.

    Whoever has it can say who is behind each pseudonym. To use a backup, put it
    back where `annotate key show` says, or set ANNOTATE_PSEUDONYM_KEY.

    Example: annotate key backup ~/pseudonym.key
    """
    back_up_key(Path(file))
    click.echo(f"{load_key().fingerprint}  {file}")


@command.command("who")
@click.argument("pseudonym")
def who(pseudonym: str) -> None:
    """Say which user of Label Studio is behind PSEUDONYM, by number.

    Example: annotate key who p-0a5fd3be841f
    """
    click.echo(find_person(load_key(), pseudonym))
