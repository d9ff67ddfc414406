"""Pages in a real Chromium: nothing is asked for, nothing is wider than the screen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, sync_playwright

from annotate.pipeline import create_version, diff_versions
from annotate.report.html import page
from annotate.report.marked import mark_text
from annotate.report.page import diff_page, version_page
from annotate.schemes import colours
from annotate.schemes.base import Drawing, Link, Shape
from annotate.schemes.colours import Palette
from annotate.store.diff.changes import find_changes
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


def _line(browser: Browser, markup: str, mode: Literal["light", "dark"]) -> float:
    """How far the line of a mark stands out from its paper: the contrast of WCAG 2, 1 to 21."""
    page = browser.new_page(color_scheme=mode)
    page.set_content(markup)
    drawn: list[list[int]] = page.evaluate(
        """() => [
            getComputedStyle(document.querySelector("mark")).borderBottomColor,
            getComputedStyle(document.body).backgroundColor,
        ].map(colour => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d");
            pen.fillStyle = colour;
            pen.fillRect(0, 0, 1, 1);
            return [...pen.getImageData(0, 0, 1, 1).data];
        })"""
    )
    page.close()
    assert [colour[3] for colour in drawn] == [255, 255]
    light = sorted(
        sum(
            share * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
            for share, c in zip((0.2126, 0.7152, 0.0722), (n / 255 for n in colour), strict=False)
        )
        for colour in drawn
    )
    return (light[1] + 0.05) / (light[0] + 0.05)


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
        one = task(text, {1: spans, 2: spans[::-1]}, licence="CC0-1.0")
        create(store, [one], labels=[phrase, "X" * 300])
    older, newer = (open_version(DatasetFolder(store, "ents"), v) for v in ("v1.0.0", None))
    diff = diff_versions("ents", "v1.0.0", newer.entry.version, store=store)
    pages = {
        "version": version_page(newer),
        "diff": diff_page(older, newer, diff, find_changes(older, newer, most=9)),
    }
    for name, made in pages.items():
        assert "X" * 300 in made
        file = tmp_path / f"{name}.html"
        file.write_text(made, encoding="utf-8")
        assert [_look(browser, file, "light", width).width for width in (380, 1200)] == [380, 1200]


@pytest.mark.browser
def test_a_number_stays_on_the_line_of_its_label(browser: Browser) -> None:
    text = "On Monday Anna Olin said that the port will close before the winter."
    spans = {"Content": (30, 45), "Source": (10, 19), "Cue": (20, 24)}
    shapes = tuple(Shape("role", label, (span,), {}) for label, span in spans.items())
    links = (Link(0, 1, "source"), Link(0, 2, "cue"))
    tab = browser.new_page(viewport={"width": 500, "height": 900})
    tab.set_content(
        page("t", mark_text(text, Drawing(shapes, links, {}, ()), Palette("<View/>", {})))
    )
    lines: list[int] = tab.evaluate(
        """() => Array.from({length: 300}, (_, n) => n + 150).flatMap(width => {
            document.querySelector(".text").style.width = `${width}px`;
            return [...document.querySelectorAll("mark .badge")].map(badge =>
                new Set([...badge.getClientRects()].map(box => Math.round(box.top))).size);
        })"""
    )
    tab.close()
    assert len(lines) == 3 * 300
    assert set(lines) == {1}


@pytest.mark.browser
@pytest.mark.parametrize("colour", ["white", "#fff0", "transparent", "Black", "#F0E442", "#0072B2"])
def test_the_line_of_a_label_is_seen_on_any_paper(browser: Browser, colour: str) -> None:
    config = f'<View><Labels name="x"><Label value="A" background="{colour}"/></Labels></View>'
    drawing = Drawing((Shape("entity", "A", ((0, 4),), {}),), (), {}, ())
    made = page("t", mark_text("Rome", drawing, Palette(config, {})))
    # about the 3 that WCAG asks of what is drawn
    assert _line(browser, made, "light") > 2.5
    assert _line(browser, made, "dark") > 2.5


@pytest.mark.browser
def test_the_named_colours_are_those_of_a_browser(browser: Browser) -> None:
    tab = browser.new_page()
    named = re.findall("[a-z]+", colours._NAMED)
    unknown = tab.evaluate("names => names.filter(n => !CSS.supports('color', n))", named)
    tab.close()
    assert (len(named), unknown) == (148, [])


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_nothing_is_cut_off_on_paper(browser: Browser, tmp_path: Path, scheme: str) -> None:
    store, name = tmp_path / "datasets", f"{scheme}-{'long-' * 15}"
    export = str(_SEEDS / f"{scheme}.round2.json")
    create_version(name, scheme=scheme, inputs=[export], store=store, key=KEY)
    made = version_page(open_version(DatasetFolder(store, name)), allow_unknown=True)
    # 180 mm, a sheet of A4 within its margins
    tab = browser.new_page(viewport={"width": 680, "height": 900}, color_scheme="dark")
    tab.set_content(made)
    tab.emulate_media(media="print")
    paper, wide, folded, cut = tab.evaluate(
        """() => [
            getComputedStyle(document.body).backgroundColor,
            document.documentElement.scrollWidth,
            [...document.querySelectorAll("details:not([open]) > :not(summary)")]
                .map(part => part.checkVisibility() && part.getBoundingClientRect().height),
            [...document.querySelectorAll("body *:not(.heard)")]
                .filter(e => getComputedStyle(e).overflowX != "visible"
                    && e.scrollWidth > e.clientWidth)
                .map(e => e.outerHTML.slice(0, 80)),
        ]"""
    )
    tab.close()
    assert (paper, wide, cut) == ("rgb(255, 255, 255)", 680, [])
    assert folded
    assert all(folded)
