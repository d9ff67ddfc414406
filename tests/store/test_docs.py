"""The table of numbers: what makes a version greater, and what makes none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.errors import VersionError
from tests.store.made import Spans, create, task

_TEXT = "Anna Novak spoke in Tesk."
_NAME: Spans = [(0, 10, "PER")]
_MORE: Spans = [*_NAME, (20, 24, "GPE")]


@pytest.mark.parametrize(
    ("third", "options", "number"),
    [
        ({3: _MORE}, {}, "v1.1.0"),  # edited, outvoted
        ({}, {}, "v1.1.0"),  # removed
        ({3: _NAME, 4: _NAME}, {}, "v1.1.0"),  # added
        ({3: _NAME}, {"policy": "dawid-skene"}, "v2.0.0"),
        ({3: _NAME}, {"policy": "adjudicated"}, None),
        ({3: _NAME}, {"ties": "adjudicate", "split": "outlet", "message": "again"}, None),
        ({5: _NAME}, {}, None),  # by somebody else
    ],
)
def test_gold_that_stays_as_it_was(
    tmp_path: Path, third: dict[int, Spans], options: dict[str, Any], number: str | None
) -> None:
    store, both = tmp_path / "store", {1: _NAME, 2: _NAME}
    create(store, [task(_TEXT, {**both, 3: _NAME})])
    changed = [task(_TEXT, {**both, **third})]
    if number is None:
        with pytest.raises(VersionError, match=r"differs from v1\.0\.0"):
            create(store, changed, **options)
    else:
        assert create(store, changed, **options).manifest.version == number
