"""Gold rows -> the text with its labels drawn on it, and everything that is said of it."""

from __future__ import annotations

from collections.abc import Iterator

from annotate.report.charts import bar
from annotate.report.content import LONGEST, Content, Example
from annotate.report.html import Child, Html, element, hidden, join, table, words
from annotate.report.marked import label_badge, list_labels, mark_text
from annotate.schemes.colours import Palette

_DESCRIBED = ("date", "url", "licence")


def examples_section(content: Content) -> Html:
    """Every example."""
    if not content.examples:
        return element("p", f"No row of {LONGEST:,} characters or fewer is shown here.")
    return join(example_article(example, content.palette) for example in content.examples)


def example_article(example: Example, palette: Palette) -> Html:
    """One row: what it is, its labels on its text, and all of them in a list."""
    row, drawing = example.row, example.drawing
    facts = [f"{row[name]}" for name in _DESCRIBED if row[name]]
    said = [
        *facts,
        f"{example.split} split",
        f"unit: {row['unit']}",
        f"annotators asked: {len(row['annotators'])}",
    ]
    return element(
        "article",
        element("h3", words(row["title"] or row["id"])),
        element("p", [part for s in said for part in (" · ", words(s))][1:], class_="meta"),
        element("p", "id ", element("code", row["id"]), class_="meta"),
        _answers(example, palette),
        hidden("Labels stand in square brackets, each before the words that it is on."),
        mark_text(row["text"], drawing, palette),
        list_labels(row["text"], drawing, palette),
        element("p", "No labels.") if not drawing.labels and not drawing.undecided else None,
    )


def _answers(example: Example, palette: Palette) -> Html:
    """What was chosen on the whole task, what it is about, and how the votes fell."""
    row, drawing = example.row, example.drawing
    lines = [element("p", *_about(example), class_="choices")] if example.about else []
    answers: list[Child] = []
    for control, value in drawing.choices.items():
        answers += [f"{control}: ", label_badge(value, palette), "  "]
    undecided = ", ".join(dict.fromkeys(drawing.undecided))
    if undecided:
        answers.append(f"left undecided by the votes: {undecided}")
    if answers:
        lines.append(element("p", answers, class_="choices"))
    shares = row.get("distribution") or []
    if len(shares) > 1:
        rows = [
            (
                label_badge(s["label"], palette),
                bar(s["share"], palette.style(s["label"])),
                f"{s['share']:.0%}",
            )
            for s in shares
        ]
        lines.append(table(("answer", "", "share"), rows, caption="How the votes fell"))
    return join(lines)


def _about(example: Example) -> Iterator[Child]:
    for number, (name, value) in enumerate(example.about.items()):
        yield f"{' · ' if number else ''}{name.replace('_', ' ')}: "
        yield element("b", words(str(value)))
