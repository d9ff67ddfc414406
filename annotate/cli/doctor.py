"""`annotate doctor`: what is installed, what answers, what does not fit, and what to do.

Safe to paste into a bug report: no key, no host but this machine, no folder of
the user's by name.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import click

from annotate.cli.options import json_option, store_option
from annotate.cli.output import show_json
from annotate.errors import AnnotateError, InputError, StateError, Unreachable
from annotate.text import visible

State = Literal["ok", "note", "bad"]
_SIGNS: dict[State, str] = {"ok": "  ", "note": "- ", "bad": "! "}
_SERVER = ("LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY")
_VARIABLES = (
    *("ANNOTATE_STORE", "ANNOTATE_PSEUDONYM_KEY", *_SERVER, "HF_TOKEN", "HF_ENDPOINT"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("NO_COLOR", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"),
)
"""Beside these all that begin with `AWS_`."""


_HOST = re.compile(r"(https?://)(?!127\.0\.0\.1|localhost)[^\sA-Z/,;()]+")
"""A host that a server named, as where it redirects to; capitals stand for what is to be named."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    state: State
    says: str
    do: str = ""
    exit_code: int = 0


@click.command("doctor")
@store_option
@json_option
def command(store: str, as_json: bool) -> None:
    """Say what is installed, which server and store answer, and what does not fit.

    The output can be pasted into a bug report: it holds no key, no address and
    no name of a person. It ends with 1 where something is wrong, with 3 where
    the server does not answer.

    Example: annotate doctor
    """
    findings = [
        finding
        for look in (
            _python,
            _libraries,
            _variables,
            _local_studio,
            _server,
            lambda: _store(store),
            _key,
        )
        for finding in _look(look)
    ]
    if as_json:
        show_json([{k: v for k, v in f._asdict().items() if k != "exit_code"} for f in findings])
    else:
        for finding in findings:
            says = f"{finding.says}; {finding.do}" if finding.do else finding.says
            click.echo(f"{_SIGNS[finding.state]}{finding.name:<16} {visible(says)}")
    sys.exit(max(finding.exit_code for finding in findings))


def _look(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    for finding in look():
        yield finding._replace(says=_without_places(finding.says), do=_without_places(finding.do))


def _without_places(text: str) -> str:
    """`text` without the addresses and folders that say who and where the user is."""
    url, key = (os.environ.get(name, "").strip() for name in _SERVER)
    private = [key]
    if _host(url) not in ("127.0.0.1", "localhost", "::1"):
        private += [url.rstrip("/"), _host(url)]
    for part in sorted(filter(None, private), key=len, reverse=True):
        text = re.sub(re.escape(part), "(yours)", text, flags=re.IGNORECASE)
    text = _HOST.sub(r"\1(another)", text)
    for folder in (Path.cwd(), Path.home()):
        if folder != Path(folder.anchor):
            text = text.replace(str(folder), "." if folder == Path.cwd() else "~")
    return text


def _host(url: str) -> str:
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def _python() -> Iterator[Finding]:
    yield Finding("annotate", "ok", importlib.metadata.version("annotate"))
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}")


def _libraries() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for line in sorted(importlib.metadata.requires("annotate") or []):
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            do = "install annotate again"
            yield Finding(wanted.name, "bad", f"missing, {wanted.specifier} is needed", do, 1)
            continue
        if wanted.specifier.contains(version, prereleases=True):
            yield Finding(wanted.name, "ok", version)
        else:
            do = f"pip install '{wanted.name}{wanted.specifier}'"
            yield Finding(wanted.name, "bad", f"{version} does not fit {wanted.specifier}", do, 1)


def _variables() -> Iterator[Finding]:
    aws = sorted(name for name in os.environ if name.startswith("AWS_"))
    names = [name for name in (*_VARIABLES, *aws) if os.environ.get(name)]
    yield Finding("variables", "ok", f"set: {', '.join(names) or 'none'}")


def _local_studio() -> Iterator[Finding]:
    from annotate.studio import local_status
    from annotate.studio.local.install import is_installed
    from annotate.studio.local.places import VERSION

    installed = "installed" if is_installed() else "not installed yet"
    running = local_status()
    state = "stopped" if running is None else f"runs on port {running.port}"
    do = "" if is_installed() else "`annotate studio start` installs it"
    yield Finding("local studio", "ok", f"Label Studio {VERSION}, {installed}, {state}", do)


def _server() -> Iterator[Finding]:
    from annotate.studio import find_server
    from annotate.studio.local.places import VERSION
    from annotate.studio.probe import probe_server

    if not any(os.environ.get(name) for name in _SERVER):
        try:
            find_server()
        except Unreachable as error:
            yield Finding("server", "note", error.what, error.do)
            return
    try:
        server = find_server()
        probed = probe_server(server)
    except AnnotateError as error:
        yield Finding("server", "bad", error.what, error.do, error.exit_code)
        return
    where = "on this machine" if server.is_local else f"elsewhere ({urlsplit(server.url).scheme})"
    says = f"Label Studio {probed.version} {where}, {probed.projects} projects, {probed.key}"
    if probed.is_tested:
        yield Finding("server", "ok", says)
    else:
        do = f"if something fails there, use {VERSION}, which annotate is tested with"
        yield Finding("server", "note", says, do)


def _store(store: str) -> Iterator[Finding]:
    from annotate.store.folder import is_s3

    try:
        if is_s3(store):
            yield from _bucket(store)
            return
    except InputError as error:
        yield Finding("store", "bad", error.what, error.do, error.exit_code)
        return
    folder = Path(store)
    if not folder.exists():
        yield Finding("store", "note", "the folder does not exist", "the first version makes it")
    elif not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        do = "name another with --store, or change its permissions"
        yield Finding("store", "bad", "cannot be read and written", do, 1)
    else:
        from annotate.store.versions import dataset_names

        yield Finding("store", "ok", f"a folder with {len(dataset_names(folder))} datasets")


def _bucket(store: str) -> Iterator[Finding]:
    from annotate.store.versions import dataset_names

    try:
        count = len(dataset_names(store))
    except InputError:
        yield Finding("store", "note", "nothing in the bucket yet", "the first version makes it")
    except StateError as error:
        yield Finding("store", "bad", error.what, error.do, error.exit_code)
    except Unreachable as error:
        cause = error.__cause__
        # what a library or a server says may hold an address; what has no such cause is all ours
        says = error.what if cause is None else f"s3: does not answer ({type(cause).__name__})"
        do = error.do if cause is None else "check the address, the access key and the network"
        yield Finding("store", "bad", says, do, error.exit_code)
    else:
        yield Finding("store", "ok", f"a bucket with {count} datasets")


def _key() -> Iterator[Finding]:
    from annotate.annotations.pseudonym import has_key, load_key

    if not has_key():
        yield Finding("pseudonym key", "note", "none yet", "the first version makes one")
        return
    try:
        yield Finding("pseudonym key", "ok", f"fingerprint {load_key().fingerprint}")
    except StateError as error:
        yield Finding("pseudonym key", "bad", error.what, error.do, error.exit_code)
