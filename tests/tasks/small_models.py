"""Small real models that know the names of one text, made and trained by the tests.

Each is saved to a folder as its library saves models, and is loaded from there by
`--suggest`. A test that asks for one is skipped where its library is absent.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotate.schemes.label_config import shipped_config
from annotate.tasks.suggest.labels import prompts

TEXT = "😀 Mira Oduya met Ivo Reve in Port Calder.\n\n👩‍👩‍👧‍👦 Port Calder is quiet 🇺🇦, said Oduya."
NAMES = {"Mira Oduya": "PER", "Ivo Reve": "PER", "Port Calder": "LOC", "Oduya": "PER"}
FOUND = [
    ("Mira Oduya", "PER"),
    ("Ivo Reve", "PER"),
    ("Port Calder", "LOC"),
    ("Port Calder", "LOC"),
    ("Oduya", "PER"),
]
"""What each model finds in the text, in its order."""

_LINES = [line for line in TEXT.split("\n") if line]
_LABELS = shipped_config("entities").values("entity")
_PROMPTS = {label: prompt for prompt, label in prompts(_LABELS).items()}


def make_spacy_model(folder: Path) -> Path:
    """A pipeline that finds the names by rules."""
    spacy = pytest.importorskip("spacy")
    pipeline = spacy.blank("en")
    theirs = {"PER": "PERSON", "LOC": "LOC"}
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": theirs[NAMES[name]], "pattern": name} for name in NAMES])
    ruler.add_patterns([{"label": "CARDINAL", "pattern": "quiet"}])  # no label of the config
    pipeline.to_disk(folder / "model")
    return folder / "model"


def make_hf_model(folder: Path) -> Path:
    """A BERT of one layer that tags the names, trained on the text until it knows them."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    tokenizer, config = _save_tokenizer(folder / "model", tags)
    wanted = {"Mira": 1, "Oduya": 2, "Ivo": 1, "Reve": 2, "Port": 3, "Calder": 4}
    torch.manual_seed(1)
    model = transformers.BertForTokenClassification(config)
    batch = tokenizer(_LINES, padding=True, return_tensors="pt")
    rows = [tokenizer.convert_ids_to_tokens(row) for row in batch["input_ids"]]
    labels = torch.tensor([[wanted.get(token, 0) for token in row] for row in rows])
    _train(model, lambda: model(**batch, labels=labels).loss, rate=0.02, steps=60)
    model.save_pretrained(folder / "model")
    return folder / "model"


def make_model_without_offsets(folder: Path) -> Path:
    """A token classifier with a tokenizer written in Python, of which no fast one exists."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")
    transformers.CanineTokenizer().save_pretrained(folder / "model")
    config = transformers.CanineConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        num_hash_buckets=16, max_position_embeddings=128, id2label={0: "B-PER", 1: "I-PER"},
    )  # fmt: skip
    transformers.CanineForTokenClassification(config).save_pretrained(folder / "model")
    return folder / "model"


def make_gliner_model(folder: Path) -> Path:
    """A GLiNER over a BERT of one layer, trained until it finds the names for their prompts."""
    gliner = pytest.importorskip("gliner")
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    _, config = _save_tokenizer(folder / "backbone", ["O"])
    transformers.BertModel(config).save_pretrained(folder / "backbone")
    shape = {"hidden_size": 32, "max_width": 4, "dropout": 0.0}
    torch.manual_seed(1)
    model = gliner.GLiNER.from_config({"model_name": str(folder / "backbone"), **shape})
    collate = model._create_data_collator()  # shuffles the prompts each time
    examples = [_gliner_example(line) for line in _LINES]
    random.seed(1)
    _train(model, lambda: model(**collate(examples)).loss, rate=0.001, steps=250)
    model.save_pretrained(folder / "model")
    return folder / "model"


def _save_tokenizer(folder: Path, tags: list[str]) -> tuple[Any, Any]:
    """A tokenizer of the words of text and prompts, and the config of a BERT for it."""
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    words = re.findall(r"\w+|\S", " ".join([TEXT, *_PROMPTS.values()]))
    vocabulary = {
        word: number
        for number, word in enumerate(
            dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted(words)])
        )
    }
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    raw.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", model_max_length=128,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=128, num_labels=len(tags),
        id2label=dict(enumerate(tags)), label2id={name: n for n, name in enumerate(tags)},
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return tokenizer, config


def _gliner_example(line: str) -> dict[str, Any]:
    """A line in GLiNER's training form: its words, the first and last word of each name."""
    found = [(m.group(), m.start()) for m in re.finditer(r"\w+(?:[-_]\w+)*|\S", line)]
    names: list[tuple[int, int, str]] = []
    for match in re.finditer("|".join(NAMES), line):
        inside = [n for n, (_, at) in enumerate(found) if match.start() <= at < match.end()]
        names.append((inside[0], inside[-1], _PROMPTS[NAMES[match.group()]]))
    words = [word for word, _ in found]
    return {"tokenized_text": words, "ner": names, "ner_labels": list(_PROMPTS.values())}


def _train(model: Any, loss: Callable[[], Any], *, rate: float, steps: int) -> None:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # several are slower on so small a model
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
    model.eval()
