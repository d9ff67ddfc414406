"""The command line: each command parses, calls one library function, shows the result.

Data goes to stdout, words and progress to stderr. A command's module is
imported only when the command is used.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

import click

from annotate.errors import AnnotateError, UsageError
from annotate.text import visible

_COMMANDS = {
    "adjudicate": ("adjudicate", "What annotators differ in, before whoever decides."),
    "agreement": ("agreement", "Say how far the annotators agree."),
    "articles": ("articles", "What is in there: counts, languages, groups, boilerplate."),
    "check": ("check", "Say what of an export is kept and what is set aside, and why."),
    "config": ("config", "Print and check label configs."),
    "demo": ("demo", "The whole way on the seeds, with a local Label Studio."),
    "export": ("export", "Labels in another program's format: conll, spacy, brat, …"),
    "hydrate": ("hydrate", "Put the texts into a version that was published without them."),
    "import": ("import_", "Other programs' annotations into Label Studio JSON."),
    "doctor": ("doctor", "What is installed, what answers, and what does not fit."),
    "key": ("key", "The key behind the annotators' pseudonyms."),
    "project": ("project", "Projects of a Label Studio: make, list, see how far they are."),
    "pull": ("pull", "Bring the annotations of a project into a file."),
    "push": ("push", "Put articles before annotators as tasks of a project."),
    "report": ("report", "A version as one self-contained HTML page."),
    "show": ("show", "Rows of a version with their labels, in the terminal."),
    "studio": ("studio", "A local Label Studio on 127.0.0.1."),
    "suspects": ("suspects", "Labels worth another look, and how reliable annotators are."),
    "tasks": ("tasks", "Articles to Label Studio tasks."),
    "version": ("version", "Versioned datasets: create, list, show, diff."),
}


_MAY_BE_EMPTY = {"-m", "--message"}


class _Lazy(click.Group):
    """Knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"annotate.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="annotate")
def cli() -> None:
    """News articles into Label Studio; labelled, versioned datasets back."""


def main() -> None:
    """Run the command line; errors for the person end it with one line and their exit code."""
    # numpy starts a thread for each core, which turn for half the time that numpy takes to load
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic reads the metadata of everything installed, for plugins that no model of ours needs
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _open_streams()
    _end_in_order()
    try:
        _refuse_empty(sys.argv[1:])
        cli()
    except AnnotateError as error:
        for note in getattr(error, "__notes__", ()):
            click.echo(visible(note), err=True)
        click.echo(f"annotate: {visible(str(error))}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        # those of Arrow and s3fs have words of their own alone, some of several lines
        own = " ".join(str(error).split()) or type(error).__name__
        said = f"{error.filename or 'system'}: {error.strerror}" if error.strerror else own
        click.echo(f"annotate: {visible(said)}", err=True)
        sys.exit(1)


def _refuse_empty(arguments: Sequence[str]) -> None:
    """Raise UsageError for an argument that is empty, as a variable that is not set leaves it.

    A message may be: none is what an empty one says.
    """
    for where, given in pairwise(["annotate", *arguments]):
        if given.startswith("--") and "=" in given:
            where, _, given = given.partition("=")
        if not given and where not in _MAY_BE_EMPTY:
            raise UsageError("an argument is empty", where=where, do="leave it out, or give one")


def _open_streams() -> None:
    """Have the three streams: one that the caller closed is empty, and takes all.

    A file would get its number otherwise. What the terminal's encoding lacks is written as `?`.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _end_in_order() -> None:
    """Let a program that is told to end take its temporary files and processes along.

    Click would end one that Ctrl-C reached with 1, as if its input were at fault.
    """
    untouched = (signal.SIG_DFL, signal.default_int_handler)  # `nohup` has a hang-up ignored
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) in untouched:
            signal.signal(number, _end)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)
