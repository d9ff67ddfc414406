"""Random annotations sent through a real Label Studio come back the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from annotate.annotations.source import open_input
from annotate.identity import digest, unit_key
from annotate.models import Task
from annotate.schemes import load_scheme
from annotate.schemes.claims import ClaimSet
from annotate.schemes.label_config import shipped_config
from annotate.studio import LocalStudio, pull_project, push_tasks, submit_annotation
from annotate.text import text_sha256
from tests.annotations.exports import KEY, codes
from tests.annotations.test_round_trip import TEXTS, claim_work, entity_work, stance_work

_WORK = {"entities": entity_work, "stance": stance_work, "claims": claim_work}


@pytest.mark.studio
@pytest.mark.parametrize("scheme", sorted(_WORK))
def test_a_sample(scheme: str, local_studio: LocalStudio, tmp_path: Path) -> None:
    drawn: dict[str, tuple[list[Any], Any]] = {}

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS.flatmap(lambda text: st.tuples(st.just(text), _WORK[scheme](text))))
    def draw(case: tuple[str, tuple[list[Any], Any]]) -> None:
        drawn[case[0]] = case[1]

    draw()
    title, server = f"sample of {scheme}", local_studio.server
    config = shipped_config(scheme)
    tasks = [_task(text, scheme) for text in drawn]
    push_tasks(server, tasks, project=title, label_config=config.xml, on_progress=lambda _: None)
    path = tmp_path / "pulled.json"
    pull_project(server, project=title, path=path, on_progress=lambda _: None)
    for number, text in _numbers(path):
        submit_annotation(server, number, drawn[text][0])
    pull_project(server, project=title, path=path, on_progress=lambda _: None)
    from annotate.annotations.gather import stream

    gathering = stream([open_input(str(path))], load_scheme(scheme), config, KEY).gather()
    assert codes(gathering) == []
    assert len(gathering.tasks) == len(drawn) >= 10
    for task in gathering.tasks:
        _, expected = drawn[task.data.text]
        (annotation,) = task.annotations
        if isinstance(expected, ClaimSet):
            assert annotation.record.unlinked == expected.unlinked
            assert sorted(map(repr, annotation.record.claims)) == sorted(map(repr, expected.claims))
        else:
            assert annotation.record == expected


def _task(text: str, scheme: str) -> Task:
    target = ("Bo", "entity", None) if scheme == "stance" else None
    article = digest("text", text)
    data: dict[str, str | int | bool | None] = {
        "text": text,
        "title": "",
        "date": "",
        "url": "",
        "article_id": article,
        "unit": "article",
        "unit_start": 0,
        "text_sha256": text_sha256(text),
        "unit_key": unit_key(article=article, start=0, text=text, scheme=scheme, target=target),
        "group": article,
    }
    if target:
        data |= {"target": "Bo", "target_kind": "entity", "holder": ""}
    return Task(data=data)


def _numbers(path: Path) -> list[tuple[int, str]]:
    import json

    return [(task["id"], task["data"]["text"]) for task in json.loads(path.read_bytes())]
