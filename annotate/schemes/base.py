"""What every scheme gives, and the plain structures of the hot path.

Checked marks of one annotation go in; a record comes out, with what had to be
set aside. Everything else that differs between the kinds of label (columns,
votes, what a diff counts) is asked of the scheme too, so that a new kind of
label is one file here and one XML in `label_configs/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from annotate.schemes.columns import Column
from annotate.schemes.label_config import LabelConfig, Need, shipped_config
from annotate.schemes.overlap import Part

Span = tuple[int, int, str]
"""(start, end, label), half-open code points."""
Place = tuple[int, int]
"""A stretch of the text; (0, 0) is the whole task."""


class Region(msgspec.Struct, gc=False):
    """A checked span of one annotation, in the scheme's words."""

    id: str
    control: str
    start: int
    end: int
    label: str
    choices: Mapping[str, str] = {}
    """Per-region choices: control -> value."""


class Relation(msgspec.Struct, gc=False):
    """A checked relation between two regions that exist."""

    from_id: str
    to_id: str
    labels: tuple[str, ...] = ()


class Marks(msgspec.Struct, gc=False):
    """What one annotator left on one task, checked region by region."""

    text: str
    regions: list[Region]
    relations: list[Relation]
    choices: Mapping[str, str]
    """Choices on the whole task: control -> value."""
    lost: frozenset[tuple[str, str]] = frozenset()
    """(id of a kept region, label of one set aside that it was related to, empty if uncertain)."""
    lost_choices: frozenset[str] = frozenset()
    """Controls of which a choice was set aside."""
    doubted: frozenset[str] = frozenset()
    """Ids of kept regions with a relation that was set aside for a fault of its own."""


class Reject(NamedTuple):
    """A part of an annotation that is set aside, with its reason."""

    code: str
    kind: str
    """`task`, `annotation`, `region`, `relation` or `choice`."""
    part: str
    """Id of the region, ends of the relation, or name of the control."""
    detail: str
    root: bool = True
    """False where it goes only because something it hangs on was set aside."""


class Verdict(NamedTuple):
    """What a policy says on one question."""

    value: Any
    """What stands; None (or False) where nothing does."""
    tied: bool = False
    """Nothing stands because two answers are equal."""
    shares: tuple[tuple[Any, float], ...] = ()
    """How much of each answer there is, by answer; sums to 1."""


class StoodSpan(NamedTuple):
    """A span that stands."""

    start: int
    end: int
    label: str
    voters: dict[str, int]
    """Annotators who drew it -> its place among what they drew."""


class Rule(Protocol):
    """A consensus policy, as a scheme sees it.

    `question` names what is asked in all tasks alike, so that a policy can
    learn how good an annotator is at it; `place` is where in the text.
    """

    def accept(
        self, question: str, voters: Collection[str], asked: Collection[str], place: Place
    ) -> Verdict:
        """Whether what `voters` of `asked` drew stands."""

    def note_undrawn(self, question: str, asked: Collection[str], places: Iterable[Place]) -> None:
        """Take note that none of those asked drew anything at `places`.

        Nothing comes of it but what a policy learns; one that learns nothing
        leaves `places` where they are, unmade.
        """

    def covers(self, voters: Collection[str], drawers: Collection[str]) -> bool:
        """Whether a stretch that `voters` of `drawers` put into one part belongs to it."""

    def choose(self, question: str, given: Mapping[str, Any], place: Place) -> Verdict:
        """The value that stands among those given, annotator -> value."""

    def spans(
        self, question: str, text: str, drawn: Mapping[str, Sequence[Span]]
    ) -> tuple[list[StoodSpan], int]:
        """The spans that stand, sorted, and the number of ties."""


RecordT = TypeVar("RecordT")


class Vote(NamedTuple, Generic[RecordT]):
    """One annotator's record."""

    annotator: str
    record: RecordT


class Frame(NamedTuple):
    """A part that others hang on, for agreement: a claim's content with its source and cue."""

    role: str
    anchor: Part
    links: dict[str, tuple[Part, ...]]
    """Role -> the parts that hang on the anchor."""
    attributes: dict[str, Any]
    beside: tuple[Part, ...]
    """What tells frames of one anchor apart, as in gold: the sources of a content."""


Labelled = tuple[Hashable, str]
"""One label at one place of a row, as a diff counts it: the place, the label."""


class Shape(NamedTuple):
    """A label drawn on the text, whole or in fragments; offsets are code points."""

    control: str
    """The control of the label config that it comes from, in the scheme's words."""
    label: str
    fragments: tuple[tuple[int, int], ...]
    """In text order, ends exclusive; at least one."""
    choices: Mapping[str, str]
    """Per-region choices, control -> value; those equal to the default are left out."""
    undecided: tuple[str, ...] = ()
    """Its controls whose value the annotators left tied."""

    @property
    def said(self) -> list[str]:
        """Its choices as they are shown, each its control and value."""
        return [f"{control} {value}" for control, value in self.choices.items()]


class Link(NamedTuple):
    """A relation between two shapes, by their places in `Drawing.shapes`."""

    start: int
    end: int
    label: str


class Drawing(NamedTuple):
    """A row as marks on its text: what an annotator would have drawn to get it."""

    shapes: tuple[Shape, ...]
    links: tuple[Link, ...]
    choices: Mapping[str, str]
    """Choices on the whole task: control -> value."""
    undecided: tuple[str, ...]
    """Name of each control whose value the annotators left tied, on the task or on a shape."""

    @property
    def labels(self) -> int:
        """How many labels it holds: shapes, their choices, links and choices on the task."""
        on_shapes = sum(1 + len(shape.choices) for shape in self.shapes)
        return on_shapes + len(self.links) + len(self.choices)


class Scheme(ABC, Generic[RecordT]):
    """A kind of labelling: its label config, its records, its rules."""

    name: ClassVar[str]
    needs: ClassVar[tuple[Need, ...]]
    relations: ClassVar[tuple[str, ...]] = ()
    has_targets: ClassVar[bool] = False
    tag_column: ClassVar[str | None] = None
    """Path of the label column that the token config tags with; None where it has none."""
    label_column: ClassVar[str | None] = None
    """Path of the gold column that holds just the labels of `labelled`; None where only rows do."""
    many_labels: ClassVar[bool] = False
    """Whether one region may carry several labels, each a label of its own."""
    join: ClassVar[str | None] = None
    """Relation label that joins the fragments of a shape; None where a shape is one span."""

    @property
    def of_texts(self) -> bool:
        """Whether its labels belong to whole texts: what it needs first is a choice."""
        return self.needs[0].tag == "Choices"

    @abstractmethod
    def assemble(self, marks: Marks) -> tuple[RecordT | None, list[Reject]]:
        """Make a record of checked marks; None where nothing usable is left."""

    def unused(self, record: RecordT) -> int:
        """How many sound choices on regions have no place in the record."""
        return 0

    def label_set(self, config: LabelConfig, control: str) -> tuple[str, ...]:
        """The label set of a control: the config's own, or the shipped one's where it has none."""
        return config.values(control) or shipped_config(self.name).values(control)

    @abstractmethod
    def columns(self, config: LabelConfig, *, gold: bool) -> tuple[Column, ...]:
        """The scheme's own columns, of gold rows or of one annotator's rows."""

    @abstractmethod
    def values(self, unit: str, text: str, record: RecordT) -> tuple[Any, ...]:
        """One annotator's record as values of `columns(gold=False)`."""

    @abstractmethod
    def resolve(
        self, unit: str, text: str, votes: Sequence[Vote[RecordT]], rule: Rule
    ) -> tuple[tuple[Any, ...], int]:
        """Resolve records into values of `columns(gold=True)`, and count the ties."""

    @abstractmethod
    def labelled(self, row: Mapping[str, Any]) -> Iterable[Labelled]:
        """The labels of a gold row, named by names, for counting changes.

        The row may lack what is no column of the scheme, ids, texts and votes.
        """

    @abstractmethod
    def draw(self, row: Mapping[str, Any]) -> Drawing:
        """The marks that a row (gold or one annotator's, labels by name) stands for.

        The inverse of `assemble`; formats of spans are written from it.
        """

    def rename(
        self, row: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]
    ) -> dict[str, Any]:
        """A row (gold or one annotator's, labels by name) with labels renamed.

        `names` is control -> label before -> label now; no two become one.
        Right as it is where every control has values of its own (`Need.values`).
        """
        return dict(row)

    def answers(self, record: RecordT) -> dict[str, Any]:
        """Question -> what the annotator chose on the whole task, for agreement."""
        return {}

    def spans(self, record: RecordT) -> list[Span]:
        """The labelled spans that the annotator drew, for agreement."""
        return []

    def frames(self, record: RecordT) -> list[Frame]:
        """The structures that the annotator made, for agreement."""
        return []

    def stratum(self, context: Mapping[str, Any]) -> str | None:
        """What agreement is broken down by: a task's own context; None where by nothing."""
        return None

    def context(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Columns of a row that come from the task's data, not from annotators."""
        return {}
