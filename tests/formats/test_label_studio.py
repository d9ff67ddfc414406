"""Label Studio JSON: gold goes back in, and every drawing comes back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from annotate.annotations.gather import stream
from annotate.annotations.source import open_input
from annotate.formats import load_format
from annotate.formats.collect import collect_gold
from annotate.formats.export import export_table
from annotate.pipeline import find_config, read_annotations
from annotate.schemes import load_scheme
from tests.formats.making import (
    KEY,
    choice,
    claim_tasks,
    entity_tasks,
    gold_table,
    meanings,
    own_table,
    region,
    save,
    task,
)
from tests.shared import shared

LabelInterface = pytest.importorskip("label_studio_sdk.label_interface.interface").LabelInterface

_MAP = {
    "span": "role",
    "Claim": "Content",
    "speech": "mode",
    "attributed_to": "source",
    "cued_by": "cue",
}


@pytest.mark.parametrize("kind", ["annotations", "predictions"])
@pytest.mark.parametrize(
    ("scheme", "strategy"), [("entities", entity_tasks), ("claims", claim_tasks)]
)
def test_gold_comes_back(kind: str, scheme: str, strategy: Any) -> None:
    name = "label-studio" if kind == "annotations" else "label-studio-predictions"
    interface = LabelInterface(find_config(scheme, None).xml)

    @given(strategy())
    @settings(max_examples=30, deadline=None)
    def check(made: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            before = gold_table(save(Path(folder) / "in.json", [made]), scheme)
            losses = export_table(before, load_format(name), Path(folder) / "out.json").losses
            assert not losses.lost and not losses.altered
            (back,) = json.loads((Path(folder) / "out.json").read_text(encoding="utf-8"))
            (answer,) = back[kind]
            if kind == "predictions":
                wrong = interface.validate_prediction(answer, return_errors=True)
                assert wrong == []
            else:
                assert interface.validate_annotation(answer)
            if kind == "annotations":
                after = gold_table(Path(folder) / "out.json", scheme)
                # the task is the same to its key and texts, and so is what is said of it
                assert [row[:11] for row in after.rows] == [row[:11] for row in before.rows]
                assert meanings(after) == meanings(before)

    check()


def test_every_annotator_comes_back_for_stance(tmp_path: Path) -> None:
    text = "Good 😀."
    results = [
        [choice("x", "stance", "favor"), region(text, "e", "evidence", "Evidence", 5, 6)],
        [choice("x", "stance", "against"), choice("y", "explicitness", "implicit")],
    ]
    made = task(text, *results, target="x", target_kind="question", holder="", licence="CC0-1.0")
    before = own_table(save(tmp_path / "in.json", [made]), "stance")
    export_table(before, load_format("label-studio"), tmp_path / "out.json")
    (back,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [a["ground_truth"] for a in back["annotations"]] == [False, False]
    assert all("completed_by" not in annotation for annotation in back["annotations"])
    after = own_table(tmp_path / "out.json", "stance")
    names = [column.name for column in before.columns]
    who = names.index("annotator")
    strip = lambda row: (*row[:who], *row[who + 1 :])  # noqa: E731
    assert sorted(map(repr, map(strip, after.rows))) == sorted(map(repr, map(strip, before.rows)))


def test_gold_of_a_foreign_config_goes_back_in_its_own_names(tmp_path: Path) -> None:
    source = shared("exports", "fx_claims_json_all.json")
    xml = shared("exports", "configs", "claims.xml")
    gathering = read_annotations("claims", [str(source)], config=xml, names=_MAP, key=KEY)
    config, scheme = find_config("claims", xml, _MAP), load_scheme("claims")
    before = collect_gold(gathering.tasks, scheme, config, policy="majority", ties="drop")
    export_table(before, load_format("label-studio"), tmp_path / "out.json")
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    assert '"from_name":"span"' in text and '"attributed_to"' in text
    assert '"role"' not in text and '"Content"' not in text
    # gathered again under the foreign config, row by row the same but for those who voted
    again = stream([open_input(str(tmp_path / "out.json"))], scheme, config, KEY)
    after = collect_gold(again, scheme, config, policy="majority", ties="drop")
    place = [column.name for column in before.columns].index("claims")
    kept = [[claim[:8] for claim in row[place]] for row in before.rows]
    assert [[claim[:8] for claim in row[place]] for row in after.rows] == kept
    assert sum(map(len, kept)) > 10


def test_what_only_the_annotation_says_is_not_held_and_that_is_said(tmp_path: Path) -> None:
    made = task("Rome fell.", [region("Rome fell.", "r", "entity", "GPE", 0, 4)], [])
    made["annotations"][1] |= {"ground_truth": True, "created_at": "2024-05-01T10:11:12Z"}
    target, out = load_format("label-studio"), tmp_path / "out.json"
    export_table(own_table(save(tmp_path / "in.json", [made]), "entities"), target, out)
    (back,) = json.loads(out.read_text(encoding="utf-8"))
    assert [a["ground_truth"] for a in back["annotations"]] == [False, False]
    assert "created_at" not in out.read_text(encoding="utf-8")
    assert "day of an annotation, which annotator's work is ground truth" in target.not_held
