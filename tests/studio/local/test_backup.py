"""Backups, restores and upgrades of the local server, on a real Label Studio."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import AnnotateError, InputError, StateError
from annotate.studio import connect, create_project, list_projects, start_local, stop_local
from annotate.studio.local.backup import backup_local, restore_local
from annotate.studio.local.database import is_newer, read_version, write_version
from annotate.studio.local.places import VERSION
from annotate.studio.local.process import birth
from annotate.studio.local.state import Running, write_running
from annotate.studio.local.upgrade import upgrade_folder
from tests.command import annotate
from tests.studio.local.test_local import CONFIG, free_port, own_folders, quiet, stopped_afterwards

__all__ = ["own_folders", "stopped_afterwards"]

_DATABASE = "label_studio.sqlite3"


def titles(data_dir: Path) -> list[str]:
    """What the server of a data folder shows; it is stopped afterwards."""
    local = start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    found = [project.title for project in list_projects(local.server)]
    stop_local()
    return found


@pytest.mark.studio
def test_backup_of_a_running_server_and_back(stopped_afterwards: Path) -> None:
    data_dir, file = stopped_afterwards / "my data", stopped_afterwards / "saved.tar.gz"
    local = start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    create_project(local.server, title="saved", label_config=CONFIG)
    assert backup_local(file) == file
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="exists already"):
        backup_local(file)
    create_project(local.server, title="made later", label_config=CONFIG)
    with pytest.raises(StateError, match="runs"):
        restore_local(file, data_dir=data_dir)
    stop_local()

    folder, aside = restore_local(file, data_dir=data_dir)
    assert folder == data_dir
    assert aside is not None
    assert titles(data_dir) == ["saved"]
    assert sorted(titles(aside)) == ["made later", "saved"]
    ran = annotate("studio", "restore", file, "--data-dir", "a b", home=stopped_afterwards)
    begun = f"start it with `annotate studio start --data-dir '{stopped_afterwards / 'a b'}'`\n"
    assert ran.out.endswith(begun), ran.err
    # elsewhere too, with the accounts and keys of then
    other, nothing = restore_local(file, data_dir=stopped_afterwards / "elsewhere" / "data")
    assert nothing is None
    again = start_local(port=free_port(), data_dir=other, on_progress=quiet)
    assert (again.api_key, again.password) == (local.api_key, local.password)
    with connect(again.server) as studio:
        assert studio.get("api/current-user/whoami")["id"] == 1
    assert [path.name for path in data_dir.parent.glob(".restoring*")] == []


_DIES_WHILE_IT_WRITES = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size = 1")
database.execute("UPDATE project SET title = hex(randomblob(9000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_server_left_half_written_is_saved_as_it_was(own_folders: Path) -> None:
    data_dir = own_folders / "data"
    data_dir.mkdir()
    with contextlib.closing(sqlite3.connect(data_dir / _DATABASE)) as database:
        database.execute("CREATE TABLE project (title)")
        database.executemany("INSERT INTO project VALUES (?)", [("x" * 9000,)] * 50)
        database.commit()
    dying = [sys.executable, "-c", _DIES_WHILE_IT_WRITES, str(data_dir / _DATABASE)]
    assert subprocess.run(dying, check=False).returncode == -9
    assert (data_dir / f"{_DATABASE}-journal").exists()
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    restored, _ = restore_local(file, data_dir=own_folders / "restored")
    with contextlib.closing(sqlite3.connect(restored / _DATABASE)) as database:
        assert list(database.execute("SELECT DISTINCT title FROM project")) == [("x" * 9000,)]


@pytest.mark.parametrize("ready", [False, True])
def test_a_server_without_accounts_is_not_restored_over(own_folders: Path, ready: bool) -> None:
    data_dir = own_folders / "data"
    data_dir.mkdir()
    with contextlib.closing(sqlite3.connect(data_dir / _DATABASE)) as database:
        database.execute("CREATE TABLE project (title)")
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as server:
        born = birth(server.pid) or ""
        write_running(Running(server.pid, born, 8080, str(data_dir), VERSION, ready=ready))
        for folder in (data_dir, own_folders):
            with pytest.raises(StateError, match=r"data: the server of this data folder runs"):
                restore_local(file, data_dir=folder)
        server.communicate(b"\n")
    assert restore_local(file, data_dir=data_dir)[0] == data_dir


def make_older(database: Path) -> None:
    """Take back the last change that Label Studio made to its table of users."""
    with contextlib.closing(sqlite3.connect(database)) as open_:
        open_.execute("ALTER TABLE htx_user DROP COLUMN custom_hotkeys")
        open_.execute("DELETE FROM django_migrations WHERE name = '0011_user_custom_hotkeys'")
        open_.commit()


@pytest.mark.studio
def test_upgrade_works_on_a_copy(stopped_afterwards: Path) -> None:
    data_dir = stopped_afterwards / "old data"
    local = start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    create_project(local.server, title="of old", label_config=CONFIG)
    stop_local()
    make_older(data_dir / _DATABASE)
    write_version(data_dir, "1.20.0")
    before = (data_dir / _DATABASE).read_bytes()

    told: list[str] = []
    again = start_local(port=free_port(), data_dir=data_dir, on_progress=told.append)
    assert f"upgrading a copy of the database from 1.20.0 to {VERSION}" in told
    assert [project.title for project in list_projects(again.server)] == ["of old"]
    stop_local()
    assert read_version(data_dir) == VERSION
    assert (data_dir / f"{_DATABASE}.1.20.0").read_bytes() == before
    assert not list(data_dir.glob("upgrading-*"))

    # a failure leaves the folder as it was
    write_version(data_dir, "1.20.0")
    (data_dir / _DATABASE).write_bytes(before[:4096] + b"\xff" * 8192 + before[12288:])
    damaged = (data_dir / _DATABASE).read_bytes()
    with pytest.raises(StateError):
        start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    assert (data_dir / _DATABASE).read_bytes() == damaged
    assert read_version(data_dir) == "1.20.0"


_MIGRATES = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[-1] + "/label_studio.sqlite3")
database.execute("CREATE TABLE IF NOT EXISTS newer (x)")
database.commit()
"""


def _older(folders: Path) -> tuple[Path, Path]:
    """A data folder of before an upgrade, and the Python beside a program that does it."""
    data_dir, program = folders / "data", folders / "bin" / "label-studio"
    for folder in (data_dir, program.parent):
        folder.mkdir()
    program.write_text(_MIGRATES)
    python = program.parent / "python"
    python.symlink_to(sys.executable)
    with contextlib.closing(sqlite3.connect(data_dir / _DATABASE)) as database:
        database.execute("CREATE TABLE work (x)")
        database.commit()
    return data_dir, python


@pytest.mark.parametrize("renamings", range(3))
def test_an_upgrade_that_is_killed_leaves_a_database(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch, renamings: int
) -> None:
    data_dir, python = _older(own_folders)
    # what one before has left that was killed outright
    (data_dir / "upgrading-x").mkdir()
    write_version(data_dir, "1.20.0")
    replace, left = Path.replace, iter(range(renamings))

    def until_killed(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", until_killed)
    with (
        (data_dir / "lock").open("wb") as lock,
        pytest.raises(KeyboardInterrupt) if renamings < 2 else contextlib.nullcontext(),
    ):
        upgrade_folder(python, data_dir, hold=lock.fileno(), on_progress=quiet)
    with contextlib.closing(sqlite3.connect(data_dir / _DATABASE)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert tables == ({"work"} if renamings < 2 else {"work", "newer"})
    assert read_version(data_dir) == ("1.20.0" if renamings < 2 else VERSION)
    assert not [*data_dir.glob("upgrading-*")]


def test_an_upgrade_after_one_that_was_killed_at_its_end_keeps_the_old_database(
    own_folders: Path,
) -> None:
    data_dir, python = _older(own_folders)
    for _ in range(2):
        write_version(data_dir, "1.20.0")  # the second time as the one that was killed left it
        with (data_dir / "lock").open("wb") as lock:
            upgrade_folder(python, data_dir, hold=lock.fileno(), on_progress=quiet)
        assert read_version(data_dir) == VERSION
    found = []
    for name in (_DATABASE, f"{_DATABASE}.1.20.0"):
        with contextlib.closing(sqlite3.connect(data_dir / name)) as database:
            found.append({n for (n,) in database.execute("SELECT name FROM sqlite_master")})
    assert found == [{"work", "newer"}, {"work"}]


@pytest.mark.studio
def test_a_folder_of_a_newer_version_is_refused(stopped_afterwards: Path) -> None:
    data_dir = stopped_afterwards / "data"
    start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    stop_local()
    write_version(data_dir, "99.0")
    with pytest.raises(StateError, match=r"is of Label Studio 99\.0"):
        start_local(port=free_port(), data_dir=data_dir, on_progress=quiet)
    file = stopped_afterwards / "newer.tar.gz"
    backup_local(file, data_dir=data_dir)
    with pytest.raises(InputError, match=r"made by Label Studio 99\.0"):
        restore_local(file, data_dir=stopped_afterwards / "other")
    assert not (stopped_afterwards / "other").exists()


def pack(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_dot_", "."))
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    "members",
    [
        None,
        {},
        {"backup_dot_json": b"{}"},
        {"backup_dot_json": b'{"format": "other", "version": "1.0"}'},
        {"backup_dot_json": b'{"format": "annotate studio backup 1", "version": "1.0"}'},
        {"backup_dot_json": b'{"format": "annotate studio backup 1", "version": "\\u00b2"}'},
        {"backup_dot_json": b'{"format": "annotate studio backup 1", "version": "1.0\\u00e9"}'},
        {
            "backup_dot_json": b'{"format": "annotate studio backup 1", "version": "1/../../x"}',
            "label_studio_dot_sqlite3": b"",
        },
        {"backup_dot_json": b"[" * 200_000},
        {"_dot__dot___escaped": b"x"},
    ],
)
def test_what_is_no_backup_is_refused(members: dict[str, bytes] | None, own_folders: Path) -> None:
    file = own_folders / "file.tar.gz"
    if members is None:
        file.write_bytes(b"no archive")
    else:
        pack(file, **members)
    data_dir = own_folders / "data"
    data_dir.mkdir()
    (data_dir / "kept").touch()
    with pytest.raises(AnnotateError):
        restore_local(file, data_dir=data_dir)
    assert [path.name for path in data_dir.iterdir()] == ["kept"]
    assert not (own_folders / "escaped").exists()


def make_data(folder: Path) -> Path:
    """A data folder with a database and nothing else."""
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / _DATABASE)) as database:
        database.execute("CREATE TABLE project (title)")
    return folder


def test_a_backup_with_damaged_bytes_is_refused(own_folders: Path) -> None:
    data_dir = make_data(own_folders / "data")
    (data_dir / "media").mkdir()
    picture = random.Random(1).randbytes(1 << 18)  # noqa: S311
    (data_dir / "media" / "picture").write_bytes(picture)
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    packed = bytearray(file.read_bytes())
    for place in range(0, len(packed), 5000):
        damaged = packed[:place] + bytes([packed[place] ^ 255]) + packed[place + 1 :]
        file.write_bytes(damaged)
        with pytest.raises(InputError, match=r"saved\.tar\.gz: is no whole backup"):
            restore_local(file, data_dir=own_folders / "other")
    assert not (own_folders / "other").exists()


@pytest.mark.parametrize(
    ("old", "new"), [(b"tableproject", b"tablepro\xffect"), (b"CREATE TABLE", b"CREATE \xffABLE")]
)
def test_a_damaged_database_is_not_saved(own_folders: Path, old: bytes, new: bytes) -> None:
    database = make_data(own_folders / "data") / _DATABASE
    database.write_bytes(database.read_bytes().replace(old, new))
    with pytest.raises(StateError, match=r"label_studio\.sqlite3: the database "):
        backup_local(own_folders / "saved.tar.gz", data_dir=database.parent)
    assert not (own_folders / "saved.tar.gz").exists()


def add_link(file: Path, *links: tuple[str, bytes, str]) -> None:
    """Put (name, type, target) into a backup, behind what is there."""
    with tarfile.open(file, "r:gz") as packed:
        found = [(info, packed.extractfile(info)) for info in packed]
        with tarfile.open(file.with_suffix(".new"), "w:gz") as out:
            for info, content in found:
                out.addfile(info, content)
            for name, kind, target in links:
                info = tarfile.TarInfo(name)
                info.type, info.linkname = kind, target
                out.addfile(info)
            info = tarfile.TarInfo("escape/planted")
            out.addfile(info, io.BytesIO())
    file.with_suffix(".new").replace(file)


def out_of_the_folder() -> Iterator[tuple[str, bytes, str]]:
    """Links that Python's own filter takes for inner ones, their path being too long to follow."""
    deep, steps = "d" * 247, "abcdefghijklmnop"
    for count, step in enumerate(steps):
        above = f"{deep}/" * count
        yield f"{above}{deep}", tarfile.DIRTYPE, ""
        yield f"{above}{step}", tarfile.SYMTYPE, deep
    end = f"{'/'.join(steps)}/{'l' * 254}"
    yield end, tarfile.SYMTYPE, "../" * len(steps)
    yield "escape", tarfile.SYMTYPE, f"{end}/../../.."


@pytest.mark.parametrize(
    "links",
    [
        [("media/inner", tarfile.SYMTYPE, _DATABASE)],
        [("media/inner", tarfile.LNKTYPE, _DATABASE)],
        [("media/pipe", tarfile.FIFOTYPE, "")],
        [*out_of_the_folder()],
    ],
)
def test_a_backup_with_links_is_refused(
    links: list[tuple[str, bytes, str]], own_folders: Path
) -> None:
    data_dir = make_data(own_folders / "data")
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    add_link(file, *links)
    with pytest.raises(InputError, match=r"saved\.tar\.gz: holds '.*', no file and no folder"):
        restore_local(file, data_dir=own_folders / "a" / "other")
    assert not [*own_folders.rglob("planted")]
    assert not (own_folders / "a" / "other").exists()


def test_accounts_secret_and_uploads_come_back_for_their_owner_alone(own_folders: Path) -> None:
    data_dir = make_data(own_folders / "data")
    (data_dir / "media" / "upload" / "1").mkdir(parents=True)
    parts = ("accounts.json", ".env", "media/upload/1/a.txt")
    for part in parts:
        (data_dir / part).write_text(f"the {part}")
        (data_dir / part).chmod(0o600)
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    restored, _ = restore_local(file, data_dir=own_folders / "restored")
    assert [(restored / part).read_text() for part in parts] == [f"the {part}" for part in parts]
    for path in (file, *(restored / part for part in (*parts, _DATABASE))):
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_uploads_behind_a_link_are_saved(own_folders: Path) -> None:
    data_dir, disk = make_data(own_folders / "data"), own_folders / "another disk"
    disk.mkdir()
    (disk / "upload.txt").write_text("Go 😀")
    (data_dir / "media").symlink_to(disk)
    file = backup_local(own_folders / "saved.tar.gz", data_dir=data_dir)
    restored, _ = restore_local(file, data_dir=own_folders / "restored")
    assert not (restored / "media").is_symlink()
    assert (restored / "media" / "upload.txt").read_text() == "Go 😀"


@pytest.mark.parametrize("link", ["media", "media/project/upload.txt"])
def test_uploads_on_a_disk_that_is_not_there_are_not_left_out(own_folders: Path, link: str) -> None:
    path = make_data(own_folders / "data") / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(own_folders / "another disk")
    with pytest.raises(StateError, match=rf"{link}: is a link to what is not there"):
        backup_local(own_folders / "saved.tar.gz", data_dir=own_folders / "data")
    assert not (own_folders / "saved.tar.gz").exists()


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK])
def test_a_backup_that_could_not_be_restored_is_not_made(own_folders: Path, kind: int) -> None:
    media = make_data(own_folders / "data") / "media"
    media.mkdir()
    os.mknod(media / "pipe", kind | 0o600)
    with pytest.raises(StateError, match=r"media/pipe: is no file and no folder"):
        backup_local(own_folders / "saved.tar.gz", data_dir=own_folders / "data")
    assert not (own_folders / "saved.tar.gz").exists()


def test_an_upload_that_is_deleted_meanwhile_ends_no_backup(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = make_data(own_folders / "data") / "media"
    media.mkdir()
    for name in ("a", "b", "c"):
        (media / name).write_text(name)
    add = tarfile.TarFile.add

    def add_late(packed: tarfile.TarFile, path: Path, *rest: Any, **options: Any) -> None:
        if Path(path).name == "a":
            (media / "b").unlink(missing_ok=True)
        add(packed, path, *rest, **options)
        if Path(path).name == "media":
            (media / "c").unlink(missing_ok=True)

    monkeypatch.setattr(tarfile.TarFile, "add", add_late)
    file = backup_local(own_folders / "saved.tar.gz", data_dir=own_folders / "data")
    restored, _ = restore_local(file, data_dir=own_folders / "restored")
    assert [path.name for path in (restored / "media").iterdir()] == ["a"]


def test_a_backup_larger_than_the_disk_is_refused(own_folders: Path) -> None:
    file = own_folders / "saved.tar.gz"
    with tarfile.open(file, "w:gz", format=tarfile.GNU_FORMAT) as packed:
        info = tarfile.TarInfo("media/zeros")
        info.size = 1 << 60
        packed.fileobj.write(info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(InputError, match=r"saved\.tar\.gz: unpacks to more than the .* free in "):
        restore_local(file, data_dir=own_folders / "other")
    assert not (own_folders / "other").exists()


def test_a_header_of_a_backup_takes_no_memory(own_folders: Path) -> None:
    file = own_folders / "saved.tar.gz"
    with gzip.open(file, "wb") as packed:
        info = tarfile.TarInfo("././@PaxHeader")
        info.type, info.size = tarfile.XHDTYPE, 64 << 20
        packed.write(info.tobuf(tarfile.USTAR_FORMAT))
        packed.write(bytes(64 << 20))
    tracemalloc.start()
    with pytest.raises(
        InputError, match=r"saved\.tar\.gz: is no whole backup: a header is too long"
    ):
        restore_local(file, data_dir=own_folders / "other")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_backup_of_another_folder_does_not_take_the_place_of_the_users(own_folders: Path) -> None:
    users, other = own_folders / "share" / "annotate" / "studio", own_folders / "other"
    for folder in (users, other):
        folder.mkdir(parents=True)
        with contextlib.closing(sqlite3.connect(folder / _DATABASE)) as made:
            made.execute(f"CREATE TABLE {folder.name} (number)")
    ran = annotate("studio", "backup", "-o", "o.gz", "--data-dir", other, home=own_folders)
    assert (ran.err, ran.out) == (f"saving {other}\n", "o.gz\n")
    before = (users / _DATABASE).read_bytes()
    with pytest.raises(InputError, match=f"made of the data folder {other}, .*--data-dir"):
        restore_local(own_folders / "o.gz")
    assert (users / _DATABASE).read_bytes() == before
    assert sorted(path.name for path in users.parent.iterdir()) == ["studio"]
    assert restore_local(own_folders / "o.gz", data_dir=other)[0] == other
    file = backup_local(own_folders / "u.gz")
    assert restore_local(file)[0] == users
    ran = annotate("studio", "backup", "-o", "-", "--data-dir", other, home=own_folders)
    assert (ran.code, ran.err) == (1, "annotate: -o: needs a file\n")
    assert not (own_folders / "-").exists()


def test_nothing_to_back_up(own_folders: Path) -> None:
    with pytest.raises(StateError, match="no Label Studio database"):
        backup_local(own_folders / "b.tar.gz", data_dir=own_folders)
    with pytest.raises(InputError, match="no such file"):
        restore_local(own_folders / "gone.tar.gz")


@pytest.mark.parametrize(
    ("one", "than"), [("1.23.2", "1.9.9"), ("2.0", "1.99"), ("1.23.2.post1", "1.23.2")]
)
def test_versions_are_compared_by_their_numbers(one: str, than: str) -> None:
    assert is_newer(one, than)
    assert not is_newer(than, one)
    assert not is_newer(one, one)


_OFFLINE = """
import httpx
from pathlib import Path
from annotate.studio import connect, start_local, stop_local
local = start_local(data_dir=Path("data"), on_progress=lambda _: None)
try:
    with connect(local.server) as studio:
        print(studio.get("api/version")["release"])
finally:
    stop_local()
"""


@pytest.mark.studio
def test_it_starts_without_any_network(own_folders: Path) -> None:
    unshare, ip = shutil.which("unshare"), shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
    cut_off = [unshare or "", "--map-root-user", "--net"]
    if not (unshare and ip) or subprocess.run([*cut_off, "true"], check=False).returncode:
        pytest.skip("the network cannot be taken away here")
    program = f"{ip} link set lo up && exec {sys.executable} -c '{_OFFLINE}'"
    done = subprocess.run(
        [*cut_off, "sh", "-c", program],
        cwd=own_folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == VERSION, done.stderr
