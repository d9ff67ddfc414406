"""What every error can do: it goes through a pickle and says the same on the other side."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import annotate
from annotate.errors import AnnotateError


def _all_errors() -> Iterator[type[AnnotateError]]:
    """Every class of the package that is an AnnotateError, wherever it stands."""
    root = Path(annotate.__file__).parent
    for path in root.rglob("*.py"):
        if "Error" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(root.parent).with_suffix("").parts
            if parts[-1] not in {"__main__", "__init__"}:
                import_module(".".join(parts))
    waiting = [AnnotateError]
    while waiting:
        found = waiting.pop()
        waiting += found.__subclasses__()
        yield found


def test_every_error_survives_pickling() -> None:
    found = list(_all_errors())
    assert len(found) > 10
    for kind in found:
        error = kind("is wrong", where="file.json: task 3", do="mend it")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own
        assert type(again) is kind
        assert str(again) == "file.json: task 3: is wrong; mend it"
        assert vars(again) == vars(error)
        assert again.exit_code == error.exit_code
