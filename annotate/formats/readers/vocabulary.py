"""The names of another program's labels -> a scheme's own, and the account of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from annotate.errors import InputError, RejectsError
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import Control, LabelConfig


class Vocabulary:
    """Maps names by `--map FOREIGN=OURS`, and counts what has no place in the scheme."""

    def __init__(
        self,
        config: LabelConfig,
        scheme: Scheme[Any],
        names: Mapping[str, str],
        *,
        met: Iterable[str] = (),
    ) -> None:
        """`met` are those of the names that are of use whether they are in the input or not."""
        self.config, self.scheme, self.names = config, scheme, names
        used = {need.name for need in scheme.needs}
        self.controls = [c for c in config.controls.values() if c.name in used]
        self.relations = set(scheme.relations)
        self.met = set(met)
        self.unknown: Counter[str] = Counter()
        """Labels and relations that the config does not have, by what they are."""
        self.not_held: Counter[str] = Counter()
        """What the scheme has no place for, by what it is."""
        self.altered: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def label(self, name: str, where: str) -> tuple[str, str] | None:
        """(control, label) of a span; None, and counted, where the config has no such label."""
        ours = self._ours(name)
        for control in self.controls:
            if control.tag == "Labels" and ours in control.values:
                return control.name, ours
        self.miss(f"label {name}", where)
        return None

    def relation(self, name: str, where: str) -> str | None:
        """A relation label; None, and counted, where the scheme has no such relation."""
        ours = self._ours(name)
        if ours in self.relations:
            return ours
        self.miss(f"relation {name}", where)
        return None

    def choice(self, name: str, value: str | None) -> tuple[str, str] | None:
        """(control, value) of an attribute of a span; None, and counted, where it has no place.

        An attribute without a value is the only value of the control it is mapped to, or a
        value itself.
        """
        ours = self._ours(name)
        control = self._choices(ours)
        if control is not None:
            chosen = control.values[0] if value is None else self._ours(value)
            if chosen in control.values and (value is not None or len(control.values) == 1):
                return control.name, chosen
        elif value is None:
            for other in self.controls:
                if other.tag == "Choices" and other.per_region and ours in other.values:
                    return other.name, ours
        shown = name if value is None else f"{name} {value}"
        self.not_held[f"attribute {shown}"] += 1
        return None

    def text_choice(self, value: str, where: str) -> tuple[str, str] | None:
        """(control, value) of a label of a whole text; None, and counted, where unknown."""
        ours = self._ours(value)
        for control in self.controls:
            if control.tag == "Choices" and not control.per_region and ours in control.values:
                return control.name, ours
        self.miss(f"choice {value}", where)
        return None

    def account_text(self, raw: str) -> None:
        """Count what makes the canonical text of `raw` another one."""
        if "\r" in raw:
            self.altered["text whose line ends were CRLF or CR, and are LF now"] += 1
        if raw.startswith("\ufeff"):
            self.altered["text without the byte order mark that it began with"] += 1

    def lose_span(self, what: str = "span") -> None:
        """Count a span, or a fragment of one, of which the canonical text has no character."""
        self.not_held[f"{what} of CR or byte order marks alone, which the text loses"] += 1

    def close(self, *, max_rejects: int) -> None:
        """Check that what was left out is allowed and that every mapped name was met.

        Raises RejectsError where more labels and relations than `max_rejects` are unknown, and
        InputError for a mapping that names nothing.
        """
        unused = sorted(set(self.names) - self.met)
        if unused:
            raise InputError(
                f"names {', '.join(unused)}, which neither the input has, nor a label config that "
                "lacks our word for it",
                where="--map",
            )
        missed = self.unknown.total()
        if missed > max_rejects:
            listed = ", ".join(
                f"{what} ({n}, first in {self.first[what]})"
                for what, n in sorted(self.unknown.items())[:20]
            )
            raise RejectsError(
                f"{missed} labels and relations are not in the label config: {listed}",
                do=f"map them with --map, or leave them out with --max-rejects {missed}",
            )

    def _choices(self, name: str) -> Control | None:
        return next(
            (c for c in self.controls if c.name == name and c.tag == "Choices" and c.per_region),
            None,
        )

    def _ours(self, name: str) -> str:
        self.met.add(name)
        return self.names.get(name, name)

    def miss(self, what: str, where: str) -> None:
        """Count something that is left out though it is a label."""
        self.unknown[what] += 1
        self.first.setdefault(what, where)
