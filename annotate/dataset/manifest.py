"""What a version says of itself: `manifest.json`."""

from __future__ import annotations

import re
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from annotate.annotations.migration import Migration
from annotate.consensus.policy import PolicyName, Ties
from annotate.dataset.splits import SPLITS
from annotate.schemes.label_config import LabelConfig, parse_label_config

VERSION = re.compile(r"v\d+\.\d+\.\d+")
"""The number of a version, which names its folder."""
_DATA = re.compile(r"data/[\w-]+\.parquet")
_CONFIGS = {"gold", "annotations"}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UsedInput(_Record):
    """What a version was made of, so that it can be made again."""

    name: str
    """As it was given where it is a relative path, else its file name."""
    sha256: str
    """Of the file's bytes; of a version carried over, its logical hash."""


class DataFile(_Record):
    """One Parquet file of a version."""

    path: str
    """Relative to the version's folder."""
    split: str
    rows: int
    bytes: int
    sha256: str
    batches: list[tuple[str, int]]
    """(version in which the rows first stood, number of rows), in file order."""
    row_hashes: str
    """SHA-256 over the 32 digits of each row hash, in file order, nothing between them."""


class DataConfig(_Record):
    """One config (`v1.2.0`, `v1.2.0-annotations`, …) with its files."""

    name: str
    files: list[DataFile]


class AgreementFigure(_Record):
    """One coefficient over all annotators, as `annotate agreement` reports it."""

    name: str
    of: str | None
    """The label, role or question it is about; None is all."""
    value: float | None
    low: float | None
    """Lower end of the 95 % bootstrap interval."""
    high: float | None
    n: int
    """Units it rests on."""
    undefined: str | None
    """Why there is no value, or no interval."""


class Agreement(_Record):
    """How far the annotators agree."""

    tasks: int
    """Tasks with two annotations or more."""
    compared: int
    """How many of them were compared."""
    replicates: int
    """Samples of the bootstrap."""
    figures: list[AgreementFigure]


class Numbers(_Record):
    """What the card says of the rows; it follows from the data files."""

    articles: int
    stories: int
    """Groups of articles that tell one story."""
    labels: dict[str, dict[str, int]]
    """Label -> split -> how often it stands in gold."""
    licences: dict[str, int]
    """Licence -> articles; an unknown one is the empty string."""
    annotators: dict[str, int]
    """Pseudonym -> annotations."""
    tasks_by_annotations: dict[str, int]
    """Number of annotations -> tasks that have so many."""
    agreement: Agreement


class Manifest(_Record):
    """Everything that is known of a version besides its rows."""

    format: int = 1
    name: str
    version: str
    scheme: str
    parent: str | None
    bump: str
    message: str
    created_at: str
    """UTC, ISO 8601."""
    logical_hash: str
    configs: dict[str, DataConfig]
    """`gold`, `annotations` and, for spans, `bio`."""
    labels: dict[str, list[str]]
    """Label names of each label column, by dotted path."""
    label_config: str
    """The label config's XML, so that the version can be read and continued without it."""
    config_digest: str
    names: dict[str, str]
    """`--map` as given."""
    migrations: list[Migration] = []
    """`--migration`: what became of the names of older label configs."""
    policy: PolicyName
    ties: Ties
    split: str = "ratio"
    """`--split`: the rule by which stories that had no split were placed."""
    repair: bool
    """Whether `--repair` mended what can be proven."""
    ties_found: int
    bio_dropped: int
    bio_moved: int
    changes: dict[str, dict[str, int]]
    """By split: gold rows added, removed, changed and moved since the parent."""
    counts: dict[str, int]
    """The ledger's counts."""
    rejected: dict[str, int]
    """Set aside, by code."""
    inputs: list[UsedInput]
    carried: list[UsedInput]
    """Versions (`NAME@vX`) whose rows were carried over."""
    left_out: list[str] = []
    """Articles of theirs that their own datasets had retracted."""
    owner_words: str
    """SHA-256 of `card.md` at the time."""
    key_fingerprint: str
    numbers: Numbers
    guideline: str | None
    """SHA-256 of the shipped guideline; None where the label config is not the shipped one."""
    withheld: list[str] = []
    """Columns that are left out so that no text is published; none in a store."""
    tools: dict[str, str]

    @field_validator("format")
    @classmethod
    def _can_be_read(cls, number: int) -> int:
        if number != 1:
            raise ValueError(f"format {number} takes a newer annotate")
        return number

    @model_validator(mode="after")
    def _names_files_of_a_version(self) -> Self:
        """Hold it to names that cannot lead out of a folder, and to what every version has."""
        files = [file for config in self.configs.values() for file in config.files]
        if (
            not VERSION.fullmatch(self.version)
            or not _CONFIGS <= self.configs.keys() <= _CONFIGS | {"bio"}
            or not all(config.files for config in self.configs.values())
            or not all(map(_is_of_a_version, files))
        ):
            raise ValueError("the manifest names files that no version has")
        return self

    @model_serializer(mode="wrap")
    def _without_nothing_withheld(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        if not self.withheld:
            del document["withheld"]
        return document

    def parse_config(self) -> LabelConfig:
        """The label config that the version was made with."""
        where = f"{self.name} {self.version}"
        return parse_label_config(self.label_config, where=where, names=self.names)

    def rows(self, config: str = "gold") -> dict[str, int]:
        """Rows by split."""
        counts: dict[str, int] = {}
        for file in self.configs[config].files:
            counts[file.split] = counts.get(file.split, 0) + file.rows
        return counts


def version_number(version: str) -> tuple[int, ...]:
    """`v1.10.0` as numbers that sort rightly."""
    return tuple(int(number) for number in version.removeprefix("v").split("."))


def _is_of_a_version(file: DataFile) -> bool:
    return (
        file.split in SPLITS
        and _DATA.fullmatch(file.path) is not None
        and file.rows == sum(rows for _, rows in file.batches)
    )
