"""The commands of `annotate version` that look after what is there."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from annotate.cli.options import LOCAL, json_option, message_option, store_option
from annotate.cli.output import say, show_json, warn_of_marks
from annotate.store.folder import DatasetFolder
from annotate.text import visible


@click.command("verify")
@click.argument("name")
@click.argument("version", required=False)
@click.option("--deep", is_flag=True, help="Check the rows themselves too.")
@click.option("--repair", "mend", is_flag=True, help="Make again what can be made again.")
@store_option
@json_option
def verify(
    name: str, version: str | None, deep: bool, mend: bool, store: str, as_json: bool
) -> None:
    """Say what of NAME is no longer as it was committed; exit code 1 where anything is.

    Example: annotate version verify claims --deep
    """
    from annotate.store.care.repair import repair
    from annotate.store.care.verify import summary, unfinished
    from annotate.store.care.verify import verify as check
    from annotate.store.versions import find_entry, load_log

    folder = DatasetFolder(store, name)
    if not (log := load_log(folder)).versions:
        find_entry(folder, log)  # refuses, before anything is removed unsaid
    made, removed = repair(folder) if mend else ([], [])
    problems = check(folder, version, deep=deep)
    if as_json:
        found = [problem._asdict() for problem in problems]
        show_json({"repaired": made, "removed": removed, "problems": found})
    else:
        for path in made:
            click.echo(f"made again: {path}")
        for path in removed:
            click.echo(visible(f"removed, since it belongs to no version: {path}"))
        for problem in problems:
            click.echo(visible(problem.line()))
        for other in unfinished(folder) if version is None else ():
            say(f"{other} is not in the log: its commit still runs, or was broken off")
        what = f"{name} {version}" if version else name
        say(f"damaged: {summary(problems)}" if problems else f"{what} is whole")
    if problems:
        sys.exit(1)


@click.command("tag")
@click.argument("name")
@click.argument("version")
@click.argument("tag")
@message_option("What the tag is for.")
@store_option
def tag(name: str, version: str, tag: str, message: str, store: str) -> None:
    """Give a version of NAME a name, once and for good.

    Example: annotate version tag claims v1.2.0 paper
    """
    from annotate.store.tag import tag_version

    made = tag_version(DatasetFolder(store, name), version, tag, message=message)
    click.echo(f"{name} {made.version} is {made.tag}")


@click.command("restore")
@click.argument("name")
@click.argument("version")
@click.argument("folder", type=LOCAL)
@click.option(
    "--offsets-only", is_flag=True, help="Without texts: labels, offsets and digests alone."
)
@store_option
def restore(name: str, version: str, folder: Path, offsets_only: bool, store: str) -> None:
    """Write a version of NAME, checked byte by byte, to a new FOLDER.

    What --offsets-only writes gets its texts again by `annotate hydrate`.
    Example: annotate version restore claims v1.0.0 ./claims-1.0.0
    """
    from annotate.store.bare.offsets import checkout_bare
    from annotate.store.checkout import checkout
    from annotate.store.versions import marks_of, open_version

    found = open_version(DatasetFolder(store, name), version)
    warn_of_marks(found.name, marks_of(found))
    (checkout_bare if offsets_only else checkout)(found, folder)
    without = ", without texts" if offsets_only else ""
    click.echo(f"{found.name} is in {folder}{without}")


@click.command("rebuild")
@click.argument("name")
@click.argument("version", required=False)
@click.option("--from", "inputs", multiple=True, metavar="FILE", help="Where an input is now.")
@store_option
@json_option
def rebuild(
    name: str, version: str | None, inputs: tuple[str, ...], store: str, as_json: bool
) -> None:
    """Make a version of NAME again from its recorded inputs, and compare the logical hash.

    Nothing is written; exit code 1 where the hash is another.
    Example: annotate version rebuild claims v1.0.0 --from export.json
    """
    from annotate.annotations.pseudonym import load_key
    from annotate.store.create.rebuild import rebuild_version

    made = rebuild_version(DatasetFolder(store, name), version, inputs, key=load_key())
    if as_json:
        show_json(made._asdict() | {"same": made.same})
    else:
        found = "the same logical hash" if made.same else f"another logical hash: {made.found}"
        click.echo(f"{name} {made.version}: {found}")
    if not made.same:
        sys.exit(1)


@click.command("retract")
@click.argument("name")
@click.argument("article")
@message_option("Why it goes.")
@store_option
@json_option
def retract(name: str, article: str, message: str, store: str, as_json: bool) -> None:
    """Take an ARTICLE (its id, or that of a row) out of NAME, and mark the versions that hold it.

    Example: annotate version retract claims 67a18a0e446c63d1…
    """
    from annotate.store.create.retract import retract_article

    gone = retract_article(DatasetFolder(store, name), article, message=message)
    if as_json:
        show_json(gone._asdict())
        return
    click.echo(f"{gone.version or 'no new version'}: without the article {gone.article}")
    say(f"{', '.join(gone.marked)} hold it; `annotate version gc {name} --purge` removes them")


@click.command("gc")
@click.argument("name")
@click.option("--purge", is_flag=True, help="Remove the versions that hold a retracted article.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@store_option
@json_option
def collect_garbage(name: str, purge: bool, dry_run: bool, store: str, as_json: bool) -> None:
    """Remove what no version of NAME needs.

    Example: annotate version gc claims --purge --dry-run
    """
    from annotate.store.care.collect import collect

    gone = collect(DatasetFolder(store, name), purge=purge, dry_run=dry_run)
    if as_json:
        show_json(gone._asdict())
        return
    for path in gone.files:
        click.echo(visible(path))
    for line in gone.breaks:
        say(f"no longer works: {line}")
    if gone.young:
        what = f"{len(gone.young)} that no version needs and that are younger than a day"
        say(f"not removed yet: {what}; run `annotate version gc {name}` again then")
    if gone.purged:
        copies = "git history, clones, the Hub, a bucket's older versions of objects"
        say(f"not reached: what copies of the store hold ({copies})")


COMMANDS = (verify, tag, restore, rebuild, retract, collect_garbage)
