"""A seeded Label Studio export of any size, for the benchmarks of gathering.

Each task has a text of about 6,000 characters and two annotators with 22 spans
(some nested) and five other results each: relations and choices of claims, or
mention choices of entities. 10,000 tasks make about 177 MB of JSON.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotate.identity import unit_key
from annotate.text import text_sha256

_SYLLABLES = ["ba", "de", "fi", "go", "lu", "ma", "ne", "po", "ri", "sa", "te", "vo", "xi", "ya"]
_LABELS = ("PER", "ORG", "GPE", "LOC", "DATE", "EVENT")


def write_export(path: Path, tasks: int, *, scheme: str = "entities", quotes: bool = False) -> None:
    """Write an export of `tasks` tasks as the JSON array of a full export.

    With `quotes` each third paragraph has typographic quotes and a dash, else texts are ASCII.
    """
    with path.open("w", encoding="utf-8") as out:
        for number, task in enumerate(make_tasks(tasks, scheme=scheme, quotes=quotes)):
            out.write("[" if number == 0 else ",")
            out.write(json.dumps(task, ensure_ascii=False))
        out.write("]")


def make_tasks(
    tasks: int, *, scheme: str = "entities", quotes: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the tasks one by one."""
    chance = random.Random(7)
    vocabulary = [
        "".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(20_000)
    ]
    for number in range(1, tasks + 1):
        text = _make_text(chance, vocabulary, quotes=quotes)
        spans = _make_spans(chance, text)
        yield {
            "id": number,
            "annotations": [
                _annotation(chance, number, person, text, spans, scheme) for person in (1, 2)
            ],
            "drafts": [],
            "predictions": [],
            "data": _data(number, text, scheme),
            "meta": {},
            "created_at": "2026-01-01T00:00:00.000000Z",
            "updated_at": "2026-01-02T00:00:00.000000Z",
            "inner_id": number,
            "total_annotations": 2,
            "cancelled_annotations": 0,
            "total_predictions": 0,
            "project": 1,
        }


def _make_text(chance: random.Random, vocabulary: list[str], *, quotes: bool) -> str:
    paragraphs: list[str] = []
    size = 0
    while size < 6000:
        words = chance.choices(vocabulary, k=chance.randint(30, 60))
        if quotes and len(paragraphs) % 3 == 0:
            words[:12] = [f"“{words[0]}", *words[1:11], f"{words[11]}”", "–"]
        paragraphs.append(" ".join(words).capitalize() + ".")
        size += len(paragraphs[-1]) + 1
    return "\n".join(paragraphs)


def _make_spans(chance: random.Random, text: str) -> list[tuple[int, int]]:
    starts = [0, *(place + 1 for place, sign in enumerate(text) if sign in " \n")]
    spans = []
    for start in sorted(chance.sample(starts[:-40], 22)):
        end = text.find(" ", start + chance.choice((4, 12, 40)))
        spans.append((start, len(text) if end < 0 else end))
    return spans


def _annotation(
    chance: random.Random,
    number: int,
    person: int,
    text: str,
    spans: list[tuple[int, int]],
    scheme: str,
) -> dict[str, Any]:
    kept = [span if chance.random() > 0.1 else (span[0], span[1] + 1) for span in spans]
    make = _claims if scheme == "claims" else _entities
    return {
        "id": 2 * number + person,
        "completed_by": person,
        "result": make(chance, text, kept),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-01-02T00:00:00.000000Z",
        "updated_at": "2026-01-02T00:00:00.000000Z",
        "draft_created_at": None,
        "lead_time": round(chance.uniform(20, 400), 3),
        "prediction": {},
        "result_count": 27,
        "unique_id": f"{chance.getrandbits(128):032x}",
        "last_action": None,
        "bulk_created": False,
        "task": number,
        "project": 1,
        "updated_by": person,
        "parent_prediction": None,
        "parent_annotation": None,
    }


def _entities(
    chance: random.Random, text: str, spans: list[tuple[int, int]]
) -> list[dict[str, Any]]:
    result = [
        _region(text, span, "entity", chance.choice(_LABELS), n) for n, span in enumerate(spans)
    ]
    return result + [_choice(text, spans[n], "mention", "NOM", n) for n in range(5)]


def _claims(chance: random.Random, text: str, spans: list[tuple[int, int]]) -> list[dict[str, Any]]:
    roles = ["Content", "Source", "Cue"]
    result = [_region(text, span, "role", roles[n % 3], n) for n, span in enumerate(spans)]
    for n in (0, 3):
        for other, label in ((n + 1, "source"), (n + 2, "cue")):
            ends = {"from_id": f"r{n}", "to_id": f"r{other}", "labels": [label]}
            result.append(ends | {"type": "relation", "direction": "right"})
    return [*result, _choice(text, spans[0], "mode", "indirect", 0)]


def _region(text: str, span: tuple[int, int], control: str, label: str, n: int) -> dict[str, Any]:
    start, end = span
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    return {
        "value": value,
        "id": f"r{n}",
        "from_name": control,
        "to_name": "text",
        "type": "labels",
        "origin": "manual",
    }


def _choice(text: str, span: tuple[int, int], control: str, choice: str, n: int) -> dict[str, Any]:
    start, end = span
    value = {"start": start, "end": end, "text": text[start:end], "choices": [choice]}
    return {
        "value": value,
        "id": f"r{n}",
        "from_name": control,
        "to_name": "text",
        "type": "choices",
        "origin": "manual",
    }


def _data(number: int, text: str, scheme: str) -> dict[str, Any]:
    article = f"{number:032x}"
    return {
        "text": text,
        "title": f"Article {number}",
        "date": "2026-01-01",
        "url": f"https://news.example/{number}",
        "article_id": article,
        "unit": "article",
        "unit_start": 0,
        "text_sha256": text_sha256(text),
        "unit_key": unit_key(article=article, start=0, text=text, scheme=scheme),
        "group": article,
    }
