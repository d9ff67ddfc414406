"""Fixtures that several rooms share."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest
from hypothesis import settings

from annotate.studio import LocalStudio, start_local, stop_local

# what one run says of the code, the next one says too
settings.register_profile("same", derandomize=True)
settings.load_profile("same")

# a script that starts the tests in the background (`make test &`) has them ignore Ctrl-C, and
# what they start would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def local_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStudio]:
    """A real Label Studio on a free port of 127.0.0.1, with data and state of its own.

    The installation and the migrated database of the user's cache are used.
    """
    folder = tmp_path_factory.mktemp("studio")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # set only around start and stop: other tests must not find this server by its state
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        local = start_local(port=port, data_dir=folder / "data", on_progress=lambda _: None)
    yield local
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        stop_local()
