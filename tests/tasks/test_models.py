"""Suggestions by real models, small ones that the tests make; skipped where a library is absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.label_config import read_label_config, shipped_config
from annotate.tasks.suggest import add_suggestions, make_suggester
from annotate.tasks.suggest.labels import our_label
from tests.tasks.made import task
from tests.tasks.small_models import (
    FOUND,
    TEXT,
    make_gliner_model,
    make_hf_model,
    make_model_without_offsets,
    make_spacy_model,
)


def suggest(spec: str, text: str = TEXT) -> Task:
    scheme, config = load_scheme("entities"), shipped_config("entities")
    dropped: list[str] = []
    suggester = make_suggester(spec, scheme, config, "datasets")
    (done,) = add_suggestions(
        [task("entities", text)], suggester, scheme, config, on_dropped=dropped.append
    )
    assert dropped == []
    return done


def spans(done: Task) -> list[tuple[str, str]]:
    (suggestion,) = done.predictions
    text = str(done.data["text"])
    values = [item["value"] for item in suggestion.result]
    assert all(text[v["start"] : v["end"]] == v["text"] for v in values)
    return [(v["text"], v["labels"][0]) for v in values]


def test_spacy(tmp_path: Path) -> None:
    done = suggest(f"spacy:{make_spacy_model(tmp_path)}")

    assert spans(done) == FOUND
    assert done.predictions[0].model_version == "spacy en_pipeline 0.0.0"
    assert done.predictions[0].score is None


def test_a_text_that_is_longer_than_spacy_takes(tmp_path: Path) -> None:
    line = "😀 Somebody met Mira Oduya in the old town again. "
    done = suggest(f"spacy:{make_spacy_model(tmp_path)}", f"{line * 20_500}\n{TEXT}")

    assert spans(done) == [("Mira Oduya", "PER")] * 20_500 + FOUND


def test_a_pipeline_of_a_language_that_is_not_installed(tmp_path: Path) -> None:
    model = make_spacy_model(tmp_path)
    config = model / "config.cfg"
    config.write_text(config.read_text().replace('lang = "en"', 'lang = "qqq"'))
    with pytest.raises(InputError, match=r"cannot load .*: .*language qqq"):
        suggest(f"spacy:{model}")


@pytest.mark.filterwarnings("ignore")  # of torch, transformers and gliner, not of ours
@pytest.mark.parametrize(("name", "make"), [("hf", make_hf_model), ("gliner", make_gliner_model)])
def test_a_trained_model(name: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    model = make(tmp_path)
    done = suggest(f"{name}:{model}")

    assert spans(done) == FOUND
    assert done.predictions[0].model_version == f"{name} model"  # not the folder it lies in
    assert done.predictions[0].score is not None
    assert 0 < done.predictions[0].score <= 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("said", [128, None])
def test_more_word_pieces_than_a_model_reads_at_once(said: int | None, tmp_path: Path) -> None:
    model = make_hf_model(tmp_path)  # has 128 places
    settings = model / "tokenizer_config.json"
    told = json.loads(settings.read_text()) | {"model_max_length": said}
    settings.write_text(json.dumps({key: value for key, value in told.items() if value}))
    line = f"{'met ' * 200}{TEXT.splitlines()[0]}"
    assert spans(suggest(f"hf:{model}", f"{line}\n{line}")) == FOUND[:3] * 2


@pytest.mark.parametrize("name", ["spacy", "hf", "gliner"])
def test_a_model_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"--suggest: {name} needs a model; write {name}:MODEL"):
        suggest(name)
    with pytest.raises(InputError, match="knows entities only, not claims"):
        make_suggester(f"{name}:x", load_scheme("claims"), shipped_config("claims"), "datasets")
    with pytest.raises(InputError, match=r"cannot load .*none|needs a library.*-e '\.\["):
        suggest(f"{name}:{tmp_path / 'none'}")


def test_a_model_whose_tokenizer_gives_no_offsets(tmp_path: Path) -> None:
    model = make_model_without_offsets(tmp_path)
    with pytest.raises(
        InputError, match=r"--suggest: cannot use .*model: .*gives no offsets; name"
    ):
        suggest(f"hf:{model}")


def test_labels_of_models(tmp_path: Path) -> None:
    config = shipped_config("entities")
    labels = ["B-PER", "PERSON", "WORK_OF_ART", "LAW", "gpe", "CARDINAL", "LOCATION"]
    assert [our_label(label, config) for label in labels] == [
        "PER", "PER", "WORK", "WORK", "GPE", None, "LOC",
    ]  # fmt: skip
    path = tmp_path / "own.xml"
    path.write_text(
        '<View><Labels name="entity" toName="text"><Label value="PERSON"/><Label value="Шлях"/>'
        '</Labels><Text name="text" value="$text"/></View>'
    )
    own = read_label_config(path)
    assert [our_label(label, own) for label in ("PERSON", "PER", "Шлях")] == [
        "PERSON", None, "Шлях",
    ]  # fmt: skip
