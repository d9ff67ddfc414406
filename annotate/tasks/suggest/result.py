"""A checked draft -> the result that Label Studio shows as a prediction.

Controls and labels leave under the names that the label config has for them.
"""

from __future__ import annotations

from typing import Any

from annotate.models import Suggestion
from annotate.schemes.label_config import Control, LabelConfig
from annotate.tasks.suggest.draft import Draft


def make_suggestion(draft: Draft, text: str, config: LabelConfig, name: str) -> Suggestion:
    """The prediction of a draft that `check_draft` has nothing against."""
    names = {control.name: foreign for foreign, control in config.controls.items()}
    items: list[dict[str, Any]] = []
    for region in draft.regions:
        place = {"start": region.start, "end": region.end}
        place_text = place | {"text": text[region.start : region.end]}
        control = _control(config, region.control)
        value = place_text | {"labels": [control.theirs(region.label)]}
        items.append(_item(region.id, names[control.name], control, "labels", value))
        for choice, chosen in region.choices.items():
            control = _control(config, choice)
            value = place_text | {"choices": [control.theirs(chosen)]}
            items.append(_item(region.id, names[choice], control, "choices", value))
    for number, (choice, chosen) in enumerate(draft.choices.items()):
        control = _control(config, choice)
        value = {"choices": [control.theirs(chosen)]}
        items.append(_item(f"choice{number}", names[choice], control, "choices", value))
    for relation in draft.relations:
        theirs = (_relation(config, label) for label in relation.labels)
        labels = [label for label in theirs if label is not None]
        ends = {"from_id": relation.from_id, "to_id": relation.to_id}
        items.append({"type": "relation", "direction": "right", "labels": labels, **ends})
    return Suggestion(model_version=name, score=draft.score, result=items)


def _item(
    name: str, from_name: str, control: Control, kind: str, value: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": name,
        "from_name": from_name,
        "to_name": control.to_name,
        "type": kind,
        "value": value,
    }


def _control(config: LabelConfig, name: str) -> Control:
    return next(control for control in config.controls.values() if control.name == name)


def _relation(config: LabelConfig, ours: str) -> str | None:
    return next((theirs for theirs, word in config.relations.items() if word == ours), None)
