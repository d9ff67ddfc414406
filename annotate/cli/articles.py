"""`annotate articles`: what is in a collection of articles."""

from __future__ import annotations

import click

from annotate.articles import ArticleLedger, Columns, read_articles
from annotate.articles.spool import Spool
from annotate.articles.survey import Survey, survey
from annotate.cli.options import columns_option, json_option
from annotate.cli.output import say, show_json
from annotate.cli.source_options import article_rejects_option, say_ledger
from annotate.errors import InputError
from annotate.text import visible

_SHOWN = 10


@click.command("articles")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@columns_option
@article_rejects_option
@json_option
def command(
    sources: tuple[str, ...], columns: dict[str, str], max_rejects: int, as_json: bool
) -> None:
    """Say what is in SOURCE: articles, languages, lengths, groups, boilerplate.

    Example: annotate articles seeds/articles
    """
    ledger = ArticleLedger()
    found = Columns(columns, on_guess=say)
    with Spool(read_articles(sources, found, ledger=ledger), ledger) as spool:
        seen = survey(spool, ledger)
    if as_json:
        show_json(seen.report())
    else:
        _show(seen)
    say_ledger(ledger, all_of_it=True)
    ledger.close(max_rejects=max_rejects)
    if not seen.articles:
        raise InputError("no article there", where=", ".join(sources))


def _show(seen: Survey) -> None:
    click.echo(f"{seen.articles:>9}  articles")
    if seen.first and seen.last:
        click.echo(f"{'':>9}  {seen.first} to {seen.last}")
    for heading, counts in (("language", seen.languages), ("outlet", seen.outlets)):
        for name, count in list(counts.items())[:_SHOWN]:
            click.echo(f"{count:>9}  {heading} {visible(name or 'unknown')}")
        if len(counts) > _SHOWN:
            click.echo(f"{len(counts) - _SHOWN:>9}  more of this kind")
    if seen.lengths:
        lengths = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in seen.lengths.items())
        click.echo(f"{'':>9}  characters: {lengths}")
    for name, members in list(seen.groups.items())[:_SHOWN]:
        click.echo(f"{len(members):>9}  in the group {name}")
        for member in members[:_SHOWN]:
            said = f"{member.date or 'undated'}  {member.title}  ({member.origin})"
            click.echo(f"{'':>11}{visible(said)}")
    if len(seen.groups) > _SHOWN:
        click.echo(f"{len(seen.groups) - _SHOWN:>9}  more groups, see them with --json")
    for line in seen.boilerplate[:_SHOWN]:
        said = f"{line.outlet or 'no outlet'}: {line.line[:80]}"
        click.echo(f"{line.articles:>9}  times at {visible(said)}")
