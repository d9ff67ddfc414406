"""The README's transcript, run as it stands, in what a clone holds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.studio import LocalStudio
from tests.transcript import matches, read_transcript

_ROOT = Path(__file__).resolve().parent.parent
_CLONED = ("seeds", "label_configs", *(f"datasets/{n}" for n in ("entities", "stance", "claims")))
"""What a clone holds of what the transcript could meet."""


@pytest.mark.studio
def test_the_transcript(tmp_path: Path) -> None:
    not_in_git = shutil.ignore_patterns("objects", "tmp", "lock")
    for folder in _CLONED:
        shutil.copytree(_ROOT / folder, tmp_path / folder, ignore=not_in_git)
    binaries = str(Path(sys.executable).parent)
    env = {k: v for k, v in os.environ.items() if not k.startswith("LABEL_STUDIO")} | {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    try:
        for command, shown in read_transcript((_ROOT / "README.md").read_text(encoding="utf-8")):
            done = subprocess.run(
                ["/bin/bash", "-c", command],
                capture_output=True,
                cwd=tmp_path,
                env=env,
                text=True,
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            assert matches(shown, done.stderr + done.stdout), (
                f"{command}\nshown: {shown}\nsaid: {done.stderr + done.stdout}"
            )
    finally:
        subprocess.run(
            [f"{binaries}/annotate", "studio", "stop"], env=env, capture_output=True, check=False
        )


@pytest.mark.studio
def test_the_way_into_a_project_from_python(tmp_path: Path, local_studio: LocalStudio) -> None:
    page = (_ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = [part for part in re.findall(r"```python\n(.*?)```", page, re.S) if "push_" in part]
    for folder in ("seeds", "label_configs"):
        shutil.copytree(_ROOT / folder, tmp_path / folder)
    server = local_studio.server
    env = os.environ | {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, timeout=300, check=True)
    assert len(json.loads((tmp_path / "pulled.json").read_bytes())) == 12


def test_every_page_is_in_the_list() -> None:
    page = (_ROOT / "README.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(docs/(\w+)\.md", page.split("## Where things are")[1]))
    assert linked == {path.stem for path in (_ROOT / "docs").glob("*.md")}


def test_every_command_is_in_the_help_with_an_example() -> None:
    from click import Command, Context, Group

    from annotate.cli import cli

    waiting: list[tuple[str, Command]] = [("annotate", cli)]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, Group):
            context = Context(command)
            for sub in command.list_commands(context):
                found = command.get_command(context, sub)
                assert found is not None
                waiting.append((f"{name} {sub}", found))
        else:
            assert command.help
            assert f"Example: {name}" in command.help, name
