"""The labels of models -> those of a label config."""

from __future__ import annotations

from collections.abc import Iterable

from annotate.schemes.label_config import LabelConfig

# What the labels of OntoNotes 5, CoNLL-2003 and WikiANN are called in the shipped config.
_SAME = {
    "PERSON": "PER",
    "ORGANIZATION": "ORG",
    "ORGANISATION": "ORG",
    "LOCATION": "LOC",
    "FACILITY": "FAC",
    "WORK_OF_ART": "WORK",
    "LAW": "WORK",
    "NATIONALITY": "NORP",
}
_WORDS = {
    "PER": "person",
    "ORG": "organization",
    "GPE": "country, city or state",
    "LOC": "location",
    "FAC": "building or facility",
    "NORP": "nationality, religious or political group",
    "EVENT": "event",
    "WORK": "title of a work or law",
    "PRODUCT": "product",
    "DATE": "date",
    "MISC": "other name",
}


def our_label(theirs: str, config: LabelConfig) -> str | None:
    """The config's label for a model's; None where it has none.

    A label of the same name counts before one of the same meaning; `B-` and
    `I-` are ignored.
    """
    bare = theirs[2:] if theirs[:2] in ("B-", "I-") else theirs
    known = config.values("entity")
    if bare in known:
        return bare
    same = _SAME.get(bare.upper(), bare.upper())
    return same if same in known else None


def prompts(labels: Iterable[str]) -> dict[str, str]:
    """What a model that reads label names is asked for -> the label."""
    return {_WORDS.get(label, label.replace("_", " ").lower()): label for label in labels}
