"""Suggestions by real models, small ones that the tests make; skipped where a library is absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.errors import InputError
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.label_config import read_label_config, shipped_config
from annotate.tasks.suggest import add_suggestions, make_suggester
from annotate.tasks.suggest.labels import our_label
from tests.tasks.made import task

TEXT = "😀 Mira Oduya met Ivo Reve in Port Calder.\n\nPort Calder is quiet, said Oduya."


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
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Mira Oduya"},
            {"label": "GPE", "pattern": "Port Calder"},
            {"label": "CARDINAL", "pattern": "quiet"},
        ]
    )
    pipeline.to_disk(tmp_path / "model")

    done = suggest(f"spacy:{tmp_path / 'model'}")

    assert spans(done) == [("Mira Oduya", "PER"), ("Port Calder", "GPE"), ("Port Calder", "GPE")]
    assert done.predictions[0].model_version == "spacy en_pipeline 0.0.0"
    assert done.predictions[0].score is None


def tiny_bert(folder: Path, labels: list[str]) -> Any:
    """A token classifier with a vocabulary of the text's words, saved to a folder."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(set(TEXT.replace(".", " .").split())), ","]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    raw.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", model_max_length=64,
    )  # fmt: skip
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=64, num_labels=len(labels),
        id2label=dict(enumerate(labels)), label2id={name: n for n, name in enumerate(labels)},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    return tokenizer, config


@pytest.mark.filterwarnings("ignore")  # of torch and transformers, not of ours
def test_hugging_face_token_classifier(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    labels = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    tokenizer, config = tiny_bert(tmp_path, labels)
    torch.manual_seed(1)
    model = transformers.BertForTokenClassification(config)
    tags = {"Mira": 1, "Oduya": 2, "Ivo": 1, "Reve": 2, "Port": 3, "Calder": 4}
    batch = tokenizer(
        [line for line in TEXT.split("\n") if line], padding=True, return_tensors="pt"
    )
    wanted = [
        [tags.get(token, 0) for token in tokenizer.convert_ids_to_tokens(row)]
        for row in batch["input_ids"]
    ]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimizer.zero_grad()
        model(**batch, labels=torch.tensor(wanted)).loss.backward()
        optimizer.step()
    model.save_pretrained(tmp_path)

    done = suggest(f"hf:{tmp_path}")

    found = spans(done)
    assert found == [
        ("Mira Oduya", "PER"),
        ("Ivo Reve", "PER"),
        ("Port Calder", "LOC"),
        ("Port Calder", "LOC"),
        ("Oduya", "PER"),
    ]
    assert done.predictions[0].score is not None
    assert 0 < done.predictions[0].score <= 1


@pytest.mark.filterwarnings("ignore")  # of torch, transformers and gliner, not of ours
def test_gliner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An untrained model: what it finds means nothing, where it finds it must be exact."""
    gliner = pytest.importorskip("gliner")
    transformers = pytest.importorskip("transformers")
    _, config = tiny_bert(tmp_path / "backbone", ["O"])
    transformers.BertModel(config).save_pretrained(tmp_path / "backbone")
    made = gliner.GLiNER.from_config(
        gliner.GLiNERConfig(model_name=str(tmp_path / "backbone"), hidden_size=32, max_width=4)
    )
    made.save_pretrained(tmp_path / "model")
    monkeypatch.setattr("annotate.tasks.suggest.gliner._THRESHOLD", 0.01)

    found = spans(suggest(f"gliner:{tmp_path / 'model'}"))

    assert found
    assert {label for _, label in found} <= set(shipped_config("entities").values("entity"))


@pytest.mark.parametrize("name", ["spacy", "hf", "gliner"])
def test_a_model_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"--suggest: {name} needs a model; write {name}:MODEL"):
        suggest(name)
    with pytest.raises(InputError, match="knows entities only, not claims"):
        make_suggester(f"{name}:x", load_scheme("claims"), shipped_config("claims"), "datasets")
    with pytest.raises(InputError, match=r"cannot load .*none|needs a library.*annotate\["):
        suggest(f"{name}:{tmp_path / 'none'}")


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
