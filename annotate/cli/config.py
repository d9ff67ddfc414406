"""`annotate config`: label configs."""

from __future__ import annotations

import click

from annotate.cli.options import map_option, names_of, say
from annotate.schemes import load_scheme
from annotate.schemes.label_config import fit_config, read_label_config, shipped_config


@click.group("config")
def command() -> None:
    """Print and check label configs."""


@command.command("print")
@click.argument("scheme")
def print_config(scheme: str) -> None:
    """Print the shipped label config of SCHEME.

    Example: annotate config print claims > my-claims.xml
    """
    click.echo(shipped_config(load_scheme(scheme).name).xml, nl=False)


@command.command("check")
@click.argument("file")
@click.option("--scheme", required=True, help="The scheme that it is for.")
@map_option
def check_config(file: str, scheme: str, names: str | None) -> None:
    """Say everything that FILE lacks for a scheme.

    Example: annotate config check my-claims.xml --scheme claims
    """
    kind = load_scheme(scheme)
    config = read_label_config(file, names_of(names))
    fit_config(config, kind.name, kind.needs, kind.relations)
    say(f"{file} fits the scheme {scheme}")
