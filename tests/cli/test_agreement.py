"""`annotate agreement` and `annotate suspects` on a real export."""

from __future__ import annotations

from pathlib import Path

from tests.annotations import exports
from tests.command import Ran, annotate
from tests.shared import shared
from tests.store.made import export, task


def _options() -> tuple[Path | str, ...]:
    given = shared("exports", "fx_entities_json_all.json")
    config = shared("exports", "configs", "entities.xml")
    return ("entities", given, "--config", config, "--max-rejects", "1")


def test_agreement_as_a_table_and_as_json(tmp_path: Path) -> None:
    table = annotate("agreement", *_options(), home=tmp_path)
    assert table.code == 0
    assert "4 annotators, 18 tasks, 8 of them with two annotators or more" in table.err
    document = annotate("agreement", *_options(), "--json", home=tmp_path).json
    exact = next(e for e in document["figures"] if e["name"] == "span F1, exact" and not e["of"])
    # 74 spans were drawn on the tasks that two share; their F1 stands in the table as well
    assert exact["n"] == 74
    assert f"{exact['value']:.3f}  {exact['low']:6.3f} to {exact['high']:6.3f}" in table.out
    assert (
        annotate("agreement", *_options(), "--json", "--seed", "0", home=tmp_path).json == document
    )


def test_the_table_says_why_there_is_no_interval(tmp_path: Path) -> None:
    spans = [(0, 10, "PER")]
    export(tmp_path / "one.json", [task("Anna Novak spoke in Tesk.", {1: spans, 2: spans})])
    shown = annotate("agreement", "entities", "one.json", home=tmp_path).out.splitlines()
    assert shown[0] == "span F1, exact                2   1.000  one task alone has no interval"


def test_suspects_as_a_list_and_as_json(tmp_path: Path) -> None:
    shown = annotate("suspects", *_options(), "--top", "1", home=tmp_path)
    assert shown.code == 0
    document = annotate("suspects", *_options(), "--json", home=tmp_path).json
    assert shown.out.startswith(f"Likely errors: {len(document['suspects'])}\n")
    first = document["suspects"][0]
    assert f"{first['unit_key']} {first['start']}-{first['end']}" in shown.out
    assert all(e["chance_of_error"] > 0.5 for e in document["suspects"])


def test_a_suspect_with_other_borders_says_where(tmp_path: Path) -> None:
    whole, short = [(0, 10, "PER")], [(0, 4, "PER")]
    text = "Anna Novak spoke on day {}."
    tasks = [task(text.format(n), {1: whole, 2: whole, 3: whole}) for n in range(9)]
    tasks.append(task(text.format(9), {1: whole, 2: whole, 3: short}))
    export(tmp_path / "short.json", tasks)
    _, line, *_ = annotate("suspects", "entities", "short.json", home=tmp_path).out.splitlines()
    assert line.endswith(" 0-4  entity: PER, likely PER at 0-10  Anna")


def test_every_line_of_suspects_says_what_it_is_about(tmp_path: Path) -> None:
    seeds = Path(__file__).parents[2] / "seeds/exports"
    shown = annotate("suspects", "claims", seeds / "claims.round1.json", home=tmp_path).out
    assert "unlinked Source precision" in shown
    assert "of 0)" not in shown  # as next to nothing is expected of some
    stance = seeds / "stance.round1.json"
    found = annotate("suspects", "stance", stance, "--json", home=tmp_path).json
    shown = annotate("suspects", "stance", stance, home=tmp_path).out
    titles = {e["title"][:30] for e in found["suspects"][:20] if e["question"] == "stance"}
    assert titles
    assert all(f"  {title}" in shown.partition("Reliability")[0] for title in titles)


def test_a_terminal_is_shown_no_control_characters(tmp_path: Path) -> None:
    text, title = "Anna \x1b[31mNovak\x07 spoke.", "Day \x1b[32m\x07 1"
    spans = [task(text, {1: [(0, 16, "PER")], 2: [(0, 16, "ORG")]}, title=title)]
    export(tmp_path / "spans.json", spans)
    shown = annotate("suspects", "entities", "spans.json", home=tmp_path).out
    assert "Anna ␛[31mNovak␇" in shown
    assert "Day ␛[32m␇ 1" in shown
    chosen = [exports.choice("c", "stance", "favor")]
    done = [exports.annotation(*chosen, number=n, by=n) for n in (1, 2)]
    export(tmp_path / "stance.json", [exports.task(*done, target="the \x1b[31mdam\x07")])
    shown = annotate("agreement", "stance", "stance.json", home=tmp_path).out
    assert "alpha: stance, the ␛[31mdam␇ " in shown


def test_a_policy_that_refuses_a_task_stops_check_and_agreement(tmp_path: Path) -> None:
    text = "Anna Novak spoke in Tesk."
    agreed, alone = [(0, 10, "PER")], [(0, 10, "PER"), (20, 24, "GPE")]
    export(tmp_path / "tied.json", [task(text, {1: agreed, 2: alone})])
    export(tmp_path / "one.json", [task(text, {1: alone})])

    def run(command: str, name: str, *options: str) -> Ran:
        return annotate(command, "entities", name, *options, home=tmp_path)

    for command in ("check", "agreement"):
        ran = run(command, "tied.json", "--policy", "single")
        assert (ran.code, ran.out) == (1, "")
        assert "2 annotators under the policy single" in ran.err
        ran = run(command, "tied.json", "--ties", "error")
        assert (ran.code, ran.out) == (1, "")
        assert "1 label is tied among 2 annotators" in ran.err
        assert "tied.json: task 1, unit_key " in ran.err
        assert run(command, "one.json", "--policy", "single", "--ties", "error").code == 0
    ran = run("export", "tied.json", "--ties", "error", "--format", "jsonl", "-o", "gold.jsonl")
    assert (ran.code, (tmp_path / "gold.jsonl").exists()) == (1, False)
    ties = {"majority": 1, "union": 0, "dawid-skene": 0}
    for policy, count in ties.items():
        found = run("check", "tied.json", "--policy", policy, "--json").json
        assert found["ties"] == count
        assert found["regions_kept"] == 3
    assert "1  labels tied under the policy" in run("check", "tied.json").out
    figures = [run("agreement", "tied.json", "--policy", p, "--json").json for p in ties]
    assert figures[0] == figures[1] == figures[2]


def test_what_is_set_aside_stops_both(tmp_path: Path) -> None:
    given = shared("exports", "fx_entities_json_all.json")
    for name in ("agreement", "suspects"):
        failed = annotate(name, "entities", given, home=tmp_path)
        assert failed.code == 1
        assert failed.out == ""
    assert annotate("check", "entities", given, home=tmp_path).code == 1
