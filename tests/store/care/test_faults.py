"""What a look at a damaged version fails with becomes a fault; a failing disk does not."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import pytest

from annotate.store.care.faults import Fault, as_faults

_FOUND = ("data/train.parquet", "row u has another hash than is written in it")


def _look(error: Exception) -> Iterator[Fault]:
    yield _FOUND
    raise error


def test_what_arrow_fails_with_is_a_fault_of_the_file() -> None:
    error = OSError("Corrupt\nsnappy data")  # as Arrow raises it: without a number
    assert list(as_faults(_look(error), "data")) == [
        _FOUND,
        ("data", "is what the log says, and nothing of a version: OSError: Corrupt snappy data"),
    ]


def test_a_disk_that_fails_is_no_fault_of_the_file() -> None:
    with pytest.raises(OSError, match="Input/output error"):
        list(as_faults(_look(OSError(errno.EIO, "Input/output error")), "data"))
