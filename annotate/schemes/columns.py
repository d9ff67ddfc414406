"""The types of dataset columns, said once.

A scheme describes its columns with these types; the dataset room turns them
into Arrow types, into Hugging Face features and into flat arrays.
"""

from __future__ import annotations

from typing import NamedTuple


class Scalar(NamedTuple):
    """A plain value; `dtype` is a name that Arrow and Hugging Face share."""

    dtype: str


class Labels(NamedTuple):
    """A label stored as its place in `names` (Hugging Face `ClassLabel`); null is unset."""

    names: tuple[str, ...]


class ListOf(NamedTuple):
    """A list; its Python value is a list or tuple."""

    item: ColumnType


class StructOf(NamedTuple):
    """A record; its Python value is a tuple in the order of `fields`."""

    fields: tuple[Column, ...]


ColumnType = Scalar | Labels | ListOf | StructOf


class Column(NamedTuple):
    """A named column or field."""

    name: str
    type: ColumnType


STRING = Scalar("string")
BOOL = Scalar("bool")
INT32 = Scalar("int32")
FLOAT32 = Scalar("float32")
FLOAT64 = Scalar("float64")
VOTES = Column("votes", INT32)
VOTERS = Column("voters", ListOf(STRING))
SPAN = StructOf(
    (Column("start", INT32), Column("end", INT32), Column("text", STRING), Column("part", INT32))
)
