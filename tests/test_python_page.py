"""`docs/python.md`: its programs, and every function of ours that it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

_ROOT = Path(__file__).resolve().parent.parent
_PAGE = (_ROOT / "docs/python.md").read_text(encoding="utf-8")


def test_the_programs_run_as_they_stand(tmp_path: Path) -> None:
    shutil.copytree(_ROOT / "seeds", tmp_path / "seeds")
    program = "\n".join(re.findall(r"```python\n(.*?)```", _PAGE, re.S))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"ANNOTATE_PSEUDONYM_KEY": "of the page alone", "HF_HOME": "hf"},
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "\nv1.0.0 {'train': " in done.stdout
    assert re.search(r"^0  p-\w{12} .* (favor|against|neutral|none|unclear)$", done.stdout, re.M)


def test_every_function_that_is_named_is_there() -> None:
    named = re.findall(r"`(annotate(?:\.\w+)+)[`(]", _PAGE)
    assert len(named) > 8
    for name in named:
        resolve_name(name)
