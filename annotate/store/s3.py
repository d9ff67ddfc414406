"""A dataset's files on S3 or what speaks its protocol: the same acts as on a local folder.

Put-if-absent is a conditional PUT (`If-None-Match: *`). A store that ignores
the condition would let two writers commit one number, so it is probed before
the first write and refused. 412 means that the name is taken, 409 that another
request is under way and this one is to be tried again. There is no lock: what
is younger than a day is never collected, and a commit that takes longer than
half of that gives up.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from annotate.errors import StateError, Unreachable
from annotate.files import give_up_silence
from annotate.store.local import file_sha256
from annotate.store.sending import bound_sending

_OLDEST = {"s3fs": "2026.3", "aiobotocore": "3.1"}
"""The first whose `cat_file` takes `max_concurrency`; that takes `socket_factory`."""
_GRACE = dt.timedelta(hours=24)
_LONGEST_COMMIT = _GRACE / 2
_TRIES = 8
_TAKEN, _CONFLICT = 412, 409
_LISTED_WITH_HASH = ".parquet"
"""Files whose names carry their content: what is there under the name is right."""
_NO_BUCKET, _BAD_NAME = "NoSuchBucket", "InvalidBucketName"
_AT_ONCE = 16
"""Requests under way when many small files are read."""
_READ: dict[tuple[str, str], tuple[str, bytes]] = {}
"""(endpoint, key) -> (ETag, bytes) of what this process has read: the log, which only grows."""
ResultT = TypeVar("ResultT")


class S3Files:
    """Files below one prefix of a bucket."""

    is_local = False

    def __init__(self, root: str) -> None:
        """`root` is `s3://bucket/prefix`; key, secret, region and endpoint come from AWS_*.

        Slashes at the end, and a second one in a row, mean nothing.

        Raises StateError where s3fs is not installed, or too old.
        """
        try:
            import s3fs
        except ImportError:
            raise StateError(
                "s3fs is not installed",
                where=root,
                do="in the clone, `pip install -e '.[s3]'` installs it",
            ) from None
        from importlib.metadata import version

        from packaging.version import Version

        for name, oldest in _OLDEST.items():
            if Version(found := version(name)) < Version(oldest):
                raise StateError(
                    f"{name} {found} is too old", where=root, do=f"pip install '{name}>={oldest}'"
                )
        # to S3 `a//b` is another place than `a/b`; to a folder, and to who types it, it is none
        self._root = "/".join(filter(None, root.removeprefix("s3://").split("/")))
        self.where = f"s3://{self._root}"
        # the address is named, so that instances of two servers are not taken for one
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._endpoint = endpoint or ""
        self._fs = s3fs.S3FileSystem(endpoint_url=endpoint, use_listings_cache=False)
        self._copies = Path(tempfile.mkdtemp(prefix="annotate-s3-"))
        weakref.finalize(self, shutil.rmtree, self._copies, ignore_errors=True)
        self._began: float | None = None
        self._is_known = False

    def local(self, path: str) -> Path:
        """A local copy of a file as it is now."""
        target = self._copies / secrets.token_hex(4) / Path(path).name
        target.parent.mkdir()
        self._call(lambda: self._fs.get_file(self._key(path), str(target)))
        return target

    def read(self, path: str) -> bytes:
        """The bytes of a small file; raises FileNotFoundError."""
        # in one request: with more at once s3fs would ask for the size first
        data: bytes = self._call(lambda: self._fs.cat_file(self._key(path), max_concurrency=1))
        return data

    def read_all(self, folder: str, wanted: re.Pattern[str]) -> dict[str, bytes]:
        """The bytes of the files in a folder whose whole name is `wanted`, by name, sorted.

        What this process has read before under the ETag that is listed now is not
        asked for again; the others are, several at once.
        """
        tags = {name: tag for name, tag in self._tags(folder).items() if wanted.fullmatch(name)}
        places = {name: (self._endpoint, self._key(f"{folder}/{name}")) for name in tags}
        known = {name: _READ.get(place, ("", b""))[0] for name, place in places.items()}
        new = [name for name, tag in tags.items() if not tag or tag != known[name]]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(self.read, [f"{folder}/{name}" for name in new])
            _READ.update(
                (places[name], (tags[name], data)) for name, data in zip(new, found, strict=True)
            )
        return {name: _READ[places[name]][1] for name in tags}

    def exists(self, path: str) -> bool:
        """Whether there is a file, or anything below."""
        return bool(self._call(lambda: self._fs.exists(self._key(path))))

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where it is absent."""
        return list(self._tags(folder))

    def walk(self, folder: str) -> list[str]:
        """All files below a folder, relative to it, sorted."""
        key = self._key(folder)
        found = self._call(lambda: self._fs.find(key, refresh=True))
        return sorted(name.removeprefix(f"{key}/") for name in found if not _is_marker(name))

    def fault(self, path: str) -> str | None:
        """What is wrong with a file before its bytes are looked at."""
        return None if self.exists(path) else "is missing"

    def sha256(self, path: str) -> str:
        """SHA-256 of a file's bytes."""
        copy = self.local(path)
        try:
            return file_sha256(copy)
        finally:
            copy.unlink()

    def is_one(self, path: str, other: str) -> bool:
        """Never: there are no links."""
        return False

    def make_folders(self, *folders: str) -> None:
        """S3 has no folders; the store is probed instead, once."""
        self._probed()

    def put_new(self, path: str, source: Path) -> bool:
        """Give the file `source` this name; false where the name is taken by another content.

        A request that was answered late and sent again finds its own content. Where
        nothing was written before, as for a tag, the store is probed first.
        """
        began = self._probed()
        if _clock() - began > _LONGEST_COMMIT.total_seconds():
            raise StateError("the commit took too long", where=self.where, do="run it again")
        data = source.read_bytes()
        return self._create(path, data) or self.read(path) == data

    def put_object(self, path: str, source: Path, sha: str) -> None:
        """Put a content-addressed file; putting it again makes it young, so that it stays."""
        self._call(lambda: self._fs.put_file(str(source), self._key(path)))

    def replace(self, path: str, source: Path) -> None:
        """Put `source` in the place of what is there."""
        self._call(lambda: self._fs.put_file(str(source), self._key(path)))

    def put_tree(self, folder: str, sources: Mapping[str, str]) -> None:
        """Make a folder of files (path in it -> path of the file in this store)."""
        for path, source in sources.items():
            target = f"{folder}/{path}"
            if not (path.endswith(_LISTED_WITH_HASH) and self.exists(target)):
                self._copy(source, target)

    def clear(self, path: str) -> None:
        """Nothing can stand in the way on S3."""

    def remove(self, path: str) -> None:
        """Remove a file or, where none has the name, all below; another may have been first.

        One by one: to `rm` of s3fs a name may be a pattern, and of many that are removed in
        one request it does not say which the store kept.
        """
        key = self._key(path)
        with suppress(FileNotFoundError):
            is_file = self._call(lambda: self._fs.info(key))["type"] == "file"
            for name in [key] if is_file else self._call(lambda: self._fs.find(key, refresh=True)):
                bucket, _, rest = name.partition("/")
                self._call(partial(self._fs.call_s3, "delete_object", Bucket=bucket, Key=rest))

    @contextmanager
    def stage(self) -> Iterator[Path]:
        """A local folder for files that are being written; it goes at the end."""
        with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
            yield Path(folder)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """The clock of a commit begins here."""
        self._began = _clock() if self._began is not None else None
        yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Nothing to lock: see `is_safe_to_collect`."""
        yield

    def is_safe_to_collect(self, path: str) -> bool:
        """Whether a file is older than any commit that may still run."""
        key = self._key(path)
        found = self._call(lambda: self._fs.find(key, detail=True, refresh=True))
        now = dt.datetime.now(dt.UTC)
        return all(now - info["LastModified"] > _GRACE for info in found.values())

    def _tags(self, folder: str) -> dict[str, str]:
        """The names in a folder, sorted, each with its ETag, which changes with the content."""
        key = self._key(folder)
        try:
            found = self._call(lambda: self._fs.ls(key, detail=True, refresh=True))
        except FileNotFoundError:
            return {}
        tags = {info["name"]: info.get("ETag", "") for info in found}
        names = sorted(name for name in tags if name != key and not _is_marker(name))
        return {name.removeprefix(f"{key}/"): tags[name] for name in names}

    def _key(self, path: str) -> str:
        return self._root if path in ("", ".") else f"{self._root}/{path}"

    def _copy(self, source: str, target: str) -> None:
        self._call(lambda: self._fs.cp_file(self._key(source), self._key(target)))

    def _create(self, path: str, data: bytes) -> bool:
        """Conditional PUT; false where the name is taken."""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(0.05 * 2 ** (attempt - 1))
            status = self._call(lambda: self._put_absent(path, data))
            if status != _CONFLICT:
                return status != _TAKEN
        raise Unreachable(
            f"{_TRIES} conditional writes met another one", where=self.where, do="run it again"
        )

    def _put_absent(self, path: str, data: bytes) -> int | None:
        """One conditional PUT; what was answered where it was not done for its condition."""
        try:
            self._fs.pipe_file(self._key(path), data, mode="create")
        except FileExistsError:
            return _TAKEN
        except OSError as error:
            status = _status(error)
            if status not in (_TAKEN, _CONFLICT):
                raise
            return status
        return None

    def _probed(self) -> float:
        """When the commit began, of a store that was probed."""
        if self._began is None:
            self._probe()
            self._began = _clock()
        return self._began

    def _probe(self) -> None:
        """Raise StateError where the store does not honour conditional writes."""
        path = f".annotate/tmp/probe-{secrets.token_hex(8)}"
        honoured = self._create(path, b"first") and not self._create(path, b"second")
        with suppress(Unreachable):  # who may write and not remove leaves it for `gc`
            self.remove(path)
        if not honoured:
            raise StateError(
                "the store ignores conditional writes, so two writers could commit one version",
                where=self.where,
                do="use one that honours If-None-Match, or a local folder",
            )

    def _call(self, act: Callable[[], ResultT]) -> ResultT:
        """What `act`, a call of s3fs, gives; the first time the store is asked for beforehand."""
        if not self._is_known:
            self._meet()
        return self._run(act)

    def _meet(self) -> None:
        """List one name: to s3fs a missing bucket or a web page may be a folder without files."""
        bucket, prefix, _ = self._fs.split_path(self._root)
        for bound in (bound_sending, give_up_silence):
            self._run(partial(bound, self._fs))
        listed = self._run(
            lambda: self._fs.call_s3(
                "list_objects_v2", Bucket=bucket, Prefix=prefix and f"{prefix}/", MaxKeys=1
            )
        )
        if not listed.keys() & {"Name", "IsTruncated"}:
            raise self._no_s3("no list of files")
        self._is_known = True

    def _run(self, act: Callable[[], ResultT]) -> ResultT:
        """What `act` gives; its errors are put in our words, but for FileNotFoundError."""
        from aiohttp import ClientPayloadError
        from botocore.exceptions import BotoCoreError, ParamValidationError

        try:
            return act()
        except ClientPayloadError as error:
            raise self._silent("the connection broke in the middle of an answer") from error
        except ParamValidationError as error:
            raise self._no_name() from error
        except BotoCoreError as error:
            raise Unreachable(
                str(error), where=self.where, do="check the address and the AWS_ variables"
            ) from error
        except OSError as error:
            self._explain(error)
            raise
        except ValueError as error:
            if self._is_known:
                raise self._no_s3(type(error).__name__) from None
            raise Unreachable(
                "AWS_ENDPOINT_URL is not the address of an S3 server",
                where=self.where,
                do="write it whole, as in http://127.0.0.1:9000",
            ) from None
        except Exception as error:  # what s3fs meets in an answer that it does not expect
            raise self._no_s3(type(error).__name__) from None

    def _explain(self, error: OSError) -> None:
        """Raise what an answer means; nothing for a file that is not there, or of this machine."""
        answer = _answer(error)
        code = answer.get("Error", {}).get("Code")
        if code == _NO_BUCKET:
            raise StateError(
                "there is no such bucket", where=self.where, do="make it, or check the name"
            ) from error
        if code == _BAD_NAME:
            raise self._no_name() from error
        if isinstance(error, PermissionError) and answer:
            raise Unreachable(
                f"access denied: {error}", where=self.where, do="check the AWS_ variables"
            ) from error
        if answer and not isinstance(error, FileNotFoundError):
            raise Unreachable(
                f"the store answers {_status(error)} ({code}): {error.strerror or error}",
                where=self.where,
                do="try again, or check the AWS_ variables",
            ) from error
        if isinstance(error, ConnectionError | TimeoutError):
            what = f"the store does not answer: {error or type(error).__name__}"
            raise self._silent(what) from error

    def _silent(self, what: str) -> Unreachable:
        do = "try again" if self._is_known else "check the address and the AWS_ variables"
        return Unreachable(what, where=self.where, do=do)

    def _no_name(self) -> StateError:
        return StateError(
            "no bucket can have this name",
            where=self.where,
            do="use 3 to 63 of a-z, 0-9, dash and dot",
        )

    def _no_s3(self, found: str) -> Unreachable:
        return Unreachable(
            f"what answers is no S3 server ({found})",
            where=self.where,
            do="check AWS_ENDPOINT_URL, and whether a proxy answers in its place",
        )


def _clock() -> float:
    """Seconds that go on while the machine sleeps and when its time is set."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _is_marker(name: str) -> bool:
    """Whether an object only stands for a folder, as consoles and other tools make one."""
    return name.endswith("/")


def _status(error: OSError) -> int | None:
    """The HTTP status behind an error of s3fs."""
    status: int | None = _answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status


def _answer(error: OSError) -> dict[str, Any]:
    """What the store answered, behind an error of s3fs; empty where it is not known."""
    return getattr(error.__cause__ or error.__context__, "response", None) or {}
