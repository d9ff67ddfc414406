"""Pages in a real Chromium: nothing is asked for, nothing is wider than the screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from annotate.pipeline import create_version, diff_versions
from annotate.report.page import diff_page, version_page
from annotate.store.changes import find_changes
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.store.made import KEY, create, task

_SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "exports"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class _Seen(NamedTuple):
    """What Chromium made of a page."""

    asked: list[str]
    problems: list[str]
    width: int
    paper: str


def _look(browser: Browser, file: Path, mode: Literal["light", "dark"], width: int) -> _Seen:
    asked: list[str] = []
    problems: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=mode)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(file.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()
    return _Seen(asked, problems, wide, paper)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_a_page_on_every_screen(browser: Browser, tmp_path: Path, scheme: str) -> None:
    store, file = tmp_path / "datasets", tmp_path / "page.html"
    export = str(_SEEDS / f"{scheme}.round2.json")
    create_version(scheme, scheme=scheme, inputs=[export], store=store, key=KEY)
    made = version_page(open_version(DatasetFolder(store, scheme)), allow_unknown=True)
    file.write_text(made, encoding="utf-8")
    light = _look(browser, file, "light", 1200)
    dark = _look(browser, file, "dark", 400)
    for seen in (light, dark):
        assert seen.asked == [file.as_uri()]
        assert seen.problems == []
    assert (light.width, dark.width) == (1200, 400)
    assert (light.paper, dark.paper) == ("rgb(255, 255, 255)", "rgb(22, 24, 27)")


@pytest.mark.browser
def test_long_labels_are_no_wider_than_the_screen(browser: Browser, tmp_path: Path) -> None:
    store, text = tmp_path / "datasets", "The Ministry of Works said that Anna Olin will lead it."
    phrase = "Government agency, intergovernmental organisation or state-owned company"
    for label in (phrase, "X" * 300):
        spans = [(4, 21, label), (32, 41, phrase)]
        made = task(text, {1: spans, 2: spans[::-1]}, licence="CC0-1.0")
        create(store, [made], labels=[phrase, "X" * 300])
    older, newer = (open_version(DatasetFolder(store, "ents"), v) for v in ("v1.0.0", None))
    diff = diff_versions("ents", "v1.0.0", newer.entry.version, store=store)
    pages = {
        "version": version_page(newer),
        "diff": diff_page(older, newer, diff, find_changes(older, newer, most=9)),
    }
    for name, page in pages.items():
        assert "X" * 300 in page
        file = tmp_path / f"{name}.html"
        file.write_text(page, encoding="utf-8")
        assert [_look(browser, file, "light", width).width for width in (380, 1200)] == [380, 1200]
