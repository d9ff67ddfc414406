"""What a reader read -> Label Studio JSON in the scheme's own control names.

A text that several annotators worked on is one task with an annotation of each. The same text
twice by one annotator counts once where both have the same labels, and is refused where they
differ. Nothing is written where anything is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from annotate.errors import InputError
from annotate.files import legible, made_whole
from annotate.formats.base import write_array
from annotate.formats.label_studio import Pen
from annotate.formats.readers.base import Imported, Reader
from annotate.formats.readers.vocabulary import Vocabulary
from annotate.models import Article, Target
from annotate.schemes.base import Drawing, Link, Scheme
from annotate.schemes.label_config import LabelConfig, fit_config, names_for, parse_label_config
from annotate.tasks.build import Grouped, make_tasks
from annotate.tasks.targets import Targets


class Outcome(NamedTuple):
    """What an import made."""

    tasks: int
    annotations: int
    labels: int
    copies: int
    """Texts that an annotator had twice with the same labels."""
    words: Vocabulary


def import_annotations(
    reader: Reader,
    paths: Sequence[Path],
    scheme: Scheme[Any],
    config: LabelConfig,
    *,
    names: Mapping[str, str],
    kind: str,
    max_rejects: int,
    out: Path,
) -> Outcome:
    """Write what `reader` finds in `paths` to `out` as tasks with `annotations` or `predictions`.

    `names` maps their labels, relations, attributes and values to the scheme's, and those
    of a foreign config where it lacks the scheme's word. Raises InputError naming file and
    line, and RejectsError where more labels and relations are not in the label config than
    `max_rejects`.
    """
    reader.check(scheme)
    fitting = names_for(config, names)
    config = parse_label_config(config.xml, where=config.where, names=fitting)
    fit_config(config, scheme.name, scheme.needs, scheme.relations)
    words = Vocabulary(config, scheme, names, met=fitting)
    found, copies = _by_task(_with_text(reader.read(paths, words), words), reader.tell_apart)
    if not found:
        raise InputError("holds no annotated text", where=", ".join(map(str, paths)))
    words.close(max_rejects=max_rejects)
    tasks = _tasks(found, scheme)
    pen = Pen(config, scheme)

    def answer(work: list[Imported]) -> list[dict[str, Any]]:
        return [pen.answer(i.drawing, i.text, who=i.annotator, kind=kind) for i in work]

    try:
        with made_whole(out) as made, made.open("wb") as file:
            named = (({pen.field: data.pop("text"), **data}, work) for data, work in tasks)
            write_array(file, ({"data": data, kind: answer(work)} for data, work in named))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(out)) from None
    work = [item for items in found.values() for item in items]
    labels = sum(item.drawing.labels for item in work)
    return Outcome(len(tasks), len(work), labels, copies, words)


_Key = tuple[str, Target | None]


def _with_text(items: Iterable[Imported], words: Vocabulary) -> Iterator[Imported]:
    """The work on texts that a task can be made of; the other texts are counted."""
    for item in items:
        if item.text.strip():
            yield item
            continue
        words.not_held["text of white space alone"] += 1
        if item.drawing.labels:
            words.not_held["label on a text of white space alone"] += item.drawing.labels


def _by_task(items: Iterable[Imported], tell_apart: str) -> tuple[dict[_Key, list[Imported]], int]:
    """The work on each text (and target)."""
    found: dict[_Key, list[Imported]] = {}
    copies = 0
    for item in items:
        work = found.setdefault((item.text, item.target), [])
        same = next((other for other in work if other.annotator == item.annotator), None)
        if same is None:
            work.append(item)
        elif _ordered(same.drawing) == _ordered(item.drawing):
            copies += 1
        else:
            raise InputError(
                f"has the text of {same.where} and other labels, both by {item.annotator}",
                where=item.where,
                do=f"leave one out, or {tell_apart}",
            )
    return found, copies


def _ordered(drawing: Drawing) -> Drawing:
    """The drawing with its shapes in one order, whatever that of the file is."""
    shapes = drawing.shapes
    order = sorted(
        range(len(shapes)), key=lambda n: (*shapes[n][:3], sorted(shapes[n].choices.items()))
    )
    place = {before: now for now, before in enumerate(order)}
    links = sorted(Link(place[start], place[end], label) for start, end, label in drawing.links)
    return drawing._replace(shapes=tuple(shapes[n] for n in order), links=tuple(links))


def _tasks(
    found: Mapping[_Key, list[Imported]], scheme: Scheme[Any]
) -> list[tuple[dict[str, Any], list[Imported]]]:
    """The data of each task, as `annotate tasks` would make it, with the work on it."""
    articles: dict[str, Article] = {}
    targets: dict[str | None, list[Target]] = {}
    for (text, target), work in found.items():
        first = work[0]
        article = Article(title=legible(first.title), text=text, origin=first.where)
        article = articles.setdefault(text, article)
        if target is not None:
            targets.setdefault(article.article_id, []).append(target)
    wanted = Targets(targets) if scheme.has_targets else None
    by_key = {(text, _context(target)): work for (text, target), work in found.items()}
    made = []
    names = ((article, article.article_id) for article in articles.values())
    each = (Grouped(article, name, name) for article, name in names)
    for task in make_tasks(each, scheme, targets=wanted):
        context = tuple(task.data.get(name) or None for name in ("target", "target_kind", "holder"))
        made.append((task.model_dump()["data"], by_key[str(task.data["text"]), context]))
    return made


def _context(target: Target | None) -> tuple[Any, ...]:
    return (target.text, target.kind, target.holder) if target else (None, None, None)
