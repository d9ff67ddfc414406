"""Tasks made elsewhere: copies of one story stay in one split, in every version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotate.errors import RejectsError
from annotate.pipeline import load_version
from annotate.store.care.verify import verify
from annotate.store.folder import DatasetFolder
from tests.articles.made import records
from tests.store.made import create, our_task, task

_STORIES = [record["text"] for record in records(40)]


def _task(text: str, **data: Any) -> dict[str, Any]:
    return task(text, {1: [(0, 5, "PER")]}, **data)


def _copy(text: str) -> str:
    """The same story with its paragraphs in another order."""
    return "\n".join(text.split("\n")[::-1])


def _placed(store: Path) -> dict[str, tuple[str, str]]:
    """Text -> (split, group)."""
    loaded = load_version("ents", store=store)
    return {row["text"]: (s, row["group"]) for s, rows in loaded.items() for row in rows}


def _problems(store: Path) -> list[tuple[str, str]]:
    return [(p.file, p.what) for p in verify(DatasetFolder(store, "ents"), deep=True)]


def _is_whole(store: Path) -> bool:
    return not _problems(store)


def test_copies_in_one_export_stay_together(tmp_path: Path) -> None:
    made = create(tmp_path, [*map(_task, _STORIES), *(_task(_copy(text)) for text in _STORIES)])
    placed = _placed(tmp_path)
    assert len(placed) == 80
    assert len(made.manifest.rows()) == 3
    assert all(placed[text] == placed[_copy(text)] for text in _STORIES)
    assert len({group for _, group in placed.values()}) == 40
    assert _is_whole(tmp_path)


def test_a_story_bears_the_name_of_its_oldest_article(tmp_path: Path) -> None:
    tasks = [_task(text, date="2026-02-02") for text in _STORIES]
    create(tmp_path, [*tasks, *(_task(_copy(text), date="2026-01-01") for text in _STORIES)])
    rows = [row for split in load_version("ents", store=tmp_path).values() for row in split]
    copies = {row["article_id"] for row in rows if row["date"] == "2026-01-01"}
    assert {row["group"] for row in rows} == copies


def test_the_order_of_inputs_does_not_matter(tmp_path: Path) -> None:
    days = ["2026-01-03", "2026-01-01", "", "2026-01-02"]
    one = "https://a.b/1"
    tasks = [
        *(_task(text, date=days[n % 4]) for n, text in enumerate(_STORIES)),
        *(_task(_copy(text), date=days[n % 3]) for n, text in enumerate(_STORIES)),
        _task(_STORIES[0].split("\n")[2], url=one, date="2025-01-01"),
        _task(_STORIES[1].split("\n")[2], url=one, date="2025-01-02"),
        *(_task(f"{_STORIES[n]} {_STORIES[n + 1]}") for n in range(0, 6, 2)),
    ]
    made = [create(tmp_path / str(n), order) for n, order in enumerate((tasks, tasks[::-1]))]
    assert made[0].manifest.logical_hash == made[1].manifest.logical_hash


def test_decisions_before_what_they_decide_over_do_not_part_stories(tmp_path: Path) -> None:
    tasks = [*map(_task, _STORIES[:4]), *(_task(_copy(text)) for text in _STORIES[:4])]
    create(tmp_path / "first", tasks)
    rows = [r for split in load_version("ents", store=tmp_path / "first").values() for r in split]
    same = ("article_id", "unit", "unit_start", "text_sha256")
    decided = [
        task(
            row["text"],
            {3: [(0, 5, "PER")]},
            unit_key=row["id"],
            group=row["article_id"],
            adjudicates="p-1 p-2",
            **{name: row[name] for name in same},
        )
        for row in rows
    ]
    orders = [*tasks, *decided], [*decided, *tasks]
    made = [create(tmp_path / str(n), order) for n, order in enumerate(orders)]
    assert made[0].manifest.logical_hash == made[1].manifest.logical_hash
    assert all(len({g for _, g in _placed(tmp_path / n).values()}) == 4 for n in "01")


def test_a_late_copy_follows_its_story_and_renames_nothing(tmp_path: Path) -> None:
    create(tmp_path, [_task(text, date="2026-02-02") for text in _STORIES])
    before = _placed(tmp_path)
    late = [_task(_copy(text), date="2026-01-01") for text in _STORIES[:20]]
    made = create(tmp_path, [*(_task(t, date="2026-02-02") for t in _STORIES), *late])
    assert made.manifest.version == "v1.1.0"
    after = _placed(tmp_path)
    assert after | before == after
    assert all(after[_copy(text)] == before[text] for text in _STORIES[:20])
    # alone, each keeps the group that it got with the others
    create(tmp_path, late)
    assert _placed(tmp_path) == {_copy(text): before[text] for text in _STORIES[:20]}


def test_a_copy_follows_a_story_that_is_carried_over(tmp_path: Path) -> None:
    create(tmp_path, [_task(text) for text in _STORIES])
    before = _placed(tmp_path)
    create(tmp_path, [_task(_copy(text)) for text in _STORIES], carried=["ents@v1.0.0"])
    after = _placed(tmp_path)
    assert after | before == after
    assert all(after[_copy(text)] == before[text] for text in _STORIES)
    assert _is_whole(tmp_path)


def test_what_tells_two_stories_of_different_splits_is_set_aside(tmp_path: Path) -> None:
    tasks = [_task(text) for text in _STORIES]
    create(tmp_path, tasks)
    splits = {text: split for text, (split, _) in _placed(tmp_path).items()}
    one, other = (next(t for t in _STORIES if splits[t] == s) for s in ("train", "test"))
    bridge = _task(f"{one}\n{other}")
    said = "split_bridge: its story stands in two splits .* see all with --dry-run --json --max-rej"
    with pytest.raises(RejectsError, match=said):
        create(tmp_path, [*tasks, bridge])
    more = [*tasks, bridge, _task(records(41)[40]["text"])]
    made = create(tmp_path, more, max_rejects=1)
    assert {entry.code for entry in made.ledger.set_aside} == {"split_bridge"}
    assert made.ledger.root_causes == 1
    assert made.manifest.version == "v1.1.0"
    assert len(_placed(tmp_path)) == 41
    assert _is_whole(tmp_path)


def _ours(number: int, text: str, start: int = 0, date: str = "") -> dict[str, Any]:
    """A task that `annotate` made, whose article it found to be a story of its own."""
    url = f"https://example.org/{number}"
    return our_task(number, text, group=f"given {number}", start=start, date=date, url=url)


def test_a_copy_joins_the_group_that_annotate_gave(tmp_path: Path) -> None:
    ours = [_ours(number, text) for number, text in enumerate(_STORIES)]
    create(tmp_path, [*(_task(_copy(text)) for text in _STORIES), *ours])
    placed = _placed(tmp_path)
    assert all(placed[_copy(t)][1] == f"given {n}" for n, t in enumerate(_STORIES))
    assert all(placed[text] == placed[_copy(text)] for text in _STORIES)


def test_a_copy_follows_what_has_a_split_before_what_is_new(tmp_path: Path) -> None:
    first = [_task(text, date="2026-02-02") for text in _STORIES]
    create(tmp_path, first)
    before = _placed(tmp_path)
    ours = [_ours(n, f"{text}\nAgain.", date="2026-01-01") for n, text in enumerate(_STORIES)]
    create(tmp_path, [*first, *ours, *(_task(_copy(text)) for text in _STORIES)])
    placed = _placed(tmp_path)
    assert all(placed[_copy(text)] == before[text] for text in _STORIES)


def test_a_story_in_two_splits_is_named(tmp_path: Path) -> None:
    create(tmp_path, [_ours(number, text) for number, text in enumerate(_STORIES)])
    splits = [_placed(tmp_path)[text][0] for text in _STORIES]
    one, other = splits.index("train"), splits.index("test")
    lines = _copy(_STORIES[one]).split("\n")
    units = [_ours(other, line, start) for start, line in enumerate(lines) if len(line) > 5]
    tasks = [_ours(n, text) for n, text in enumerate(_STORIES) if n != other]
    create(tmp_path / "leaky", [*tasks, *units])
    assert [what for _, what in _problems(tmp_path / "leaky")] == [
        f"the articles {one:032x}, {other:032x} tell one story, and stand in test and train"
    ]


def test_one_line_under_all_articles_is_no_story(tmp_path: Path) -> None:
    notice = "This is the weekly report of markets, bonds and currencies in Tesk."
    tasks = [
        _ours(number, f"{notice}\n\n{text.replace(chr(10), ' ')}")
        for number, text in enumerate(_STORIES)
    ]
    assert len(create(tmp_path, tasks).manifest.rows()) == 3
    assert _is_whole(tmp_path)


def test_a_new_target_stays_with_its_article(tmp_path: Path) -> None:
    first = [_task(_copy(_STORIES[0]), date="2026-01-01"), _task(_STORIES[0], url="https://a.b/1")]
    create(tmp_path, first)
    group = _placed(tmp_path)[_STORIES[0]][1]
    more = _task("Tesk reads on.", url="https://a.b/1")
    create(tmp_path, [first[1], more])
    placed = _placed(tmp_path)
    assert placed[_STORIES[0]][1] == placed["Tesk reads on."][1] == group


def _meanwhile(store: Path) -> dict[str, str]:
    """Stories leave, and copies of them come, some of which get another split; returns these,
    as text -> split."""
    create(store, [_task(text) for text in _STORIES])
    before = _placed(store)
    create(store, [_task(_copy(text)) for text in _STORIES])
    after = _placed(store)
    splits = {text: before[text][0] for text in _STORIES}
    amiss = {text: s for text, s in splits.items() if after[_copy(text)][0] != s}
    assert amiss
    return amiss


@pytest.mark.parametrize("carried", [[], ["ents@v1.0.0", "ents@v2.0.0"]])
def test_what_returns_to_a_story_of_another_split_is_set_aside(
    tmp_path: Path, carried: list[str]
) -> None:
    amiss = _meanwhile(tmp_path)
    tasks = [_task(text) for t in _STORIES for text in (t, _copy(t))]
    given = [] if carried else tasks
    with pytest.raises(RejectsError, match="split_bridge"):
        create(tmp_path, given, carried=carried, max_rejects=len(amiss) - 1)
    made = create(tmp_path, given, carried=carried, max_rejects=len(amiss))
    assert {entry.code for entry in made.ledger.set_aside} == {"split_bridge"}
    assert _placed(tmp_path).keys() == {*_STORIES, *map(_copy, _STORIES)} - amiss.keys()
    assert _is_whole(tmp_path)


def test_a_new_article_between_two_splits_is_set_aside_and_not_what_returns(
    tmp_path: Path,
) -> None:
    one, *rest = map(_task, _STORIES)
    create(tmp_path, [one, *rest])
    splits = {text: split for text, (split, _) in _placed(tmp_path).items()}
    create(tmp_path, rest)
    other = next(text for text, split in splits.items() if split != splits[_STORIES[0]])
    bridge = f"{_STORIES[0]}\n{other}"
    create(tmp_path, [one, *rest, _task(bridge)], max_rejects=1)
    assert {text: split for text, (split, _) in _placed(tmp_path).items()} == splits


def test_what_annotate_grouped_returns_to_its_group(tmp_path: Path) -> None:
    elsewhere = _task(records(41)[40]["text"])
    ours = [_ours(number, text) for number, text in enumerate(_STORIES)]
    copies = [_ours(100 + number, _copy(text)) for number, text in enumerate(_STORIES)]
    for tasks in (ours, copies, [*ours, *copies]):
        create(tmp_path, [elsewhere, *tasks])
    assert len(_placed(tmp_path)) == 81


def test_stories_of_two_datasets_carried_over_are_one(tmp_path: Path) -> None:
    create(tmp_path, [_task(text) for text in _STORIES], name="one")
    create(tmp_path, [_task(_copy(text)) for text in _STORIES], name="other")
    create(tmp_path, [], carried=["one@v1.0.0", "other@v1.0.0"])
    placed = _placed(tmp_path)
    assert all(placed[text] == placed[_copy(text)] for text in _STORIES)
    assert _is_whole(tmp_path)
