"""A Chromium that is logged in to the local Label Studio, for tests that label by hand.

Skips where the machine has no Chromium; Playwright's own download is not needed.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

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
CONFIGS = Path(__file__).resolve().parents[2] / "label_configs"


class Studio(Protocol):
    """What these tests use of the `local_studio` fixture."""

    url: str
    api_key: str
    username: str
    password: str


class Bench:
    """Projects on the server under test, each with one task, and what was submitted on it."""

    def __init__(self, studio: Studio) -> None:
        self._http = httpx.Client(
            base_url=studio.url,
            headers={"Authorization": f"Token {studio.api_key}"},
            timeout=60,
        )

    def close(self) -> None:
        self._http.close()

    def create(
        self, scheme: str, data: dict[str, Any], predictions: Sequence[dict[str, Any]] = ()
    ) -> tuple[int, int]:
        """Make a project with the shipped config and one task; return both ids."""
        config = (CONFIGS / f"{scheme}.xml").read_text(encoding="utf-8")
        body = {"title": f"browser test: {scheme}", "label_config": config}
        project = self._ask("POST", "/api/projects/", json=body)["id"]
        task = {"data": data, "predictions": list(predictions)}
        self._ask("POST", f"/api/projects/{project}/import", json=[task])
        tasks = self._ask("GET", "/api/tasks/", params={"project": project})["tasks"]
        assert len(tasks) == 1
        return project, tasks[0]["id"]

    def results(self, task: int) -> list[dict[str, Any]]:
        """Return the results of the one annotation submitted on the task."""
        annotations = self._ask("GET", f"/api/tasks/{task}/")["annotations"]
        assert len(annotations) == 1
        results: list[dict[str, Any]] = annotations[0]["result"]
        return results

    def delete(self, project: int) -> None:
        self._http.delete(f"/api/projects/{project}/").raise_for_status()

    def _ask(self, method: str, path: str, **kwargs: Any) -> Any:
        response = self._http.request(method, path, **kwargs)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(CHROMIUMS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def bench(local_studio: Studio) -> Iterator[Bench]:
    bench = Bench(local_studio)
    yield bench
    bench.close()


@pytest.fixture
def editor(page: Page, local_studio: Studio) -> Editor:
    return Editor(page, local_studio.url)
