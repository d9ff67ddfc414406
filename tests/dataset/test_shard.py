"""How a shard is named where its workers died."""

from __future__ import annotations

from annotate.annotations.notes import Fragment
from annotate.consensus.resolve import plain_rule
from annotate.dataset.rows import make_schemas
from annotate.dataset.shard import Entry, Recipe, Shard
from annotate.schemes import load_scheme
from annotate.schemes.label_config import shipped_config


def test_a_shard_is_named_without_its_texts() -> None:
    config = shipped_config("stance")
    schemas = make_schemas(load_scheme("stance"), config, {})
    rule = plain_rule("majority")
    recipe = Recipe("stance", config, None, False, "majority", "drop", rule, schemas)
    fragment = Fragment("export.json", 7, b'{"data": {"text": "a secret"}}', False)
    entries = [Entry(unit, "story", [fragment], None, None) for unit in ("first", "second")]
    assert str(Shard(recipe, entries)) == "2 tasks, the first first"
