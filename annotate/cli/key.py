"""`annotate key`: the key behind the annotators' pseudonyms."""

from __future__ import annotations

import click

from annotate.annotations.pseudonym import back_up_key, find_key, find_person, key_place, load_key
from annotate.cli.options import json_option
from annotate.cli.output import named_path, show_json


@click.group("key")
def command() -> None:
    """The key behind the annotators' pseudonyms."""


@command.command("show")
@json_option
def show_key(as_json: bool) -> None:
    """Show the key's fingerprint and where it is, never the key.

    Example: annotate key show
    """
    fingerprint, place = load_key().fingerprint, key_place()
    if as_json:
        show_json({"fingerprint": fingerprint, "place": place})
    else:
        click.echo(f"{fingerprint}  {place}")


@command.command("backup")
@click.argument("file")
def back_up(file: str) -> None:
    """Write the key to FILE, which only you can read; keep it where the datasets are not.

    Whoever has it can say who is behind each pseudonym. To use a backup, put it
    back where `annotate key show` says, or set ANNOTATE_PSEUDONYM_KEY.

    Example: annotate key backup ~/pseudonym.key
    """
    back_up_key(named_path(file, where="FILE"))
    click.echo(f"{load_key().fingerprint}  {file}")


@command.command("who")
@click.argument("pseudonym")
@json_option
def who(pseudonym: str, as_json: bool) -> None:
    """Say which user of Label Studio is behind PSEUDONYM, by number.

    Example: annotate key who p-0a5fd3be841f
    """
    person = find_person(find_key(), pseudonym)
    if as_json:
        show_json({"pseudonym": pseudonym, "person": person})
    else:
        click.echo(person)
