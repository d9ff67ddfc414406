"""Where the files are that the project shares with its neighbours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared(*parts: str) -> Path:
    """A file or folder of `shared`; skips the test where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    path = Path(os.environ.get("ANNOTATE_SHARED", beside)).joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no shared folder with {'/'.join(parts)}")
    return path
