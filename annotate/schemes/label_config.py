"""Label Studio XML -> controls, their values, and how they fit a scheme.

Label sets live in the XML and nowhere else. The XML is hostile input: entities
and document types are refused, and so is what is nested deeper than any page. A foreign
config is fitted by a mapping of names (`FOREIGN=OURS`) over controls, labels and relation
labels; `CONTROL.LABEL=OURS` and `relation.LABEL=OURS` are of one of them alone, and come first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, canonicalize

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from annotate.errors import ConfigError

VALUE_TAGS = {"Labels": "Label", "Choices": "Choice"}
NAMED_TAGS = VALUE_TAGS | {"Relations": "Relation"}
"""Tag of what holds names that annotations use -> that of one of them."""
_RELATION = "relation"
"""What stands before the name of a relation label in a mapping that is of it alone."""
_DEEPEST = 100
"""To write XML in its canonical form takes the square of how deep it is nested."""


class Control(NamedTuple):
    """One control of a label config, with its values in the words of the scheme."""

    name: str
    tag: str
    to_name: str
    values: tuple[str, ...]
    per_region: bool
    mapped: Mapping[str, str]
    """What the annotation says -> the scheme's word for it."""

    def theirs(self, ours: str) -> str | None:
        """What an annotation says for a word of the scheme; None where there is nothing."""
        return next((theirs for theirs, word in self.mapped.items() if word == ours), None)


class Need(NamedTuple):
    """A control that a scheme works with."""

    name: str
    tag: str
    per_region: bool = False
    required: bool = True
    values: tuple[str, ...] | None = None
    """The values it may have; None where the label set is the user's own."""
    on: tuple[str, ...] | None = None
    """Labels of the regions that it belongs to; None where it belongs to any."""


class LabelConfig(NamedTuple):
    """A parsed label config."""

    xml: str
    where: str
    controls: Mapping[str, Control]
    """By the name that annotations use for them."""
    relations: Mapping[str, str]
    """Relation label in annotations -> the scheme's word for it."""
    objects: Mapping[str, str]
    """Name of each `<Text>` tag -> the field of the task's data that it shows."""
    fetched: frozenset[str] = frozenset()
    """Names of those whose field is the address of a text, which no export holds."""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical XML; white space and comments do not enter."""
        canonical = canonicalize(self.xml, strip_text=True)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

    def control(self, name: str) -> Control | None:
        """The control that serves as `name` in the scheme's words."""
        return next((c for c in self.controls.values() if c.name == name), None)

    def values(self, name: str) -> tuple[str, ...]:
        """The scheme's words for the values of a control; empty where it is absent."""
        control = self.control(name)
        return control.values if control else ()


def shipped_config(name: str) -> LabelConfig:
    """The label config that comes with annotate for the scheme `name`."""
    return read_label_config(config_path(f"{name}.xml"))


def config_path(file: str) -> Path:
    """Where a file of `label_configs/` is: in the wheel, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "label_configs" / file
    return inside if inside.exists() else package.parent / "label_configs" / file


def read_label_config(path: str | Path, names: Mapping[str, str] | None = None) -> LabelConfig:
    """Read and parse a label config file; `names` maps foreign names to ours."""
    return parse_label_config(read_xml(path), where=str(path), names=names)


def read_xml(path: str | Path) -> str:
    """The text of a label config file; ConfigError where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("no such label config", where=str(path)) from None
    except (OSError, ValueError) as error:  # also for a name that no file can have
        raise ConfigError(f"cannot be read: {error}", where=str(path)) from None


def parse_label_config(
    xml: str, *, where: str, names: Mapping[str, str] | None = None
) -> LabelConfig:
    """Parse label config XML.

    Raises ConfigError for XML that is broken or dangerous, and for a mapping
    that names nothing in the config.
    """
    names = names or {}
    elements = list(parse_xml(xml, where=where).iter())
    controls = [c for e in elements if (c := _control(e, names)) is not None]
    repeated = {c.name for c in controls if sum(c.name == d.name for d in controls) > 1}
    if repeated:
        raise ConfigError(f"two controls are named {', '.join(sorted(repeated))}", where=where)
    relations = [e.get("value", "") for e in elements if e.tag == "Relation"]
    config = LabelConfig(
        xml=xml,
        where=where,
        controls=dict(_named(elements, controls)),
        relations={value: our_word(names, _RELATION, value) for value in relations},
        objects={
            e.get("name", ""): e.get("value", "").removeprefix("$")
            for e in elements
            if e.tag == "Text"
        },
        fetched=frozenset(
            e.get("name", "")
            for e in elements
            if e.tag == "Text" and e.get("valueType", "text").lower() == "url"
        ),
    )
    _check_names(config, names)
    return config


def parse_xml(xml: str, *, where: str) -> Element:
    """The root of label config XML; ConfigError for what is broken, dangerous or too deep."""
    try:
        root = fromstring(xml, forbid_dtd=True)
    except DefusedXmlException:
        what = "not a label config: it has a document type (<!DOCTYPE>)"
        raise ConfigError(what, where=where, do="remove it") from None
    except ParseError as error:
        raise ConfigError(f"not a label config: {error}", where=where) from None
    level, depth = [root], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
        if depth > _DEEPEST:
            raise ConfigError(f"is nested more than {_DEEPEST} deep", where=where)
    return root


def fit_config(
    config: LabelConfig, scheme: str, needs: Sequence[Need], relations: Iterable[str]
) -> None:
    """Raise ConfigError naming everything that the scheme needs and the config lacks.

    Relations of a scheme that has none are read by nobody, as other controls are.
    """
    wrong = [problem for need in needs for problem in _problems(config, need)]
    known = set(relations)
    wrong += [
        f"relation label {ours!r} is not one of {', '.join(sorted(known))}"
        for ours in config.relations.values()
        if known and ours not in known
    ]
    wrong += _astray(config, needs)
    if wrong:
        raise ConfigError(
            f"does not fit the scheme {scheme}: " + "; ".join(wrong),
            where=config.where,
            do=f"compare with `annotate config print {scheme}`, or map names with --map",
        )


def text_field(config: LabelConfig, needs: Iterable[Need]) -> str:
    """The field of a task's data with the text that the scheme's controls label.

    Raises ConfigError where they label no text.
    """
    served = {need.name for need in needs}
    for control in config.controls.values():
        if control.name in served and control.to_name in config.objects:
            return config.objects[control.to_name]
    raise ConfigError("no control of the scheme points to a <Text>", where=config.where)


def _astray(config: LabelConfig, needs: Iterable[Need]) -> list[str]:
    """What keeps the scheme's controls from labelling one text."""
    if not config.objects:
        return ['no <Text name="text" value="$text">']
    served = {need.name for need in needs}
    goals = {c.name: c.to_name for c in config.controls.values() if c.name in served}
    if len(set(goals.values())) > 1:
        said = ", ".join(f"{name} to {goal!r}" for name, goal in goals.items())
        return [f"its controls point to different objects: {said}"]
    fetched = sorted(set(goals.values()) & config.fetched)
    wrong = [
        f'{goal!r} has valueType="url", and the text must stand in the task, not behind an address'
        for goal in fetched
    ]
    return wrong + [
        f"{name} points to {goal!r}, which is no <Text>"
        for name, goal in goals.items()
        if goal not in config.objects
    ]


def _problems(config: LabelConfig, need: Need) -> list[str]:
    control = config.control(need.name)
    if control is None:
        return [f'no <{need.tag} name="{need.name}">'] if need.required else []
    found = []
    if control.tag != need.tag:
        found.append(f"{need.name} is <{control.tag}>, not <{need.tag}>")
    if control.per_region != need.per_region:
        found.append(f"{need.name} must {'' if need.per_region else 'not '}be perRegion")
    if not control.values:
        found.append(f"{need.name} has no values")
    if need.values is not None:
        strange = [value for value in control.values if value not in need.values]
        if strange:
            allowed = ", ".join(need.values)
            found.append(f"{need.name} has {', '.join(strange)}; known are {allowed}")
    return found


def _named(elements: list[Element], controls: list[Control]) -> list[tuple[str, Control]]:
    tags = [e for e in elements if _is_control(e)]
    return [(e.get("name", ""), c) for e, c in zip(tags, controls, strict=True)]


def _is_control(element: Element) -> bool:
    """Whether an annotation may hold results of it, which of a filter none does."""
    if element.tag in VALUE_TAGS:
        return True
    return element.tag != "Filter" and bool(element.get("name") and element.get("toName"))


def _control(element: Element, names: Mapping[str, str]) -> Control | None:
    if not _is_control(element):
        return None
    inner = VALUE_TAGS.get(element.tag)
    values = [stored_value(child) for child in element.iter(inner)] if inner else []
    name = element.get("name", "")
    mapped = {value: our_word(names, name, value) for value in values}
    return Control(
        name=names.get(name, name),
        tag=element.tag,
        to_name=element.get("toName", ""),
        values=tuple(dict.fromkeys(mapped.values())),
        per_region=element.get("perRegion", "false").lower() == "true",
        mapped=mapped,
    )


def stored_value(element: Element) -> str:
    """What annotations say for a value of a control: its alias where it has one."""
    return element.get("alias") or element.get("value") or ""


def our_word(names: Mapping[str, str], owner: str, value: str) -> str:
    """Our word for a value of a control, or of the relations."""
    return names.get(f"{owner}.{value}", names.get(value, value))


def mappable(config: LabelConfig) -> set[str]:
    """Every name that a mapping may be of."""
    known = set(config.controls) | set(config.relations)
    known |= {f"{_RELATION}.{value}" for value in config.relations}
    for name, control in config.controls.items():
        known |= {part for value in control.mapped for part in (value, f"{name}.{value}")}
    return known


def names_for(config: LabelConfig, names: Mapping[str, str]) -> dict[str, str]:
    """Those of `names` that fit a config: it has the foreign word, and lacks ours."""
    known = mappable(config)
    return {
        foreign: ours for foreign, ours in names.items() if foreign in known and ours not in known
    }


def _check_names(config: LabelConfig, names: Mapping[str, str]) -> None:
    unused = sorted(set(names) - mappable(config))
    if unused:
        values = {value for control in config.controls.values() for value in control.mapped}
        known = values | set(config.controls) | set(config.relations)
        raise ConfigError(
            f"--map names {', '.join(unused)}, which the config does not have",
            where=config.where,
            do=f"it has {', '.join(sorted(known))}; --config gives another",
        )
