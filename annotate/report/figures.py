"""Agreement and suspects of a version -> the sections on how far its labels can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotate.consensus.wording import (
    CONFUSED,
    LEADING,
    figure_name,
    votes_on,
    whose,
    worth_asking,
    worth_showing,
)
from annotate.dataset.shown.excerpt import excerpt
from annotate.report.charts import whisker
from annotate.report.content import Content
from annotate.report.html import Child, Html, element, join, table, words
from annotate.report.marked import quote

_SUSPECTS = 15
_GROUPS = 30
"""Annotators, or pairs, whose figures are shown."""
_MORE = 8
"""Lines of each shorter list."""

_Entry = Mapping[str, Any]


def agreement_section(content: Content) -> Html:
    """How far the annotators agree: all, by label, by annotator, by pair, and who said what."""
    stated, found = content.manifest.numbers.agreement, content.agreement
    if not stated.compared:
        return element("p", "No task has two annotations, so nothing is known of it.")
    chosen = (
        "" if stated.compared == stated.tasks else f", chosen by a hash out of {stated.tasks:,}"
    )
    figures = [figure.model_dump() for figure in stated.figures]
    whole = {f["name"] for f in figures if f["of"] is None}
    parts = [f for f in figures if f["of"] is not None and f["name"] in whole]
    several = len(content.manifest.numbers.annotators) > 2
    return join(
        [
            element(
                "p",
                f"On {stated.compared:,} tasks with two annotations or more{chosen}, before the"
                " policy decided. The bar is the 95 % interval, made by drawing the tasks again"
                f" {stated.replicates:,} times. Alpha and kappa take out what chance alone would"
                " give: 0 is chance, 1 is perfect, below 0.667 is too little to build on.",
            ),
            _figures([f for f in figures if f not in parts], "Agreement of all annotators"),
            _more("By label", _figures(parts, "Agreement by label")) if parts else None,
            element("h3", "Each annotator with the others") if several else None,
            _grouped(found["by_annotator"]) if several else None,
            element("h3", "Each pair"),
            _grouped(found["by_pair"]),
            *(_confusion(question, counts) for question, counts in found["confusion"].items()),
        ]
    )


def suspects_section(content: Content) -> Html:
    """Labels worth another look, what is confused, and whom to ask next."""
    report = content.suspects
    suspects = report["suspects"]
    shown = f", the {_SUSPECTS} surest first" if len(suspects) > _SUSPECTS else ""
    return join(
        [
            element(
                "p",
                f"{len(suspects):,} answers{shown}, that a model of how reliable each annotator is"
                " takes to be wrong. The chance is the model's, not the world's: somebody has to"
                " look.",
            ),
            element("ol", (_suspect(e, content) for e in suspects[:_SUSPECTS]), class_="suspects"),
            *_confused(report["confused"][:_MORE], veiled=content.veiled),
            *_tied(report["ties"], content),
            *_reliability(worth_showing(report)),
            *_drift([e for e in report["drift"] if e["drifts"]]),
            *_speed(report["speed"]),
            *_next(worth_asking(report)[:_MORE]),
        ]
    )


def _figures(figures: Sequence[_Entry], caption: str) -> Html:
    floor = -1.0 if any((f["low"] or f["value"] or 0) < 0 for f in figures) else 0.0
    rows = [
        (
            words(figure_name(f["name"], f["of"])),
            "undefined" if f["value"] is None else f"{f['value']:.3f}",
            whisker(f["value"], f["low"], f["high"], floor),
            _interval(f),
            f"{f['n']:,}",
        )
        for f in figures
    ]
    axis = f"from {floor:.0f} to 1"
    return table(("figure", "value", axis, "95 % interval", "units"), rows, caption=caption)


def _interval(figure: _Entry) -> str:
    if figure["low"] is None:
        return figure["undefined"] or ""
    return f"{figure['low']:.3f} to {figure['high']:.3f}"


def _grouped(entries: Iterable[_Entry]) -> Html:
    """One table for each annotator or pair, behind its first figures."""
    groups: dict[str, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(whose(entry), []).append(entry)
    most = sorted(groups, key=lambda who: (-max(e["n"] for e in groups[who]), who))[:_GROUPS]
    rest = len(groups) - len(most)
    return join(
        [
            *(
                _more(
                    join([words(who), " ", element("span", _headline(found), class_="note")]),
                    _figures(found, f"Agreement of {who}"),
                )
                for who, found in groups.items()
                if who in most
            ),
            element("p", f"{rest:,} more, who share fewer units.", class_="note") if rest else None,
        ]
    )


def _headline(figures: Sequence[_Entry]) -> str:
    """Two figures that stand for the others."""
    valued = [f for f in figures if f["value"] is not None]
    first = sorted(valued, key=lambda f: (f["name"] not in LEADING, f["of"] is not None))
    return ", ".join(f"{figure_name(f['name'], f['of'])} {f['value']:.2f}" for f in first[:2])


def _more(title: Child, *body: Html) -> Html:
    return element("details", element("summary", title), body)


def _confusion(question: str, found: _Entry) -> Html:
    labels, counts = found["labels"], found["counts"]
    most = max((n for row in counts for n in row), default=0)
    if not most:
        return Html("")
    head = ("", *labels)
    rows = [
        (
            words(str(label)),
            *(_heat(n, most, same=place == other) for other, n in enumerate(row)),
        )
        for place, (label, row) in enumerate(zip(labels, counts, strict=True))
    ]
    return join(
        [
            element("h3", f"Who said what: {question}"),
            element(
                "p", "Pairs of annotators; the diagonal is where both said the same.", class_="note"
            ),
            table(head, rows, caption=f"{question}: {CONFUSED}", class_="confusion"),
        ]
    )


def _heat(count: int, most: int, *, same: bool) -> Html:
    heat = f"--heat:{60 * count / most:.0f}%"
    return element("span", count, style=heat, class_="same" if same else None)


def _suspect(entry: _Entry, content: Content) -> Html:
    place = _place(entry, content)
    return element(
        "li",
        element("span", f"{100 * entry['chance_of_error']:.0f} %", class_="chance"),
        place,
        element("br") if place else None,
        words(entry["annotator"]),
        " said ",
        element("b", words(_answer(entry["said"]))),
        f" ({entry['question']}), ",
        *_likelier(entry),
        _source(entry, content),
    )


def _likelier(entry: _Entry) -> tuple[Child, ...]:
    if entry["said"] == entry["likely"]:
        return ("likelier with other borders",)
    return ("likelier is ", element("b", words(_answer(entry["likely"]))))


def _answer(value: Any) -> str:
    """What was said: a label, yes or no, or nothing where a span was left out."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)


def _tied(entries: Sequence[_Entry], content: Content) -> list[Html]:
    if not entries:
        return []
    items = []
    for entry in entries[:_MORE]:
        asked = element("b", words(votes_on(entry)))
        items.append(element("li", asked, " ", _place(entry, content), _source(entry, content)))
    head = f"{len(entries):,} questions that the majority leaves open"
    more = f", the first {_MORE} by task" if len(entries) > _MORE else ""
    said = "What a tie becomes is for the policy; another annotation may decide it."
    return [
        element("h3", "Tied"),
        element("p", f"{head}{more}. {said}"),
        element("ul", items, class_="suspects ties"),
    ]


def _place(entry: _Entry, content: Content) -> Html:
    """The words that an entry is about, in context; nothing for a whole task."""
    text, place = content.texts[entry["unit_key"]], (entry["start"], entry["end"])
    return quote(excerpt(text, [place]) if place[1] > place[0] else [])


def _source(entry: _Entry, content: Content) -> Html:
    about = content.about.get(entry["unit_key"])
    said = (words(entry["title"] or ""), " · ", element("code", entry["unit_key"]))
    more = (" · on ", words(about)) if about else None
    return element("span", element("br"), said, more, class_="meta")


def _confused(entries: Sequence[_Entry], *, veiled: bool) -> list[Html]:
    if not entries:
        return []
    rows = [
        (
            join([words(e["first"]), " and ", words(e["second"])]),
            e["question"],
            e["count"],
            None if veiled else words(", ".join(f"{word} {n}" for word, n in e["words"])),
        )
        for e in entries
    ]
    head = ("labels", "question", "times", "" if veiled else "on which words")
    return [
        element("h3", "What is confused with what"),
        table(head, rows, caption="Labels that two annotators gave to one thing", class_="stack"),
    ]


def _reliability(entries: Sequence[_Entry]) -> list[Html]:
    if not entries:
        return []
    rows = [
        (
            words(e["annotator"]),
            f"{e['question']} {e['measure']}",
            f"{e['value']:.2f}",
            whisker(e["value"], e["low"], e["high"], 0.0),
            f"{e['low']:.2f} to {e['high']:.2f}",
            f"{e['n']:.0f}",
        )
        for e in entries
    ]
    head = ("annotator", "measure", "value", "from 0 to 1", "95 % interval", "of")
    made = table(head, rows, caption="Reliability of each annotator, as the model sees it")
    return [_more("Reliability of each annotator, as the model sees it", made)]


def _drift(entries: Sequence[_Entry]) -> list[Html]:
    if not entries:
        return []
    rows = [
        (words(e["annotator"]), f"{e['early']:.2f}", f"{e['late']:.2f}", e["tasks"])
        for e in entries
    ]
    head = ("annotator", "right in the first half", "in the second", "tasks")
    return [
        element("h3", "Who changed over time"),
        table(head, rows, caption="Drift of annotators"),
    ]


def _speed(entries: Sequence[_Entry]) -> list[Html]:
    if not entries:
        return []
    rows = [
        (
            words(e["annotator"]),
            f"{e['seconds']:.0f}",
            f"{e['characters']:,}",
            element("code", e["unit_key"]),
        )
        for e in sorted(entries, key=lambda e: -abs(e["z"]))[:_MORE]
    ]
    head = ("annotator", "seconds", "characters", "task")
    title = f"Far too fast or slow: {len(entries):,} annotations"
    return [element("h3", title), table(head, rows, caption="Outliers of speed", class_="stack")]


def _next(entries: Sequence[_Entry]) -> list[Html]:
    if not entries:
        return []
    rows = [
        (words(e["title"] or e["unit_key"]), f"{e['expected_changes']:.2f}", len(e["annotators"]))
        for e in entries
    ]
    head = ("task", "answers it would change", "annotators so far")
    return [
        element("h3", "Where one more annotation would change most"),
        table(head, rows, caption="Tasks to ask about next", class_="stack"),
    ]
