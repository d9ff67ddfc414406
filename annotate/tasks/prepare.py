"""SOURCE arguments and options -> tasks in their order of work, with groups and suggestions.

Sources are read once, into a spool; nothing is built before the account of the
reading is closed, and tasks come out one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from annotate.articles.columns import Columns
from annotate.articles.ledger import ArticleLedger
from annotate.articles.likeness.groups import Groups
from annotate.articles.read import read_articles
from annotate.articles.spool import Spool
from annotate.errors import ConfigError, InputError, UsageError
from annotate.models import Article, Target, Task, UnitKind
from annotate.schemes import load_scheme
from annotate.schemes.base import Scheme
from annotate.schemes.label_config import LabelConfig
from annotate.tasks.build import Grouped, make_tasks
from annotate.tasks.order import Order, arrange, choose_calibration
from annotate.tasks.shelf import most_uncertain_first
from annotate.tasks.suggest import add_suggestions, make_suggester
from annotate.tasks.targets import Targets, read_targets, read_version_targets
from annotate.tasks.units import WINDOW
from annotate.tasks.version import is_version

Say = Callable[[str], None]


class TaskOptions(NamedTuple):
    """How tasks are made of articles."""

    unit: UnitKind = "article"
    window: int = WINDOW
    targets: str | None = None
    """A file, or NAME@VERSION."""
    target_labels: tuple[str, ...] = ()
    """Of entities in NAME@VERSION, the labels that become targets; all where empty."""
    suggest: str | None = None
    """NAME[:ARGUMENT] of a suggester."""
    order: Order = "given"
    seed: int = 0
    sample: int | None = None
    calibration: int = 0
    """How many articles everyone annotates; their tasks come first."""
    max_rejects: int = 0
    store: str = "datasets"


@contextmanager
def prepare_tasks(
    sources: Sequence[str],
    scheme: Scheme[Any],
    config: LabelConfig,
    *,
    columns: Columns | None = None,
    options: TaskOptions | None = None,
    on_ledger: Callable[[ArticleLedger], None] = lambda _: None,
    say: Say = lambda _: None,
) -> Iterator[Iterator[Task]]:
    """Give the tasks of `sources`; they can be drawn while the context is open.

    `on_ledger` is shown the account once it is within what is allowed, `say` is told of
    suggestions that were left out, of targets without their article, of articles
    without a target, and of fewer articles for calibration than were asked for. Raises
    RejectsError where more records were set aside than `options.max_rejects`, InputError
    where nothing is left, UsageError for `target_labels` without a version in `targets`
    and for the order `uncertain` without a suggester, ConfigError for a label config that
    shows no `$text`.
    """
    options = options or TaskOptions()
    _check_shown(config)
    if options.order == "uncertain" and not options.suggest:
        what, do = "orders tasks by their suggestions", "give --suggest NAME"
        raise UsageError(what, where="--order uncertain", do=do)
    targets = _targets(options)
    suggester = None
    if options.suggest:
        suggester = make_suggester(options.suggest, scheme, config, options.store)
    ledger = ArticleLedger()
    with Spool(read_articles(sources, columns, ledger=ledger), ledger) as spool:
        ledger.close(max_rejects=options.max_rejects)
        on_ledger(ledger)
        if not len(spool):
            raise InputError("no article there", where=", ".join(sources))
        if scheme.has_targets:
            _say_unasked(spool, targets, options, say)
        tasks = _build(spool, scheme, targets, options, say)
        if suggester is not None:
            tasks = add_suggestions(tasks, suggester, scheme, config, on_dropped=say)
        yield most_uncertain_first(tasks) if options.order == "uncertain" else tasks


def build_tasks(
    articles: Iterable[Article],
    scheme: str,
    *,
    unit: UnitKind = "article",
    window: int = WINDOW,
    targets: Targets | None = None,
) -> Iterator[Task]:
    """Yield a task of the scheme of this name for each unit, for stance each unit and target.

    All articles are read before the first task is made, since copies of one story are
    given one group, by which they come into one split. Without `targets`, those that
    stand beside an article are asked. Raises RejectsError where two articles have one
    address and different texts, and InputError where targets are given for a scheme
    that has none, or where a scheme that has them finds none for any article; UsageError
    for an unknown scheme.
    """
    kind = load_scheme(scheme)
    ledger = ArticleLedger()
    with Spool(_counted(articles, ledger), ledger) as spool:
        ledger.close(max_rejects=0)
        yield from _build(spool, kind, targets, TaskOptions(unit=unit, window=window))


def _counted(articles: Iterable[Article], ledger: ArticleLedger) -> Iterator[Article]:
    for article in articles:
        ledger.keep()
        yield article


def _check_shown(config: LabelConfig) -> None:
    """Raise ConfigError for a config that shows another field than that of our texts."""
    shown = sorted(set(config.objects.values()))
    if shown and "text" not in shown:
        what = f"its <Text> shows ${shown[0]}, which tasks do not have"
        raise ConfigError(what, where=config.where, do='give a copy of it with value="$text"')


def _targets(options: TaskOptions) -> Targets | None:
    labels = options.target_labels
    if options.targets and is_version(options.targets) and not Path(options.targets).exists():
        return read_version_targets(options.targets, options.store, labels=labels)
    if labels:
        what, do = "chooses among the entities of a version", "give --targets NAME@VERSION"
        raise UsageError(what, where="--target-labels", do=do)
    if options.targets is None:
        return None
    return read_targets(options.targets)


def _say_unasked(spool: Spool, targets: Targets | None, options: TaskOptions, say: Say) -> None:
    """Tell which targets and which articles make no task."""
    if targets is not None and not is_version(options.targets or ""):  # it has articles of its own
        known = {None, *map(spool.article_id, spool.kept.tolist())}
        astray = sum(len(found) for name, found in targets.by_article.items() if name not in known)
        if astray:
            where = "are for articles that are not there: check url and article_id"
            say(f"{options.targets}: {astray} targets {where}")
    silent = sum(not _asked(one, targets) for one in spool)
    if silent:
        say(f"{silent} of {len(spool)} articles have no target, and make no task")


def _asked(article: Article, targets: Targets | None) -> Sequence[Target]:
    """The targets of an article: those given, else those that stand beside it."""
    return article.targets if targets is None else targets.of(article)


def _build(
    spool: Spool,
    scheme: Scheme[Any],
    targets: Targets | None,
    options: TaskOptions,
    say: Say = lambda _: None,
) -> Iterator[Task]:
    groups, wanted = Groups(spool), options.calibration
    numbers = arrange(spool, options.order, seed=options.seed, sample=options.sample)
    of_tasks = numbers
    if wanted and scheme.has_targets:
        of_tasks = [number for number in numbers if _asked(spool.read(number), targets)]
    first = choose_calibration(spool, groups, of_tasks, wanted, seed=options.seed)
    if len(first) < wanted:
        why = "no two may be of one group, and each must have a task"
        say(f"--calibration {wanted}: only {len(first)} articles are marked; {why}")
    order = list(dict.fromkeys(chain(first, numbers))) if first else numbers
    articles = (
        Grouped(spool.read(number), spool.article_id(number), groups.name(number))
        for number in order
    )
    return make_tasks(
        articles,
        scheme,
        unit=options.unit,
        window=options.window,
        targets=targets,
        calibration=frozenset(map(spool.article_id, first)),
    )
