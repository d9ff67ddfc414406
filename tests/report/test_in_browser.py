"""Pages in a real Chromium: nothing is asked for, nothing is wider than the screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from annotate.pipeline import create_version
from annotate.report.page import version_page
from annotate.store.folder import DatasetFolder
from annotate.store.versions import open_version
from tests.store.made import KEY

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
