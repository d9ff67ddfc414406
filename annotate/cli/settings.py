"""Options for how a project asks its annotators, shared by the commands that make projects."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from annotate.cli.options import option_group
from annotate.cli.output import say
from annotate.errors import ConfigError
from annotate.schemes import load_scheme
from annotate.schemes.label_config import LabelConfig, config_path, fit_config
from annotate.studio import Settings
from annotate.studio.instruction import read_instruction
from annotate.studio.projects import Sampling

settings_options = option_group(
    click.option(
        "--overlap",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Annotations that a new project wants for each task.",
    ),
    click.option(
        "--sampling",
        type=click.Choice(get_args(Sampling)),
        default="sequential",
        show_default=True,
        help="Order in which a new project offers its tasks.",
    ),
    click.option(
        "--instruction",
        metavar="FILE",
        help="Guideline for a new project, .md, .txt or .html; else the scheme's own.",
    ),
)


def make_settings(
    scheme: str, config: str | None, instruction: str | None, overlap: int, sampling: Sampling
) -> Settings:
    """The settings; the shipped guideline goes with the shipped label config."""
    guideline = Path(instruction) if instruction else config_path(f"{scheme}.md")
    wanted = instruction is not None or (config is None and guideline.exists())
    return Settings(
        instruction=read_instruction(guideline) if wanted else "",
        overlap=overlap,
        sampling=sampling,
    )


def say_misfit(scheme: str, config: LabelConfig) -> None:
    """Say on stderr what keeps annotations made with a config from being read, before any is."""
    kind = load_scheme(scheme)
    try:
        fit_config(config, kind.name, kind.needs, kind.relations)
    except ConfigError as error:
        say(str(error))
