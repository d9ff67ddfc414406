"""Flat lists and numbers of numpy -> Arrow arrays, and back, from buffers.

`pyarrow.array` imports pandas to see whether it was given some, which costs every
process half a second and 40 MB. Here a value costs no more and nothing is imported.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from annotate.errors import InputError

_MOST = 2**31 - 1


def string_array(values: Sequence[str | None]) -> pa.Array:
    """Strings, where None is null."""
    valid, filled = None, cast("Sequence[str]", values)
    try:
        joined = "".join(filled)
    except TypeError:  # most columns hold no null, and this is the fastest way to see it
        valid, filled = _valid(values), [value or "" for value in values]
        joined = "".join(filled)
    encoded = filled if joined.isascii() else [value.encode("utf-8") for value in filled]
    offsets = _offsets(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    buffers = [valid, offsets.buffers()[1], pa.py_buffer(joined.encode("utf-8"))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def strings_between(joined: bytes, borders: npt.NDArray[np.int32]) -> pa.Array:
    """The strings that stand in UTF-8 one after the other, from border to border."""
    buffers = [None, pa.py_buffer(borders), pa.py_buffer(joined)]
    return pa.Array.from_buffers(pa.string(), len(borders) - 1, buffers)


def string_bytes(strings: pa.ChunkedArray) -> tuple[bytes, npt.NDArray[np.int64]]:
    """All strings, none of them null, in UTF-8, and where each begins and the last ends."""
    array = strings.chunk(0) if strings.num_chunks == 1 else strings.combine_chunks()
    places, data = string_borders(array)
    return bytes(data[places[0] : places[-1]]), places.astype(np.int64) - places[0]


def string_borders(strings: pa.StringArray) -> tuple[npt.NDArray[np.int32], memoryview]:
    """Where each string begins and the last one ends in the bytes of all, and these bytes."""
    if not len(strings):
        return np.zeros(1, np.int32), memoryview(b"")
    _, borders, data = strings.buffers()
    places = np.frombuffer(borders, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    return places, memoryview(data or b"")


def plain_array(type_: pa.DataType, values: Sequence[Any]) -> pa.Array:
    """Numbers or truth values, where None is null."""
    if type_ == pa.bool_():
        bits = _bits(np.array([bool(value) for value in values], np.bool_))
        return pa.Array.from_buffers(type_, len(values), [_valid(values), bits])
    valid, code = None, np.dtype(type_.to_pandas_dtype()).char
    try:
        data = array(code, values)
    except TypeError:  # as for strings
        valid = _valid(values)
        data = array(code, [0 if value is None else value for value in values])
    return pa.Array.from_buffers(type_, len(values), [valid, pa.py_buffer(data)])


def integer_array(values: npt.NDArray[np.int64]) -> pa.Array:
    """Integers, none of them null, such as the row numbers of a `take`."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def integer_values(array: pa.Array) -> npt.NDArray[np.int64]:
    """The values of an array of integers, none of them null."""
    kind = array.type.to_pandas_dtype()
    values = np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]
    return values.astype(np.int64)


def list_lengths(lists: pa.ListArray) -> npt.NDArray[np.int64]:
    """The lengths of lists, none of them null; the kernel would load all of `pyarrow.compute`."""
    return np.diff(integer_values(lists.offsets))


def list_array(lengths: Sequence[int] | npt.NDArray[np.int64], items: pa.Array) -> pa.Array:
    """Lists of these lengths that hold all of `items`."""
    return pa.ListArray.from_arrays(_offsets(lengths), items)


def _offsets(lengths: Sequence[int] | npt.NDArray[np.int64]) -> pa.Array:
    """The borders of things of these lengths, one after the other."""
    borders = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=borders[1:])
    if borders[-1] > _MOST:
        raise InputError("a column of one table would hold 2 GiB", do="take fewer tasks at once")
    data = pa.py_buffer(borders.astype(np.int32))
    return pa.Array.from_buffers(pa.int32(), len(borders), [None, data])


def _valid(values: Sequence[Any]) -> pa.Buffer | None:
    """The bits that say which values are not null; None where all are."""
    if None not in values:
        return None
    return _bits(np.array([value is not None for value in values], np.bool_))


def _bits(flags: npt.NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
