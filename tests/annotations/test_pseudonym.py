"""Pseudonyms: a keyed hash, worked out here with the standard library alone."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from tests.command import annotate

SECRET = "0123456789abcdef-secret"


def _pseudonym(person: str) -> str:
    return "p-" + hmac.new(SECRET.encode(), person.encode(), hashlib.sha256).hexdigest()[:12]


def test_the_key_is_made_once_and_never_shown(tmp_path: Path) -> None:
    shown = annotate("key", "show", home=tmp_path)
    assert annotate("key", "show", home=tmp_path).out == shown.out
    fingerprint, path = shown.out.split()
    key = Path(path).read_text().strip()
    assert len(key) == 64
    assert key not in shown.out + shown.err
    assert fingerprint not in key
    assert Path(path).stat().st_mode & 0o777 == 0o600
    Path(path).chmod(0o644)
    refused = annotate("key", "show", home=tmp_path)
    assert refused.code == 1
    assert "chmod 600" in refused.err


def test_a_backup_is_the_key(tmp_path: Path) -> None:
    shown = annotate("key", "show", home=tmp_path).out
    done = annotate("key", "backup", tmp_path / "kept", home=tmp_path)
    assert done.code == 0
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
    again = annotate("key", "backup", tmp_path / "kept", home=tmp_path)
    assert (again.code, "exists already" in again.err) == (1, True)
    secret = (tmp_path / "kept").read_text().strip()
    other = tmp_path / "other"
    other.mkdir()
    env = {"ANNOTATE_PSEUDONYM_KEY": secret}
    assert annotate("key", "show", home=other, env=env).out.split()[0] == shown.split()[0]


def test_who(tmp_path: Path) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": SECRET}
    for person, said in (("42", "user 42"), ("annotation 7", "annotation 7")):
        found = annotate("key", "who", _pseudonym(person), home=tmp_path, env=env)
        assert found.out.strip() == said


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    ran = annotate("key", "show", home=tmp_path, env={"ANNOTATE_PSEUDONYM_KEY": "short"})
    assert ran.code == 1
    assert "fewer than 16" in ran.err
