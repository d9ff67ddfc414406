"""Random annotations, written as Label Studio JSON and gathered, come back the same.

The labels are drawn first and written as JSON by this file's own code; what
comes out of the gathering is compared with what was drawn.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate.schemes.claims import Claim, ClaimSet
from annotate.schemes.entities import Entity
from annotate.schemes.stance import Stance
from tests.annotations.exports import KEY, choice, codes, gather_bytes, region, relation

_ODD = "a Zé́😀👩‍👩‍👧שלום\u202b\u200d\r\n\t“”ß漢字\\\"'"
TEXTS = st.text(alphabet=st.sampled_from(_ODD), min_size=4, max_size=60)
LABELS = ("PER", "ORG", "GPE", "MISC")
MENTIONS = (None, "NAM", "NOM", "PRO")


@st.composite
def spans(draw: st.DrawFn, text: str) -> tuple[int, int]:
    start = draw(st.integers(0, len(text) - 1))
    return start, draw(st.integers(start + 1, len(text)))


@st.composite
def entity_work(draw: st.DrawFn, text: str) -> tuple[list[Any], list[Entity]]:
    result, record = [], []
    for number in range(draw(st.integers(0, 6))):
        start, end = draw(spans(text))
        label, mention = draw(st.sampled_from(LABELS)), draw(st.sampled_from(MENTIONS))
        item = region(f"r{number}", start, end, label)
        if draw(st.booleans()):
            item["value"]["text"] = _shown(text[start:end])
        result.append(item)
        if mention:
            result.append(choice(f"r{number}", "mention", mention))
        record.append(Entity(start, end, label, mention or "NAM"))
    return draw(st.permutations(result)), sorted(record)


@st.composite
def stance_work(draw: st.DrawFn, text: str) -> tuple[list[Any], Stance]:
    label = draw(st.sampled_from(("favor", "against", "neutral", "none", "unclear")))
    explicit = draw(st.sampled_from((None, "explicit", "implicit")))
    evidence = draw(st.sets(spans(text), max_size=4))
    result = [choice("s", "stance", label)]
    result += [choice("x", "explicitness", explicit)] if explicit else []
    result += [
        region(f"e{n}", start, end, "Evidence", "evidence")
        for n, (start, end) in enumerate(evidence)
    ]
    return draw(st.permutations(result)), Stance(label, explicit, tuple(sorted(evidence)))


@st.composite
def claim_work(draw: st.DrawFn, text: str) -> tuple[list[Any], ClaimSet]:
    """Claims with fragments, shared sources and cues, and some that nothing uses."""
    result: list[Any] = []
    names = iter(f"n{number}" for number in range(1000))

    def part(role: str) -> tuple[list[str], tuple[tuple[int, int], ...]]:
        fragments = draw(st.lists(spans(text), min_size=1, max_size=3))
        made = [next(names) for _ in fragments]
        result.extend(
            region(name, start, end, role, "role")
            for name, (start, end) in zip(made, fragments, strict=True)
        )
        for number in range(1, len(made)):
            before = made[draw(st.integers(0, number - 1))]
            ends = draw(st.permutations((before, made[number])))
            # an edge of a tree in either direction is no circle
            result.append(relation(*ends, *draw(st.sampled_from(((), ("continues",))))))
        return made, tuple(sorted(fragments))

    sources = [part("Source") for _ in range(draw(st.integers(0, 3)))]
    cues = [part("Cue") for _ in range(draw(st.integers(0, 3)))]
    kinds = [draw(st.sampled_from((None, "named", "unnamed"))) for _ in sources]
    for (made, _), kind in zip(sources, kinds, strict=True):
        if kind:
            result.append(choice(draw(st.sampled_from(made)), "kind", kind))
    used: set[tuple[str, int]] = set()
    claims = []
    for _ in range(draw(st.integers(0, 3))):
        made, content = part("Content")
        own: dict[str, list[int]] = {}
        for role, parts in (("source", sources), ("cue", cues)):
            chosen = sorted(draw(st.sets(st.integers(0, len(parts) - 1)))) if parts else []
            own[role] = chosen
            for number in chosen:
                used.add((role, number))
                ends = draw(st.sampled_from(made)), draw(st.sampled_from(parts[number][0]))
                labels = draw(st.sampled_from(((), (role,), (role, "continues"))))
                result.append(relation(*draw(st.permutations(ends)), *labels))
        mode = draw(st.sampled_from((None, "direct", "mixed")))
        negated = draw(st.booleans())
        if mode:
            result.append(choice(draw(st.sampled_from(made)), "mode", mode))
        if negated:
            result.append(choice(draw(st.sampled_from(made)), "negated", "yes"))
        claims.append(_claim(content, own, sources, cues, kinds, mode, negated))
    left = [
        (role.capitalize(), parts[number][1])
        for role, parts in (("source", sources), ("cue", cues))
        for number in range(len(parts))
        if (role, number) not in used
    ]
    return draw(st.permutations(result)), ClaimSet(tuple(claims), tuple(sorted(left)))


def _claim(
    content: Any, own: Any, sources: Any, cues: Any, kinds: Any, mode: str | None, negated: bool
) -> Claim:
    said = sorted(
        ((sources[n][1], kinds[n]) for n in own["source"]),
        key=lambda item: (item[0], item[1] or ""),
    )
    return Claim(
        content=content,
        source=tuple(part for part, _ in said),
        cue=tuple(sorted(cues[n][1] for n in own["cue"])),
        source_kind=tuple(kind for _, kind in said),
        mode=mode or "undetermined",
        negated=negated,
    )


def _shown(text: str) -> str:
    """The slice as Label Studio writes it into `value.text`."""
    escaped = text.replace("\r", "\\n").replace("\n", "\\n")
    shown = ""
    for character in escaped:
        if not (character.isspace() and shown[-1:].isspace()):
            shown += " " if character.isspace() else character
    return shown


def _export(text: str, work: list[list[Any]], target: str | None = None) -> bytes:
    annotations = [
        {"id": number, "completed_by": number, "result": result}
        for number, result in enumerate(work, 1)
    ]
    data = {"text": text} | ({"target": target} if target else {})
    tasks = [{"id": 1, "data": data, "annotations": annotations}]
    return json.dumps(tasks, ensure_ascii=len(text) % 2 == 0).encode()


_SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_MANY = settings(_SETTINGS, max_examples=4000)


def _check(scheme: str, text: str, work: list[tuple[list[Any], Any]]) -> None:
    target = "Bo" if scheme == "stance" else None
    gathering = gather_bytes(scheme, _export(text, [result for result, _ in work], target))
    assert codes(gathering) == []
    (gathered,) = gathering.tasks
    assert gathered.data.text == text
    records = {a.annotator: a.record for a in gathered.annotations}
    for number, (_, expected) in enumerate(work, 1):
        got = records[KEY.pseudonym(str(number))]
        if isinstance(expected, ClaimSet):
            assert got.unlinked == expected.unlinked
            assert Counter(map(repr, got.claims)) == Counter(map(repr, expected.claims))
        else:
            assert got == expected


def _cases(work: Any) -> Any:
    return TEXTS.flatmap(
        lambda text: st.tuples(st.just(text), st.lists(work(text), min_size=1, max_size=3))
    )


@_SETTINGS
@given(_cases(entity_work))
def test_entities(case: tuple[str, list[Any]]) -> None:
    _check("entities", *case)


@_SETTINGS
@given(_cases(stance_work))
def test_stance(case: tuple[str, list[Any]]) -> None:
    _check("stance", *case)


@_SETTINGS
@given(_cases(claim_work))
def test_claims(case: tuple[str, list[Any]]) -> None:
    _check("claims", *case)


@pytest.mark.faults
@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_ten_thousand(scheme: str) -> None:
    work = {"entities": entity_work, "stance": stance_work, "claims": claim_work}[scheme]

    @_MANY
    @given(_cases(work))
    def run(case: tuple[str, list[Any]]) -> None:
        _check(scheme, *case)

    run()
