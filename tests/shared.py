"""The real material beside the checkout: exports, a seed article, reference figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared(*parts: str) -> Path:
    """A path in the folder `shared`; skips the test where it is absent."""
    root = Path(os.environ.get("ANNOTATE_SHARED", _REPOSITORY.parent / "shared"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not beside the checkout")
    return path
