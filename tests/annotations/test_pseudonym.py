"""Pseudonyms: a keyed hash, worked out here with the standard library alone."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
from pathlib import Path

import pytest

from annotate.annotations.pseudonym import back_up_key, key_path, load_key
from annotate.errors import StateError
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
    document = annotate("key", "show", "--json", home=tmp_path)
    assert document.json == {"fingerprint": fingerprint, "place": path}
    assert Path(path).stat().st_mode & 0o777 == 0o600
    Path(path).chmod(0o644)
    refused = annotate("key", "show", home=tmp_path)
    assert refused.code == 1
    assert "chmod 600" in refused.err


def test_where_no_key_can_be_made_the_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("ANNOTATE_PSEUDONYM_KEY", raising=False)
    with pytest.raises(StateError, match="made there: Not a directory; set ANNOTATE_PSEUDONYM_KEY"):
        load_key()


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


def test_a_file_system_without_links_holds_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("ANNOTATE_PSEUDONYM_KEY", raising=False)
    made = load_key()
    assert load_key().fingerprint == made.fingerprint
    back_up_key(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == key_path().read_bytes()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StateError, match="exists already"):
        back_up_key(tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept"]


def test_who(tmp_path: Path) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": SECRET}
    for person, said in (("42", "user 42"), ("annotation 7", "annotation 7")):
        found = annotate("key", "who", _pseudonym(person), home=tmp_path, env=env)
        assert found.out.strip() == said
        given = ("key", "who", _pseudonym(person), "--json")
        document = annotate(*given, home=tmp_path, env=env).json
        assert document == {"pseudonym": _pseudonym(person), "person": said}


def test_what_is_no_pseudonym_is_said_at_once(tmp_path: Path) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": SECRET}
    for name in ("anna", "P-0A5FD3BE841F", f"{_pseudonym('42')} "):
        ran = annotate("key", "who", name, home=tmp_path, env=env)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(f"annotate: {name}: is no pseudonym; take one from a dataset")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_line_end_is_no_part_of_the_key(tmp_path: Path, end: str) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": SECRET + end}
    shown = annotate("key", "show", home=tmp_path, env=env).out.strip()
    fingerprint = hashlib.sha256(b"annotate fingerprint " + SECRET.encode()).hexdigest()[:16]
    assert shown == f"{fingerprint}  the variable ANNOTATE_PSEUDONYM_KEY"
    assert annotate("key", "backup", "kept", home=tmp_path, env=env).code == 0
    assert (tmp_path / "kept").read_text() == f"{SECRET}\n"
    path = Path(annotate("key", "show", home=tmp_path).out.split()[1])
    path.write_bytes((SECRET + end).encode())
    assert annotate("key", "show", home=tmp_path).out == f"{fingerprint}  {path}\n"


def test_white_space_of_a_variable_is_kept_and_not_backed_up(tmp_path: Path) -> None:
    secret = f" {SECRET}\t"
    env = {"ANNOTATE_PSEUDONYM_KEY": secret}
    fingerprint = hashlib.sha256(b"annotate fingerprint " + secret.encode()).hexdigest()[:16]
    assert annotate("key", "show", home=tmp_path, env=env).out.split()[0] == fingerprint
    ran = annotate("key", "backup", "kept", home=tmp_path, env=env)
    assert (ran.code, (tmp_path / "kept").exists()) == (1, False)
    assert "begins or ends with white space" in ran.err


def test_a_key_that_is_no_text_is_refused(tmp_path: Path) -> None:
    env = {"ANNOTATE_PSEUDONYM_KEY": os.fsdecode(b"\xff" * 20)}
    ran = annotate("key", "show", home=tmp_path, env=env)
    assert ran.code == 1
    assert "ANNOTATE_PSEUDONYM_KEY: the pseudonym key is not UTF-8" in ran.err
    path = Path(annotate("key", "show", home=tmp_path).out.split()[1])
    path.write_bytes(b"\xff" * 20)
    ran = annotate("key", "show", home=tmp_path)
    assert ran.code == 1
    assert f"{path}: the pseudonym key is not UTF-8" in ran.err


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    ran = annotate("key", "show", home=tmp_path, env={"ANNOTATE_PSEUDONYM_KEY": "short"})
    assert ran.code == 1
    assert "fewer than 16" in ran.err
    # what a crash leaves where there are no links
    path = tmp_path / "state" / "annotate" / "pseudonym.key"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o600)
    ran = annotate("key", "show", home=tmp_path)
    assert ran.code == 1
    assert f"{path}: the pseudonym key has fewer than 16 characters; put back the key" in ran.err
    assert "where nothing was made with it yet, remove it" in ran.err


def test_nobody_is_looked_for_under_a_key_that_there_is_not(tmp_path: Path) -> None:
    ran = annotate("key", "who", "p-0a5fd3be841f", home=tmp_path)
    assert ran.code == 1
    assert "pseudonym.key: there is no pseudonym key yet; the first annotations" in ran.err
    assert not list(tmp_path.rglob("*.key"))
    ran = annotate("key", "backup", "-", home=tmp_path)
    assert (ran.code, ran.err) == (1, "annotate: FILE: needs a file\n")
    assert not (tmp_path / "-").exists()
