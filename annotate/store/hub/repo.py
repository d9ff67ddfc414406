"""A dataset repository on the Hub through its own client: state, commit, tag, files.

What is busy (429, after the time it names) or does not answer is asked again, a
bounded number of times. A commit names the one it builds on; where another came
first (412), or its answer was lost, the caller looks again. The token goes into
the request and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx2
from huggingface_hub import CommitOperationAdd, HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from annotate.errors import InputError, StateError, Unreachable
from annotate.store.local import file_sha256

_REPO = re.compile(r"(?!.*(--|\.\.|\.git$))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
"""Of a Hub: nothing secret can stand in it, since messages name it."""
_TOKEN = re.compile(r"[!-~]+")
_TRIES = 5
_LONGEST_WAIT = 300.0
"""Seconds; a Hub that asks for more is given up."""
_SILENCE = 15.0
"""Seconds in which a Hub has to take a connection, and to say what a repository is."""
_WORK = 120.0
"""Seconds in which it has to answer anything else, or go on with an answer."""
_BUSY = {429, 500, 502, 503, 504}
_TAKEN, _TOO_LATE = 409, 412
_DENIED = {401, 403}
Content = bytes | Path
ResultT = TypeVar("ResultT")


class HubFile(NamedTuple):
    """A file of a repository."""

    size: int
    digest: str
    """SHA-256 of a large file, else the id of the git blob."""

    def holds(self, content: Content) -> bool:
        """Whether its bytes are these."""
        return self.digest in (_sha256(content), blob_id(content))


class HubState(NamedTuple):
    """A repository at one commit."""

    head: str
    files: dict[str, HubFile]
    tags: dict[str, str]
    """Tag -> commit."""


class HubRepo:
    """One dataset repository."""

    def __init__(self, repo: str, *, token: str | None = None, endpoint: str | None = None) -> None:
        """`endpoint` is the Hub's address where it is not that of HF_ENDPOINT.

        Raises InputError for what is not `user/name`, and for a token or an address that is none.
        """
        if not _REPO.fullmatch(repo):
            raise InputError(f"{repo!r} is no repository", do="name it as user/name")
        if token and not _TOKEN.fullmatch(token):
            raise InputError(
                "HF_TOKEN holds a character that no token has", do="copy it again from the Hub"
            )
        self.repo = repo
        self._token = token
        self._api = HfApi(endpoint=endpoint, token=token or False)
        if not _ADDRESS.fullmatch(self._api.endpoint):
            raise InputError(
                "HF_ENDPOINT is not the address of a Hub",
                do="write it as https://huggingface.co, without a password or a query",
            )

    @property
    def where(self) -> str:
        """The repository, for messages."""
        return f"{self._api.endpoint}/datasets/{self.repo}"

    def state(self) -> HubState | None:
        """What is there now; None where there is no such repository."""
        try:
            info = self._call(lambda: self._api.dataset_info(self.repo, timeout=_SILENCE))
            head = str(info.sha)
            refs = self._call(lambda: self._api.list_repo_refs(self.repo, repo_type="dataset"))
        except _MissingError:
            return None
        tags = {str(ref.name): str(ref.target_commit) for ref in refs.tags}
        return HubState(head, self.files_at(head), tags)

    def files_at(self, revision: str) -> dict[str, HubFile]:
        """The files of a commit or tag by path."""
        items = self._call(
            lambda: list(
                self._api.list_repo_tree(
                    self.repo, recursive=True, revision=revision, repo_type="dataset"
                )
            )
        )
        return {
            str(item.path): HubFile(item.size, item.lfs.sha256 if item.lfs else item.blob_id)
            for item in items
            if isinstance(item, RepoFile)
        }

    def create(self) -> None:
        """Make the repository, private; one that is there stays as it is."""
        self._call(
            lambda: self._api.create_repo(
                self.repo, repo_type="dataset", private=True, exist_ok=True
            )
        )

    def commit(self, files: Mapping[str, Content], message: str, *, parent: str) -> str | None:
        """Put files in one commit on top of `parent`; returns its id.

        None where another commit came first or the answer was lost. Files that
        the Hub holds already are not sent again.
        """
        additions = [
            CommitOperationAdd(path_in_repo=path, path_or_fileobj=content)
            for path, content in files.items()
        ]
        self._call(
            lambda: self._api.preupload_lfs_files(
                self.repo, additions, repo_type="dataset", revision="main", free_memory=False
            )
        )
        try:
            made = self._call(
                lambda: self._api.create_commit(
                    self.repo,
                    additions,
                    commit_message=message,
                    parent_commit=parent,
                    repo_type="dataset",
                ),
                safe=False,
            )
        except _LostError:
            return None
        return made.oid

    def tag(self, name: str, commit: str) -> bool:
        """Tag a commit; false where the tag is there already."""
        try:
            self._call(
                lambda: self._api.create_tag(
                    self.repo, tag=name, revision=commit, repo_type="dataset"
                )
            )
        except _TakenError:
            return False
        return True

    def download(self, path: str, folder: Path, *, revision: str) -> Path:
        """Write a file of a commit below `folder`, under its own path."""
        return Path(
            self._call(
                lambda: self._api.hf_hub_download(
                    self.repo, path, repo_type="dataset", revision=revision, local_dir=folder
                )
            )
        )

    def _call(self, act: Callable[[], ResultT], *, safe: bool = True) -> ResultT:
        """Do it, again where the Hub is busy; what is not `safe` to repeat blindly is lost.

        Raises OSError where it is not the Hub that fails.
        """
        reason = ""
        for attempt in range(_TRIES):
            wait = float(2**attempt)
            try:
                with _no_bars(), _no_endless_wait():
                    return act()
            except (OSError, RuntimeError, httpx2.HTTPError, json.JSONDecodeError) as error:
                if _is_of_system(error):
                    raise
                found = _behind(error)
                reason = self._reason(found)
                if isinstance(found, HfHubHTTPError):
                    self._refuse(found, reason)
                    wait = self._asked(found, wait)
                if not safe and not _is_refusal(found):
                    time.sleep(wait)
                    raise _LostError(reason, where=self.where) from error
            except ValueError as error:
                raise StateError(self._clean(str(error)), where=self.where) from error
            except (LookupError, TypeError, AttributeError) as error:  # the client checks no answer
                kind = StateError if safe else _LostError
                what = "an answer is not one of the Hub"
                raise kind(what, where=self.where, do="check HF_ENDPOINT") from error
            if attempt < _TRIES - 1:
                time.sleep(wait)
        raise Unreachable(
            f"gave up after {_TRIES} tries: {reason}", where=self.where, do="run it again later"
        )

    def _refuse(self, error: HfHubHTTPError, reason: str) -> None:
        """Raise what trying again cannot change."""
        status = error.response.status_code
        if status == _TOO_LATE:
            raise _LostError(reason, where=self.where) from error
        if status == _TAKEN:
            raise _TakenError(reason, where=self.where) from error
        if isinstance(error, RepositoryNotFoundError) and not (self._token and status in _DENIED):
            raise _MissingError("no such repository", where=self.where, do="check --repo")
        if status in _DENIED:
            raise Unreachable(reason, where=self.where, do="check HF_TOKEN and what it may do")
        if status not in _BUSY:
            raise StateError(reason, where=self.where)

    def _asked(self, error: HfHubHTTPError, otherwise: float) -> float:
        """Seconds to wait; raises Unreachable where the Hub asks for too many."""
        asked = error.response.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdecimal() else otherwise
        if wait > _LONGEST_WAIT:
            raise Unreachable(
                f"the Hub asks to wait for {wait:.0f} s", where=self.where, do="run it again then"
            )
        return wait

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, HfHubHTTPError):
            said = error.server_message or error.response.reason_phrase
            return self._clean(f"HTTP {error.response.status_code} {said}")
        if isinstance(error, json.JSONDecodeError):
            return "what answers is no Hub"
        return self._clean(str(error) or type(error).__name__)

    def _clean(self, text: str) -> str:
        """One line, without the token."""
        line = " ".join(text.split())
        return line.replace(self._token, "…") if self._token else line


class _MissingError(StateError):
    """A repository that is not there, or not to be seen with this token."""


class _LostError(StateError):
    """A commit that did not happen, or whose answer was lost."""


class _TakenError(StateError):
    """A name that is there already."""


def blob_id(content: Content) -> str:
    """The id that git gives these bytes."""
    data = content.read_bytes() if isinstance(content, Path) else content
    head = f"blob {len(data)}\0".encode()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()


def hub_token() -> str | None:
    """The token of HF_TOKEN; white space at its ends, as a file leaves it, is no part of it."""
    return (os.environ.get("HF_TOKEN") or "").strip() or None


def _sha256(content: Content) -> str:
    return (
        file_sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()
    )


def _behind(error: BaseException) -> BaseException:
    """The error behind those that the client wraps around a failed upload."""
    while not isinstance(error, HfHubHTTPError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _is_of_system(error: Exception) -> bool:
    """Whether this machine failed, as where its disk is full; no answer of a Hub has a number."""
    of_net = isinstance(error, ConnectionError | TimeoutError)
    return isinstance(error, OSError) and error.errno is not None and not of_net


def _is_refusal(error: BaseException) -> bool:
    """Whether the Hub answered that it did nothing."""
    return isinstance(error, HfHubHTTPError) and error.response.status_code in {429, 503}


@contextmanager
def _no_endless_wait() -> Iterator[None]:
    """The client waits for ever for a Hub that does not answer, where it names no other time."""
    session = get_session()
    before = session.event_hooks
    session.event_hooks = before | {"request": [*before["request"], _limit]}
    try:
        yield
    finally:
        session.event_hooks = before


def _limit(request: httpx2.Request) -> None:
    named = {k: v for k, v in request.extensions.get("timeout", {}).items() if v is not None}
    request.extensions["timeout"] = httpx2.Timeout(_WORK, connect=_SILENCE).as_dict() | named


@contextmanager
def _no_bars() -> Iterator[None]:
    """The client's progress bars are not the library's to show."""
    were_off = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not were_off:
            enable_progress_bars()
