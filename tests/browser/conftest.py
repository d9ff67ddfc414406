"""A Chromium that is logged in to the local Label Studio, for tests that label by hand.

Skips where the machine has no Chromium; Playwright's own download is not needed.
The browser lives as long as a module: while it runs, its event loop is the thread's.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .bench import Bench, Studio
from .editor import Editor

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(CHROMIUMS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Browser, local_studio: Studio) -> Iterator[Page]:
    """A page with the session cookie of the server's user."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(f"{local_studio.url}/user/login/")
    page.fill("input[name=email]", local_studio.username)
    page.fill("input[name=password]", local_studio.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)
    yield page
    context.close()


@pytest.fixture(scope="module")
def bench(local_studio: Studio) -> Iterator[Bench]:
    bench = Bench(local_studio)
    yield bench
    bench.close()


@pytest.fixture
def editor(page: Page, local_studio: Studio) -> Editor:
    return Editor(page, local_studio.url)
