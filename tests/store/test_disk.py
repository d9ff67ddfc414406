"""Disks that are full, read-only, failing or without power: old versions stay whole."""

from __future__ import annotations

import errno
import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from annotate.errors import AnnotateError
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from annotate.store.folder import LOG, DatasetFolder
from annotate.store.log import read_log
from tests.store.made import articles, create
from tests.store.powerloss import Disk

_ROOT = Path(__file__).resolve().parents[2]


def _hashes(store: Path) -> dict[str, str]:
    return {e.version: e.logical_hash for e in read_log(DatasetFolder(store, "ents")).versions}


@pytest.mark.parametrize(
    ("versions", "chances"), [(2, 1), pytest.param(4, 8, marks=pytest.mark.faults)]
)
def test_what_was_acknowledged_survives_a_power_loss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: int, chances: int
) -> None:
    disk_root = tmp_path / "disk"
    disk_root.mkdir()
    store = disk_root / "store"
    disk = Disk(disk_root)
    luck = random.Random(7)  # noqa: S311
    acknowledged: dict[str, str] = {}
    states = 0

    def lose_power() -> None:
        nonlocal states
        for chance in (None, *[luck] * chances):
            states += 1
            monkeypatch.setattr(os, "fsync", lambda _: None)  # the check itself need not last
            lost = tmp_path / f"lost{states}"
            disk.after_power_loss(lost, chance)
            _check_lost(lost / "store", acknowledged)
            shutil.rmtree(lost)
            monkeypatch.undo()

    with disk.watched(lose_power):
        for count in range(1, versions + 1):
            made = create(store, articles(count)).manifest
            acknowledged[made.version] = made.logical_hash
            lose_power()
    assert states > 60


def _check_lost(store: Path, acknowledged: dict[str, str]) -> None:
    """Whatever the disk holds, each acknowledged version is in it or can be made from it."""
    if not (store / "ents/.annotate/log").exists():
        assert not acknowledged
        return
    folder = DatasetFolder(store, "ents")
    assert acknowledged.items() <= _hashes(store).items()
    (store / "ents/.annotate/tmp").mkdir(exist_ok=True)
    repair(folder)
    assert verify(folder) == []


def test_a_failing_sync_leaves_the_old_versions_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    create(store, articles(2))
    folder, sync = DatasetFolder(store, "ents"), os.fsync
    calls = 0

    def count(handle: int) -> None:
        nonlocal calls
        calls += 1
        sync(handle)

    monkeypatch.setattr(os, "fsync", count)
    create(store, articles(3))
    refused = 0
    for bad in range(1, calls + 1, 3):
        seen = 0

        def fail(handle: int, bad: int = bad) -> None:
            nonlocal seen
            seen += 1
            if seen == bad:
                raise OSError(errno.EIO, "Input/output error")
            sync(handle)

        monkeypatch.setattr(os, "fsync", fail)
        before = _hashes(store)
        try:
            create(store, articles(3, start=10 * bad))
        except (OSError, AnnotateError):
            refused += 1
        monkeypatch.setattr(os, "fsync", sync)
        assert before.items() <= _hashes(store).items()
        repair(folder)
        assert verify(folder) == []
    assert refused > calls / 6


_ON_A_SMALL_DISK = """
import os, subprocess, sys
from pathlib import Path
from annotate.errors import AnnotateError
from annotate.store.folder import DatasetFolder
from annotate.store.care.repair import repair
from annotate.store.care.verify import verify
from tests.store.made import articles, create

disk = Path(sys.argv[1])
options = sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(disk)], check=True)
store, page = disk / "store", 4096
create(store, articles(3))
folder = DatasetFolder(store, "ents")
refused = made = 0
for free in range(0, 120, int(sys.argv[3])):
    filler = disk / "filler"
    if "nr_inodes" in options:
        filler.mkdir()
        for number in range(os.statvfs(disk).f_ffree - free):
            (filler / str(number)).touch()
    else:
        with filler.open("wb") as file:
            file.write(bytes(max(0, os.statvfs(disk).f_bavail * page - free * page)))
    try:
        create(store, articles(4, start=10 + 10 * free))
        made += 1
    except (OSError, AnnotateError) as error:
        refused += 1
        assert "space" in str(error), error
    subprocess.run(["rm", "-rf", str(filler)], check=True)
    repair(folder)
    assert verify(folder) == [], verify(folder)
    if made > 1:
        break
print("refused", refused, "made", made)
"""

_READ_ONLY = """
import subprocess, sys
from pathlib import Path
from annotate.pipeline import diff_versions
from annotate.store.checkout import checkout
from annotate.store.folder import DatasetFolder
from annotate.store.care.verify import verify
from annotate.store.versions import open_version
from tests.store.made import articles, create

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "none", str(disk)], check=True)
store = disk / "store"
create(store, articles(3))
create(store, articles(4))
(disk / "store-inputs").rename(disk / "moved")
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
assert verify(DatasetFolder(store, "ents"), deep=True) == []
assert diff_versions("ents", "v1.0.0", "v1.1.0", store=store).bump == "minor"
checkout(open_version(DatasetFolder(store, "ents")), Path(sys.argv[2]))
from annotate.pipeline import create_version
from tests.store.made import KEY, config_xml, export
work = Path(sys.argv[2]).parent
(work / "config.xml").write_text(config_xml())
try:
    create_version("ents", scheme="entities", inputs=[export(work / "e.json", articles(5))],
                   store=store, config=work / "config.xml", key=KEY)
except OSError as error:
    print(error.strerror)
"""


def _in_a_namespace(code: str, *args: str) -> str:
    """Run a program that may mount file systems of its own."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    done = subprocess.run(
        [unshare, "-rm", sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_SMALL = ["size=2m", "size=8m,nr_inodes=400"]


def _fill(tmp_path: Path, options: str, step: int) -> None:
    said = _in_a_namespace(_ON_A_SMALL_DISK, str(tmp_path), options, str(step)).split()
    assert int(said[1]) >= 10 / step
    assert int(said[3]) == 2


def test_a_link_whose_answer_was_lost_is_a_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_over_nfs(source: Path, target: Path) -> None:
        """As link(2) says of NFS: it is asked for again, and finds what it made itself."""
        link(source, target)
        link(source, target)

    monkeypatch.setattr(os, "link", link_over_nfs)
    folder = DatasetFolder(tmp_path / "store", "ents")
    folder.create()
    with folder.files.stage() as staged:
        for name in ("one", "other"):
            (staged / name).write_text("the same words")
        path = f"{LOG}/00000001.json"
        assert folder.files.put_new(path, staged / "one")
        assert not folder.files.put_new(path, staged / "other")


def test_a_share_on_which_no_folder_can_be_synced_takes_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def sync_on_a_share(handle: int) -> None:
        """As fsync(2) says of what does not support it."""
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(handle)

    monkeypatch.setattr(os, "fsync", sync_on_a_share)
    create(tmp_path / "store", articles(2))
    assert verify(DatasetFolder(tmp_path / "store", "ents")) == []


@pytest.mark.parametrize("options", _SMALL)
def test_a_full_disk_leaves_the_old_versions_whole(tmp_path: Path, options: str) -> None:
    _fill(tmp_path, options, 5)


@pytest.mark.faults
@pytest.mark.parametrize("options", _SMALL)
def test_a_full_disk_at_every_step_leaves_the_old_versions_whole(
    tmp_path: Path, options: str
) -> None:
    _fill(tmp_path, options, 1)


def test_a_read_only_store_is_read_and_refuses_to_be_written(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    said = _in_a_namespace(_READ_ONLY, str(tmp_path / "disk"), str(tmp_path / "out"))
    assert said == "Read-only file system"
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_store_that_a_group_shares_is_the_groups_to_write(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        create(tmp_path / "store", articles(2))
    finally:
        os.umask(before)
    made = [*(tmp_path / "store").rglob("*")]
    assert tmp_path / "store/ents/.annotate/lock" in made
    assert [path for path in made if not path.stat().st_mode & 0o020] == []
