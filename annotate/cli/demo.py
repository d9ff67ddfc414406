"""`annotate demo`: the whole way on the seeds."""

from __future__ import annotations

from pathlib import Path

import click

from annotate.cli.options import LOCAL
from annotate.cli.output import say
from annotate.demo.run import run_demo


@click.command("demo")
@click.option(
    "--store", type=LOCAL, metavar="DIR", help="Where the datasets go; else a fresh folder."
)
@click.option("--keep", is_flag=True, help="Leave Label Studio up, with the projects.")
def command(store: Path | None, keep: bool) -> None:
    """The whole way on the seeds: Label Studio, two annotators, two rounds, versions.

    A local Label Studio that runs already is used; the projects are removed from it
    again, while the accounts of the two annotators, anna and ben, stay.

    Example: annotate demo --keep
    """
    done = run_demo(store=store, keep=keep, say=say, show=click.echo)
    click.echo("")
    click.echo(f"datasets       {done.store}")
    click.echo(f"exports        {done.exports}")
    if done.removed:
        gone = "without the projects of the demo; `annotate demo --keep` leaves them"
        click.echo(f"Label Studio   {done.url}, {gone}")
    elif done.running:
        click.echo(f"Label Studio   {done.url}, `annotate studio status` says how to log in")
        click.echo("               stop it with `annotate studio stop`")
    else:
        click.echo("Label Studio   stopped; see its pages with `annotate demo --keep`")
