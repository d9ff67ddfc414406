"""The shipped guidelines, as annotators see them when they begin to label."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotate.studio import LocalStudio, Settings, find_project, push_tasks
from annotate.studio.instruction import read_instruction
from tests.studio.pusher import numbered_task

from .bench import CONFIGS, Bench

pytestmark = [pytest.mark.studio, pytest.mark.browser]


@pytest.mark.parametrize("scheme", ["entities", "stance", "claims"])
def test_a_guideline_keeps_its_lines_and_tables(
    local_studio: LocalStudio, page: Page, bench: Bench, scheme: str
) -> None:
    guideline, title = CONFIGS / f"{scheme}.md", f"guideline of {scheme}"
    push_tasks(
        local_studio.server,
        [numbered_task(1)],
        project=title,
        label_config=(CONFIGS / f"{scheme}.xml").read_text(encoding="utf-8"),
        settings=Settings(instruction=read_instruction(guideline)),
        on_progress=lambda _: None,
    )
    project = find_project(local_studio.server, title)
    assert project is not None
    page.goto(f"{project.url}/data")
    page.get_by_role("button", name="Label All").first.click()
    shown = page.locator(".lsf-modal-ls, .ls-modal, [role=dialog]").filter(has_text="guideline for")
    expect(shown).to_be_visible()
    lines = [line.strip() for line in shown.inner_text().splitlines()]
    written = guideline.read_text(encoding="utf-8").splitlines()
    headings = [line.lstrip("# ") for line in written if line.startswith("#")]
    assert [line for line in lines if line in headings] == headings
    assert shown.locator("tr").count() == sum(line.startswith("| ") for line in written)
    assert not any(mark in shown.inner_text() for mark in ("**", "`", "|", "<sub>"))
    bench.delete(project.id)
