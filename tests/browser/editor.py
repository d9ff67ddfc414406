"""Label Studio's editor, used as an annotator uses it: keys and a real mouse.

Words are found in the page by their text; the mouse then goes to the pixels where
they stand. Nothing is set through the editor's own objects.
"""

import re
from typing import Any

from playwright.sync_api import Page, expect

# [left, right, middle] of the pixels between the first and the last character of the words
EDGES = """(words) => {
  const root = document.querySelector('.lsf-richtext__container');
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = '';
  while (walker.nextNode()) {
    nodes.push([walker.currentNode, text.length]);
    text += walker.currentNode.data;
  }
  const first = text.indexOf(words);
  if (first < 0) throw new Error(`not on the page: ${words}`);
  if (text.indexOf(words, first + 1) >= 0) throw new Error(`twice on the page: ${words}`);
  const box = (offset) => {
    const [node, start] = nodes.findLast((pair) => pair[1] <= offset);
    const range = document.createRange();
    range.setStart(node, offset - start);
    range.setEnd(node, offset - start + 1);
    return range.getBoundingClientRect();
  };
  nodes.findLast((pair) => pair[1] <= first)[0].parentElement.scrollIntoView({block: 'center'});
  const [left, right] = [box(first), box(first + words.length - 1)];
  return [left.left, left.top + left.height / 2, right.right, right.top + right.height / 2];
}"""


class Editor:
    """One open task."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, project: int, task: int) -> None:
        self.page.goto(f"{self._url}/projects/{project}/data?task={task}")
        self.page.wait_for_selector(".lsf-richtext__line")
        self.page.wait_for_load_state("networkidle")  # the editor is drawn more than once
        expect(self.page.get_by_role("button", name="Submit")).to_be_enabled()

    def duplicate(self, name: str) -> None:
        """Begin from the suggestion in the tab of that name, with the tab's own menu."""
        tab = self.page.locator(".lsf-annotation-button", has_text=name)
        tab.click()
        expect(tab).to_have_class(re.compile("_selected"))
        tab.hover()
        tab.locator(".lsf-annotation-button__trigger").click()
        self.page.get_by_text("Duplicate Annotation").click()
        expect(tab).not_to_have_class(re.compile("_selected"))
        expect(self.page.get_by_role("button", name="Submit")).to_be_enabled()

    def label(self, key: str, words: str, *, inside: int = 0) -> None:
        """Press the label's key and drag over the words.

        `inside` starts and ends the drag that many pixels within the words, as a
        hasty hand would.
        """
        regions = self.page.locator(".htx-highlight[data-label]")
        before = regions.count()
        self.page.keyboard.press(key)
        expect(self.page.locator(".lsf-label_selected")).to_be_visible()
        x1, y1, x2, y2 = self._edges(words)
        mouse = self.page.mouse
        mouse.move(x1 + 1 + inside, y1)
        mouse.down()
        mouse.move((x1 + x2) / 2, (y1 + y2) / 2, steps=5)
        mouse.move(x2 - 1 - inside, y2, steps=5)
        mouse.up()
        expect(regions).to_have_count(before + 1)

    def double_click(self, key: str, word: str) -> None:
        regions = self.page.locator(".htx-highlight[data-label]")
        before = regions.count()
        self.page.keyboard.press(key)
        expect(self.page.locator(".lsf-label_selected")).to_be_visible()
        x1, y1, x2, _ = self._edges(word)
        self.page.mouse.dblclick((x1 + x2) / 2, y1)
        expect(regions).to_have_count(before + 1)

    def select(self, words: str) -> None:
        self._click(words)
        expect(self.page.locator(".htx-highlight.__active").first).to_be_visible()

    def unselect(self) -> None:
        self.page.keyboard.press("u")
        expect(self.page.locator(".htx-highlight.__active")).to_have_count(0)

    def relate(self, from_words: str, to_words: str) -> None:
        """Draw a relation with the hotkey: click one region, Alt+R, click the other."""
        arrows = self.page.locator("svg.relations-overlay g[id]")
        before = arrows.count()
        self.select(from_words)
        self.page.keyboard.press("Alt+r")
        self._click(to_words)
        expect(arrows).to_have_count(before + 1)

    def choose(self, key: str, choice: str) -> None:
        self.page.keyboard.press(key)
        expect(self.page.locator(f"input[name='{choice}']:visible")).to_be_checked()

    def submit(self) -> None:
        with self.page.expect_response(
            lambda r: r.request.method == "POST" and "/annotations" in r.url
        ) as answer:
            self.page.get_by_role("button", name="Submit").click()
        assert answer.value.ok

    def refused(self) -> str:
        """Press Submit where something is missing; return what the editor says."""
        self.page.get_by_role("button", name="Submit").click()
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        return dialog.inner_text()

    def offers(self) -> list[str]:
        """Return the names of the attributes that can be set now."""
        return self.page.locator(".an-pair .an-name:visible").all_inner_texts()

    def holder(self) -> str:
        """Return whose stance the page asks for."""
        element = self.page.locator(".an-holder > *")
        said: str = element.evaluate(
            "e => e.textContent || JSON.parse(getComputedStyle(e, '::before').content)"
        )
        return said

    def _click(self, words: str) -> None:
        x, y, _, _ = self._edges(words)
        self.page.mouse.click(x + 3, y)

    def _edges(self, words: str) -> tuple[float, float, float, float]:
        edges: Any = self.page.evaluate(EDGES, words)
        x1, y1, x2, y2 = edges
        return x1, y1, x2, y2
