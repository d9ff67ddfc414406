"""The logical hash: as a third party makes it, and what it does not depend on."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotate.annotations.pseudonym import PseudonymKey
from annotate.dataset.arrow.hashing import row_hasher
from annotate.pipeline import create_version, load_version
from annotate.schemes.columns import FLOAT32, Column
from tests.formats import making
from tests.formats.making import choice, save
from tests.shared import shared
from tests.store.made import articles, create

_ROOT = Path(__file__).resolve().parents[2]
_DOC = _ROOT / "docs" / "versions.md"
_FIXTURES = {
    "entities": ("fx_entities_json_all.json", "entities.xml", {}),
    "stance": ("fx_stance_single_json_all.json", "stance_single.xml", {}),
    "claims": (
        "fx_claims_json_all.json",
        "claims.xml",
        {
            "span": "role",
            "speech": "mode",
            "Claim": "Content",
            "attributed_to": "source",
            "cued_by": "cue",
        },
    ),
}


def _third_party(tmp_path: Path) -> Path:
    """The program that the documentation prints."""
    code = re.search(
        r"```python\n(import decimal, hashlib.*?)```", _DOC.read_text(encoding="utf-8"), re.S
    )
    assert code is not None
    path = tmp_path / "third_party.py"
    path.write_text(code[1], encoding="utf-8")
    return path


def _hash_by(python: str, program: Path, version: Path) -> str:
    done = subprocess.run(
        [python, "-I", str(program), str(version)], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def _from_export(scheme: str, store: Path, key: bytes = b"one key for the tests") -> Any:
    export, config, names = _FIXTURES[scheme]
    return create_version(
        "fx",
        scheme=scheme,
        inputs=[str(shared("exports", export))],
        config=shared("exports", "configs", config),
        names=names,
        store=store,
        max_rejects=5,
        key=PseudonymKey(key),
    )


@pytest.mark.parametrize("scheme", sorted(_FIXTURES))
def test_a_third_party_makes_the_same_hash(scheme: str, tmp_path: Path) -> None:
    made = _from_export(scheme, tmp_path / "store")
    found = _hash_by(sys.executable, _third_party(tmp_path), tmp_path / "store" / "fx" / "v1.0.0")
    assert found == made.manifest.logical_hash


def test_a_third_party_writes_small_shares_alike(tmp_path: Path) -> None:
    values = ("favor", "against", "neutral", "none")
    tasks = []
    for n in range(400):
        said = [values[n % 4]] * 3 + [values[n % 3]]
        results = [[choice("c", "stance", value)] for value in said]
        tasks.append(making.task(f"Text {n}.", *results[: 2 + n % 3], target="Bo"))
    made = create_version(
        "small",
        scheme="stance",
        inputs=[str(save(tmp_path / "in.json", tasks))],
        store=tmp_path / "store",
        policy="dawid-skene",
        key=PseudonymKey(b"one key for the tests"),
    )
    rows = [
        row for split in load_version("small", store=tmp_path / "store").values() for row in split
    ]
    shares = {entry["share"] for row in rows for entry in row["distribution"]}
    assert any(share < 1e-5 for share in shares)
    assert any(1e-5 <= share < 1e-4 for share in shares)
    folder = tmp_path / "store" / "small" / "v1.0.0"
    found = _hash_by(sys.executable, _third_party(tmp_path), folder)
    assert found == made.manifest.logical_hash


@pytest.mark.parametrize("value", [1e-5, 9.99e-6, 1e-4, 9.99e-5, 2.5e-9, 1e-10, 3e-45, 0.5, 0, 1])
def test_a_third_party_writes_a_share_as_it_enters(value: float, tmp_path: Path) -> None:
    share = struct.unpack("<f", struct.pack("<f", value))[0]
    columns = (Column("share", FLOAT32),)
    own = _third_party(tmp_path)
    code = "import sys, third_party, hashlib; share = float(sys.argv[1])\n"
    code += "print(hashlib.sha256(third_party.dump([share])).hexdigest()[:32])"
    done = subprocess.run(
        [sys.executable, "-c", code, repr(share)],
        capture_output=True,
        check=True,
        text=True,
        cwd=own.parent,
    )
    assert done.stdout.strip() == row_hasher(columns)((share,))


@pytest.mark.parametrize("scheme", sorted(_FIXTURES))
def test_the_key_does_not_enter(scheme: str, tmp_path: Path) -> None:
    hashes = {
        _from_export(
            scheme, tmp_path / f"{n}", f"another key {n} for the tests".encode()
        ).manifest.logical_hash
        for n in range(4)
    }
    assert len(hashes) == 1


def test_the_order_of_tasks_does_not_enter(tmp_path: Path) -> None:
    tasks = articles(25)
    made = create(tmp_path / "a", tasks)
    again = create(tmp_path / "b", [*tasks[9:], *tasks[8::-1]])
    assert made.manifest.logical_hash == again.manifest.logical_hash
    files = [
        {p.name: p.read_bytes() for p in (tmp_path / side / "ents/v1.0.0/data").iterdir()}
        for side in "ab"
    ]
    assert files[0] == files[1], "one pyarrow writes the same bytes"


def test_everything_else_enters(tmp_path: Path) -> None:
    variants = [
        articles(3),
        articles(2),
        articles(3, label="ORG"),
        articles(3, start=1),
        [*articles(2), articles(1, start=2, label="ORG")[0]],
    ]
    hashes = [
        create(tmp_path / str(n), tasks).manifest.logical_hash for n, tasks in enumerate(variants)
    ]
    hashes.append(
        create(tmp_path / "l", articles(3), labels=("ORG", "PER", "GPE")).manifest.logical_hash
    )
    assert all(a != b for a, b in itertools.combinations(hashes, 2))


_MAKE = """
import sys
from pathlib import Path
from tests.store.test_hash import _FIXTURES, _from_export
for scheme in sorted(_FIXTURES):
    print(scheme, _from_export(scheme, Path(sys.argv[1]) / scheme).manifest.logical_hash)
import pyarrow, platform
print(pyarrow.__version__, platform.python_version())
"""


def _hashes_by(python: str, store: Path, **env: str) -> list[str]:
    done = subprocess.run(
        [python, "-c", _MAKE, str(store)],
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
        env={**os.environ, **env},
    )
    return done.stdout.splitlines()


@pytest.mark.faults
def test_two_pyarrow_releases_make_one_hash(tmp_path: Path) -> None:
    shared("exports")
    other = tmp_path / "other"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(other), "--no-deps"]
    subprocess.run([*pip, "pyarrow==24.0.0"], check=True)
    *here, versions = _hashes_by(sys.executable, tmp_path / "here")
    *there, others = _hashes_by(sys.executable, tmp_path / "there", PYTHONPATH=str(other))
    assert here == there
    assert versions.split()[0] != others.split()[0] == "24.0.0"


@pytest.mark.faults
def test_python_3_13_makes_the_same_hash(tmp_path: Path) -> None:
    shared("exports")
    python = _python_3_13()
    if python is None:
        pytest.skip("there is no Python 3.13")
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    needs = ("-e", ".", "pytest", "hypothesis")
    install = [python, "-m", "pip", "install", "-q", "-c", "constraints.txt", *needs]
    subprocess.run(install, check=True, cwd=_ROOT)
    *here, _ = _hashes_by(sys.executable, tmp_path / "here")
    *there, versions = _hashes_by(python, tmp_path / "there")
    assert here == there
    assert versions.split()[1].startswith("3.13.")


def _python_3_13() -> str | None:
    candidates = [str(p) for p in Path.home().glob(".pyenv/versions/3.13*/bin/python")]
    found = shutil.which("python3.13")
    for candidate in [*candidates, *([found] if found else [])]:
        done = subprocess.run([candidate, "-V"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.startswith("Python 3.13"):
            return candidate
    return None
